/**
 * What sources send: one table of random bytes whose length is prime, read by every flow from a place of its own. Byte p of
 * flow f is table[(7919 f + p) mod 262139]. No chunk, segment or buffer size divides the length, so bytes that land in the
 * wrong place do not go unseen; and the table stays in the processor's cache, so that sending costs what copying costs.
 */
import { draw, NONE, runConfig, STREAM_APP_PAYLOAD } from '../../../sim/core';
import { userAlloc } from '../../7-ring';
import { payloadState } from './payload_state';

const PERIOD: u32 = 262139;
const STEP: u32 = 7919;

/** Makes the table in user memory of a host, with `tail` bytes repeated behind its end so that a send is one piece. */
export function payloadInit(host: u32, tail: u32): void {
  const s = payloadState();
  const room = PERIOD + max(tail, 64);
  s.table = userAlloc(host, room);
  s.tail = tail;
  if (!runConfig().run_payload) return;
  for (let i: u32 = 0; i < PERIOD; i += 8) store<u64>(<usize>(s.table + i), draw(host, STREAM_APP_PAYLOAD));
  for (let i: u32 = 0; i < room - PERIOD; i++) store<u8>(<usize>(s.table + PERIOD + i), load<u8>(<usize>(s.table + i)));
}

function placeOf(flow: u32, position: u64): u32 {
  return <u32>((<u64>flow * STEP + position) % PERIOD);
}

/** Address of the bytes from a position of a flow on; at least `tail` of them are in one piece. */
export function payloadAt(flow: u32, position: u64): u32 {
  return payloadState().table + placeOf(flow, position);
}

/** Offset of the first byte at `at` that is not what the flow sent, or NONE when all are right. */
export function payloadMismatch(flow: u32, position: u64, at: u32, len: u32): u32 {
  const table = payloadState().table;
  let place = placeOf(flow, position);
  let done: u32 = 0;
  while (done < len) {
    const part = min(len - done, PERIOD - place);
    const wrong = mismatch(<usize>(table + place), <usize>(at + done), part);
    if (wrong != NONE) return done + wrong;
    done += part;
    place = 0;
  }
  return NONE;
}

function mismatch(expected: usize, actual: usize, len: u32): u32 {
  let i: u32 = 0;
  for (; i + 64 <= len; i += 64) {
    const a = v128.xor(v128.load(expected + i), v128.load(actual + i));
    const b = v128.xor(v128.load(expected + i, 16), v128.load(actual + i, 16));
    const c = v128.xor(v128.load(expected + i, 32), v128.load(actual + i, 32));
    const d = v128.xor(v128.load(expected + i, 48), v128.load(actual + i, 48));
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) break;
  }
  for (; i < len; i++) if (load<u8>(expected + i) != load<u8>(actual + i)) return i;
  return NONE;
}
