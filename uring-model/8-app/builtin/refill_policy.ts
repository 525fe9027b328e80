/**
 * When and in which order an application gives buffers back: it keeps each for `delay_ns`, collects `batch` of them and
 * returns them first in first out, last in first out, or at random; or never.
 *
 * Buffers that wait: a ring of { time u64, offset u64, len u32, stream u32 }.
 */
import {
  arenaAlloc, drawBelow, hostConfig, now, REFILL_ORDER_FIFO, REFILL_ORDER_LIFO, STREAM_APP_REFILL,
} from '../../../sim/core';
import { App, stream } from './state';
import { rqFlush, rqPush, rqSpace } from './user_ring';

const ENTRY: u32 = 24;

export function refillPolicyInit(a: App, niovs: u32): void {
  const most = niovs * 4 > 4096 ? niovs * 4 : 4096;
  const entries = (<u32>1) << (32 - clz<u32>(most - 1));
  a.pending_base = <u32>arenaAlloc(<u64>entries * ENTRY);
  a.pending_mask = entries - 1;
}

function entry(a: App, i: u32): usize {
  return <usize>(a.pending_base + (i & a.pending_mask) * ENTRY);
}

/** Room in the refill ring, if need be after asking the kernel to read it. */
function makeSpace(a: App): bool {
  if (rqSpace(a) != 0) return true;
  if (!hostConfig(a.host).refill_flush) return false;
  rqFlush(a);
  return rqSpace(a) != 0;
}

function giveBack(a: App, at: usize): void {
  stream(a, load<u32>(at, 20)).loans--;
  rqPush(a, load<u64>(at, 8), load<u32>(at, 16));
}

/** The application is done with a buffer. */
export function refillLater(a: App, stream_idx: u32, off: u64, len: u32): void {
  const c = hostConfig(a.host);
  if (!c.refill_give_back) return;
  const delay = c.refill_delay_ns;
  if (delay == 0 && c.refill_batch == 1 && a.pending_head == a.pending_tail && rqSpace(a) != 0) {
    stream(a, stream_idx).loans--;
    rqPush(a, off, len);
    return;
  }
  if (a.pending_tail - a.pending_head > a.pending_mask) return; // more loans than the area can have: kept for ever
  const at = entry(a, a.pending_tail++);
  store<u64>(at, delay == 0 ? 0 : now() + delay);
  store<u64>(at, off, 8);
  store<u32>(at, len, 16);
  store<u32>(at, stream_idx, 20);
}

/** Gives back what is due, in whole batches. */
export function refillRun(a: App): void {
  if (a.pending_head == a.pending_tail) return;
  const c = hostConfig(a.host);
  const batch = c.refill_batch;
  const time = now();
  while (a.pending_tail - a.pending_head >= batch && load<u64>(entry(a, a.pending_head + batch - 1)) <= time) {
    if (c.refill_order != REFILL_ORDER_FIFO) reorder(a, batch, c.refill_order == REFILL_ORDER_LIFO);
    for (let i: u32 = 0; i < batch; i++) {
      if (!makeSpace(a)) return;
      giveBack(a, entry(a, a.pending_head));
      a.pending_head++;
    }
  }
}

/** Turns a batch round, or shuffles it (Fisher and Yates). */
function reorder(a: App, batch: u32, lifo: bool): void {
  const first = a.pending_head;
  for (let i = batch - 1; i > 0; i--) {
    const k = lifo ? batch - 1 - i : drawBelow(a.host, STREAM_APP_REFILL, i + 1);
    if (lifo && k >= i) return;
    swap(entry(a, first + i), entry(a, first + k));
  }
}
function swap(x: usize, y: usize): void {
  for (let i: usize = 0; i < <usize>ENTRY; i += 8) {
    const word = load<u64>(x + i);
    store<u64>(x + i, load<u64>(y + i));
    store<u64>(y + i, word);
  }
}

/** When the next batch is due; u64.MAX_VALUE when there is none, or it waits for room. */
export function refillDue(a: App): u64 {
  const batch = hostConfig(a.host).refill_batch;
  if (a.pending_tail - a.pending_head < batch) return u64.MAX_VALUE;
  const due = load<u64>(entry(a, a.pending_head + batch - 1));
  return due > now() ? due : u64.MAX_VALUE;
}
