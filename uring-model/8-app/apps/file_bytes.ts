/**
 * Files that need no disk: byte `offset` of the file with a seed follows from both alone, so that any part of a file of any
 * size can be made at once, and whoever knows size and seed can check it. Little-endian words of lowbias32 over a counter.
 */

/** The word at a place, which counts words: a finaliser whose output has no visible pattern (Wellons' lowbias32). */
function word(index: number, seed: number): number {
  const low = index >>> 0;
  const high = Math.floor(index / 2 ** 32) >>> 0;
  let x = (low + Math.imul(seed, 0x9e3779b9) + Math.imul(high, 0x85ebca6b)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** Fills `into` with the bytes of a file from `offset` on. */
export function fileBytes(into: Uint8Array, offset: number, seed: number): void {
  let at = 0;
  const byte = () => {
    const place = offset + at;
    into[at++] = (word(Math.floor(place / 4), seed) >>> ((place % 4) * 8)) & 0xff;
  };
  while (at < into.length && (offset + at) % 4 !== 0) byte();
  const words = (into.length - at) >>> 2;
  const first = (offset + at) / 4;
  if ((into.byteOffset + at) % 4 === 0 && LITTLE) {
    const whole = new Int32Array(into.buffer, into.byteOffset + at, words);
    for (let i = 0; i < words; i++) whole[i] = word(first + i, seed);
  } else {
    const view = new DataView(into.buffer, into.byteOffset + at, words * 4);
    for (let i = 0; i < words; i++) view.setInt32(i * 4, word(first + i, seed), true);
  }
  at += words * 4;
  while (at < into.length) byte();
}

const LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
