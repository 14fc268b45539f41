/** The broker that the environment names, laid over the YAML's. */
import type { Put } from "./path.ts";
import type { Problem } from "./problems.ts";
import { shown } from "./secrets.ts";
import { fits, variables } from "./variables.ts";
import { isSection, type Section } from "./yaml.ts";

type Values = ReadonlyMap<string, string>;

/** MQTT_HOST and MQTT_PORT make the address, or change the YAML's; user and password go with it. */
export function layBroker(raw: Section, values: Values, put: Put, problems: Problem[]): void {
  const host = values.get("MQTT_HOST");
  const written = isSection(raw["mqtt"]) ? raw["mqtt"]["url"] : undefined;
  if (host === undefined && written === undefined) {
    if (!("mqtt" in raw)) problems.push(...lonely(values));
    return;
  }
  for (const name of ["MQTT_USER", "MQTT_PASS"].filter((one) => values.has(one))) {
    put(variables[name]?.path ?? [], values.get(name), name);
  }
  if (host !== undefined && !isHost(host)) problems.push(notAHost(host));
  const port = values.get("MQTT_PORT");
  const good = port !== undefined && fits("port", port);
  const address = addressOf(isHost(host) ? host : undefined, good ? port : undefined, written);
  if (address !== null) put(["mqtt", "url"], address, host === undefined ? "MQTT_PORT" : "MQTT_HOST");
}

/** A forgotten MQTT_HOST must not start an embedded broker that nobody reaches. */
function lonely(values: Values): Problem[] {
  const names = ["MQTT_PORT", "MQTT_USER", "MQTT_PASS"].filter((name) => values.has(name));
  return names.length > 0 ? [hostMissing(names)] : [];
}

const isHost = (host: string | undefined): boolean =>
  host !== undefined && (/^[^\s/@:[\]]+$/.test(host) || /^\[?(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]+\]?$/.test(host));

/** The YAML's address with another host or port in it; null where nothing changes. */
function addressOf(host: string | undefined, port: string | undefined, written: unknown): string | null {
  const old = /^(mqtts?):\/\/(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(
    typeof written === "string" ? written : "mqtt://localhost",
  );
  if (!old || (host === undefined && port === undefined && written !== undefined)) return null;
  const bare = host?.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const number = port ?? old[3];
  return `${old[1]}://${bare ?? old[2]}${number === undefined ? "" : `:${number}`}`;
}

const hostMissing = (names: string[]): Problem => ({
  path: "MQTT_HOST",
  value: "(nothing)",
  problem: `is not set, and ${names.join(", ")} ${names.length > 1 ? "speak" : "speaks"} of a broker`,
  remedy: `Write MQTT_HOST=<host of the broker>, or remove ${names.join(", ")} to use the embedded broker.`,
});

/** `host:port` with one colon; an IPv6 address has at least two. */
const hostWithPort = /^([^\s/@:[\]]+|\[[0-9A-Fa-f:.]+\]):(\d+)$/;

const notAHost = (host: string): Problem => ({
  path: "MQTT_HOST",
  value: shown(host),
  problem: hostWithPort.test(host) ? "holds a port" : "is not a host name or address alone",
  remedy: portApart(host),
});

function portApart(host: string): string {
  const [, bare, port] = hostWithPort.exec(host) ?? [];
  if (bare !== undefined) return `Write MQTT_HOST=${bare} and MQTT_PORT=${port}.`;
  return "Write MQTT_HOST=broker.local and, where it is not 1883, MQTT_PORT=<port>; a user and a password as MQTT_USER and MQTT_PASS; for TLS write mqtt.url in YAML.";
}
