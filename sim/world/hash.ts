/**
 * The state hash: xxHash64's round and avalanche over all state, four lanes of 8 bytes. Static data and ports differ
 * between builds and are left out; so is everything that only watches: the trace and capture buffers with their cursors,
 * what the checks remember, and the knobs that ask for all that, which end the configuration block.
 */
import { ARENA_ADDR, CONFIG_ADDR, CONFIG_STATE_BYTES, coreState, DIRTY_ADDR, PAGE_SIZE, runConfig, STATE_ADDR } from '../core';
import { userFirst, userNext } from '../../uring-model/7-ring';
import { forgetVerified } from './verify';

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;

function round(acc: u64, word: u64): u64 {
  return rotl<u64>(acc + word * P2, 31) * P1;
}

/** Hashes [from, to): a multiple of 8 bytes. */
function hashRange(seed: u64, from: usize, to: usize): u64 {
  let a = seed + P1 + P2;
  let b = seed + P2;
  let c = seed;
  let d = seed - P1;
  let at = from;
  for (; at + 32 <= to; at += 32) {
    a = round(a, load<u64>(at));
    b = round(b, load<u64>(at, 8));
    c = round(c, load<u64>(at, 16));
    d = round(d, load<u64>(at, 24));
  }
  let h = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18) + <u64>(to - from);
  for (; at + 8 <= to; at += 8) h = rotl<u64>(h ^ round(0, load<u64>(at)), 27) * P1 + P3;
  h ^= h >> 33;
  h *= P2;
  h ^= h >> 29;
  h *= P3;
  return h ^ (h >> 32);
}

function isEmpty(from: usize, to: usize): bool {
  for (let at = from; at < to; at += 8) if (load<u64>(at) != 0) return false;
  return true;
}

/** Has nobody written to the page at `at`? Applications in TypeScript write to what they have of user memory, and make no mark. */
function untouched(at: usize): bool {
  return load<u8>(DIRTY_ADDR + at / PAGE_SIZE) == 0 && (at + PAGE_SIZE <= userFirst() || at >= userNext());
}

/**
 * Pages of the arena that hold something, each with its place: a world has room for much that never comes. Those that nobody
 * wrote to are not even read, where the build marks pages (scripts/dirty_map.mjs).
 */
function hashArena(seed: u64, end: usize): u64 {
  const marks = load<u8>(DIRTY_ADDR + ARENA_ADDR / PAGE_SIZE) != 0;
  let h = seed;
  for (let at = ARENA_ADDR; at < end; at += PAGE_SIZE) {
    if (marks && untouched(at)) continue;
    const to = min<usize>(at + PAGE_SIZE, end);
    if (!isEmpty(at, to)) h = hashRange(round(h, <u64>at), at, to);
  }
  return h;
}

export function stateHash(): u64 {
  if (runConfig().run_verify) forgetVerified();
  const end = (<usize>coreState().arena_next + 31) & ~31;
  return hashArena(hashRange(0, STATE_ADDR, CONFIG_ADDR + CONFIG_STATE_BYTES), end);
}
