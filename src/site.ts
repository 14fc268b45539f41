/** Turns a configuration into a site: its id, its stations, its rules, its broker. */
import { randomBytes } from "node:crypto";
import type { AppParts, SitePlan } from "./app.ts";
import { type Config, stationIds } from "./config/config.ts";
import { policyRulesOf } from "./config/policy-rules.ts";
import type { StationSetup } from "./core/station.ts";
import type { ConnectOptions } from "./io/bus-mqtt.ts";
import type { StateStore } from "./io/sqlite.ts";

/** The site's id: configured, else made once and kept in the state folder (S27). */
export async function siteId(config: Pick<Config, "site">, store: StateStore): Promise<string> {
  if (config.site !== null) return config.site;
  const kept = await store.load("site");
  if (kept !== null) return kept;
  const made = randomBytes(4).toString("hex");
  await store.save("site", made);
  return made;
}

/** Returns the site that `createApp` is built for. */
export function sitePlan(config: Config, site: string, version: string): SitePlan {
  const ids = stationIds(config);
  return {
    base: config.base,
    site,
    version,
    rules: policyRulesOf(config),
    stations: Object.entries(config.stations).map(([id, station]) => setupOf(id, station)),
    keys: keysOf(config),
    ttlSec: config.policy.ttlSec,
    sources: config.sources,
    idOf: (name) => ids.get(name) ?? name,
  };
}

/** The form of EcoFlow's serials. `DEVICE_TO_AGENTS_JSON` may name a station by its serial. */
const serialShape = /^[A-Z0-9]{12,20}$/;

/** Returns a station's serial number: configured, or its id where that has the form of one; else null. */
export const serialOf = (id: string, { serial }: Pick<Config["stations"][string], "serial">): string | null =>
  serial ?? (serialShape.test(id) ? id : null);

function setupOf(id: string, station: Config["stations"][string]): StationSetup {
  const { name, capacityWh, dischargeLimitPercent } = station;
  return { id, serial: serialOf(id, station), name, capacityWh, dischargeLimitPercent };
}

function keysOf(config: Config): Record<string, string> {
  const keyed = Object.entries(config.machines).flatMap(([id, { key }]) => (key === null ? [] : [[id, key]]));
  return Object.fromEntries(keyed);
}

/** Returns the broker to use: the external one if it is configured, else the embedded one. */
export function brokerOf({ mqtt, broker }: Config): NonNullable<AppParts["broker"]> {
  if (mqtt) {
    const connect: ConnectOptions = { url: mqtt.url };
    if (mqtt.username !== null) connect.username = mqtt.username;
    if (mqtt.password !== null) connect.password = mqtt.password;
    if (mqtt.ca !== null) connect.caFile = mqtt.ca.path;
    return { external: connect };
  }
  const users = Object.entries(broker?.users ?? {}).map(([name, password]) => ({ name, password }));
  const { host = "127.0.0.1", port = 1883 } = broker ?? {};
  return { embedded: { host, port, ...(broker?.users && { users }) } };
}
