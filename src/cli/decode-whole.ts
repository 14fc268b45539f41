/** Lines that belong together: JSON over several lines, hex as `xxd -p` breaks it. */
import { fileBounds, parseJson } from "../core/bounded-json.ts";
import { readEnvelope } from "../core/decode/envelope.ts";

/** More text than any payload: what is not whole by then never will be. */
const mostCharacters = 4_000_000;

/** Joins the lines of a payload; lines that never become one come out as they were. */
export async function* wholePayloads(lines: AsyncIterable<string> | Iterable<string>): AsyncIterable<string> {
  let held: string[] = [];
  for await (const line of lines) {
    // What begins a payload by itself ends the wait for the rest of another.
    if (held.length > 0 && line.startsWith("{") && isJson(line)) {
      yield* held;
      held = [];
    }
    held.push(line);
    const text = held.join("\n");
    const state = stateOf(text);
    if (state === "begun" && text.length < mostCharacters) continue;
    if (state === "whole") yield text;
    else yield* held;
    held = [];
  }
  yield* held;
}

function stateOf(text: string): "whole" | "begun" | "neither" {
  const bare = text.trim();
  if (bare.startsWith("{")) return bare.endsWith("}") && isJson(bare) ? "whole" : "begun";
  const hex = bare.replace(/\s+/g, "");
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) return "neither";
  const envelope = readEnvelope(new Uint8Array(Buffer.from(hex, "hex")));
  if ("frames" in envelope || envelope.empty) return "whole";
  return envelope.isCut ? "begun" : "neither";
}

function isJson(text: string): boolean {
  return "value" in parseJson(text, fileBounds);
}
