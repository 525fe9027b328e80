/**
 * Bytes that wait in the kernel, outside of packets: in AF_UNIX and UDP messages and in pipes. A chain is a list of blocks of
 * 512 bytes; how long it is its owner knows.
 */
import { arenaAlloc } from './arena';
import { NONE } from './memory_map';
import { coreState } from './state';

const BLOCK_BYTES: u32 = 512;

/** Makes the blocks. */
export function chainsInit(bytes: u32): void {
  const s = coreState();
  const count = bytes / BLOCK_BYTES;
  s.chain_blocks = <u32>arenaAlloc(bytes);
  s.chain_next = <u32>arenaAlloc(<u64>count << 2);
  s.chain_free = NONE;
  s.chain_left = count;
  for (let i = count; i > 0; i--) {
    store<u32>(linkOf(i - 1), s.chain_free);
    s.chain_free = i - 1;
  }
}
function linkOf(block: u32): usize {
  return <usize>coreState().chain_next + (<usize>block << 2);
}

/** A chain of `bytes` bytes, or NONE when there are not so many (0 bytes have no chain: NONE too). */
export function chainAlloc(bytes: u32): u32 {
  const s = coreState();
  const blocks = (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
  if (blocks == 0 || blocks > s.chain_left) return NONE;
  const first = s.chain_free;
  let last = first;
  for (let i: u32 = 1; i < blocks; i++) last = load<u32>(linkOf(last));
  s.chain_free = load<u32>(linkOf(last));
  s.chain_left -= blocks;
  store<u32>(linkOf(last), NONE);
  return first;
}
/** Is there room for a chain of `bytes` bytes? */
export function chainRoom(bytes: u32): bool {
  return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES <= coreState().chain_left;
}
/** Gives a chain back; NONE is one of nothing. */
export function chainFree(chain: u32): void {
  const s = coreState();
  while (chain != NONE) {
    const next = load<u32>(linkOf(chain));
    store<u32>(linkOf(chain), s.chain_free);
    s.chain_free = chain;
    s.chain_left++;
    chain = next;
  }
}

/** Address of byte `offset` of a chain; as many as chainPart() says lie there side by side. */
export function chainAt(chain: u32, offset: u32): usize {
  for (let i = offset / BLOCK_BYTES; i > 0; i--) chain = load<u32>(linkOf(chain));
  return <usize>coreState().chain_blocks + <usize>chain * BLOCK_BYTES + (offset % BLOCK_BYTES);
}
export function chainPart(offset: u32, len: u32): u32 {
  return min(BLOCK_BYTES - (offset % BLOCK_BYTES), len);
}
