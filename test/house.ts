/** The house on a manual clock: the real rooms on the real bus, no sockets. Stories are written with its methods. */
import { type App, createApp as realApp, type SitePlan } from "../src/app.ts";
import type { Alarms, JournalEntry } from "../src/contract/messages/journal.ts";
import type { Ack, Command, Plan, Power, Status } from "../src/contract/messages/machine.ts";
import type { OrchestratorStatus } from "../src/contract/messages/server.ts";
import type { MachineRules, PolicyRules, StationRules } from "../src/core/policy/rules.ts";
import type { StationReading } from "../src/core/reading.ts";
import type { CloudDoors } from "../src/io/cloud.ts";
import type { Log } from "../src/io/log.ts";
import { memoryStore, type StateStore } from "../src/io/sqlite.ts";
import type { SourceKinds } from "../src/services/source.ts";
import { ManualClock } from "../src/sim/clock.ts";
import { sourceKinds } from "../src/sources.ts";

/** 2026-11-21 18:00 UTC: when the stories begin. */
const evening = Date.UTC(2026, 10, 21, 18);

export interface Heard {
  /** Seconds since the story began. */
  at: number;
  topic: string;
  key: string;
  params: Readonly<Record<string, string>>;
  payload: unknown;
}

export interface HouseOptions {
  /** Id of its processes; another one for a second server. */
  instance?: string;
  machines?: Record<string, Partial<MachineRules> & { key?: string }>;
  stations?: Record<string, Partial<StationRules> & { serial?: string }>;
  policy?: Partial<PolicyRules>;
  sources?: SitePlan["sources"];
  /** Kinds of sources besides those of `src/sources.ts`. */
  sourceKinds?: SourceKinds;
  store?: StateStore;
  /** Receives what the rooms log; default: nothing does. */
  log?: Log;
  /** The doors to EcoFlow's cloud on the house's clock; none unless given. */
  cloud?: (clock: ManualClock) => CloudDoors;
  /** From 0 to below 1; the same each time unless given. */
  random?: () => number;
  /** Builds the house; the real one unless a copy of the sources is under test (`planted.ts`). */
  createApp?: typeof realApp;
}

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => quiet };

function planOf(options: HouseOptions): SitePlan {
  const stations = options.stations ?? { Study: {} };
  const machines = options.machines ?? { pc: {} };
  const first = Object.keys(stations)[0] as string;
  const machine = ({ key: _, ...given }: Partial<MachineRules> & { key?: string }): MachineRules => ({
    stations: [first],
    minSupplies: given.stations?.length ?? 1,
    socPercent: 10,
    runtimeSec: null,
    onBatterySec: null,
    delaySec: 60,
    stopSec: 120,
    ...given,
  });
  return {
    base: "bridge-ecoflow",
    site: "home",
    version: "test",
    ttlSec: 300,
    sources: options.sources ?? [{ kind: "mqtt-raw", name: "mqtt-raw" }],
    idOf: (name) => Object.entries(stations).find(([, { serial }]) => serial === name)?.[0] ?? name,
    keys: Object.fromEntries(
      Object.entries(machines).flatMap(([id, { key }]) => (key === undefined ? [] : [[id, key]])),
    ),
    stations: Object.entries(stations).map(([id, given]) => ({
      id,
      serial: given.serial ?? null,
      name: id,
      capacityWh: given.capacityWh ?? null,
      dischargeLimitPercent: given.dischargeLimitPercent ?? null,
    })),
    rules: {
      stations: Object.fromEntries(
        Object.entries(stations).map(([id, { serial: _, ...given }]) => [
          id,
          { capacityWh: null, dischargeLimitPercent: null, assumedLoadWatts: null, ...given },
        ]),
      ),
      machines: Object.fromEntries(Object.entries(machines).map(([id, given]) => [id, machine(given)])),
      debounceSec: 180,
      cooldownSec: 300,
      hysteresisPercent: 3,
      abortAfterSec: 10,
      wakeAfterSec: 300,
      blindAfterSec: 60,
      blindMaxSec: "auto",
      deadmanSec: 300,
      bootGraceSec: 600,
      ...options.policy,
    },
  };
}

