/** Names the accepted settings that have no effect yet, so that none is ignored silently. */
import { list } from "./units.ts";
import { variables } from "./variables.ts";

/** Names every such variable that is set; a warning where an account is, because its stations are not heard. */
export function unbuiltSentence(values: ReadonlyMap<string, string>): {
  warnings: string[];
  notes: string[];
} {
  const byWord = new Map<string, string[]>();
  for (const name of values.keys()) {
    const word = variables[name]?.unbuilt;
    if (word) byWord.set(word, [...(byWord.get(word) ?? []), name]);
  }
  if (byWord.size === 0) return { warnings: [], notes: [] };
  const groups = [...byWord].map(([word, names]) => `${word} (${names.join(", ")})`);
  const sentence = `Not built yet, and without effect: ${list(groups)}`;
  return byWord.has("the EcoFlow account")
    ? { warnings: [`${sentence}; stations are heard by MQTT alone.`], notes: [] }
    : { warnings: [], notes: [`${sentence}.`] };
}
