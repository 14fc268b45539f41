/** Which topic a name belongs to, and which filters to subscribe. */

import type { Topic } from "../contract/topics/topic.ts";
import { filterOf, matchTopic, reservedMachines } from "../contract/topics.ts";

/** Names that are cached. More of them, from a hostile client, cost time and no memory. */
const mostKnown = 50_000;

/** Returns the topic of a name, or null. The reserved ids keep it unique: `power-manager/plan/cmd` is a plan. */
export function router(topics: readonly Topic<unknown>[]): (name: string) => Topic<unknown> | null {
  const known = new Map<string, Topic<unknown> | null>();
  return (name) => {
    let topic = known.get(name);
    if (topic !== undefined) return topic;
    topic = topics.find((candidate) => fits(candidate, name)) ?? null;
    if (known.size < mostKnown) known.set(name, topic);
    return topic;
  };
}

/** Returns the filters for these topics, without one that another covers: a broker may send a message for each. */
export function filtersOf(topics: readonly Topic<unknown>[]): string[] {
  const all = [...new Set(topics.map(filterOf))];
  return all.filter((filter) => !all.some((other) => other !== filter && covers(other, filter)));
}

function fits(topic: Topic<unknown>, name: string): boolean {
  const params = matchTopic(topic, name);
  if (!params) return false;
  return !(reservedMachines as readonly string[]).includes(params["machine"] ?? "");
}

function covers(wide: string, narrow: string): boolean {
  const levels = wide.split("/");
  const others = narrow.split("/");
  return (
    levels.length === others.length && levels.every((level, at) => level === "+" || level === others[at])
  );
}
