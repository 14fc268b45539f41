/** The policy's room: feeds every input to the pure decision, stores its state, and only then carries out what it wants. */
import { event, noticeOf, over, type RoomEvent } from "../contract/journal.ts";
import type { Ack, Command, OrchestratorStatus, Status } from "../contract/messages.ts";
import { ackText, statusText } from "../contract/signatures.ts";
import type { CommandEffect, Effect, MachinePlan, PowerState } from "../core/policy/effects.ts";
import { isByHand, type PolicyInput } from "../core/policy/inputs.ts";
import { step } from "../core/policy/policy.ts";
import { powerOf } from "../core/policy/presence/power.ts";
import type { PolicyRules } from "../core/policy/rules.ts";
import { initialState, type PolicyState } from "../core/policy/state.ts";
import { isCurrent, readStored, type Stored } from "../core/policy/stored.ts";
import { planOf } from "../core/policy/words/plan.ts";
import type { Instant } from "../core/reading.ts";
import type { Message } from "../io/bus.ts";
import { createDurable, type DiskFault, type Durable } from "../io/durable.ts";
import { createOnce } from "../io/once.ts";
import { verify } from "../io/secrets.ts";
import type { StateStore } from "../io/sqlite.ts";
import type { After } from "../io/timer.ts";
import type { Room, Service } from "./service.ts";

export interface PolicyOptions {
  rules: PolicyRules;
  instance: string;
  /** The key of each machine that has one: its `ack` and `status` must be signed (R9). */
  keys: Readonly<Record<string, string>>;
  /** Where the state lives, under the key `policy`. */
  store: StateStore;
  /** Measures the wait for the disk. */
  after: After;
}

/** The policy's place in the store. */
const key = "policy";

/** `power` goes out so often, on battery so often, in ms (product.md section 4). */
const powerMs = { calm: 15_000, onBattery: 5_000 };
/** A state without effects is written so often: what decides nothing yet may be lost for so long. */
const saveMs = { calm: 60_000, busy: 5_000 };
/** A pending deadline is published anew so often. */
const planMs = 5_000;
/** The alarm about another orchestrator is raised again after this time while that one lives. */
const rivalEveryMs = 3_600_000;

export function policy(options: PolicyOptions): Service {
  return {
    name: "policy",
    reads: ["reading", "ack", "status", "orchestrator", "command", "broker"],
    writes: ["intent", "plan", "lease", "notice"],
    start: async (room) => {
      const onAlarm = (fault: DiskFault | null) => {
        notice(room, fault === null ? over("state-not-durable", {}) : event("state-not-durable", fault));
      };
      const { store, after } = options;
      const onThrow = (error: unknown) => room.log.error(`an effect was not carried out: ${String(error)}`);
      const durable = createDurable(store, key, { onAlarm, onThrow, after });
      const desk = new Desk(room, options, durable, readStored(await durable.load()));
      desk.start();
      return () => desk.stop();
    },
  };
}

function notice(room: Room, news: RoomEvent) {
  room.publish(room.topics.notice, {}, noticeOf(room.clock.wall() / 1000, news));
}

class Desk {
  readonly #room: Room;
  readonly #options: PolicyOptions;
  readonly #durable: Durable;
  readonly #stored: Stored | null;
  readonly #once;
  #state: PolicyState;
  #savedAt = Number.NEGATIVE_INFINITY;
  #unsaved = false;
  /** Effects of an earlier process that may not have been carried out; they wait for the broker. */
  #undone: Effect[] = [];
  /** Effects decided but not yet carried out, oldest first. */
  #outbox: Effect[] = [];
  #stopped = false;
  readonly #powerAt = new Map<string, Instant>();
  readonly #toldBattery = new Map<string, boolean | null>();
  readonly #rivals = new Map<string, Instant>();
  readonly #plans = new Map<string, { text: string; at: Instant }>();

  constructor(room: Room, options: PolicyOptions, durable: Durable, stored: Stored | null) {
    this.#room = room;
    this.#options = options;
    this.#durable = durable;
    this.#stored = stored;
    this.#state = stored?.state ?? initialState(options.rules);
    this.#once = createOnce(room.log);
  }

