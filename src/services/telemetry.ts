/** Telemetry: raw frames and other people's readings in, one judged reading a station out. */
import { event, noticeOf, over, type RoomEvent } from "../contract/journal.ts";
import type { ForeignReading } from "../contract/messages.ts";
import type { RawFrame } from "../contract/topics.ts";
import { topicName } from "../contract/topics.ts";
import { partFromForeign } from "../core/fuse/foreign.ts";
import { type MainsWord, mainsAfter, putBehind } from "../core/fuse/upstream.ts";
import type { Instant, Reading, StationReading } from "../core/reading.ts";
import {
  createStation,
  type JudgedReading,
  type StationInput,
  type StationMemory,
  type StationSetup,
  take,
} from "../core/station.ts";
import type { Message } from "../io/bus.ts";
import { createOnce, type Once } from "../io/once.ts";
import type { Room, Service } from "./service.ts";

export interface TelemetryOptions {
  /** The configured stations and those that machines name. */
  stations: readonly StationSetup[];
  /** `kind: mqtt-raw` stands in the configuration: frames are taken from the broker. */
  raw: boolean;
  /** `kind: mqtt` stands in the configuration: readings of others are a source of our own stations too. */
  foreignWelcome: boolean;
  /** The topic name of a text that may be no topic name (`River 3 Plus`), as the configuration made it. */
  idOf: (name: string) => string;
  /** By the id of a station behind a station: the one that feeds it (S35). */
  upstreams: ReadonlyMap<string, string>;
}

/** More stations than this cannot be real: a serial more is refused, so that a flood of topics fills no memory. */
const mostStations = 20_000;
/** An alarm about someone who speaks for our stations is told so often (S27). */
const alarmEveryMs = 3_600_000;

/** One station as this room holds it. */
interface Held {
  memory: StationMemory;
  /** A source of ours spoke for it. */
  served: boolean;
  /** What stands on `json/state`; null while we publish none. */
  state: Reading | null;
  /** The newest reading of a station behind a station; null for all others, of which there may be thousands. */
  last: StationReading | null;
  /** What the stations behind it take for their mains. */
  mains: MainsWord | null;
}

export function telemetry(options: TelemetryOptions): Service {
  return {
    name: "telemetry",
    reads: options.raw ? ["data", "state"] : ["state"],
    writes: ["state", "reading", "notice"],
    start: (room) => new Telemetry(room, options).start(),
  };
}

class Telemetry {
  readonly #room: Room;
  readonly #options: TelemetryOptions;
  readonly #once: Once;
  readonly #stations = new Map<string, Held>();
  readonly #idOfSerial = new Map<string, string>();
  readonly #alarmedAt = new Map<string, Instant>();
  #seq = 0;

