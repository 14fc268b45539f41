/** Builds the server: the only place that constructs its parts. */

import type { Topic } from "./contract/topics/topic.ts";
import { makeTopics, type TopicKey, type Topics, topicFor } from "./contract/topics.ts";
import type { PolicyRules } from "./core/policy/rules.ts";
import type { StationSetup } from "./core/station.ts";
import { type BrokerOptions, type EmbeddedBroker, startBroker } from "./io/broker.ts";
import { type Bus, createBus } from "./io/bus.ts";
import { type ConnectOptions, createMirror } from "./io/bus-mqtt.ts";
import type { Clock } from "./io/clock.ts";
import type { CloudDoors } from "./io/cloud.ts";
import type { Log } from "./io/log.ts";
import type { Mirror } from "./io/mirror-options.ts";
import type { StateStore } from "./io/sqlite.ts";
import { createSupervisor } from "./io/supervise.ts";
import { Suspects } from "./io/suspects.ts";
import { type After, within } from "./io/timer.ts";
import { alarms } from "./services/alarms.ts";
import { commander } from "./services/commander.ts";
import { journal } from "./services/journal.ts";
import { policy } from "./services/policy.ts";
import type { Service } from "./services/service.ts";
import { type SourceKinds, type SourceSetup, sourceService } from "./services/source.ts";
import { telemetry } from "./services/telemetry.ts";
import { sourceKinds } from "./sources.ts";

/** A disk that hangs delays the connection to the broker by at most this time, in ms. */
const leaseMs = 2_000;

/** A site, as its configuration describes it. Computed once at the start. */
export interface SitePlan {
  /** First level of the stations' topics: the setting `ECOFLOW_BASE`. */
  base: string;
  /** The site's id, kept in the state folder. */
  site: string;
  version: string;
  rules: PolicyRules;
  stations: readonly StationSetup[];
  /** The key of each machine that has one. */
  keys: Readonly<Record<string, string>>;
  ttlSec: number;
  /** The configured sources, each with its kind and its name. */
  sources: readonly SourceSetup[];
  /** The topic name of a station's name. */
  idOf: (name: string) => string;
}

export interface AppParts {
  clock: Clock;
  log: Log;
  store: StateStore;
  /** The embedded broker, an external one, or null: then messages stay in the process. */
  broker: { embedded: Omit<BrokerOptions, "log" | "after"> } | { external: ConnectOptions } | null;
  /** Starts only these rooms. They reach the others over the broker. All rooms if absent. */
  only?: readonly string[];
  /** Times every wait: for the disk, a room, the broker. */
  after: After;
  /** From 0 to below 1: spreads the attempts to reach the broker. */
  random: () => number;
  /** The doors to EcoFlow's cloud; left out: a source that needs them does not start. */
  cloud?: CloudDoors;
  /** Id of this process, 8 characters, different at each start. */
  instance: string;
  /** Messages that made an earlier process fail; left out: none. */
  suspects?: Suspects;
  /** The kinds of sources; left out: those of `sources.ts`. */
  sourceKinds?: SourceKinds;
}

export interface App {
  readonly bus: Bus;
  readonly topics: Topics;
  readonly services: readonly Service[];
  /** Returns the URL of the embedded broker; null before the start, or without one. */
  readonly brokerUrl: () => string | null;
  start(): Promise<void>;
  /** Ends in bounded time. Returns the errors of rooms that did not stop cleanly. */
  stop(): Promise<Error[]>;
}

/** What the rooms are built from besides the plan. */
export interface ServiceParts {
  store: StateStore;
  instance: string;
  after: After;
  random: () => number;
  cloud?: CloudDoors;
  sourceKinds?: SourceKinds | undefined;
}

/** The rooms in the order of the flow: sources → telemetry → policy → commander → machines; journal and alarms report it. */
export function servicesOf(plan: SitePlan, parts: ServiceParts): Service[] {
  const { rules, site, keys, ttlSec, version, stations } = plan;
  const { store, instance, after, random, cloud = null, sourceKinds: kinds = sourceKinds } = parts;
  const sources = plan.sources.map((setup) => ({ ...setup, ...kindOf(kinds, setup) }));
  return [
    ...sources.flatMap(({ traits: _, room, ...setup }) =>
      room === undefined ? [] : [sourceService({ ...setup, stations }, { cloud, random }, room)],
    ),
    telemetry({ stations, sources, idOf: plan.idOf, upstreams: upstreamsOf(rules), store, after }),
    policy({ rules, instance, keys, store, after }),
    commander({ site, instance, version, ttlSec, machines: Object.keys(rules.machines), keys }),
    journal({ store, after }),
    alarms({
      store,
      stations: Object.keys(rules.stations),
      machines: Object.keys(rules.machines),
      after,
    }),
  ];
}

function kindOf(kinds: SourceKinds, { kind }: SourceSetup) {
  const known = kinds[kind];
  if (!known) throw new Error(`no source of kind ${kind} is built in: ${Object.keys(kinds).join(", ")}`);
  return known;
}

/**
 * The journal and the alarms start first and stop last, wherever they stand in the flow: what another room raises in
 * its start or its end is heard.
 */
function startOrder(services: readonly Service[]): Service[] {
  const listens = ({ name }: Service) => name === "journal" || name === "alarms";
  return [...services.filter(listens), ...services.filter((service) => !listens(service))];
}

/** Returns by the id of a station behind another station: the one that feeds it (S35). */
const upstreamsOf = ({ stations }: PolicyRules): Map<string, string> =>
  new Map(
    Object.entries(stations).flatMap(([id, { upstream }]) =>
      upstream === undefined ? [] : [[id, upstream]],
    ),
  );

