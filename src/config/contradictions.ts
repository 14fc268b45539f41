/** Settings that are valid alone and contradict each other: the server does not start with them. */
import { type CheckContext, type Draft, isLoopback } from "./draft.ts";
import type { Path } from "./path.ts";
import type { Problem } from "./problems.ts";
import { shown } from "./secrets.ts";

interface Contradiction {
  path: Path;
  /** The value that contradicts, or null where nothing does. */
  found: (draft: Draft) => { value: unknown } | null;
  problem: (draft: Draft) => string;
  remedy: string;
}

const when = (wrong: boolean, value: unknown) => (wrong ? { value } : null);

const table: readonly Contradiction[] = [
  {
    path: ["policy", "blindMaxSec"],
    found: ({ policy: { blindMaxSec, blindAfterSec } }) =>
      when(blindMaxSec !== "auto" && blindMaxSec < blindAfterSec, blindMaxSec),
    problem: ({ policy }) =>
      `is less than policy.blindAfterSec (${policy.blindAfterSec}): it would act before it counts as blind`,
    remedy: "Write auto, or a duration above policy.blindAfterSec.",
  },
  {
    path: ["base"],
    found: ({ base }) => when(/^(power-manager|ecoflow-power)(\/|$)/.test(base), base),
    problem: () => "is where commands and rooms have their topics",
    remedy: "Write another one, such as bridge-ecoflow.",
  },
  {
    path: ["mqtt", "url"],
    found: ({ mqtt }) => when(mqtt !== null && !portOf(mqtt.url), mqtt?.url),
    problem: () => "has a port that does not exist",
    remedy: "Write a port from 1 to 65535.",
  },
  {
    path: ["mqtt", "ca"],
    found: ({ mqtt }) => when(mqtt?.ca != null && !mqtt.url.startsWith("mqtts:"), mqtt?.ca?.path),
    problem: () => "does nothing without TLS",
    remedy: "Write mqtt.url: mqtts://host:8883, or remove ca.",
  },
  {
    path: ["mqtt", "username"],
    found: ({ mqtt }) => when(mqtt !== null && mqtt.password !== null && mqtt.username === null, undefined),
    problem: () => "is not set, and MQTT knows no password without a user",
    remedy: "Write the user too: mqtt.username, or MQTT_USER.",
  },
  {
    path: ["broker", "host"],
    found: ({ broker }) => when(broker?.users === null && !isLoopback(broker.host), broker?.host),
    problem: () => "lets everybody on the network command your machines: the broker has no users",
    remedy: "Write broker.users with a password for each, or leave host at 127.0.0.1.",
  },
  {
    path: ["broker", "users"],
    found: ({ broker }) => when(broker?.users != null && Object.keys(broker.users).length === 0, {}),
    problem: () => "names nobody, so nobody could connect",
    remedy: "Write a password for each user.",
  },
];

const portOf = (url: string): boolean => {
  const port = Number(/:(\d+)$/.exec(url)?.[1]);
  return port >= 1 && port <= 65_535;
};

/** Two sources of one name could not be told apart in readings and topics. */
function sameSources({ sources }: Draft, { origin }: CheckContext): Problem[] {
  return sources.flatMap(({ name }, index) => {
    if (sources.findIndex((other) => other.name === name) === index) return [];
    const problem = "is already the name of another source";
    const remedy = "Write a name of its own for each source, such as name: rack.";
    return [{ path: origin(["sources", index, "name"]), value: shown(name), problem, remedy }];
  });
}

/** Refuses two sources of one account: they have the same client id, so each would end the other's connection. */
function sameAccounts({ sources }: Draft, { origin }: CheckContext): Problem[] {
  const userOf = (source: Draft["sources"][number]): string | null => {
    if (source.kind === "ecoflow-open") return `key ${source.accessKey}`;
    return source.kind === "ecoflow-app" ? `user ${source.username}` : null;
  };
  return sources.flatMap((source, index) => {
    const user = userOf(source);
    const isFirst = sources.findIndex((other) => userOf(other) === user) === index;
    if (user === null || isFirst) return [];
    const problem = "is a second source of the same account";
    const remedy = "Keep one of the two: each would end the other's connection to EcoFlow's broker.";
    return [{ path: origin(["sources", index]), value: source.kind, problem, remedy }];
  });
}

/** Every contradiction in a configuration. */
export function contradictions(draft: Draft, context: CheckContext): Problem[] {
  const { origin } = context;
  const found = table.flatMap(({ path, found, problem, remedy }) => {
    const hit = found(draft);
    return hit ? [{ path: origin(path), value: shown(hit.value), problem: problem(draft), remedy }] : [];
  });
  return [...found, ...sameSources(draft, context), ...sameAccounts(draft, context)];
}
