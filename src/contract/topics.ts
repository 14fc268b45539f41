/** All topics of a site in one table, and the names that MQTT has for them. The bus enforces owner, visibility and schema. */
import { machineTopics } from "./topics/machines.ts";
import { privateTopics, sourceTopics } from "./topics/rooms.ts";
import { stationTopics } from "./topics/stations.ts";
import type { Topic } from "./topics/topic.ts";

export type Params = Readonly<Record<string, string>>;

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
