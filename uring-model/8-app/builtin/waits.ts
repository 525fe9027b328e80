/** Streams that wait for a time. All of an application's waits are equally long, so that a queue keeps them in order. */
import { arenaAlloc, NONE } from '../../../sim/core';
import { App } from './state';

const ENTRY: u32 = 16;

export function waitsInit(a: App, most: u32): void {
  const entries = most <= 16 ? <u32>16 : (<u32>1) << (32 - clz<u32>(most - 1));
  a.waits_base = <u32>arenaAlloc(<u64>entries * ENTRY);
  a.waits_mask = entries - 1;
}
function entry(a: App, i: u32): usize {
  return <usize>(a.waits_base + (i & a.waits_mask) * ENTRY);
}

/** A stream waits until `time_ns`, which is not before that of any other. */
export function waitsAdd(a: App, time_ns: u64, stream_idx: u32): void {
  assert(a.waits_tail - a.waits_head <= a.waits_mask, 'a stream waits for one time at once');
  const at = entry(a, a.waits_tail++);
  store<u64>(at, time_ns);
  store<u32>(at, stream_idx, 8);
}
/** The stream whose time has come, or NONE. */
export function waitsTake(a: App, time_ns: u64): u32 {
  if (a.waits_head == a.waits_tail) return NONE;
  const at = entry(a, a.waits_head);
  if (load<u64>(at) > time_ns) return NONE;
  a.waits_head++;
  return load<u32>(at, 8);
}
/** When the first of them is due, or u64.MAX_VALUE. */
export function waitsDue(a: App): u64 {
  return a.waits_head == a.waits_tail ? u64.MAX_VALUE : load<u64>(entry(a, a.waits_head));
}