/** Builds the server. Nothing happens before `start`. */
export function createApp(plan: SitePlan, parts: AppParts): App {
  const { clock, log, store, after, random, instance } = parts;
  const topics = makeTopics(plan.base, plan.site);
  const services = servicesOf(plan, parts).filter(({ name }) => parts.only?.includes(name) ?? true);
  const isSource = isSourceOf(services);
  const suspects = parts.suspects ?? new Suspects({ file: null, wall: () => clock.wall() });
  const onThrow = (room: string, error: unknown) => {
    // The room starts again; the message that it failed on must not make it fail again.
    suspects.blame(error, { lasting: false });
    supervisor.onThrow(room, error);
  };
  const bus: Bus = createBus({ clock, onThrow, isSource });
  const origin = `${plan.site}/${instance}`;
  const ordered = startOrder(services);
  const supervisor = createSupervisor({ bus, topics, clock, log, origin, services: ordered, after });
  let epoch = 0;
  const lease = new Promise<void>((known) => {
    bus.on("mirror", topics.lease, ({ payload }) => {
      epoch = payload.epoch;
      known();
    });
  });
  const goodbye = () => {
    const at = Math.floor(clock.wall() / 1000);
    return { site: plan.site, instance, epoch, at, online: false };
  };
  let broker: EmbeddedBroker | null = null;
  let mirror: Mirror | null = null;
  let endTicks = () => {};

  return {
    bus,
    topics,
    services,
    brokerUrl: () => broker?.url ?? null,
    async start() {
      if (parts.broker && "embedded" in parts.broker)
        broker = await startBroker({ ...parts.broker.embedded, log, after });
      const connect = connectOf(parts.broker, broker);
      if (connect) {
        mirror = createMirror({
          bus,
          topics,
          clock,
          log: log.room("mirror"),
          site: plan.site,
          instance,
          connect,
          ...mirrored(topics, services, scopeOf(plan, parts)),
          machines: new Set(Object.keys(plan.rules.machines)),
          spread: parts.only !== undefined,
          will: { name: willTopic(topics, services), payload: goodbye },
          store,
          suspects,
          after,
          random,
        });
      }
      // Without a broker the rooms share one process and are always connected.
      bus.publish("mirror", topics.broker, {}, { connected: connect === null });
      await supervisor.start();
      // The Last Will carries the epoch, so the lease must be known before the connection.
      if (services.some(({ name }) => name === "policy")) await within(leaseMs, lease, after);
      await mirror?.start();
      endTicks = clock.everySecond(() => bus.tick());
    },
    async stop() {
      endTicks();
      const problems = await supervisor.stop();
      await mirror?.stop({ lastWords: goodbye() });
      await broker?.stop();
      return problems;
    },
  };
}

/** The Last Will of the process that commands is the lease; any other process has a status topic of its own. */
function willTopic(topics: Topics, services: readonly Service[]): string {
  const names = services.map(({ name }) => name);
  if (names.includes("commander")) return topicFor(topics.orchestrator, {});
  return `power-manager/orchestrator/${names.join("-")}/status`;
}

function connectOf(wanted: AppParts["broker"], embedded: EmbeddedBroker | null): ConnectOptions | null {
  if (wanted === null) return null;
  if ("external" in wanted) return wanted.external;
  return embedded && { url: embedded.url, local: () => embedded.connectLocal() };
}

/** Whether a room is a source, for the topics that all sources own together. */
function isSourceOf(services: readonly Service[]): (room: string) => boolean {
  const names = new Set(services.filter(({ isSource }) => isSource).map(({ name }) => name));
  return (room) => names.has(room);
}

/** What the mirror takes in and lets out for these rooms. */
export interface MirrorScope {
  /** Other rooms run in other processes. */
  spread: boolean;
  /** Raw frames on the broker are taken: of kind `mqtt-raw`, or of our own sources in another process. */
  frames: boolean;
}

/** Which topics the mirror subscribes to for these rooms, and which it publishes. */
export function mirrored(topics: Topics, services: readonly Service[], { spread, frames }: MirrorScope) {
  const rooms = new Set(services.map(({ name }) => name));
  const hasSource = services.some(({ isSource }) => isSource);
  // What any room may publish (`*`) is owned everywhere; it is private, so it only travels when the rooms are spread.
  const owned = ({ owner }: Topic<unknown>) =>
    owner === "*" || rooms.has(owner) || (owner === "sources" && hasSource);
  const wanted = new Set<TopicKey>(services.flatMap(({ reads }) => reads));
  // Topics of ours on which others may publish too: readings, foreign commands, another server's lease.
  const alsoOthers = (key: TopicKey) => key === "state" || key === "command" || key === "orchestrator";
  const reads = [...wanted].filter((key) => {
    const topic: Topic<unknown> = topics[key];
    if (topic.codec === "local") return false;
    if (key === "data") return frames;
    return !owned(topic) || alsoOthers(key) || (spread && (topic.owner === "*" || topic.owner === "sources"));
  });
  return { reads, owned };
}

function scopeOf({ sources }: SitePlan, { only, sourceKinds: kinds = sourceKinds }: AppParts): MirrorScope {
  const spread = only !== undefined;
  const ownFrames = spread && sources.some(({ kind }) => kinds[kind]?.room !== undefined);
  return { spread, frames: ownFrames || sources.some(({ kind }) => kind === "mqtt-raw") };
}
