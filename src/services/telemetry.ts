/** Telemetry: takes in raw frames, partial readings and readings of others, and publishes one judged reading a station. */
import { event, over } from "../contract/journal.ts";
import type { ForeignReading, Roster } from "../contract/messages/station.ts";
import type { RawFrame } from "../contract/topics/stations.ts";
import { topicName } from "../contract/topics.ts";
import { partFromForeign } from "../core/fuse/foreign.ts";
import { stateOf } from "../core/fuse/reading.ts";
import { foreignTraits, frameTraits, type SourceTraits } from "../core/fuse/traits.ts";
import type { Instant, PartReading, StationReading } from "../core/reading.ts";
import { type JudgedReading, type StationInput, type StationSetup, take } from "../core/station.ts";
import type { Message } from "../io/bus.ts";
import { createOnce, type Once } from "../io/once.ts";
import type { StateStore } from "../io/sqlite.ts";
import type { After } from "../io/timer.ts";
import type { Room, Service } from "./service.ts";
import { Alarms } from "./telemetry/alarms.ts";
import { feeds, type Held, held, lastOf, placeBehind } from "./telemetry/held.ts";
import { Rosters } from "./telemetry/rosters.ts";
import { Served } from "./telemetry/served.ts";
import { StationNews } from "./telemetry/station-news.ts";

/** A configured source as telemetry sees it. */
export interface TelemetrySource {
  kind: string;
  name: string;
  traits: SourceTraits;
}

export interface TelemetryOptions {
  /** The configured stations and those that machines name. */
  stations: readonly StationSetup[];
  /** With a source of kind `mqtt`, readings of others count for stations that we serve ourselves too. */
  sources: readonly TelemetrySource[];
  /** The topic name of a text that may be no topic name (`River 3 Plus`), as the configuration made it. */
  idOf: (name: string) => string;
  /** By the id of a station behind a station: the one that feeds it (S35). */
  upstreams: ReadonlyMap<string, string>;
  /** Keeps over a restart which stations our sources serve. */
  store: StateStore;
  /** Measures the wait for the disk. */
  after: After;
}

/** Bounds the memory: a flood of topics with invented serials must not fill it. No real site has more stations. */
const mostStations = 20_000;
/** What a source of ours reports. */
type Report = Exclude<StationInput, { kind: "tick" }>;

export function telemetry(options: TelemetryOptions): Service {
  return {
    name: "telemetry",
    reads: ["data", "part", "state", "roster"],
    writes: ["state", "reading", "notice"],
    start: async (room) => {
      const { store, after } = options;
      const sources = options.sources.map(({ name }) => name);
      const stations = options.stations.map(({ id }) => id);
      const served = await Served.load({ store, after, log: room.log, sources, stations });
      return new Telemetry(room, options, served).start();
    },
  };
}

class Telemetry {
  readonly #room: Room;
  readonly #options: TelemetryOptions;
  readonly #served: Served;
  readonly #once: Once;
  readonly #news: StationNews;
  readonly #alarms: Alarms;
  readonly #stations = new Map<string, Held>();
  readonly #idOfSerial = new Map<string, string>();
  readonly #rosters = new Rosters();
  /** Ids of the stations that have their serial from a list of an account. */
  readonly #named = new Set<string>();
  /** By the name of the source instance. */
  readonly #traits: ReadonlyMap<string, SourceTraits>;
  /** The name of frames and of readings that come from the broker. */
  readonly #fromBroker: { frames: string; readings: string };
  readonly #foreignWelcome: boolean;
  #seq = 0;

  constructor(room: Room, options: TelemetryOptions, served: Served) {
    this.#room = room;
    this.#served = served;
    this.#options = options;
    this.#once = createOnce(room.log);
    this.#news = new StationNews(room.log, options.stations);
    this.#alarms = new Alarms(room);
    const named = (kind: string) => options.sources.find((source) => source.kind === kind)?.name;
    this.#traits = new Map(options.sources.map(({ name, traits }) => [name, traits]));
    this.#fromBroker = { frames: named("mqtt-raw") ?? "mqtt-raw", readings: named("mqtt") ?? "mqtt" };
    this.#foreignWelcome = named("mqtt") !== undefined;
    for (const setup of options.stations) {
      this.#stations.set(setup.id, held(setup));
      if (setup.serial) this.#idOfSerial.set(setup.serial, setup.id);
    }
  }

