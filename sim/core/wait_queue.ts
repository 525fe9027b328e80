/**
 * Wait queues (kernel/sched/wait.c). A head is a word in the object that is waited for: 1 + the first entry, 0 for nobody.
 *
 *     head ──► entry ⇄ entry ⇄ entry          newest first; exclusive ones behind all others
 *                ▲               │
 *                └── prev of the first is the last
 *
 * Whoever begins to wait goes to the front and is told first. A wake-up goes through the queue until one exclusive waiter
 * was told. Entries below waitInit()'s `own` belong to the request of that number; further ones come from a free list.
 */
import { arenaAlloc } from './arena';
import { NONE, PORTS_ADDR } from './memory_map';
import { coreState } from './state';

/** Who is told, and by which function (wait_queue_entry.func): see setWaiter. */
export const WAIT_RING: u32 = 0;
export const WAIT_EPOLL: u32 = 1;
export const WAIT_TASK: u32 = 2;
/** An AF_UNIX socket that waits for room in its peer. */
export const WAIT_UNIX: u32 = 3;

const WAITERS: usize = 64;

@unmanaged
class WaitEntry {
  /** Address of the head; 0: it stands in no queue. */
  head: u32;
  next: u32;
  prev: u32;
  arg: u32;
  /** The owner's: entries that belong together. */
  link: u32;
  kind: u8;
  exclusive: u8;
  unused: u16;
}
const ENTRY_BYTES: usize = 24;

function entryAt(entry: u32): WaitEntry {
  return changetype<WaitEntry>(<usize>coreState().wait_base + <usize>entry * ENTRY_BYTES);
}

/** Makes the table: `own` entries of requests, and `further` ones that waitAlloc gives out. */
export function waitInit(own: u32, further: u32): void {
  const s = coreState();
  s.wait_base = <u32>arenaAlloc(<u64>(own + further) * ENTRY_BYTES);
  s.wait_free = NONE;
  for (let i = own + further; i > own; i--) {
    entryAt(i - 1).next = s.wait_free;
    s.wait_free = i - 1;
  }
}

/** A further entry, or NONE at the limit. */
export function waitAlloc(): u32 {
  const s = coreState();
  const entry = s.wait_free;
  if (entry != NONE) s.wait_free = entryAt(entry).next;
  return entry;
}
/** Gives a further entry back; it stands in no queue. */
export function waitFree(entry: u32): void {
  const s = coreState();
  const e = entryAt(entry);
  assert(e.head == 0, 'a wait entry is freed when it stands in no queue');
  e.next = s.wait_free;
  s.wait_free = entry;
}

/** `waiter`(entry, mask) is called by wake-ups of this kind. True: it was told, which ends the walk if it is exclusive. */
export function setWaiter(kind: u32, waiter: (entry: u32, mask: u32) => bool): void {
  store<u32>(PORTS_ADDR + WAITERS + (<usize>kind << 2), waiter.index);
}

/** Begins to wait: at the front, or exclusively and at the back (add_wait_queue, add_wait_queue_exclusive). */
export function waitAdd(head: usize, entry: u32, kind: u32, arg: u32, exclusive: bool): void {
  const e = entryAt(entry);
  assert(e.head == 0, 'an entry waits in one queue');
  e.head = <u32>head;
  e.arg = arg;
  e.kind = <u8>kind;
  e.exclusive = exclusive ? 1 : 0;
  const first = load<u32>(head) - 1;
  if (first == NONE) {
    e.next = NONE;
    e.prev = entry;
    store<u32>(head, entry + 1);
    return;
  }
  const f = entryAt(first);
  e.prev = f.prev;
  f.prev = entry;
  if (exclusive) {
    entryAt(e.prev).next = entry;
    e.next = NONE;
  } else {
    e.next = first;
    store<u32>(head, entry + 1);
  }
}

/** Waits no more; nothing happens if it did not (remove_wait_queue). */
export function waitRemove(entry: u32): void {
  const e = entryAt(entry);
  const head = <usize>e.head;
  if (head == 0) return;
  e.head = 0;
  const next = e.next;
  const prev = e.prev;
  const first = load<u32>(head) - 1;
  if (entry == first) store<u32>(head, next + 1); // NONE + 1 is 0: nobody waits
  else entryAt(prev).next = next;
  if (next != NONE) entryAt(next).prev = prev;
  else if (entry != first) entryAt(first).prev = prev;
}

/** Does the entry stand in a queue? */
export function waits(entry: u32): bool {
  return entryAt(entry).head != 0;
}
/** A word of the entry that is its owner's; returns what it was. */
export function waitLink(entry: u32, link: u32): u32 {
  const e = entryAt(entry);
  const before = e.link;
  e.link = link;
  return before;
}
export function waitArg(entry: u32): u32 {
  return entryAt(entry).arg;
}

/**
 * Something happened; `mask` has the poll bits that became true (__wake_up_common). 0: everybody is told, to look for
 * themselves (wake_up_all). A waiter may leave the queue while it is told, but make nobody else leave it.
 */
export function wakeUp(head: usize, mask: u32): void {
  let entry = load<u32>(head) - 1;
  while (entry != NONE) {
    const e = entryAt(entry);
    const next = e.next;
    const told = call_indirect<bool>(load<u32>(PORTS_ADDR + WAITERS + (<usize>e.kind << 2)), entry, mask);
    if (told && e.exclusive != 0 && mask != 0) return;
    entry = next;
  }
}

/** What was waited for has gone: nobody is told, and nobody waits any more. */
export function waitForget(head: usize): void {
  while (load<u32>(head) != 0) waitRemove(load<u32>(head) - 1);
}

/** Checks a queue; the number of its entries. */
export function waitVerify(head: usize): u32 {
  let count: u32 = 0;
  let exclusive = false;
  const first = load<u32>(head) - 1;
  let last = NONE;
  for (let entry = first; entry != NONE; entry = entryAt(entry).next) {
    const e = entryAt(entry);
    assert(e.head == <u32>head, 'an entry waits in one queue');
    assert(entry == first || e.prev == last, 'a wait queue is linked both ways');
    assert(e.exclusive != 0 || !exclusive, 'exclusive waiters stand behind all others');
    exclusive = e.exclusive != 0;
    last = entry;
    count++;
  }
  if (first != NONE) assert(entryAt(first).prev == last, 'the first of a wait queue knows the last');
  return count;
}