/** One house, the messages of its story so far, and the methods that move the story on. */
export class House {
  readonly clock: ManualClock;
  readonly plan: SitePlan;
  readonly heard: Heard[] = [];
  store: StateStore;
  readonly #createApp: typeof realApp;
  #app: App;
  #passedMs = 0;
  #dead = false;
  /** Counts processes: what an earlier one still writes does not arrive. */
  #life = 0;
  /** Publications that the process has left to live; it dies instead of the next one. */
  #lives = Number.POSITIVE_INFINITY;
  readonly #sourceKinds: SourceKinds;
  readonly #cloud: HouseOptions["cloud"];
  readonly #random: () => number;
  readonly #ears = new Set<(heard: Heard) => void>();
  /** Things that go on by themselves: called at each second. */
  readonly #habits = new Set<(second: number) => void>();

  readonly #instance: string | undefined;
  readonly #log: Log;

  private constructor(options: HouseOptions) {
    this.#instance = options.instance;
    this.#log = options.log ?? quiet;
    this.clock = new ManualClock({ now: 3_600_000, wall: evening });
    this.plan = planOf(options);
    this.#sourceKinds = { ...sourceKinds, ...options.sourceKinds };
    this.#cloud = options.cloud;
    this.#random = options.random ?? (() => 0.5);
    this.store = options.store ?? memoryStore();
    this.#createApp = options.createApp ?? realApp;
    this.#app = this.#build();
  }

  static async open(options: HouseOptions = {}): Promise<House> {
    const house = new House(options);
    await house.#start();
    return house;
  }

