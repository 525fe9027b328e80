/**
 * What happens next: a binary heap ordered by (time, sequence number). It stays small by design, because links, queues,
 * timer wheel, cores and applications have one entry each; connections have none (their timers live on the wheel).
 *
 *      0          8           16     20
 *     +----------+-----------+------+-----+
 *     | time_ns  | seq       | kind | arg |   24 bytes an entry
 *     +----------+-----------+------+-----+
 */
import { arenaAlloc } from './arena';
import { coreState } from './state';

const ENTRY: usize = 24;

export function eventQueueInit(capacity: u32): void {
  const s = coreState();
  s.heap_base = <u32>arenaAlloc(<u64>capacity * ENTRY);
  s.heap_capacity = capacity;
}

/** Puts an event at a time that is not in the past. Kinds are sim/world/event_kinds.ts's. */
export function schedule(time_ns: u64, kind: u32, arg: u32): void {
  const s = coreState();
  assert(time_ns >= s.clock_ns, 'E1 an event may not lie in the past');
  assert(s.heap_count < s.heap_capacity, 'the event queue is full');
  const base = <usize>s.heap_base;
  const seq = s.event_seq++;
  let i: usize = s.heap_count++;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const p = base + parent * ENTRY;
    if (load<u64>(p) <= time_ns) break;
    const c = base + i * ENTRY;
    store<u64>(c, load<u64>(p));
    store<u64>(c, load<u64>(p, 8), 8);
    store<u64>(c, load<u64>(p, 16), 16);
    i = parent;
  }
  const at = base + i * ENTRY;
  store<u64>(at, time_ns);
  store<u64>(at, seq, 8);
  store<u32>(at, kind, 16);
  store<u32>(at, arg, 20);
}

/** Time of the next event, or u64.MAX_VALUE. */
export function nextEventTime(): u64 {
  const s = coreState();
  return s.heap_count == 0 ? u64.MAX_VALUE : load<u64>(<usize>s.heap_base);
}

/** Removes the next event and moves the clock to it. Returns arg << 32 | kind. The queue must not be empty. */
export function popEvent(): u64 {
  const s = coreState();
  const base = <usize>s.heap_base;
  const kind_arg = load<u64>(base, 16);
  s.clock_ns = load<u64>(base);
  s.events++;
  const n: usize = --s.heap_count;
  if (n > 0) {
    const last = base + n * ENTRY;
    const time = load<u64>(last);
    const seq = load<u64>(last, 8);
    const rest = load<u64>(last, 16);
    let i: usize = 0;
    for (;;) {
      let child: usize = 2 * i + 1;
      if (child >= n) break;
      let c = base + child * ENTRY;
      if (child + 1 < n && entryBefore(c + ENTRY, load<u64>(c), load<u64>(c, 8))) {
        child++;
        c += ENTRY;
      }
      if (!entryBefore(c, time, seq)) break;
      const at = base + i * ENTRY;
      store<u64>(at, load<u64>(c));
      store<u64>(at, load<u64>(c, 8), 8);
      store<u64>(at, load<u64>(c, 16), 16);
      i = child;
    }
    const at = base + i * ENTRY;
    store<u64>(at, time);
    store<u64>(at, seq, 8);
    store<u64>(at, rest, 16);
  }
  clear(base + n * ENTRY);
  return kind_arg;
}

/** What lies behind the heap is hashed too: it must not tell which events went through it (run_bounds.ts). */
function clear(entry: usize): void {
  store<u64>(entry, 0);
  store<u64>(entry, 0, 8);
  store<u64>(entry, 0, 16);
}

function entryBefore(entry: usize, time: u64, seq: u64): bool {
  const t = load<u64>(entry);
  return t < time || (t == time && load<u64>(entry, 8) < seq);
}
