/** The emulated world of a scene: clock, cloud with its stations, and machines, which use only MQTT. */

import type { ManualClock } from "./clock.ts";
import type { Cloud } from "./cloud/cloud.ts";
import type { MainsChange } from "./otherwise.ts";
import type { MachineRecord } from "./record.ts";
import { type Act, dueSec, type Moment, type Scene, type SceneStation } from "./scene.ts";
import { topicOf } from "./voice.ts";

/** A machine of the world: emulated, or the real script. */
export interface WorldMachine {
  readonly name: string;
  /** Only the machine writes it. */
  readonly record: MachineRecord;
  /** True while a shutdown is under way. */
  readonly busy: boolean;
  /** Watts that it draws now. */
  watts(): number;
  boot(): Promise<void>;
  plugIn(): Promise<void>;
  unplug(): void;
  cutPower(): void;
  tick(): void;
}

export interface WorldOptions {
  scene: Scene;
  clock: ManualClock;
  cloud: Cloud;
  machines: readonly WorldMachine[];
  /** Resolves when everything that was sent so far has arrived. */
  settled: () => Promise<void>;
  /** Publishes on the house's broker, as a program would that does not belong here. */
  publish: (topic: string, message: object) => Promise<void>;
  /** Called when a moment of the timeline is due. */
  onMoment: (moment: Moment) => void;
}

export class World {
  readonly #options: WorldOptions;
  /** Epoch ms of the scene's beginning, by its clock. */
  readonly startWall: number;
  readonly #open: Set<Moment>;
  /** What each station feeds besides the machines, watts, by its name. */
  readonly #otherWatts: Map<string, number>;
  /** When the mains failed and returned. */
  readonly mains: MainsChange[] = [];
  #lastMomentSec = 0;
  #sec = 0;

  /** Builds the world; it does nothing until `start`. */
  constructor(options: WorldOptions) {
    const { scene, clock } = options;
    this.#options = options;
    this.startWall = clock.wall();
    this.#open = new Set(scene.timeline);
    this.#otherWatts = new Map(scene.stations.map(({ name, otherWatts }) => [name, otherWatts]));
  }

  /** Switches the machines on. */
  async start(): Promise<void> {
    for (const machine of this.#options.machines) await machine.boot();
    this.#feed();
  }

  /** Advances everything by one second: the clock's other users, the timeline, the stations, the machines. */
  async second(): Promise<void> {
    const { clock, cloud, scene, machines, settled } = this.#options;
    this.#sec += 1;
    clock.second();
    for (const moment of this.#due()) await this.#happen(moment);
    this.#feed();
    cloud.second();
    for (const station of scene.stations) {
      const { outputOn } = cloud.station(station.serial).battery.state();
      for (const machine of machines) if (!outputOn && this.#isFed(machine, station)) machine.cutPower();
    }
    for (const machine of machines) machine.tick();
    await settled();
  }

  /** Seconds since the scene began. */
  get sec(): number {
    return this.#sec;
  }

  /** True once every moment has happened and no machine is busy, or the scene's time is up. */
  get over(): boolean {
    const { restSec, limitSec } = this.#options.scene;
    if (this.#sec >= limitSec) return true;
    const busy = this.#options.machines.some((machine) => machine.busy);
    return this.#open.size === 0 && !busy && this.#sec - this.#lastMomentSec >= restSec;
  }

  records(): Record<string, MachineRecord> {
    return Object.fromEntries(this.#options.machines.map(({ name, record }) => [name, record]));
  }

  #isFed({ name }: WorldMachine, station: SceneStation): boolean {
    const machine = this.#options.scene.machines.find((candidate) => candidate.name === name);
    return machine?.station === station.name;
  }

  /** Sets each station's load to that of its machines that run. */
  #feed() {
    const { cloud, scene, machines } = this.#options;
    for (const station of scene.stations) {
      const fed = machines.filter((machine) => this.#isFed(machine, station));
      const other = this.#otherWatts.get(station.name) ?? 0;
      const watts = fed.reduce((sum, machine) => sum + machine.watts(), other);
      cloud.station(station.serial).battery.setLoad(watts);
    }
  }

  #due(): Moment[] {
    const records = this.records();
    return [...this.#open].filter((moment) => {
      const sec = dueSec(moment, records, this.startWall);
      return sec !== null && this.#sec >= sec;
    });
  }

  async #happen(moment: Moment) {
    this.#open.delete(moment);
    this.#lastMomentSec = this.#sec;
    this.#options.onMoment(moment);
    await this.#do(moment.act);
  }

  async #do(act: Act): Promise<void> {
    const { cloud, scene } = this.#options;
    switch (act.kind) {
      case "grid":
        this.mains.push({ sec: this.#sec, up: act.up });
        for (const { serial } of scene.stations) cloud.station(serial).battery.setGrid(act.up);
        return;
      case "load":
        this.#otherWatts.set(act.station, act.watts);
        return;
      case "unplug":
        return this.#machine(act.machine).unplug();
      case "plug-in":
        return this.#machine(act.machine).plugIn();
      case "boot":
        return this.#machine(act.machine).boot();
      case "foreign-shutdown":
        return this.#options.publish(
          topicOf(act.machine, "command"),
          foreignShutdown(this.#options.clock.wall()),
        );
      case "cloud":
        return cloud.act(act.act);
    }
  }

  #machine(name: string): WorldMachine {
    const machine = this.#options.machines.find((candidate) => candidate.name === name);
    if (!machine) throw new RangeError(`the scene has no machine ${name}`);
    return machine;
  }
}

/** A shutdown as another server of the same form sends it: dated, and without a number. `wall` is epoch ms. */
const foreignShutdown = (wall: number) => ({
  id: "foreign-1",
  action: "shutdown",
  delay_sec: 5,
  reason: "sent by another program",
  ttl_sec: 300,
  issued_at: Math.floor(wall / 1_000),
});
