/** The one table of topics: who owns each, whether it is retained, who may see it, and what it carries. The bus enforces it. */
import { z } from "zod";
import { alarmsSchema, journalSchema, noticeSchema } from "./messages/journal.ts";
import {
  ackSchema,
  commandSchema,
  intentSchema,
  planSchema,
  powerSchema,
  statusSchema,
} from "./messages/machine.ts";
import { brokerSchema, leaseSchema, orchestratorSchema, roomSchema } from "./messages/server.ts";
import {
  foreignReadingSchema,
  partReadingSchema,
  readingSchema,
  rosterSchema,
  sourceHealthSchema,
  stationReadingSchema,
} from "./messages/station.ts";

/** A raw frame of a station on the bus: the bytes unchanged, with the source that delivered them (R17). */
export interface RawFrame {
  /** The bytes as they came. They belong to the receivers: the publisher never writes to them again. */
  bytes: Uint8Array;
  /** Name of the source instance; null for a frame from the broker, which carries the bytes alone. */
  source: string | null;
}

export interface Topic<T> {
  readonly key: string;
  /** `{name}` is a placeholder for one level. */
  readonly pattern: string;
  /** The room that alone may publish it; `sources` = every room that is a source; `agents` = machines; `*` = every room. */
  readonly owner: string;
  readonly retained: boolean;
  /** Private topics reach the broker only when the rooms run in several processes (`run --only`). */
  readonly visibility: "public" | "private";
  /** `local`: never leaves the process. */
  readonly codec: "json" | "raw" | "local";
  readonly schema: z.ZodType<T>;
  /** What other publishers may send there; without it the schema above. */
  readonly inbound?: z.ZodType<unknown>;
  readonly about: string;
}

export type Params = Readonly<Record<string, string>>;

type Defaulted = "visibility" | "codec";
const topic = <T>(definition: Omit<Topic<T>, Defaulted> & Partial<Pick<Topic<T>, Defaulted>>): Topic<T> =>
  Object.freeze({ visibility: "public", codec: "json", ...definition });
const rawFrame = z.custom<RawFrame>((value) => value instanceof Object && "bytes" in value);

/** Names of stations and machines must match this, because they are levels of topics. */
export const topicName = /^[A-Za-z0-9._-]{1,64}$/;

/** Ids that no machine may have. */
export const reservedMachines = ["orchestrator", "plan", "events", "alarms"] as const;

/** All topics of a site. `base` is the original's `ECOFLOW_BASE`, `site` names the private ones. */
export function makeTopics(base: string, site: string) {
  return Object.freeze({
    ...stationTopics(base),
    ...machineTopics(),
    ...sourceTopics(`ecoflow-power/${site}`),
    ...privateTopics(`ecoflow-power/${site}`),
  });
}

/** Messages of stations and of publishers that report for them. */
function stationTopics(base: string) {
  return {
    data: topic<RawFrame>({
      key: "data",
      pattern: `${base}/{serial}/data`,
      owner: "sources",
      retained: false,
      codec: "raw",
      schema: rawFrame,
      about: "the station's raw frame, byte for byte",
    }),
    state: topic({
      key: "state",
      pattern: `${base}/{station}/json/state`,
      owner: "telemetry",
      retained: true,
      schema: readingSchema,
      inbound: foreignReadingSchema,
      about: "the reading of a station; others may publish readings of stations that we do not serve",
    }),
  };
}

/** Messages between the server and the agents, and for people. */
function machineTopics() {
  return {
    command: topic({
      key: "command",
      pattern: "power-manager/{machine}/cmd",
      owner: "commander",
      retained: false,
      schema: commandSchema,
      about: "a command; repeated until it is acknowledged, and when the agent returns, as long as it is due",
    }),
    ack: topic({
      key: "ack",
      pattern: "power-manager/{machine}/ack",
      owner: "agents",
      retained: false,
      schema: ackSchema,
      about: "an agent's answer to a command, one for each phase",
    }),
    status: topic({
      key: "status",
      pattern: "power-manager/{machine}/status",
      owner: "agents",
      retained: true,
      schema: statusSchema,
      about: "presence of an agent, with a Last Will",
    }),
    power: topic({
      key: "power",
      pattern: "power-manager/{machine}/power",
      owner: "commander",
      retained: true,
      schema: powerSchema,
      about: "what an agent needs to decide alone; every 15 s, every 5 s on battery, and before each command",
    }),
    orchestrator: topic({
      key: "orchestrator",
      pattern: "power-manager/orchestrator/status",
      owner: "commander",
      retained: true,
      schema: orchestratorSchema,
      about: "presence, health and lease of the server, with a Last Will",
    }),
    events: topic({
      key: "events",
      pattern: "power-manager/events",
      owner: "journal",
      retained: false,
      schema: journalSchema,
      about: "the journal, one event a message",
    }),
    alarms: topic({
      key: "alarms",
      pattern: "power-manager/alarms",
      owner: "alarms",
      retained: true,
      schema: alarmsSchema,
      about: "the alarms that stand",
    }),
    plan: topic({
      key: "plan",
      pattern: "power-manager/plan/{machine}",
      owner: "policy",
      retained: true,
      schema: planSchema,
      about: "what is pending for a machine, for people and dashboards",
    }),
  };
}

