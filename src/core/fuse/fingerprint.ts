/** A payload's fingerprint: what a source keeps to know its previous payload again (rulings R18). */

/** Bytes that are looked at in one go; longer payloads take several. */
const chunkBytes = 4_096;
/** The payload's bytes as whole words: two views of one place, kept between calls so that nothing is allocated. */
const bytesOfChunk = new Uint8Array(chunkBytes);
const wordsOfChunk = new Int32Array(bytesOfChunk.buffer);

/**
 * A whole number below 2^53 that tells payloads apart: two different ones share it once in 10^16, and then one sample is not
 * counted. Instead of a copy, which for thousands of stations costs more in cache misses than all else that a frame touches
 * (measured). Two lanes over 32-bit words, each mixed as MurmurHash3 does (Austin Appleby, public domain).
 */
export function fingerprintOf(payload: Uint8Array): number {
  let one = payload.length;
  let other = ~payload.length;
  for (let begin = 0; begin < payload.length; begin += chunkBytes) {
    const words = loadChunk(payload, begin);
    for (let i = 0; i < words; i++) {
      const word = wordsOfChunk[i] as number;
      one = mix(one ^ Math.imul(word, 0xcc9e2d51));
      other = mix(other ^ Math.imul(word, 0x85ebca6b));
    }
  }
  return (finish(one) >>> 11) * 2 ** 32 + (finish(other) >>> 0);
}

/** Copies a part of the payload into the chunk, filled up with zeros, and answers its words. */
function loadChunk(payload: Uint8Array, begin: number): number {
  const length = Math.min(chunkBytes, payload.length - begin);
  const words = (length + 3) >>> 2;
  wordsOfChunk[words - 1] = 0;
  bytesOfChunk.set(payload.length > chunkBytes ? payload.subarray(begin, begin + length) : payload);
  return words;
}

const mix = (lane: number) => (Math.imul((lane << 13) | (lane >>> 19), 5) + 0xe6546b64) | 0;

function finish(lane: number): number {
  const half = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  const most = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return most ^ (most >>> 16);
}