  start() {
    const { clock, topics } = this.#room;
    const boot = clock.boot();
    const sameBoot = this.#stored?.boot === boot;
    const [at, wall] = [clock.now(), clock.wall()];
    const awayMs = sameBoot ? Math.max(0, at - this.#state.now) : Number.MAX_SAFE_INTEGER;
    const waiting = this.#stored?.outbox ?? [];
    this.#undone = sameBoot ? waiting.filter(({ kind }) => kind === "command") : [];
    // Events do not wait for the broker: an alarm must not begin after its end. Of another boot only the ends count.
    const untold = waiting.filter((effect) => effect.kind === "event" && (sameBoot || effect.over === true));
    this.#apply({ kind: "start", at, wall, boot, sameBoot, awayMs }, untold);
    this.#room.on(topics.reading, (m) => {
      if (m.retained) return;
      this.#apply({
        kind: "reading",
        at: m.at,
        wall: m.wall,
        station: m.params["station"] ?? "",
        reading: m.payload,
      });
    });
    this.#room.on(topics.ack, (m) => this.#ack(m));
    this.#room.on(topics.status, (m) => this.#status(m));
    this.#room.on(topics.broker, (m) => {
      const { connected } = m.payload;
      const undone = connected ? this.#undone.splice(0) : [];
      this.#apply({ kind: "broker", at: m.at, wall: m.wall, connected }, undone);
    });
    this.#room.on(topics.orchestrator, (m) => this.#orchestrator(m));
    this.#room.on(topics.command, (m) => this.#foreign(m));
    this.#room.onTick((tickAt, tickWall) => this.#tick(tickAt, tickWall));
  }

  /** The last word goes to disk, so that an orderly restart continues where it stopped. */
  async stop() {
    this.#stopped = true;
    if (this.#unsaved) this.#commit(() => {});
    await this.#durable.close();
  }

  #ack({ params, payload, retained, at, wall }: Message<Ack>) {
    const machine = params["machine"] ?? "";
    if (retained || !this.#trusted(machine, payload.sig, ackText(machine, payload))) return;
    this.#apply({ kind: "ack", at, wall, machine, ack: payload });
  }

  #status({ params, payload, retained, at, wall }: Message<Status>) {
    const machine = params["machine"] ?? "";
    // A Last Will is written before its time and cannot be signed with it: going offline alone decides nothing (S33).
    const will = !payload.online && payload.at === undefined;
    if (!will && !this.#trusted(machine, payload.sig, statusText(machine, payload))) return;
    this.#apply({ kind: "presence", at, wall, machine, status: payload, live: !retained });
  }

  /** A command that this server did not send: `send`, by a person, is told; anybody else is an alarm (S26). */
  #foreign({ params, payload, from, retained }: Message<Command>) {
    if (from !== "mirror" || retained) return;
    const machine = params["machine"] ?? "";
    const { action, id } = payload;
    const code = isByHand(id) ? "by-hand" : "foreign-command";
    notice(this.#room, event(code, { machine, action, id }));
  }

  /** Another server's lease: its epoch is history to rise above (R7); while it lives it is a rival (S26). */
  #orchestrator({ payload, at, wall, from, retained }: Message<OrchestratorStatus>) {
    if (from !== "mirror" || payload.instance === this.#options.instance) return;
    this.#apply({ kind: "epoch", at, wall, epoch: payload.epoch });
    if (retained || !payload.online) return;
    const { instance, site } = payload;
    if (at - (this.#rivals.get(instance) ?? Number.NEGATIVE_INFINITY) < rivalEveryMs) return;
    this.#rivals.set(instance, at);
    notice(this.#room, event("rival-orchestrator", { instance, site }));
  }

  #trusted(machine: string, sig: string | undefined, text: string): boolean {
    if (!Object.hasOwn(this.#options.rules.machines, machine)) return false;
    const key = this.#options.keys[machine];
    if (key === undefined || verify(key, text, sig)) return true;
    this.#once.warn(
      `sig:${machine}`,
      `a message of ${machine} was left alone: its signature is missing or wrong`,
    );
    return false;
  }

  #tick(at: Instant, wall: number) {
    this.#apply({ kind: "tick", at, wall });
    for (const machine of Object.keys(this.#options.rules.machines)) {
      this.#tellPlan(machine, at);
      this.#tellPower(machine, at);
    }
    if (this.#unsaved && at - this.#savedAt >= (this.#busy() ? saveMs.busy : saveMs.calm))
      this.#commit(() => {});
  }

  #busy(): boolean {
    return [...this.#toldBattery.values()].some((onBattery) => onBattery !== false);
  }

  #apply(input: PolicyInput, undone: Effect[] = []) {
    const before = this.#state;
    const { state, effects } = step(this.#options.rules, before, input);
    this.#state = state;
    if (state !== before) this.#unsaved = true;
    const due = [...undone.filter((effect) => isCurrent(state, effects, effect)), ...effects];
    this.#outbox.push(...due);
    if (input.kind === "start" || state.epoch !== before.epoch) {
      this.#commit(() => this.#room.publish(this.#room.topics.lease, {}, { epoch: state.epoch }));
    }
    if (due.length === 0) return;
    this.#commit(() => {
      for (const effect of due) this.#perform(effect);
      this.#outbox = this.#outbox.filter((waiting) => !due.includes(waiting));
      // The emptied outbox is written with the next tick: until then a restart says the same once more, with the same ids.
      this.#unsaved = true;
      this.#savedAt = Number.NEGATIVE_INFINITY;
    });
  }

  /** The state goes to disk, then the effect happens (R5). */
  #commit(effect: () => void) {
    const { clock } = this.#room;
    const stored: Stored = {
      version: 2,
      boot: clock.boot(),
      state: this.#state,
      outbox: [...this.#undone, ...this.#outbox],
    };
    this.#savedAt = clock.now();
    this.#unsaved = false;
    this.#durable.commit(JSON.stringify(stored), effect);
  }

  #perform(effect: Effect) {
    if (this.#stopped) return;
    if (effect.kind === "event") return notice(this.#room, effect);
    const now = this.#room.clock.now();
    this.#intend(effect.machine, powerOf(this.#options.rules, this.#state, effect.machine, now), now, effect);
  }

  #intend(machine: string, power: PowerState, at: Instant, effect: CommandEffect | null) {
    let command = null;
    if (effect) {
      const { kind: _, machine: __, ...rest } = effect;
      command = rest;
    }
    this.#powerAt.set(machine, at);
    this.#toldBattery.set(machine, power.on_battery);
    this.#room.publish(this.#room.topics.intent, { machine }, { power, command });
  }

  /** `power` comes from here, so that it ends when the decision does: a dead policy must not look alive to an agent. */
  #tellPower(machine: string, at: Instant) {
    const word = powerOf(this.#options.rules, this.#state, machine, at);
    const every = word.on_battery === true ? powerMs.onBattery : powerMs.calm;
    const changed = this.#toldBattery.get(machine) !== word.on_battery;
    if (!changed && at - (this.#powerAt.get(machine) ?? Number.NEGATIVE_INFINITY) < every) return;
    this.#intend(machine, word, at, null);
  }

  #tellPlan(machine: string, at: Instant) {
    const word: MachinePlan = planOf(this.#options.rules, this.#state, machine, at);
    const { deadline_sec: deadline, ...lasting } = word;
    const text = JSON.stringify([
      lasting.state,
      lasting.hold,
      lasting.causes.map(({ kind, station }) => [kind, station]),
    ]);
    const told = this.#plans.get(machine);
    const stale = deadline !== null && at - (told?.at ?? 0) >= planMs;
    if (told?.text === text && !stale) return;
    this.#plans.set(machine, { text, at });
    this.#room.publish(this.#room.topics.plan, { machine }, word);
  }
}
