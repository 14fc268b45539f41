/** Numbers with their units: durations as people write and read them. */

/** 90 → "90 s", 900 → "15 min", 7200 → "2 h". */
export function duration(seconds: number): string {
  if (seconds >= 3_600 && seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  if (seconds >= 120 && seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}

/** `["a", "b", "c"]` → "a, b and c". */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

const durationText = /^\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)?\s*$/;
const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** "4m" → 240, "90" → 90; returns anything else as it is, for the schema to refuse. */
export function toSeconds(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const match = durationText.exec(value);
  if (!match) return value;
  const seconds = Number(match[1]) * unitSeconds[(match[2] ?? "s") as keyof typeof unitSeconds];
  return Math.round(seconds * 1_000) / 1_000; // Without this, 1.1 × 60 is no whole number of seconds.
}
