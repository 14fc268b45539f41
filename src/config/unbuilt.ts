/** Names the accepted settings that have no effect yet, so that none is ignored silently. */
import { list } from "./units.ts";
import { variables } from "./variables.ts";

/** Returns one sentence that names every such variable that is set; none if none is. */
export function unbuiltSentence(values: ReadonlyMap<string, string>): string[] {
  const byWord = new Map<string, string[]>();
  for (const name of values.keys()) {
    const word = variables[name]?.unbuilt;
    if (word) byWord.set(word, [...(byWord.get(word) ?? []), name]);
  }
  if (byWord.size === 0) return [];
  const groups = [...byWord].map(([word, names]) => `${word} (${names.join(", ")})`);
  return [`Not built yet, and without effect: ${list(groups)}.`];
}
