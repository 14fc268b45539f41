/** Published captures are cleaned again: none of their texts remain, and the numbers are the same. */
import { describe, expect, it } from "vitest";
import { partsOf } from "../../src/core/inspect/part.ts";
import { redacted } from "../../src/core/inspect/redact.ts";
import { bytesOf, readCaptures } from "./read.ts";

const captures = readCaptures() ?? [];
const payloads = captures.map((capture) => ({
  id: capture.id,
  bytes:
    capture.encoding === "json"
      ? new Uint8Array(
          Buffer.from(
            typeof capture.payload === "string" ? capture.payload : JSON.stringify(capture.payload),
          ),
        )
      : bytesOf(capture),
}));

interface Seen {
  texts: string[];
  numbers: [place: string, value: number][];
}

function seenIn(bytes: Uint8Array): Seen {
  const parts = partsOf(bytes);
  const leaves =
    "unknown" in parts ? [] : parts.flatMap(({ kind, leaves }) => leaves.map((leaf) => ({ kind, ...leaf })));
  return {
    texts: leaves.flatMap(({ value, type }) => (/text|string/.test(type) ? [String(value)] : [])),
    numbers: leaves.flatMap(({ kind, path, value }) =>
      typeof value === "number" ? [[`${kind} ${path}`, value]] : [],
    ),
  };
}

describe.skipIf(captures.length === 0)("a published capture, cleaned", () => {
  it("keeps no text, and no number but zero that it had not", () => {
    let kept = 0;
    for (const { id, bytes } of payloads) {
      const clean = redacted(bytes, []);
      if (clean === null) continue;
      const [before, after] = [seenIn(bytes), seenIn(clean)];
      expect(
        after.texts.filter((text) => !/^"X*"$/.test(text)),
        id,
      ).toEqual([]);
      const known = new Map(before.numbers);
      // An id, a place, or a text in a guessed field becomes zero or X.
      const strange = after.numbers.filter(
        ([place, value]) => known.get(place) !== value && value !== 0 && value !== 0x58,
      );
      expect(strange, id).toEqual([]);
      kept += after.numbers.filter(([place, value]) => known.get(place) === value).length;
    }
    expect(kept).toBeGreaterThan(1_000);
  });
});