  constructor(room: Room, options: TelemetryOptions) {
    this.#room = room;
    this.#options = options;
    this.#once = createOnce(room.log);
    for (const setup of options.stations) {
      this.#stations.set(setup.id, {
        memory: createStation(setup),
        served: false,
        state: null,
        last: null,
        mains: null,
      });
      if (setup.serial) this.#idOfSerial.set(setup.serial, setup.id);
    }
  }

  start() {
    const { topics } = this.#room;
    this.#room.on(topics.data, (message) => this.#frame(message));
    this.#room.on(topics.state, (message) => {
      if (message.from === "mirror") this.#foreign(message as unknown as Message<ForeignReading>);
    });
    this.#room.onTick((at, wall) => {
      for (const held of this.#stations.values()) {
        if (at >= held.memory.wakeAt) {
          this.#publish(held, this.#take(held, { kind: "tick", at, wall }, ""), at);
        }
      }
    });
    return () => this.#once.close();
  }

  #frame({ params, payload, retained, at, wall }: Message<RawFrame>) {
    const serial = params["serial"] ?? "";
    const id = this.#idOfSerial.get(serial) ?? serial;
    const held = this.#stations.get(id) ?? this.#stranger(id, serial);
    if (retained || !held) return;
    const reading = this.#take(
      held,
      { kind: "frame", at, wall, ...payload },
      `a frame of ${id} was not read`,
    );
    if (!reading) return;
    held.served = true;
    this.#stations.set(id, held);
    this.#publish(held, reading, at);
  }

  /** Takes an input in; what was not believed is logged once, what is wrong from now on is an alarm. */
  #take(held: Held, input: StationInput, refusal: string): JudgedReading | null {
    const before = held.memory.complaint;
    const { reading, problem, complaint } = take(held.memory, input);
    const { id } = held.memory.setup;
    if (problem) this.#once.warn(`${input.kind}:${id}`, `${refusal}: ${problem}`);
    if (before !== null && held.memory.complaint !== before)
      this.#tell(over(before, { station: id }), input.wall);
    if (complaint) this.#tell(event(complaint.code, { station: id }), input.wall);
    return reading;
  }

  /** A station that nobody configured; it is kept once a frame of it was read. */
  #stranger(id: string, serial: string): Held | null {
    if (!topicName.test(id) || this.#stations.size >= mostStations) return null;
    const setup = { id, serial, name: null, capacityWh: null, dischargeLimitPercent: null };
    return { memory: createStation(setup), served: false, state: null, last: null, mains: null };
  }

  /** What somebody else published on `json/state`: the payload's `device` decides the station, not the topic. */
  #foreign({ payload, retained, at, wall }: Message<ForeignReading>) {
    if (payload["origin"] === this.#room.origin) return;
    if (this.#isTwin(payload) && !retained) this.#tellTwin(payload, at, wall);
    const id = this.#options.idOf(payload.device);
    const held = this.#stations.get(id) ?? this.#stations.get(this.#idOfSerial.get(id) ?? "");
    // A retained one is a word from the past: it starts, continues and ends nothing (S28).
    if (!held || retained) {
      if (!retained)
        this.#once.info(`stranger:${id}`, `a reading of ${id} was left alone: no machine hangs on it`);
      return;
    }
    if (held.served && !this.#options.foreignWelcome) return this.#refuse(held, payload, at, wall);
    const { part, refused } = partFromForeign(payload, wall);
    for (const reason of refused)
      this.#once.warn(`foreign:${id}:${reason.split(" ")[0]}`, `${id}: ${reason}`);
    const reading = this.#take(held, { kind: "part", part, at, wall }, `a reading of ${id} was not believed`);
    this.#publish(held, reading, at);
  }

  /** Another process of this very site publishes readings (bus rule 5). */
  #isTwin(payload: ForeignReading): boolean {
    const site = this.#room.origin.split("/")[0];
    return typeof payload["origin"] === "string" && payload["origin"].startsWith(`${site}/`);
  }

  #tellTwin(payload: ForeignReading, at: Instant, wall: number) {
    const origin = String(payload["origin"]);
    this.#alarm("two telemetries", event("two-telemetries", { origin }), at, wall);
  }

  /** Someone speaks for a station of ours: told once an hour, and our own word is published again (bus rule 6). */
  #refuse(held: Held, payload: ForeignReading, at: Instant, wall: number) {
    const { id } = held.memory.setup;
    const origin = payload["origin"];
    const publisher = typeof origin === "string" ? origin : null;
    this.#alarm(id, event("foreign-reading", { station: id, publisher }), at, wall);
    if (held.state) this.#room.publish(this.#room.topics.state, { station: id }, held.state);
  }

  /** Told once an hour for each subject. */
  #alarm(subject: string, alarm: RoomEvent, at: Instant, wall: number) {
    if (at - (this.#alarmedAt.get(subject) ?? Number.NEGATIVE_INFINITY) < alarmEveryMs) return;
    this.#alarmedAt.set(subject, at);
    this.#tell(alarm, wall);
  }

  #tell(news: RoomEvent, wall: number) {
    this.#room.publish(this.#room.topics.notice, {}, noticeOf(wall / 1000, news));
  }

  #publish(held: Held, judged: JudgedReading | null, at: Instant) {
    if (!judged) return;
    const station = held.memory.setup.id;
    const upstream = this.#options.upstreams.get(station);
    if (upstream !== undefined) putBehind(judged, this.#stations.get(upstream)?.mains ?? null);
    this.#seq += 1;
    // Its own object, made for this call: what only the publisher knows is written into it.
    const reading = judged as StationReading;
    reading.seq = this.#seq;
    reading.origin = this.#room.origin;
    if (upstream !== undefined) held.last = reading;
    // The state goes first: it waits for nobody's decision. A station that only others speak for gets none of ours,
    // so that nothing flip-flops (bus rule 6).
    if (held.served) {
      held.state = publicOf(reading);
      this.#room.publish(this.#room.topics.state, { station }, held.state);
    }
    this.#room.publish(this.#room.topics.reading, { station }, reading);
    if (this.#options.upstreams.size > 0) this.#tellBehind(held, reading, at);
  }

  /** The stations behind this one have its mains at once, also while they are silent themselves. */
  #tellBehind(held: Held, reading: StationReading, at: Instant) {
    const before = held.mains;
    held.mains = mainsAfter(before, reading);
    if (held.mains === null || (before?.grid === held.mains.grid && before.last === held.mains.last)) return;
    for (const [behind, upstream] of this.#options.upstreams) {
      const other = upstream === held.memory.setup.id ? this.#stations.get(behind) : undefined;
      if (!other?.last) continue;
      const { verdict, basis, last } = other.memory.grid;
      const age = Math.max(0, at - other.memory.sampleAt);
      const again = { ...other.last, grid: verdict, grid_basis: basis, grid_last: last };
      this.#publish(other, { ...again, sample_age_ms: Number.isNaN(age) ? null : age }, at);
    }
  }
}

/** The public part of a judged reading, field by field: this runs for every frame, and a copy with exceptions is slow. */
function publicOf(r: StationReading): Reading {
  return {
    device: r.device,
    soc: r.soc,
    grid_connected: r.grid_connected,
    temp_celsius: r.temp_celsius,
    serial: r.serial,
    name: r.name,
    model: r.model,
    ac_in_watts: r.ac_in_watts,
    ac_out_watts: r.ac_out_watts,
    in_watts: r.in_watts,
    out_watts: r.out_watts,
    solar_watts: r.solar_watts,
    charging: r.charging,
    runtime_sec: r.runtime_sec,
    capacity_wh: r.capacity_wh,
    discharge_limit_percent: r.discharge_limit_percent,
    charge_limit_percent: r.charge_limit_percent,
    modules: r.modules,
    sampled_at: r.sampled_at,
    received_at: r.received_at,
    source: r.source,
    seq: r.seq,
    origin: r.origin,
    quality: r.quality,
    grid: r.grid,
    grid_last: r.grid_last,
    grid_basis: r.grid_basis,
    carried_by: r.carried_by,
    ac_out_on: r.ac_out_on,
    ac_standby_min: r.ac_standby_min,
    output_memory: r.output_memory,
    faults: r.faults,
  };
}
