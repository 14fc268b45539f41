/** The policy's room: feeds every input to the pure decision, stores its state, and only then carries out the effects. */
import { event, over } from "../contract/journal.ts";
import type { Effect } from "../core/policy/effects.ts";
import type { PolicyInput } from "../core/policy/inputs.ts";
import { step } from "../core/policy/policy.ts";
import type { PolicyRules } from "../core/policy/rules.ts";
import { initialState } from "../core/policy/state.ts";
import { isCurrent, readStored, type Stored } from "../core/policy/stored.ts";
import type { Instant } from "../core/reading.ts";
import { createDurable, type DiskFault, type Durable } from "../io/durable.ts";
import type { StateStore } from "../io/sqlite.ts";
import type { After } from "../io/timer.ts";
import { Doubles } from "./policy/doubles.ts";
import { Foreign } from "./policy/foreign.ts";
import { PolicyNews } from "./policy/news.ts";
import { notice } from "./policy/notice.ts";
import { Outbox } from "./policy/outbox.ts";
import { Outlook } from "./policy/outlook.ts";
import { Pauses } from "./policy/pauses.ts";
import { Rivals } from "./policy/rivals.ts";
import { Trust } from "./policy/trust.ts";
import type { Room, Service } from "./service.ts";

export interface PolicyOptions {
  rules: PolicyRules;
  instance: string;
  /** The key of each machine that has one: its `ack` and `status` must be signed (R9). */
  keys: Readonly<Record<string, string>>;
  /** Where the state is stored, under the key `policy`. */
  store: StateStore;
  /** Measures the wait for the disk. */
  after: After;
}

/** The policy's key in the store. */
const key = "policy";

