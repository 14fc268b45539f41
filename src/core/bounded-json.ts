/** JSON from outside: one pass over the text bounds its depth, width and length before anything recursive sees it (E1). */

export interface JsonBounds {
  /** Most characters of the whole text. */
  characters: number;
  /** Most lists and objects inside each other. */
  depth: number;
  /** Most names in all objects together. */
  keys: number;
  /** Most commas: values of all lists and objects together, less one each. */
  commas: number;
  /** Most characters of one text or name, as they are written. */
  text: number;
}

/**
 * For messages of stations, agents and other servers. The deepest that is known has 6 levels, the widest 1 400 names, the
 * longest text is the 12 kB list of a Delta Pro Ultra's packs. A walk over what passes is short and costs little stack.
 */
export const messageBounds: JsonBounds = {
  characters: 256 * 1024,
  depth: 32,
  keys: 10_000,
  commas: 40_000,
  text: 64 * 1024,
};

/** For files of this machine: our stored state of thousands of machines, and recordings with a whole frame as one text. */
export const fileBounds: JsonBounds = {
  characters: 256 * 1024 * 1024,
  depth: 64,
  keys: 10_000_000,
  commas: 40_000_000,
  text: 8 * 1024 * 1024,
};

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** Returns which bound the text exceeds, in a few words that repeat nothing of it; null when it exceeds none. */
export function excessOf(json: string, bounds: JsonBounds): string | null {
  if (json.length > bounds.characters) return `more than ${bounds.characters} characters`;
  const { depth, keys, commas, text } = measure(json);
  if (depth > bounds.depth) return `nested deeper than ${bounds.depth} levels`;
  if (keys > bounds.keys) return `more than ${bounds.keys} names`;
  if (commas > bounds.commas) return `more than ${bounds.commas} values`;
  return text > bounds.text ? `a text of more than ${bounds.text} characters` : null;
}

/** Counts what the bounds limit, in one pass without recursion; what stands inside texts does not count. */
function measure(json: string): Omit<JsonBounds, "characters"> {
  const most = { depth: 0, keys: 0, commas: 0, text: 0 };
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at);
    if (character === quote) {
      const end = endOfText(json, at + 1);
      most.text = Math.max(most.text, end - at - 1);
      at = end;
    } else if (character === openList || character === openObject) {
      depth++;
      most.depth = Math.max(most.depth, depth);
    } else if (character === closeList || character === closeObject) depth--;
    else if (character === colon) most.keys++;
    else if (character === comma) most.commas++;
  }
  return most;
}

/** Returns where the text that begins at `from` has its closing quote, or the length of `json` if it has none. */
function endOfText(json: string, from: number): number {
  for (let at = from; at < json.length; at++) {
    const character = json.charCodeAt(at);
    if (character === quote) return at;
    if (character === backslash) at++;
  }
  return json.length;
}

/** Parses JSON within the bounds; `problem` says in a few words why it is refused, without repeating the text. Never throws. */
export function parseJson(
  json: string,
  bounds: JsonBounds = messageBounds,
): { value: unknown } | { problem: string } {
  const excess = excessOf(json, bounds);
  if (excess !== null) return { problem: excess };
  try {
    return { value: JSON.parse(json) };
  } catch {
    return { problem: "it is not JSON" };
  }
}

/** The value of JSON within the bounds, else null. Never throws. */
export function jsonOrNull(json: string, bounds: JsonBounds = messageBounds): unknown {
  const parsed = parseJson(json, bounds);
  return "value" in parsed ? parsed.value : null;
}

/** The value as an object; null for a list, a text, a number and null. */
export const objectOrNull = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;

/** The object of JSON within the bounds; null for any other JSON and for text that is no JSON. Never throws. */
export const jsonObject = (json: string, bounds: JsonBounds = messageBounds) =>
  objectOrNull(jsonOrNull(json, bounds));
