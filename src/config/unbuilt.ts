/** The one sentence about what is accepted and not built yet: never silently ignored. */
import { list } from "./units.ts";
import { variables } from "./variables.ts";

/** One sentence that names every such variable that is set, or none. */
export function unbuiltNote(values: ReadonlyMap<string, string>): string[] {
  const byWord = new Map<string, string[]>();
  for (const name of values.keys()) {
    const word = variables[name]?.unbuilt;
    if (word) byWord.set(word, [...(byWord.get(word) ?? []), name]);
  }
  if (byWord.size === 0) return [];
  const groups = [...byWord].map(([word, names]) => `${word} (${names.join(", ")})`);
  const readings = byWord.has("the EcoFlow account") ? "; readings come by MQTT alone" : "";
  return [`Not built yet, and without effect: ${list(groups)}${readings}.`];
}
