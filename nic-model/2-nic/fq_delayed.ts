/** Delayed flows of a fair queue, by the time of their next packet (q->delayed of net/sched/sch_fq.c): a binary heap. */
import { arenaAlloc, NONE } from '../../sim/core';
import { Fq } from './fq_state';

/** {u64 time, u64 seq << 32 | flow}: of one time, who came first is first. */
const ENTRY: usize = 16;

export function delayedInit(q: Fq, host: u32, capacity: u32): void {
  q.host = host;
  q.delayed_base = <u32>arenaAlloc(<u64>capacity * ENTRY);
  q.delayed_capacity = capacity;
}

function entry(q: Fq, i: u32): usize {
  return <usize>q.delayed_base + <usize>i * ENTRY;
}
function before(time: u64, tag: u64, e: usize): bool {
  const t = load<u64>(e);
  return time < t || (time == t && tag < load<u64>(e, 8));
}
function put(q: Fq, i: u32, time: u64, tag: u64): void {
  const e = entry(q, i);
  store<u64>(e, time);
  store<u64>(e, tag, 8);
}

function up(q: Fq, start: u32, time: u64, tag: u64): void {
  let i = start;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const p = entry(q, parent);
    if (!before(time, tag, p)) break;
    put(q, i, load<u64>(p), load<u64>(p, 8));
    i = parent;
  }
  put(q, i, time, tag);
}

function down(q: Fq, start: u32, time: u64, tag: u64): void {
  let i = start;
  for (;;) {
    let child: u32 = 2 * i + 1;
    if (child >= q.delayed_len) break;
    let c = entry(q, child);
    if (child + 1 < q.delayed_len && before(load<u64>(c + ENTRY), load<u64>(c + ENTRY, 8), c)) {
      child++;
      c += ENTRY;
    }
    if (before(time, tag, c)) break;
    put(q, i, load<u64>(c), load<u64>(c, 8));
    i = child;
  }
  put(q, i, time, tag);
}

export function delayedAdd(q: Fq, flow: u32, time_ns: u64): void {
  assert(q.delayed_len < q.delayed_capacity, 'a flow is delayed once');
  up(q, q.delayed_len++, time_ns, (q.delayed_seq++ << 32) | <u64>flow);
}

/** The flow that may send first, or NONE. */
export function delayedFirst(q: Fq): u32 {
  return q.delayed_len == 0 ? NONE : <u32>load<u64>(entry(q, 0), 8);
}

/** Takes a flow out: nearly always the first. */
export function delayedRemove(q: Fq, flow: u32): void {
  let i: u32 = 0;
  while (<u32>load<u64>(entry(q, i), 8) != flow) i++;
  const last = entry(q, --q.delayed_len);
  const time = load<u64>(last);
  const tag = load<u64>(last, 8);
  put(q, q.delayed_len, 0, 0);
  if (i == q.delayed_len) return;
  if (i > 0 && before(time, tag, entry(q, (i - 1) >> 1))) up(q, i, time, tag);
  else down(q, i, time, tag);
}
