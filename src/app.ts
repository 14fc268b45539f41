/** Builds the server: the only place that constructs its parts. */
import { randomUUID } from "node:crypto";
import { makeTopics, type Topic, type TopicKey, type Topics, topicFor } from "./contract/topics.ts";
import type { PolicyRules } from "./core/policy/rules.ts";
import type { StationSetup } from "./core/station.ts";
import { type BrokerOptions, type EmbeddedBroker, startBroker } from "./io/broker.ts";
import { type Bus, createBus } from "./io/bus.ts";
import { type ConnectOptions, createMirror, type Mirror } from "./io/bus-mqtt.ts";
import type { Clock } from "./io/clock.ts";
import type { Log } from "./io/log.ts";
import type { StateStore } from "./io/sqlite.ts";
import { createSupervisor } from "./io/supervise.ts";
import { type After, within } from "./io/timer.ts";
import { alarms } from "./services/alarms.ts";
import { commander } from "./services/commander.ts";
import { journal } from "./services/journal.ts";
import { policy } from "./services/policy.ts";
import type { Service } from "./services/service.ts";
import { telemetry } from "./services/telemetry.ts";

/** A disk that hangs holds up the way to the broker for so long, in ms. */
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
  sources: { mqtt: boolean; mqttRaw: boolean };
  /** The topic name of a station's name. */
  idOf: (name: string) => string;
}

export interface AppParts {
  clock: Clock;
  log: Log;
  store: StateStore;
  /** The embedded broker, an external one, or null: then messages stay in the process. */
  broker: { embedded: Omit<BrokerOptions, "log"> } | { external: ConnectOptions } | null;
  /** Starts only these rooms. They reach the others over the broker. All rooms if absent. */
  only?: readonly string[];
  /** How waits of the doors are measured; real time unless told. */
  after?: After;
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

/** The rooms in the order of the flow: source → telemetry → policy → commander → machines; journal and alarms tell of it. */
export function servicesOf(plan: SitePlan, store: StateStore, instance: string, after?: After): Service[] {
  const { rules, site, keys, ttlSec, version } = plan;
  return [
    telemetry({
      stations: plan.stations,
      raw: plan.sources.mqttRaw,
      foreignWelcome: plan.sources.mqtt,
      idOf: plan.idOf,
      upstreams: upstreamsOf(rules),
    }),
    policy({ rules, instance, keys, store, ...(after && { after }) }),
    commander({ site, instance, version, ttlSec, machines: Object.keys(rules.machines), keys }),
    journal({ store, ...(after && { after }) }),
    alarms({
      store,
      stations: Object.keys(rules.stations),
      machines: Object.keys(rules.machines),
      ...(after && { after }),
    }),
  ];
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
  const { clock, log, store } = parts;
  const instance = randomUUID().slice(0, 8);
  const topics = makeTopics(plan.base, plan.site);
  const services = servicesOf(plan, store, instance, parts.after).filter(
    ({ name }) => parts.only?.includes(name) ?? true,
  );
  const bus: Bus = createBus({ clock, onThrow: (room, error) => supervisor.onThrow(room, error) });
  const origin = `${plan.site}/${instance}`;
  const supervisor = createSupervisor({ bus, topics, clock, log, origin, services: startOrder(services) });
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
        broker = await startBroker({ ...parts.broker.embedded, log });
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
          ...mirrored(topics, services, parts.only !== undefined),
          spread: parts.only !== undefined,
          will: { name: willTopic(topics, services), payload: goodbye },
          store,
        });
      }
      // Without a broker the rooms have only each other, and reach each other always.
      bus.publish("mirror", topics.broker, {}, { connected: connect === null });
      await supervisor.start();
      // The Last Will carries the epoch: the lease is known before anybody is told that we are here.
      if (services.some(({ name }) => name === "policy")) await within(leaseMs, lease);
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

/** The lease belongs to the process that commands; any other has a status of its own (rulings R16). */
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

/** What the mirror takes in and lets out for these rooms (bus rules 2–4); `spread`: other rooms run in other processes. */
export function mirrored(topics: Topics, services: readonly Service[], spread: boolean) {
  const rooms = new Set(services.map(({ name }) => name));
  // What any room may say (`*`) is owned everywhere; it is private, so it only travels when the rooms are spread.
  const owned = ({ owner }: Topic<unknown>) => owner === "*" || rooms.has(owner);
  const wanted = new Set<TopicKey>(services.flatMap(({ reads }) => reads));
  // What others may say on a topic of ours too: readings, foreign commands, another server's lease.
  const alsoOthers = (key: TopicKey) => key === "state" || key === "command" || key === "orchestrator";
  const reads = [...wanted].filter((key) => {
    const topic: Topic<unknown> = topics[key];
    if (topic.codec === "local") return false;
    return !owned(topic) || alsoOthers(key) || (spread && topic.owner === "*");
  });
  return { reads, owned };
}
