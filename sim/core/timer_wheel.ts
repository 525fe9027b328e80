/**
 * Timers of connections: a hierarchical wheel with a jiffy of 1 ms, as in Linux (kernel/time/timer.c; CONFIG_HZ=1000).
 * Arming and cancelling are a few stores whatever the number of connections; the event queue holds one entry for the
 * whole wheel, at the next jiffy that may have work.
 *
 * A Timer is embedded in its owner's struct. Timers of one jiffy fire in the order in which they were armed.
 */
import { arenaAlloc } from './arena';
import { schedule } from './event_queue';
import { coreState } from './state';
import { EVENT_TIMERS } from './event_kinds';

export const NS_PER_JIFFY: u64 = 1000000;
const LEVEL_BITS: u32 = 6;
const LEVELS: u32 = 6;
const SLOTS: u32 = 64;
const HEAD: usize = 8;

/** kind tells sim/world/dispatch what to call with arg. Not armed: list_next is 0. */
@unmanaged
export class Timer {
  list_next: u32;
  list_prev: u32;
  expires: u64; // jiffy
  kind: u32;
  arg: u32;
}
export const TIMER_BYTES: u32 = 24;

// Each slot is a list head {next, prev}, circular; an occupancy bitmap (u64) per level follows the slots.
export function timerWheelInit(): void {
  const s = coreState();
  const bytes = <usize>LEVELS * SLOTS * HEAD + <usize>LEVELS * 8 + HEAD;
  s.wheel_base = <u32>arenaAlloc(bytes);
  for (let i: u32 = 0; i < LEVELS * SLOTS; i++) listInit(<usize>s.wheel_base + <usize>i * HEAD);
  listInit(dueList());
}

function bitmapAt(level: u32): usize {
  return <usize>coreState().wheel_base + <usize>LEVELS * SLOTS * HEAD + (<usize>level << 3);
}
function dueList(): usize {
  return <usize>coreState().wheel_base + <usize>LEVELS * SLOTS * HEAD + <usize>LEVELS * 8;
}
function listInit(head: usize): void {
  store<u32>(head, <u32>head);
  store<u32>(head, <u32>head, 4);
}
function listAddTail(head: usize, item: usize): void {
  const last = load<u32>(head, 4);
  store<u32>(item, <u32>head);
  store<u32>(item, last, 4);
  store<u32>(<usize>last, <u32>item);
  store<u32>(head, <u32>item, 4);
}

export function timerPending(t: Timer): bool {
  return t.list_next != 0;
}

/** Arms or moves a timer. It fires at the first jiffy that is not before `at_ns`. */
export function timerArm(t: Timer, at_ns: u64): void {
  if (t.list_next != 0) timerUnlink(t);
  const s = coreState();
  // Nothing was due before now, or its turn would have come: the wheel may follow the clock.
  const past = s.clock_ns == 0 ? 0 : (s.clock_ns - 1) / NS_PER_JIFFY;
  if (past > s.wheel_jiffy) s.wheel_jiffy = past;
  const first = s.wheel_jiffy + 1;
  const jiffy = (at_ns + NS_PER_JIFFY - 1) / NS_PER_JIFFY;
  t.expires = jiffy < first ? first : jiffy;
  s.wheel_count++;
  wake(place(t));
}

export function timerCancel(t: Timer): void {
  if (t.list_next != 0) timerUnlink(t);
}

function timerUnlink(t: Timer): void {
  const next = <usize>t.list_next;
  const prev = <usize>t.list_prev;
  store<u32>(prev, <u32>next);
  store<u32>(next, <u32>prev, 4);
  t.list_next = 0;
  t.list_prev = 0;
  coreState().wheel_count--;
}

/**
 * Puts a timer into the slot of its distance from the wheel's jiffy. Returns the jiffy at which the wheel must turn for it:
 * its own, or the one at which its coarse slot begins and falls into finer ones.
 */