/** What the source rooms publish besides raw frames. */
function sourceTopics(own: string) {
  return {
    part: topic({
      key: "part",
      pattern: `${own}/part/{source}/{station}`,
      owner: "sources",
      retained: false,
      visibility: "private",
      schema: partReadingSchema,
      about: "what one source says about one station; telemetry fuses the sources",
    }),
    roster: topic({
      key: "roster",
      pattern: `${own}/roster/{source}`,
      owner: "sources",
      retained: true,
      visibility: "private",
      schema: rosterSchema,
      about: "the stations of a source's account with the names that their owner gave them",
    }),
    source: topic({
      key: "source",
      pattern: `${own}/source/{source}`,
      owner: "sources",
      retained: true,
      visibility: "private",
      schema: sourceHealthSchema,
      about: "the health of a source",
    }),
  };
}

/** Messages between the rooms. */
function privateTopics(own: string) {
  return {
    reading: topic({
      key: "reading",
      pattern: `${own}/reading/{station}`,
      owner: "telemetry",
      retained: true,
      visibility: "private",
      schema: stationReadingSchema,
      about: "the judged reading on which decisions are based",
    }),
    intent: topic({
      key: "intent",
      pattern: `${own}/intent/{machine}`,
      owner: "policy",
      retained: false,
      visibility: "private",
      schema: intentSchema,
      about: "what the policy wants for a machine",
    }),
    notice: topic({
      key: "notice",
      pattern: `${own}/notice`,
      owner: "*",
      retained: false,
      visibility: "private",
      schema: noticeSchema,
      about: "an event as data; the journal numbers it, renders its sentence and publishes it",
    }),
    lease: topic({
      key: "lease",
      pattern: `${own}/lease`,
      owner: "policy",
      retained: true,
      visibility: "private",
      schema: leaseSchema,
      about: "the epoch in force",
    }),
    broker: topic({
      key: "broker",
      pattern: `${own}/broker`,
      owner: "mirror",
      retained: true,
      visibility: "private",
      codec: "local",
      schema: brokerSchema,
      about: "whether this process reaches its broker",
    }),
    room: topic({
      key: "room",
      pattern: `${own}/room/{room}`,
      owner: "supervisor",
      retained: true,
      visibility: "private",
      codec: "local",
      schema: roomSchema,
      about: "the health of a room of this process",
    }),
  };
}

export type Topics = ReturnType<typeof makeTopics>;
export type TopicKey = keyof Topics;

/** The levels of a pattern: a text matches itself, a name in a list matches any one level. Compiled once per topic. */
type Level = string | readonly [name: string];
const compiled = new WeakMap<Topic<unknown>, readonly Level[]>();

function levelsOf(topic: Topic<unknown>): readonly Level[] {
  const known = compiled.get(topic);
  if (known) return known;
  const levels = topic.pattern
    .split("/")
    .map((level): Level => (level.startsWith("{") ? [level.slice(1, -1)] : level));
  compiled.set(topic, levels);
  return levels;
}

/** `power-manager/{machine}/cmd` with `{machine: "nas"}` → `power-manager/nas/cmd`. Throws on a name that no topic may hold. */
export function topicFor(topic: Topic<unknown>, params: Params): string {
  let text = "";
  for (const level of levelsOf(topic)) {
    const value = typeof level === "string" ? level : params[level[0]];
    if (value === undefined || (typeof level !== "string" && !topicName.test(value))) {
      throw new RangeError(`"${String(value)}" cannot stand for {${level[0]}} in ${topic.pattern}`);
    }
    text += text === "" ? value : `/${value}`;
  }
  return text;
}

/** The MQTT filter of a topic: `power-manager/+/cmd`. */
export function filterOf(topic: Topic<unknown>): string {
  return topic.pattern.replace(/\{\w+\}/g, "+");
}

/** The parameters of a concrete topic name, or null when it is not one of this topic. */
export function matchTopic(topic: Topic<unknown>, name: string): Params | null {
  const levels = levelsOf(topic);
  const given = name.split("/");
  if (levels.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (let index = 0; index < levels.length; index++) {
    const level = levels[index] as Level;
    const value = given[index] as string;
    if (typeof level !== "string") params[level[0]] = value;
    else if (level !== value) return null;
  }
  return params;
}
