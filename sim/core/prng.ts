/**
 * Named random streams: xoroshiro128+ (Blackman, Vigna 2018), each seeded by SplitMix64 from the run's seed and the
 * stream's number. Integers only: a probability is parts per million.
 */
import { STREAM_COUNT } from './constants.gen';
import { arenaAlloc } from './arena';
import { coreState } from './state';

export function splitmix64(x: u64): u64 {
  let z = x + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** One generator for each stream of each host: a knob of one host shifts no draw of the other, and a new stream none of any. */
export function prngInit(seed: u64, hosts: u32): void {
  const base = arenaAlloc(<u64>STREAM_COUNT * hosts * 16);
  coreState().prng_base = <u32>base;
  for (let i: u32 = 0; i < STREAM_COUNT * hosts; i++) {
    const name = ((i / STREAM_COUNT) << 8) | i % STREAM_COUNT;
    const s0 = splitmix64(seed ^ splitmix64(<u64>name + 1));
    store<u64>(base + (<usize>i << 4), s0);
    store<u64>(base + (<usize>i << 4), splitmix64(s0), 8);
  }
}

/** The next 64 bits of a host's stream. */
export function draw(host: u32, stream: u32): u64 {
  const at = <usize>coreState().prng_base + (<usize>(host * STREAM_COUNT + stream) << 4);
  const s0 = load<u64>(at);
  let s1 = load<u64>(at, 8);
  const result = s0 + s1;
  s1 ^= s0;
  store<u64>(at, rotl<u64>(s0, 24) ^ s1 ^ (s1 << 16));
  store<u64>(at, rotl<u64>(s1, 37), 8);
  return result;
}

/** An even draw from 0 to bound - 1; bound 0 gives 0. The high bits, scaled: no division, bias under 2^-32. */
export function drawBelow(host: u32, stream: u32, bound: u32): u32 {
  return <u32>(((draw(host, stream) >> 32) * <u64>bound) >> 32);
}

/** True in `ppm` of a million draws. Never draws for 0, so that a knob at 0 leaves the stream untouched. */
export function chance(host: u32, stream: u32, ppm: u32): bool {
  if (ppm == 0) return false;
  return drawBelow(host, stream, 1000000) < ppm;
}
