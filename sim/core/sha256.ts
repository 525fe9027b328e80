/**
 * SHA-256 (FIPS 180-4), incremental. A context is 112 bytes: state[8], length, 64 bytes of a block not yet full.
 *
 *      0           32      40      48              112
 *     +-----------+-------+-------+---------------+
 *     | state[8]  | bytes | spare | block         |
 *     +-----------+-------+-------+---------------+
 */
import { loadBe32, storeBe32 } from './bytes';
import { runBounds } from './run_bounds';

export const SHA256_BYTES: u32 = 112;

const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
  0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
  0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
  0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
  0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
  0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
/** Message schedule of the block being hashed. */
const W: usize = memory.data(64 * 4, 16);

export function sha256Init(context: usize): void {
  store<u32>(context, 0x6a09e667);
  store<u32>(context, 0xbb67ae85, 4);
  store<u32>(context, 0x3c6ef372, 8);
  store<u32>(context, 0xa54ff53a, 12);
  store<u32>(context, 0x510e527f, 16);
  store<u32>(context, 0x9b05688c, 20);
  store<u32>(context, 0x1f83d9ab, 24);
  store<u32>(context, 0x5be0cd19, 28);
  store<u64>(context, 0, 32);
}

export function sha256Update(context: usize, from: usize, len: u32): void {
  if (runBounds().no_digests != 0) return;
  const bytes = load<u64>(context, 32);
  let have = <u32>bytes & 63;
  let at = from;
  let left = len;
  store<u64>(context, bytes + len, 32);
  if (have != 0) {
    const part = min(64 - have, left);
    memory.copy(context + 48 + have, at, part);
    have += part;
    at += part;
    left -= part;
    if (have < 64) return;
    hashBlock(context, context + 48);
  }
  for (; left >= 64; left -= 64, at += 64) hashBlock(context, at);
  memory.copy(context + 48, at, left);
}

/** Ends the hash: 32 bytes go to `out`. The context stays as it was. */
export function sha256Final(context: usize, out: usize): void {
  if (runBounds().no_digests != 0) return;
  const bytes = load<u64>(context, 32);
  const have = <usize>bytes & 63;
  const block = context + 48;
  const s0 = load<u64>(context);
  const s1 = load<u64>(context, 8);
  const s2 = load<u64>(context, 16);
  const s3 = load<u64>(context, 24);
  store<u8>(block + have, 0x80);
  memory.fill(block + have + 1, 0, 63 - have);
  if (have >= 56) {
    hashBlock(context, block);
    memory.fill(block, 0, 56);
  }
  store<u64>(block, bswap<u64>(bytes << 3), 56);
  hashBlock(context, block);
  for (let i: usize = 0; i < 32; i += 4) storeBe32(out + i, load<u32>(context + i));
  store<u64>(context, s0);
  store<u64>(context, s1, 8);
  store<u64>(context, s2, 16);
  store<u64>(context, s3, 24);
}

function hashBlock(context: usize, block: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(W + i, loadBe32(block + i));
  for (let i: usize = 64; i < 256; i += 4) {
    const w = W + i;
    const w15 = load<u32>(w - 60);
    const w2 = load<u32>(w - 8);
    const s0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >> 3);
    const s1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >> 10);
    store<u32>(w, load<u32>(w - 64) + s0 + load<u32>(w - 28) + s1);
  }
  let a = load<u32>(context);
  let b = load<u32>(context, 4);
  let c = load<u32>(context, 8);
  let d = load<u32>(context, 12);
  let e = load<u32>(context, 16);
  let f = load<u32>(context, 20);
  let g = load<u32>(context, 24);
  let h = load<u32>(context, 28);
  for (let i: usize = 0; i < 256; i += 4) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + load<u32>(K + i) + load<u32>(W + i);
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(context, load<u32>(context) + a);
  store<u32>(context, load<u32>(context, 4) + b, 4);
  store<u32>(context, load<u32>(context, 8) + c, 8);
  store<u32>(context, load<u32>(context, 12) + d, 12);
  store<u32>(context, load<u32>(context, 16) + e, 16);
  store<u32>(context, load<u32>(context, 20) + f, 20);
  store<u32>(context, load<u32>(context, 24) + g, 24);
  store<u32>(context, load<u32>(context, 28) + h, 28);
}