function place(t: Timer): u64 {
  const s = coreState();
  const now = s.wheel_jiffy;
  const expires = t.expires;
  let level: u32 = 0;
  while (level < LEVELS - 1 && (expires >> (level * LEVEL_BITS)) - (now >> (level * LEVEL_BITS)) >= <u64>SLOTS) level++;
  let at = expires >> (level * LEVEL_BITS);
  const farthest = (now >> (level * LEVEL_BITS)) + SLOTS - 1;
  if (at > farthest) at = farthest; // past the horizon of the last level (2 years): looked at again there
  const slot = <u32>at & (SLOTS - 1);
  listAddTail(<usize>s.wheel_base + <usize>(level * SLOTS + slot) * HEAD, changetype<usize>(t));
  const map = bitmapAt(level);
  store<u64>(map, load<u64>(map) | ((<u64>1) << slot));
  return at << (level * LEVEL_BITS);
}

/** Makes sure that the wheel gets its turn at a jiffy. An earlier turn that is asked for already is enough. */
function wake(jiffy: u64): void {
  const s = coreState();
  if (s.wheel_scheduled != 0 && <u64>s.wheel_scheduled <= jiffy) return;
  // No run lasts seven weeks (run.until_ns): what is due later is never due.
  if (jiffy >= 0xffffffff) return;
  s.wheel_scheduled = <u32>jiffy;
  schedule(jiffy * NS_PER_JIFFY, EVENT_TIMERS, <u32>jiffy);
}

/** First jiffy after the wheel's at which a slot may hold work. Slots may be stale: then the turn finds nothing. */
function nextTurn(): u64 {
  const now = coreState().wheel_jiffy;
  let best = u64.MAX_VALUE;
  for (let level: u32 = 0; level < LEVELS; level++) {
    const bits = load<u64>(bitmapAt(level));
    if (bits == 0) continue;
    const shift = level * LEVEL_BITS;
    const cur = now >> shift;
    const rotated = rotr<u64>(bits, (cur + 1) & (SLOTS - 1));
    const turn = (cur + 1 + ctz<u64>(rotated)) << shift;
    if (turn < best) best = turn;
  }
  return best;
}

/**
 * Turns the wheel to `jiffy`, whose event has come. Timers that are due are then taken one by one with nextDueTimer().
 */
export function timerWheelTurn(jiffy: u32): void {
  const s = coreState();
  if (jiffy != s.wheel_scheduled) return; // an earlier turn replaced this one
  s.wheel_scheduled = 0;
  s.wheel_jiffy = jiffy;
  // Coarse slots whose time begins now fall into finer ones; the finest is due.
  for (let level: u32 = LEVELS - 1; level > 0; level--) {
    const shift = level * LEVEL_BITS;
    if ((<u64>jiffy & (((<u64>1) << shift) - 1)) == 0) spill(level, <u32>((<u64>jiffy >> shift) & (SLOTS - 1)));
  }
  spill(0, jiffy & (SLOTS - 1));
}

function spill(level: u32, slot: u32): void {
  const s = coreState();
  const map = bitmapAt(level);
  store<u64>(map, load<u64>(map) & ~((<u64>1) << slot));
  const head = <usize>s.wheel_base + <usize>(level * SLOTS + slot) * HEAD;
  for (;;) {
    const item = <usize>load<u32>(head);
    if (item == head) return;
    const next = <usize>load<u32>(item);
    store<u32>(head, <u32>next);
    store<u32>(next, <u32>head, 4);
    const t = changetype<Timer>(item);
    if (t.expires <= s.wheel_jiffy) listAddTail(dueList(), item);
    else place(t);
  }
}

/** The next timer that is due, disarmed; null when there is none, and then the next turn is scheduled. */
export function nextDueTimer(): Timer | null {
  const s = coreState();
  const head = dueList();
  const item = <usize>load<u32>(head);
  if (item != head) {
    const t = changetype<Timer>(item);
    timerUnlink(t);
    return t;
  }
  // A turn that an earlier one replaced leaves the wheel alone: the next one is scheduled already.
  if (s.wheel_count > 0 && s.wheel_jiffy * NS_PER_JIFFY == s.clock_ns) {
    const turn = nextTurn();
    if (turn != u64.MAX_VALUE) wake(turn);
  }
  return null;
}
