/** What may be bound to a statement of libsql 0.5: it aborts the whole process on a boolean, and cuts texts at a NUL. */

export type Bindable = number | string | Uint8Array | null;

/** Returns the values unchanged if all may be bound; throws a TypeError that names the first that may not. */
export function bindable(...values: readonly unknown[]): Bindable[] {
  return values.map((value, index) => {
    const problem = problemOf(value);
    if (problem) throw new TypeError(`value ${index + 1} of a statement cannot be stored: ${problem}`);
    return value as Bindable;
  });
}

function problemOf(value: unknown): string | null {
  if (value === null || value instanceof Uint8Array) return null;
  if (typeof value === "number") return Number.isFinite(value) ? null : "the number is not finite";
  if (typeof value !== "string") return `it is of type ${typeof value}`;
  if (value.includes("\0")) return "the text holds a NUL";
  return /\p{Surrogate}/u.test(value) ? "the text holds half a character" : null;
}
