/** Reads JSON that a client sent. */
import { jsonOrNull } from "../../core/bounded-json.ts";

/** Parses a JSON object within the bounds of a message; empty for anything else. */
export function objectOf(text: string): Record<string, unknown> {
  const value = jsonOrNull(text);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