  #build(): App {
    const { clock } = this;
    const store = this.#mortal(this.store);
    const app = this.#createApp(this.plan, {
      clock,
      log: this.#log,
      store,
      broker: null,
      after: clock.after,
      random: this.#random,
      instance: this.#instance ?? `life-${this.#life}`,
      sourceKinds: this.#sourceKinds,
      ...(this.#cloud && { cloud: this.#cloud(clock) }),
    });
    app.bus.tap((message) => {
      const { topic, name, params, payload, from } = message;
      // Messages that a client of the broker would see of the server, and the private ones of the rooms; not the story's own.
      if (app === this.#app && !this.#dead && from !== "mirror") {
        if (topic.visibility === "public" && this.#lives-- <= 0) return void this.kill();
        const heard = { at: this.seconds, topic: name, key: topic.key, params, payload };
        this.heard.push(heard);
        for (const ear of [...this.#ears]) ear(heard);
      }
    });
    return app;
  }

  /** The disk as one process reaches it: what a dead one writes does not arrive. */
  #mortal(disk: StateStore): StateStore {
    const life = ++this.#life;
    const lives = () => !this.#dead && life === this.#life;
    return {
      ...disk,
      save: (key, text) => (lives() ? disk.save(key, text) : new Promise(() => {})),
    };
  }

  get app(): App {
    return this.#app;
  }

  /** Seconds since the story began. */
  get seconds(): number {
    return this.#passedMs / 1000;
  }

  /** Lets `seconds` pass, one tick each; habits speak before the tick. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.#move(1_000);
      for (const habit of [...this.#habits]) habit(this.seconds);
      await settle();
      this.clock.ring();
      this.clock.tick();
      await settle();
    }
  }

  /** Does something every `every` seconds, now included, until the answer is called. */
  each(every: number, act: () => void): () => void {
    const from = this.seconds;
    act();
    const habit = (second: number) => {
      if ((second - from) % every === 0) act();
    };
    this.#habits.add(habit);
    return () => this.#habits.delete(habit);
  }

  /** Another program publishes a reading of a station in the original's JSON. */
  says(device: string, reading: Record<string, unknown>, retained = false): void {
    if (this.#dead) return;
    const { topics, bus } = this.#app;
    const name = `bridge-ecoflow/${device}/json/state`;
    bus.inject(topics.state, name, { device, ...reading } as never, retained);
  }

  /** A raw frame of a station arrives. */
  frame(serial: string, bytes: Uint8Array): void {
    if (this.#dead) return;
    const { topics, bus } = this.#app;
    bus.inject(topics.data, `bridge-ecoflow/${serial}/data`, { bytes, source: null }, false);
  }

  /** An agent says something about itself. */
  status(machine: string, status: Status, retained = false): void {
    if (this.#dead) return;
    const { topics, bus } = this.#app;
    bus.inject(topics.status, `power-manager/${machine}/status`, status, retained);
  }

  /** An agent answers a command. */
  ack(machine: string, ack: Ack): void {
    if (this.#dead) return;
    const { topics, bus } = this.#app;
    bus.inject(topics.ack, `power-manager/${machine}/ack`, ack, false);
  }

  /** Another orchestrator speaks, or the broker repeats what one said (`retained`). */
  orchestrator(status: OrchestratorStatus, retained = false): void {
    if (this.#dead) return;
    const { topics, bus } = this.#app;
    bus.inject(topics.orchestrator, "power-manager/orchestrator/status", status, retained);
  }

  /** kill -9: from here on the process says, hears and writes nothing. */
  kill(): void {
    this.#dead = true;
    this.clock.forget();
  }

  /** The process dies in place of its n-th publication from now. */
  dieAtPublish(n: number): void {
    this.#lives = n - 1;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** The process is killed (or stopped, `orderly`) and starts again; `otherBoot`: the whole machine did. */
  async restart({ awaySec = 1, otherBoot = false, loseStore = false, orderly = false } = {}): Promise<void> {
    if (orderly) await this.close();
    if (loseStore) this.store = memoryStore();
    this.kill();
    this.#move(awaySec * 1_000);
    if (otherBoot) this.clock.reboot(120_000 + (this.clock.now() % 1_000));
    this.#dead = false;
    this.#lives = Number.POSITIVE_INFINITY;
    this.#app = this.#build();
    await this.#start();
  }

  /** Starts the rooms. What they wait for there (a disk that hangs) takes time of the story, unless the process dies of it. */
  async #start(): Promise<void> {
    let isUp = false;
    const start = this.#app.start().then(() => {
      isUp = true;
    });
    const turns = async () => {
      for (let turn = 0; turn < 20 && !isUp; turn++) await settle();
    };
    for (await turns(); !isUp && !this.#dead; await turns()) {
      this.#move(1_000);
      this.clock.ring();
    }
    await settle();
    if (isUp) await start;
  }

  #move(ms: number): void {
    this.clock.move(ms);
    this.#passedMs += ms;
  }

  /** Calls back for every message that an outsider would see; the answer ends it. */
  listen(hear: (heard: Heard) => void): () => void {
    this.#ears.add(hear);
    return () => this.#ears.delete(hear);
  }

  /** An orderly end. */
  async close(): Promise<void> {
    await this.#app.stop();
  }

  of<T>(key: string, name?: string): (T & { heardAt: number })[] {
    return this.heard
      .filter((h) => h.key === key && (name === undefined || Object.values(h.params).includes(name)))
      .map((h) => ({ ...(h.payload as T), heardAt: h.at }));
  }

  commands(machine?: string) {
    return this.of<Command>("command", machine);
  }
  power(machine?: string) {
    return this.of<Power>("power", machine);
  }
  plans(machine?: string) {
    return this.of<Plan>("plan", machine);
  }
  events() {
    return this.of<JournalEntry>("events");
  }
  alarms() {
    return this.events().filter(({ type }) => type === "alarm");
  }
  /** The alarms that stand, as the newest `power-manager/alarms` has them. */
  standing() {
    return this.of<Alarms>("alarms").at(-1)?.alarms ?? [];
  }
  /** The newest judged reading of a station. */
  reading(station: string): StationReading | undefined {
    return this.of<StationReading>("reading", station).at(-1);
  }
}

/** Lets everything that waits for a promise go on; no real time passes. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await Promise.resolve();
}

/** A station that publishes the original's JSON every `every` seconds; the story changes what it says. */
export function station(house: House, device = "Study", every = 10) {
  const now = { soc: 80, grid: true, silent: false, more: {} as Record<string, unknown> };
  house.each(every, () => {
    if (!now.silent)
      house.says(device, { ...(now.grid ? onMains(now.soc) : onBattery(now.soc)), ...now.more });
  });
  return now;
}

/** The original's JSON of a station on mains and on battery. */
export const onMains = (soc: number) => ({ soc, grid_connected: true, temp_celsius: 24 });
export const onBattery = (soc: number) => ({ soc, grid_connected: false, temp_celsius: 24 });