  start() {
    const { topics } = this.#room;
    this.#room.on(topics.data, (message) => this.#frame(message));
    this.#room.on(topics.part, (message) => this.#part(message));
    this.#room.on(topics.roster, ({ params, payload }) => {
      this.#rosters.learn(params["source"] ?? "", payload);
      this.#roster(payload);
    });
    this.#room.on(topics.state, (message) => {
      if (message.from === "mirror") this.#foreign(message as unknown as Message<ForeignReading>);
    });
    this.#room.onTick((at, wall) => {
      for (const station of this.#stations.values()) {
        if (at >= station.memory.wakeAt) {
          this.#publish(station, this.#take(station, { kind: "tick", at, wall }, ""), at);
        }
      }
    });
    return () => {
      this.#once.close();
      return this.#served.close();
    };
  }

  /** Gives a station that is configured by its name in the app its serial, unless two stations have this name. */
  #roster({ stations }: Roster) {
    for (const { serial, name } of stations) {
      if (name === null || this.#idOfSerial.has(serial)) continue;
      const id = this.#options.idOf(name);
      const known = this.#stations.get(id);
      if (!known || !this.#isWanted(id, known, name)) continue;
      this.#room.log.info(`${name} is the station ${serial}`);
      this.#named.add(id);
      this.#idOfSerial.set(serial, id);
      // A memory that has heard something keeps it; another one learns the model from the serial.
      if (known.served) continue;
      this.#stations.set(id, held({ ...known.memory.setup, serial }));
      this.#stations.delete(serial);
    }
  }

  /** Whether the station lacks a serial, and its name alone says which one. A name that two stations have is logged once. */
  #isWanted(id: string, { memory }: Held, name: string): boolean {
    const { serial } = memory.setup;
    if (serial !== null && !this.#named.has(id)) return false;
    if (!this.#rosters.isShared(name)) return serial === null;
    const instead = serial === null ? "" : `; until then ${serial} counts`;
    const text = `two stations of the accounts are called ${name}: write the serial instead${instead}`;
    this.#once.warn(`roster:${id}`, text);
    return false;
  }

  #frame({ params, payload, retained, at, wall }: Message<RawFrame>) {
    const serial = params["serial"] ?? "";
    const id = this.#idOfSerial.get(serial) ?? serial;
    const { bytes } = payload;
    const source = payload.source ?? this.#fromBroker.frames;
    const traits = this.#traits.get(source) ?? frameTraits;
    const input = { kind: "frame", source, traits, bytes, at, wall } as const;
    if (!retained) this.#serve(id, serial, input, `dropped a frame of ${id}`);
  }

  /** A partial reading of a source room. */
  #part({ params, payload, retained, at, wall }: Message<PartReading>) {
    const source = params["source"] ?? "";
    const traits = this.#traits.get(source);
    const id = this.#idOfSerial.get(payload.station) ?? this.#options.idOf(payload.station);
    if (!traits) return this.#once.warn(`part:${source}`, `dropped readings of an unknown source ${source}`);
    const input = { kind: "part", part: { ...payload, source }, traits, at, wall } as const;
    if (!retained) this.#serve(id, null, input, `dropped a reading of ${id}`);
  }

  /** Takes in what a source of ours reports on a station, and publishes the station's reading. */
  #serve(id: string, serial: string | null, input: Report, refusal: string) {
    const station = this.#stations.get(id) ?? this.#stranger(id, serial);
    const reading = station && this.#take(station, input, refusal);
    if (!station || !reading) return;
    station.served = true;
    this.#served.note(id, input.kind === "frame" ? input.source : input.part.source);
    this.#stations.set(id, station);
    this.#publish(station, reading, input.at);
  }

  /** Takes an input in. A dropped one is logged once; a fault that begins or ends now is an event. */
  #take(station: Held, input: StationInput, refusal: string): JudgedReading | null {
    const before = station.memory.complaint;
    const { reading, problem, complaint } = take(station.memory, input);
    const { id } = station.memory.setup;
    this.#news.doubted(id, station.memory.soc, input.at);
    if (problem) this.#once.warn(`${input.kind}:${id}`, `${refusal}: ${problem}`);
    const isOver = before !== null && station.memory.complaint !== before;
    if (isOver) this.#alarms.report(over(before, { station: id }), input.wall);
    if (complaint) this.#alarms.report(event(complaint, { station: id }), input.wall);
    return reading;
  }

  /** A station that is not configured; it is kept once a message of it was read. Null when there is no room for it. */
  #stranger(id: string, serial: string | null): Held | null {
    if (!topicName.test(id) || this.#stations.size >= mostStations) return null;
    return held({ id, serial, name: null, capacityWh: null, dischargeLimitPercent: null });
  }

  /** Another program's reading on `json/state`: the payload's `device` names the station, not the topic. */
  #foreign({ payload, retained, at, wall }: Message<ForeignReading>) {
    // A retained reading is old: it starts, continues and ends nothing (S28).
    if (payload["origin"] === this.#room.origin || retained) return;
    // What this site published itself is never evidence, whoever repeats it, also after a restart (E4).
    if (this.#isTwin(payload)) return this.#alarmTwin(payload, at, wall);
    const id = this.#options.idOf(payload.device);
    const station = this.#stations.get(id) ?? this.#stations.get(this.#idOfSerial.get(id) ?? "");
    if (!station) {
      this.#once.info(`stranger:${id}`, `ignored a reading of ${id}: no machine is mapped to this station`);
      return;
    }
    const isServed = station.served || this.#served.has(station.memory.setup.id);
    if (isServed && !this.#foreignWelcome) return this.#refuse(station, payload, at, wall);
    const source = this.#fromBroker.readings;
    const { part, refused, own } = partFromForeign(payload, wall, source);
    for (const reason of refused)
      this.#once.warn(`foreign:${id}:${reason.split(" ")[0]}`, `${id}: ${reason}`);
    const traits = this.#traits.get(source) ?? foreignTraits;
    const input = { kind: "part", part, traits, own, at, wall } as const;
    this.#publish(station, this.#take(station, input, `dropped a reading of ${id}`), at);
  }

  /** Whether another process of this very site publishes readings. */
  #isTwin(payload: ForeignReading): boolean {
    const site = this.#room.origin.split("/")[0];
    return typeof payload["origin"] === "string" && payload["origin"].startsWith(`${site}/`);
  }

  #alarmTwin(payload: ForeignReading, at: Instant, wall: number) {
    const origin = String(payload["origin"]);
    this.#alarms.raise("two telemetries", event("two-telemetries", { origin }), at, wall);
  }

  /** Another publisher overwrote the state of a station that we serve: raises an alarm and publishes our state again (S27). */
  #refuse(station: Held, payload: ForeignReading, at: Instant, wall: number) {
    const { id } = station.memory.setup;
    const origin = payload["origin"];
    const publisher = typeof origin === "string" ? origin : null;
    this.#alarms.raise(id, event("foreign-reading", { station: id, publisher }), at, wall);
    if (station.state) this.#room.publish(this.#room.topics.state, { station: id }, station.state);
  }

  #publish(station: Held, judged: JudgedReading | null, at: Instant) {
    if (!judged) return;
    const { id } = station.memory.setup;
    const upstream = this.#options.upstreams.get(id);
    if (upstream !== undefined) placeBehind(judged, station, this.#stations.get(upstream));
    this.#seq += 1;
    // This object was made for this call, so what only the publisher knows can be written into it.
    const reading = judged as StationReading;
    reading.seq = this.#seq;
    reading.origin = this.#room.origin;
    if (upstream !== undefined) station.last = reading;
    this.#news.heard(id, reading);
    // The state goes first: it waits for no decision. For a station that only others publish we publish none, because
    // two publishers on one retained topic would overwrite each other.
    if (station.served) {
      station.state = stateOf(reading);
      this.#room.publish(this.#room.topics.state, { station: id }, station.state);
    }
    this.#room.publish(this.#room.topics.reading, { station: id }, reading);
    if (this.#options.upstreams.size > 0) this.#publishBehind(station, reading, at);
  }

  /** Publishes the stations behind this one when its grid changed, also while they are silent themselves. */
  #publishBehind(station: Held, reading: StationReading, at: Instant) {
    if (!feeds(station, reading)) return;
    for (const [behind, upstream] of this.#options.upstreams) {
      const other = upstream === station.memory.setup.id ? this.#stations.get(behind) : undefined;
      const last = other && lastOf(other, at);
      if (other && last) this.#publish(other, last, at);
    }
  }
}
