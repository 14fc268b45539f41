/** The fingerprint tells every payload from the one before it, and knows the same bytes again. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { fingerprintOf } from "./fingerprint.ts";

const payload = fc.uint8Array({ maxLength: 10_000 });

it("the same bytes again have the same fingerprint, wherever they lie and whatever came between", () => {
  fc.assert(
    fc.property(payload, payload, fc.nat({ max: 7 }), (bytes, between, offset) => {
      const first = fingerprintOf(bytes);
      fingerprintOf(between);
      const elsewhere = new Uint8Array(bytes.length + offset);
      elsewhere.set(bytes, offset);
      expect(fingerprintOf(elsewhere.subarray(offset))).toBe(first);
      expect(Number.isSafeInteger(first)).toBe(true);
    }),
  );
});

it("one bit, one byte more, two bytes changed places: another fingerprint", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 2, maxLength: 9_000 }),
      fc.nat(),
      fc.nat({ max: 7 }),
      (bytes, where, bit) => {
        const first = fingerprintOf(bytes);
        const at = where % (bytes.length - 1);
        const flipped = bytes.slice();
        flipped[at] = (flipped[at] as number) ^ (1 << bit);
        const longer = new Uint8Array(bytes.length + 1);
        longer.set(bytes);
        const swapped = bytes.slice();
        swapped[at] = bytes[at + 1] as number;
        swapped[at + 1] = bytes[at] as number;
        expect(fingerprintOf(flipped)).not.toBe(first);
        expect(fingerprintOf(longer)).not.toBe(first);
        if (bytes[at] !== bytes[at + 1]) expect(fingerprintOf(swapped)).not.toBe(first);
      },
    ),
  );
});

it("200 000 payloads that differ in a counter and in the highest bit of two words: no two alike, and both halves spread", () => {
  const seen = new Set<number>();
  const bytes = new Uint8Array(64);
  const words = new Uint32Array(bytes.buffer);
  for (let i = 0; i < 100_000; i++) {
    words[3] = i & 0xff;
    words[4] = (i >>> 8) * 0x0040_0000;
    words[9] = 0;
    words[10] = 0;
    seen.add(fingerprintOf(bytes));
    words[9] = 0x8000_0000;
    words[10] = 0x8000_0000;
    seen.add(fingerprintOf(bytes));
  }
  expect(seen.size).toBe(200_000);
  const halves = (half: (fingerprint: number) => number) => new Set([...seen].map(half)).size;
  // Of 2^32 values chance hits about five twice, of the 2^21 of the upper half it leaves about 190 700 different ones.
  expect(halves((fingerprint) => fingerprint % 2 ** 32)).toBeGreaterThan(199_950);
  expect(halves((fingerprint) => Math.floor(fingerprint / 2 ** 32))).toBeGreaterThan(189_000);
});
