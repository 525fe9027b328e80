/** SipHash-2-4 (Aumasson and Bernstein 2012; lib/siphash.c). */

/** The hash of whole words of eight bytes, little-endian, at `at`. */
export function siphash(at: usize, words: u32, key0: u64, key1: u64): u64 {
  let v0 = key0 ^ 0x736f6d6570736575;
  let v1 = key1 ^ 0x646f72616e646f6d;
  let v2 = key0 ^ 0x6c7967656e657261;
  let v3 = key1 ^ 0x7465646279746573;
  // The words, then one with the length in its highest byte, then the end.
  for (let i: u32 = 0; i <= words + 1; i++) {
    const end = i > words;
    const m: u64 = i < words ? load<u64>(at + (<usize>i << 3)) : end ? 0 : <u64>words << 59;
    v3 ^= m;
    if (end) v2 ^= 0xff;
    for (let round = end ? 4 : 2; round > 0; round--) {
      v0 += v1;
      v2 += v3;
      v1 = rotl<u64>(v1, 13) ^ v0;
      v3 = rotl<u64>(v3, 16) ^ v2;
      v0 = rotl<u64>(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = rotl<u64>(v1, 17) ^ v2;
      v3 = rotl<u64>(v3, 21) ^ v0;
      v2 = rotl<u64>(v2, 32);
    }
    v0 ^= m;
  }
  return v0 ^ v1 ^ v2 ^ v3;
}
