/** JSON that honest devices never send and broken or hostile clients do: too deep, too wide, too long. */

/** As deep as the smallest message that was seen to end a process: 27 kB. */
const deep = 13_800;
const lists = `${"[".repeat(deep)}${"]".repeat(deep)}`;
const objects = `${'{"a":'.repeat(deep)}1${"}".repeat(deep)}`;
const mixed = `${'[{"a":'.repeat(deep / 2)}1${"}]".repeat(deep / 2)}`;
const keys = (count: number) => Array.from({ length: count }, (_, at) => `"k${at}":1`).join(",");

/** Name → a value that no message of ours holds. Each is valid JSON. */
export const hostileValues: Readonly<Record<string, string>> = {
  "nested lists": lists,
  "nested objects": objects,
  "lists and objects in turn": mixed,
  "nested lists after a text with brackets": `["]]}}\\"[[", ${lists}]`,
  "twenty thousand keys": `{${keys(20_000)}}`,
  "a list of a hundred thousand numbers": `[${"1,".repeat(99_999)}1]`,
  "a text of 200 kB": `"${"x".repeat(200_000)}"`,
};

/** The values as they would stand in a message: bare, or as one more field of a valid message. */
export const hostileMessages = (valid: object): readonly (readonly [string, string])[] =>
  Object.entries(hostileValues).flatMap(([name, value]) => [
    [`${name}, bare`, value] as const,
    [`${name}, as a field`, `${JSON.stringify(valid).slice(0, -1)},"x":${value}}`] as const,
  ]);
