/** Keeps secrets out of every sentence that the configuration says. */

/** What is shown instead of a secret. */
export const hidden = "(hidden)";

/** Shorter secrets are not masked: the mask would hide ordinary words and so reveal them. */
const shortest = 6;

/** `text` without any of the secrets. */
export function redact(text: string, secrets: Iterable<string>): string {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= shortest);
  const longestFirst = known.sort((a, b) => b.length - a.length);
  return longestFirst.reduce((left, secret) => left.split(secret).join(hidden), text);
}

/** Returns a value for a sentence: an address without user and password, a list or section as its kind. */
export function shown(value: unknown): string {
  if (value === undefined) return "(nothing)";
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a section";
  if (typeof value !== "string") return String(value);
  return `"${value.replace(/:\/\/.*@/s, `://${hidden}@`)}"`;
}

/** A value on one line, cut to 80 characters; only after `redact`, which finds only whole secrets. */
export function shortened(text: string): string {
  const value = text.replace(/\s+/g, " ");
  return value.length > 80 ? `${value.slice(0, 76)}…${value.startsWith('"') ? '"' : ""}` : value;
}

/** What kind of thing a value is, where the value itself might be a secret. */
export function kindOf(value: unknown): string {
  if (typeof value === "string") return "a text";
  if (typeof value === "number") return "a number";
  if (typeof value === "boolean") return "a yes or no";
  return shown(value);
}
