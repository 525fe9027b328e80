/**
 * What sources send: a pattern of prime length, so that a byte that came from a wrong place shows. Byte p of flow f is
 * pattern[(f * 7919 + p) mod 262139]. The pattern is followed by its own beginning, so that a piece that begins anywhere
 * in it and is not longer than tailBytes() lies in one piece in memory.
 */
import { draw, hostConfig, HOSTS_MAX, STREAM_APP_PAYLOAD } from '../../../sim/core';
import { userAlloc } from '../../7-ring';
import { patternAddr, setPatternAddr } from './state';

export const PATTERN_BYTES: u32 = 262139;
const TAIL_LEAST: u32 = 262144;
const TAIL_MOST: u32 = 1048576;
const FLOW_STEP: u32 = 7919;

/** The longest piece: what applications send at once, within limits. */
export function tailBytes(): u32 {
  let bytes = TAIL_LEAST;
  for (let host: u32 = 0; host < HOSTS_MAX; host++) bytes = max(bytes, min(hostConfig(host).app_chunk, TAIL_MOST));
  return bytes;
}

/** Makes the pattern in user memory, once for the world. */
export function payloadInit(): void {
  if (patternAddr() != 0) return;
  const bytes = PATTERN_BYTES + tailBytes();
  const base = userAlloc(0, bytes);
  assert(base != 0, 'limits.user_bytes has no room for the payload pattern');
  for (let i: u32 = 0; i < PATTERN_BYTES + 7; i += 8) store<u64>(base + i, draw(0, STREAM_APP_PAYLOAD));
  for (let at = PATTERN_BYTES; at < bytes; at += PATTERN_BYTES) memory.copy(base + at, base, min(PATTERN_BYTES, bytes - at));
  setPatternAddr(base);
}

/** Where in the pattern a flow begins. */
export function flowStart(flow: u32): u32 {
  return <u32>((<u64>flow * FLOW_STEP) % PATTERN_BYTES);
}
/** The place `len` bytes further; `len` is at most tailBytes(). */
export function patternAdvance(pos: u32, len: u32): u32 {
  let next = pos + len;
  while (next >= PATTERN_BYTES) next -= PATTERN_BYTES;
  return next;
}