export function policy(options: PolicyOptions): Service {
  return {
    name: "policy",
    reads: ["reading", "ack", "status", "orchestrator", "command", "refused", "broker"],
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

class Desk {
  readonly #room: Room;
  readonly #rules: PolicyRules;
  /** The stored state is of this boot: its instants are comparable with the clock. */
  readonly #isSameBoot: boolean;
  /** Effects of an earlier process that it may not have carried out. */
  readonly #waiting: readonly Effect[];
  readonly #trust: Trust;
  readonly #rivals: Rivals;
  readonly #foreign: Foreign;
  readonly #doubles: Doubles;
  readonly #news: PolicyNews;
  readonly #outlook: Outlook;
  readonly #outbox: Outbox;
  readonly #pauses: Pauses;

  constructor(room: Room, options: PolicyOptions, durable: Durable, stored: Stored | null) {
    const { rules, keys, instance } = options;
    this.#room = room;
    this.#rules = rules;
    this.#trust = new Trust(room, rules.machines, keys);
    const machines = Object.keys(rules.machines);
    this.#rivals = new Rivals(room, { instance, machines, keys });
    this.#foreign = new Foreign(room, {
      machines,
      isTrusted: (message) => this.#trust.isSigned(message),
      isLedByOther: (machine, epoch, at) => this.#rivals.isLedByOther(machine, epoch, at),
    });
    this.#doubles = new Doubles(room);
    this.#news = new PolicyNews(room.log, rules);
    this.#outlook = new Outlook(room, rules);
    this.#pauses = new Pauses(room.clock.now());
    this.#isSameBoot = stored?.boot === room.clock.boot();
    this.#waiting = stored?.outbox ?? [];
    this.#outbox = new Outbox({
      durable,
      clock: room.clock,
      state: stored?.state ?? initialState(rules),
      undone: this.#isSameBoot ? this.#waiting.filter(({ kind }) => kind === "command") : [],
      perform: (effect) => this.#perform(effect),
    });
  }

  start(): void {
    const { clock, topics } = this.#room;
    const boot = clock.boot();
    const sameBoot = this.#isSameBoot;
    const [at, wall] = [clock.now(), clock.wall()];
    const awayMs = sameBoot ? Math.max(0, at - this.#outbox.state.now) : Number.MAX_SAFE_INTEGER;
    // Events do not wait for the broker: an alarm must not begin after its end. Of another boot only the ends count.
    const unpublished = this.#waiting.filter(
      (effect) => effect.kind === "event" && (sameBoot || effect.over === true),
    );
    this.#apply({ kind: "start", at, wall, boot, sameBoot, awayMs }, unpublished);
    this.#news.goesOn(this.#outbox.state);
    this.#room.on(topics.reading, (m) => {
      if (m.retained) return;
      const station = m.params["station"] ?? "";
      this.#apply({ kind: "reading", at: m.at, wall: m.wall, station, reading: m.payload });
    });
    this.#room.on(topics.ack, (m) => {
      const input = this.#trust.ack(m);
      if (input?.kind === "ack") this.#news.acknowledged(m.params["machine"] ?? "", m.payload);
      this.#apply(input);
    });
    this.#room.on(topics.status, (m) => {
      const input = this.#trust.status(m);
      if (input?.kind === "presence") {
        this.#doubles.status(m);
        if (input.live) this.#news.presence(m.params["machine"] ?? "", m.payload, m.at);
      }
      this.#apply(input);
    });
    this.#room.on(topics.broker, (m) => {
      const { connected } = m.payload;
      this.#rivals.connected(connected, m.at);
      const undone = connected ? this.#outbox.takeUndone() : [];
      this.#apply({ kind: "broker", at: m.at, wall: m.wall, connected }, undone);
    });
    this.#room.on(topics.orchestrator, (m) => {
      this.#ranked(m.at, m.wall, () => this.#rivals.orchestrator(m, this.#outbox.state.epoch));
    });
    this.#room.on(topics.command, (m) => {
      const epoch = this.#foreign.command(m);
      // One order for both, so that the agent does not refuse our next command as older.
      const isNewer = epoch !== null && epoch >= this.#outbox.state.epoch;
      if (isNewer && this.#rivals.leads(m.params["machine"] ?? ""))
        this.#apply({ kind: "epoch", at: m.at, wall: m.wall, epoch });
    });
    this.#room.on(topics.refused, (m) => this.#foreign.refused(m.payload, m.at));
    this.#room.onTick((tickAt, tickWall) => this.#tick(tickAt, tickWall));
  }

  stop(): Promise<void> {
    return this.#outbox.close();
  }

  #tick(at: Instant, wall: number) {
    this.#noticePause(at, wall);
    this.#pauses.tick(at);
    this.#ranked(at, wall, () => this.#rivals.tick(at, wall));
    this.#apply({ kind: "tick", at, wall });
    this.#outlook.tick(this.#outbox.state, at);
    this.#outbox.tick(at, this.#outlook.isBusy);
  }

  /** Takes one step; null is no input. `undone`: effects of an earlier process, carried out before the new ones. */
  #apply(input: PolicyInput | null, undone: readonly Effect[] = []) {
    if (input === null) return;
    if (input.kind !== "start") this.#noticePause(input.at, input.wall);
    const before = this.#outbox.state;
    const { state, effects } = step(this.#rules, before, input);
    const due = [...undone.filter((effect) => isCurrent(state, effects, effect)), ...effects];
    this.#outbox.take(state, due);
    if (input.kind === "ack" && state !== before) this.#outbox.saveSoon();
    if (input.kind === "start" || state.epoch !== before.epoch) this.#publishLease();
    this.#outbox.carryOut(due);
  }

  /** Time in which this process did not run is no silence of a station (E5); messages of that time may come before the next tick. */
  #noticePause(at: Instant, wall: number) {
    const ms = this.#pauses.take(at);
    if (ms === 0) return;
    notice(this.#room, event("process-paused", { sec: Math.round(ms / 1000) }));
    this.#rivals.paused(at);
    this.#apply({ kind: "paused", at, wall, ms });
  }

  /** Takes over for which machines this server leads: the decision and the commander keep out of the others' life. */
  #ranked(at: Instant, wall: number, hear: () => PolicyInput | null) {
    const before = this.#rivals.silent;
    this.#apply(hear());
    const { silent } = this.#rivals;
    if (silent === before) return;
    // First the lease, because the commander sends nothing to a machine that it takes for another server's.
    this.#publishLease();
    this.#apply({ kind: "aside", at, wall, machines: Object.keys(silent) });
  }

  #publishLease() {
    this.#outbox.commit(() => {
      const { epoch } = this.#outbox.state;
      const { silent } = this.#rivals;
      this.#room.publish(this.#room.topics.lease, {}, { epoch, silent });
    });
  }

  /** After what changes which machine is next: an outage that begins, a machine that has its command. */
  #tellNext(effect: Effect) {
    if (effect.kind !== "event" || effect.over === true) return;
    if (effect.code === "outage-began" || effect.code === "shutdown-triggered")
      this.#news.next(this.#outbox.state, effect.params.station);
  }

  #perform(effect: Effect) {
    if (effect.kind === "event") {
      notice(this.#room, effect);
      this.#tellNext(effect);
    } else if (this.#rivals.leads(effect.machine)) this.#outlook.command(this.#outbox.state, effect);
  }
}
