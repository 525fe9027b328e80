/**
 * What sources send: a pattern of prime length, so that a byte that came from a wrong place shows. Byte p of flow f is
 * pattern[(f * 7919 + p) mod 262139]. The pattern is followed by its own beginning, so that a piece that begins anywhere
 * in it and is not longer than TAIL_BYTES lies in one piece in memory.
 */
import { draw, STREAM_APP_PAYLOAD } from '../../../sim/core';
import { userAlloc } from '../../7-ring';
import { patternAddr, setPatternAddr } from './state';

export const PATTERN_BYTES: u32 = 262139;
export const TAIL_BYTES: u32 = 262144;
const FLOW_STEP: u32 = 7919;

/** Makes the pattern in user memory, once for the world. */
export function payloadInit(): void {
  if (patternAddr() != 0) return;
  const base = userAlloc(0, PATTERN_BYTES + TAIL_BYTES);
  assert(base != 0, 'limits.user_bytes has no room for the payload pattern');
  for (let i: u32 = 0; i < PATTERN_BYTES + 7; i += 8) store<u64>(base + i, draw(0, STREAM_APP_PAYLOAD));
  memory.copy(base + PATTERN_BYTES, base, PATTERN_BYTES);
  memory.copy(base + 2 * PATTERN_BYTES, base, TAIL_BYTES - PATTERN_BYTES);
  setPatternAddr(base);
}

/** Where in the pattern a flow begins. */
export function flowStart(flow: u32): u32 {
  return <u32>((<u64>flow * FLOW_STEP) % PATTERN_BYTES);
}
/** The place `len` bytes further; `len` is at most TAIL_BYTES. */
export function patternAdvance(pos: u32, len: u32): u32 {
  let next = pos + len;
  while (next >= PATTERN_BYTES) next -= PATTERN_BYTES;
  return next;
}
