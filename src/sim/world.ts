/** The emulated world of a scene: clock, station and machines, which use only MQTT. */
import { makeTopics, topicFor } from "../contract/topics.ts";
import { type Client, connectClient } from "../io/client.ts";
import type { ManualClock } from "./clock.ts";
import type { Wanted } from "./line.ts";
import { SimMachine } from "./machine.ts";
import type { MachineRecord } from "./record.ts";
import { type Act, dueSec, type Moment, type Scene } from "./scene.ts";
import type { SimStation } from "./station.ts";

export interface WorldOptions {
  scene: Scene;
  clock: ManualClock;
  station: SimStation;
  brokerUrl: string;
  /** First level of the stations' topics. */
  base: string;
  /** Called when a moment of the timeline is due. */
  onMoment: (moment: Moment) => void;
}

/** Topic on which the station messages itself, to know that the broker has delivered everything before. */
const echoTopic = "demo/echo";
/** Passes through the broker in one second: to the server, to a machine, and back. */
const echoes = 3;

export class World {
  readonly machines: readonly SimMachine[];
  readonly #options: WorldOptions;
  readonly #dataTopic: string;
  readonly #startWall: number;
  readonly #open: Set<Moment>;
  #otherWatts: number;
  #lastMomentSec = 0;
  #sec = 0;
  #line: Client | null = null;
  #settled = () => {};

  /** Builds the world; it does nothing until `start` connects it. */
  constructor(options: WorldOptions) {
    const { scene, clock, brokerUrl, base } = options;
    this.#options = options;
    this.#startWall = clock.wall();
    this.#open = new Set(scene.timeline);
    this.#otherWatts = scene.station.otherWatts;
    this.#dataTopic = topicFor(makeTopics(base, "unused").data, { serial: scene.station.serial });
    this.machines = scene.machines.map(
      (machine) => new SimMachine({ ...machine, clock, plug: (wanted) => plugInto(brokerUrl, wanted) }),
    );
  }

  /** Connects the station and switches the machines on. */
  async start(): Promise<void> {
    const { brokerUrl, scene } = this.#options;
    const heard = () => this.#settled();
    this.#line = await connectClient({ url: brokerUrl, clientId: `station-${scene.station.serial}`, heard });
    await this.#line.subscribe([echoTopic]);
    for (const machine of this.machines) await machine.boot();
    this.#feed();
  }

  /** Advances everything by one second: the clock's other users, the station, the machines, the timeline. */
  async second(): Promise<void> {
    this.#sec += 1;
    this.#options.clock.second();
    for (const moment of this.#due()) await this.#happen(moment);
    this.#feed();
    for (const frame of this.#options.station.advance(1)) await this.#line?.publish(this.#dataTopic, frame);
    for (const machine of this.machines) {
      if (!this.#options.station.outputOn) machine.cutPower();
      machine.tick();
    }
    for (let times = 0; times < echoes; times++) await this.#echo();
  }

  /** Waits until earlier messages have passed the broker: a busy computer must not change the story. */
  async #echo(): Promise<void> {
    const back = new Promise<void>((resolve) => {
      this.#settled = resolve;
    });
    await this.#line?.publish(echoTopic, "");
    await back;
  }

  /** Seconds since the scene began. */
  get sec(): number {
    return this.#sec;
  }

  /** True once every moment has happened and no machine is busy, or the scene's time is up. */
  get over(): boolean {
    const { restSec, limitSec } = this.#options.scene;
    if (this.#sec >= limitSec) return true;
    const busy = this.machines.some((machine) => machine.busy);
    return this.#open.size === 0 && !busy && this.#sec - this.#lastMomentSec >= restSec;
  }

  records(): Record<string, MachineRecord> {
    return Object.fromEntries(this.machines.map(({ name, record }) => [name, record]));
  }

  async stop(): Promise<void> {
    for (const machine of this.machines) machine.unplug();
    await this.#line?.close();
  }

  /** Sets the station's load to that of the machines that run. */
  #feed() {
    const watts = this.machines.reduce((sum, machine) => sum + machine.watts(), this.#otherWatts);
    this.#options.station.setLoad(watts);
  }

  #due(): Moment[] {
    const records = this.records();
    return [...this.#open].filter((moment) => {
      const sec = dueSec(moment, records, this.#startWall);
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
    switch (act.kind) {
      case "grid":
        return this.#options.station.setGrid(act.up);
      case "load":
        this.#otherWatts = act.watts;
        return;
      case "unplug":
        return this.#machine(act.machine).unplug();
      case "plug-in":
        return this.#machine(act.machine).plugIn();
      case "boot":
        return this.#machine(act.machine).boot();
    }
  }

  #machine(name: string): SimMachine {
    const machine = this.machines.find((candidate) => candidate.name === name);
    if (!machine) throw new RangeError(`the scene has no machine ${name}`);
    return machine;
  }
}

/** Opens a machine's own connection, with its Last Will. */
async function plugInto(url: string, { filters, ...rest }: Wanted): Promise<Client> {
  const client = await connectClient({ url, ...rest });
  await client.subscribe(filters);
  return client;
}
