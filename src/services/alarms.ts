/** The alarms room: holds the alarms that stand, on disk and retained on `power-manager/alarms`. */
import { endsOf, subjectOf } from "../contract/journal.ts";
import { type Alarm, alarmSchema, type JournalEntry } from "../contract/messages/journal.ts";
import { fileBounds, jsonOrNull } from "../core/bounded-json.ts";
import type { Instant } from "../core/reading.ts";
import { createDurable, type Durable } from "../io/durable.ts";
import type { StateStore } from "../io/sqlite.ts";
import type { After } from "../io/timer.ts";
import type { Room, Service } from "./service.ts";

export interface AlarmsOptions {
  /** Where the alarms are kept, under the key `alarms`. */
  store: StateStore;
  /** The configured stations and machines: an alarm about another one, which only an over-event would end, is dropped. */
  stations: readonly string[];
  machines: readonly string[];
  /** How the wait for the disk is measured; real time unless given. */
  after: After;
}

/** An alarm as this room holds it. */
interface Standing {
  alarm: Alarm;
  /** Unix seconds when it was raised last. */
  last: number;
  /** When it ends by itself; null while only its over-event ends it. */
  endsAt: Instant | null;
}

/** An alarm as it is on disk. */
interface Stored extends Alarm {
  last: number;
}

export function alarms(options: AlarmsOptions): Service {
  return {
    name: "alarms",
    reads: ["events"],
    writes: ["alarms"],
    start: (room) => new Alarms(room, options).start(),
  };
}

class Alarms {
  readonly #room: Room;
  readonly #options: AlarmsOptions;
  readonly #durable: Durable;
  readonly #standing = new Map<string, Standing>();
  /** Events that came before the stored alarms were read. */
  #early: JournalEntry[] | null = [];

  constructor(room: Room, options: AlarmsOptions) {
    const { store, after } = options;
    this.#room = room;
    this.#options = options;
    // The policy writes to the same disk and raises the alarm about it.
    this.#durable = createDurable(store, "alarms", { onAlarm: () => {}, after });
  }

  start() {
    const { topics } = this.#room;
    this.#room.on(topics.events, ({ payload, retained }) => {
      if (retained) return;
      if (this.#early) this.#early.push(payload);
      else if (this.#take(payload)) this.#commit();
    });
    this.#room.onTick((at) => this.#expire(at));
    const lost = (error: unknown) => {
      this.#room.log.warn(`the stored alarms could not be read: ${String(error)}`);
      return null;
    };
    void this.#durable
      .load()
      .catch(lost)
      .then((text) => this.#begin(text));
    return () => this.#durable.close();
  }

  /** Takes up what stood before the restart, and publishes it: what the broker kept may be older. */
  #begin(text: string | null) {
    for (const stored of readAlarms(text)) this.#restore(stored);
    for (const entry of this.#early ?? []) this.#take(entry);
    this.#early = null;
    this.#commit();
  }

  #restore({ last, ...alarm }: Stored) {
    if (!this.#isConfigured(alarm)) return;
    const { standsSec, restartSec } = endsOf(alarm.code);
    const { clock } = this.#room;
    // The clock since boot may be another one now. A wall clock that was set wrong makes an alarm stand longer, at most
    // as long as a new one.
    const passedSec = Math.min(Math.max(0, clock.wall() / 1000 - last), standsSec ?? 0);
    const leftSec = restartSec ?? (standsSec === null ? null : standsSec - passedSec);
    const endsAt = leftSec === null ? null : clock.now() + leftSec * 1000;
    this.#standing.set(keyOf(alarm), { alarm, last, endsAt });
  }

  /** What only an over-event ends would stand for ever once its station or machine left the configuration. */
  #isConfigured({ code, station, machine }: Alarm): boolean {
    if (endsOf(code).standsSec !== null) return true;
    const { stations, machines } = this.#options;
    const knows = (names: readonly string[], name: string | undefined) =>
      name === undefined || names.includes(name);
    return knows(stations, station) && knows(machines, machine);
  }

  /** Takes an event in; true when the set changed. */
  #take(entry: JournalEntry): boolean {
    const { type, code, at, text } = entry;
    if (code === undefined) return false;
    const alarm = { code, level: "alarm" as const, ...subjectOf(code, entry) };
    const key = keyOf(alarm);
    if (type === "alarm-over") return this.#standing.delete(key);
    const before = this.#standing.get(key)?.alarm;
    const { standsSec } = endsOf(code);
    const endsAt = standsSec === null ? null : this.#room.clock.now() + standsSec * 1000;
    const [since, count] = [before?.since ?? at, (before?.count ?? 0) + 1];
    this.#standing.set(key, { alarm: { ...alarm, since, count, text }, last: at, endsAt });
    return true;
  }

  #expire(at: Instant) {
    const before = this.#standing.size;
    for (const [key, { endsAt }] of this.#standing)
      if (endsAt !== null && at >= endsAt) this.#standing.delete(key);
    if (this.#standing.size < before) this.#commit();
  }

  /** The set goes to disk, then to people: what they see survives a kill. */
  #commit() {
    const standing = [...this.#standing.values()];
    const stored: Stored[] = standing.map(({ alarm, last }) => ({ ...alarm, last }));
    const at = this.#room.clock.wall() / 1000;
    this.#durable.commit(JSON.stringify(stored), () =>
      this.#room.publish(this.#room.topics.alarms, {}, { at, alarms: standing.map(({ alarm }) => alarm) }),
    );
  }
}

const storedSchema = alarmSchema.extend({ last: alarmSchema.shape.since });

/** The stored alarms; what cannot be read, or has a code that this version does not know, is left out. */
function readAlarms(text: string | null): Stored[] {
  if (text === null) return [];
  try {
    const list: unknown = jsonOrNull(text, fileBounds);
    if (!Array.isArray(list)) return [];
    return list.flatMap((each) => storedSchema.safeParse(each).data ?? []);
  } catch {
    return [];
  }
}

const keyOf = ({ code, station, machine, source }: Pick<Alarm, "code" | "station" | "machine" | "source">) =>
  JSON.stringify([code, station, machine, source]);
