/**
 * When and in which order an application gives buffers back: it keeps each for `delay_ns`, collects `batch` of them and
 * returns them first in first out, last in first out, or at random; or never, until it is told otherwise.
 *
 * Buffers that wait: a ring of { time u64, offset u64, len u32, stream u32 }.
 */
import {
  arenaAlloc, drawBelow, hostConfig, now, REFILL_ORDER_FIFO, REFILL_ORDER_LIFO, STREAM_APP_REFILL,
} from '../../../sim/core';
import { App, stream } from './state';
import { rqFlush, rqPush, rqSeenAt, rqSpace } from './user_ring';

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
  const seen = rqSeenAt(a);
  rqFlush(a);
  // Entries that the kernel did not see when it was asked, and has seen since: nobody else asks it to look again.
  if (rqSpace(a) == 0 && now() >= seen) rqFlush(a);
  return rqSpace(a) != 0;
}

function giveBack(a: App, at: usize): void {
  stream(a, load<u32>(at, 20)).loans--;
  rqPush(a, load<u64>(at, 8), load<u32>(at, 16));
}

/** The application is done with a buffer. */
export function refillLater(a: App, stream_idx: u32, off: u64, len: u32): void {
  const c = hostConfig(a.host);
  const delay = c.refill_delay_ns;
  if (c.refill_give_back && delay == 0 && c.refill_batch == 1 && a.pending_head == a.pending_tail && rqSpace(a) != 0) {
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

/** Gives back what is due, in whole batches. True: some of it waits for room. */
export function refillRun(a: App): bool {
  if (a.pending_head == a.pending_tail) return false;
  const c = hostConfig(a.host);
  if (!c.refill_give_back) return false;
  const batch = c.refill_batch;
  const time = now();
  while (a.pending_tail - a.pending_head >= batch && load<u64>(entry(a, a.pending_head + batch - 1)) <= time) {
    if (c.refill_order != REFILL_ORDER_FIFO) reorder(a, batch, c.refill_order == REFILL_ORDER_LIFO);
    for (let i: u32 = 0; i < batch; i++) {
      if (!makeSpace(a)) return true;
      giveBack(a, entry(a, a.pending_head));
      a.pending_head++;
    }
  }
  return false;
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

/** When the next batch is due; u64.MAX_VALUE when there is none, or it `waits` for room. */
export function refillDue(a: App, waits: bool): u64 {
  const c = hostConfig(a.host);
  const batch = c.refill_batch;
  if (!c.refill_give_back || a.pending_tail - a.pending_head < batch) return u64.MAX_VALUE;
  const due = load<u64>(entry(a, a.pending_head + batch - 1));
  // What became due while others were given back is due at once, whatever room there is: then the kernel is asked for more. Room that
  // somebody does not see yet is there a little later.
  return due > now() || !waits || rqSpace(a) != 0 ? due : rqSeenAt(a);
}

/** Whether it has buffers that it did not give back. */
export function refillHolds(a: App): bool {
  return a.pending_head != a.pending_tail;
}

