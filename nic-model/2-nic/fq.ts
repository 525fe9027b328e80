/**
 * The fair queue qdisc with pacing (net/sched/sch_fq.c), one for each TX queue, as mq puts it there. Each socket is a flow; flows
 * take turns, and a packet leaves no earlier than its earliest departure time says (EDT, which TCP computes from its pacing rate).
 *
 *               first of all, without a flow                 +----------+
 *        +--> internal -------------------------------------->|          |
 *        |                                                    |  TX ring |
 *     packet --> flow --> new flows --> old flows ----------->|          |
 *                  ^                        |                 +----------+
 *                  |      too early         v
 *                  +---- watchdog <---- delayed flows, by time
 *
 * Differs from Linux: all packets have one priority, so there is one band; a flow is never collected, as a socket's is found by
 * the socket's number.
 */
import {
  arenaAlloc, hostConfig, HOSTS_MAX, HrTimer, hrtimerArm, hrtimerPending, HRTIMER_QDISC, NONE, now, QUEUES_MAX, runConfig,
} from '../../sim/core';
import { frame } from '../1-wire';
import { delayedAdd, delayedFirst, delayedInit, delayedRemove } from './fq_delayed';
import { Fq, FqFlow, fqTables } from './fq_state';
import { queueIndex } from './state';
import { segmentCount } from './tso';

const LIMIT: u32 = 10000;
const FLOW_LIMIT: u32 = 100;
const FASTPATH_LIMIT: u32 = 8;
const ORPHAN_MASK: u32 = 1023;
const REFILL_DELAY_NS: u64 = 40000000;
const HORIZON_NS: u64 = 10000000000;
const TIMER_SLACK_NS: u64 = 10000;
const ETH_HLEN: u32 = 14;

const FQ_BYTES: usize = 128;
const FLOW_BYTES: usize = 64;
/** FqFlow.where. */
const DETACHED: u8 = 0;
const LISTED: u8 = 1;
const THROTTLED: u8 = 2;

/** Tables of a host that may have this qdisc. Hosts in order. */
export function fqInit(host: u32): void {
  const c = hostConfig(host);
  const t = fqTables();
  if (host == 0) t.queues = <u32>arenaAlloc(<u64>(HOSTS_MAX * QUEUES_MAX) * FQ_BYTES);
  if (c.nic_qdisc == 0 && !c.nic_tun) return;
  assert(offsetof<Fq>() <= FQ_BYTES && offsetof<FqFlow>() <= FLOW_BYTES, 'the tables of fq have room');
  const flows = runConfig().limits_socks + ORPHAN_MASK + 1;
  for (let queue: u32 = 0; queue < c.nic_tx_queues; queue++) {
    const q = fqOf(host, queue);
    q.internal_head = NONE;
    q.internal_tail = NONE;
    q.new_first = NONE;
    q.new_last = NONE;
    q.old_first = NONE;
    q.old_last = NONE;
    q.flows = <u32>arenaAlloc(<u64>flows * FLOW_BYTES);
    for (let i: u32 = 0; i < flows; i++) {
      const f = flowAt(q, i);
      f.head = NONE;
      f.tail = NONE;
      f.next = NONE;
    }
    const timer = watchdog(q);
    timer.kind = HRTIMER_QDISC;
    timer.arg = queueIndex(host, queue);
    delayedInit(q, host, flows);
  }
}

export function fqOf(host: u32, queue: u32): Fq {
  return changetype<Fq>(<usize>fqTables().queues + <usize>queueIndex(host, queue) * FQ_BYTES);
}
function watchdog(q: Fq): HrTimer {
  return changetype<HrTimer>(changetype<usize>(q) + offsetof<Fq>('watchdog0'));
}
/** Each queue has flows of its own: a socket that draws another hash (sk_rethink_txhash) may be known to several (fq_classify). */
function flowAt(q: Fq, i: u32): FqFlow {
  return changetype<FqFlow>(<usize>q.flows + <usize>i * FLOW_BYTES);
}
/** The flow of a socket, or of a packet that belongs to none. */
function flowIndex(flow: u32, hash: u32): u32 {
  const socks = runConfig().limits_socks;
  return flow < socks ? flow : socks + (hash & ORPHAN_MASK);
}

/** Bytes of the device's MTU with its link header (psched_mtu): what a turn is measured in. */
function deviceMtu(host: u32): u32 {
  const c = hostConfig(host);
  return c.nic_tun ? c.nic_mtu : c.nic_mtu + ETH_HLEN;
}

/** Would a packet be dropped? Too many wait, or it is for the far future. */
export function fqRefuses(host: u32, queue: u32, flow: u32, hash: u32, edt_ns: u64): bool {
  const q = fqOf(host, queue);
  return q.qlen >= LIMIT || edt_ns > now() + HORIZON_NS || flowAt(q, flowIndex(flow, hash)).qlen >= FLOW_LIMIT;
}

/** May a packet go past all flows, because none of them may send now (fq_fastpath_check)? */
function fastpath(q: Fq, edt_ns: u64, now_ns: u64): bool {
  if (edt_ns > now_ns) return false;
  if (q.qlen == 0) return true;
  if (q.busy_flows != q.throttled_flows || q.internal_len >= FASTPATH_LIMIT) return false;
  const first = delayedFirst(q);
  return first == NONE || flowAt(q, first).time_next_packet > now_ns;
}

/** Takes a packet that fqRefuses() did not refuse. `edt_ns` 0: it may leave at once (fq_enqueue). */
export function fqEnqueue(host: u32, queue: u32, frame_idx: u32, flow: u32, edt_ns: u64): void {
  const q = fqOf(host, queue);
  const now_ns = now();
  const fr = frame(frame_idx);
  fr.next = NONE;
  fr.time_ns = edt_ns != 0 ? edt_ns : now_ns;
  if (fastpath(q, edt_ns, now_ns)) {
    if (q.internal_head == NONE) q.internal_head = frame_idx;
    else frame(q.internal_tail).next = frame_idx;
    q.internal_tail = frame_idx;
    q.internal_len++;
    q.qlen++;
    return;
  }
  const i = flowIndex(flow, fr.hash);
  const f = flowAt(q, i);
  if (f.known == 0 || (i == flow && f.hash != fr.hash)) renew(q, f, i, fr.hash);
  if (f.where == DETACHED) {
    listAdd(q, f, i, true);
    if (now_ns > f.detached_ns + REFILL_DELAY_NS) f.credit = max(f.credit, <i32>(2 * deviceMtu(host)));
  }
  if (f.qlen == 0) q.busy_flows++;
  if (f.head == NONE) f.head = frame_idx;
  else frame(f.tail).next = frame_idx;
  f.tail = frame_idx;
  f.qlen++;
  q.qlen++;
}

/** A flow that is new, or its number has become another socket's (fq_classify). */
function renew(q: Fq, f: FqFlow, i: u32, hash: u32): void {
  f.known = 1;
  f.hash = hash;
  f.credit = <i32>(10 * deviceMtu(q.host));
  f.time_next_packet = 0;
  if (f.where == THROTTLED) unthrottle(q, i);
}

function listAdd(q: Fq, f: FqFlow, i: u32, fresh: bool): void {
  f.where = LISTED;
  f.next = NONE;
  if (fresh) {
    if (q.new_first == NONE) q.new_first = i;
    else flowAt(q, q.new_last).next = i;
    q.new_last = i;
    return;
  }
  if (q.old_first == NONE) q.old_first = i;
  else flowAt(q, q.old_last).next = i;
  q.old_last = i;
}
/** Takes the first flow out of a list. */
function listTake(q: Fq, f: FqFlow, fresh: bool): void {
  if (fresh) q.new_first = f.next;
  else q.old_first = f.next;
}

function unthrottle(q: Fq, i: u32): void {
  delayedRemove(q, i);
  q.throttled_flows--;
  listAdd(q, flowAt(q, i), i, false);
}

/** Flows whose time has come take their turns again (fq_check_throttled). */
function checkThrottled(q: Fq, now_ns: u64): void {
  for (;;) {
    const i = delayedFirst(q);
    if (i == NONE || flowAt(q, i).time_next_packet > now_ns) return;
    unthrottle(q, i);
  }
}

/** Bytes of a packet, with the headers of each segment that it will be cut into (qdisc_pkt_len_segs_init). */
function packetLen(host: u32, frame_idx: u32): u32 {
  const f = frame(frame_idx);
  const link: u32 = hostConfig(host).nic_tun ? ETH_HLEN : 0;
  return f.len - link + (segmentCount(f) - 1) * (<u32>f.payload_off - link);
}

/** The packet that leaves next, or NONE: then the watchdog knows when to ask again (fq_dequeue). */
export function fqDequeue(host: u32, queue: u32): u32 {
  const q = fqOf(host, queue);
  if (q.qlen == 0) return NONE;
  const first = q.internal_head;
  if (first != NONE) {
    q.internal_head = frame(first).next;
    q.internal_len--;
    q.qlen--;
    return first;
  }
  const now_ns = now();
  checkThrottled(q, now_ns);
  for (;;) {
    const fresh = q.new_first != NONE;
    const i = fresh ? q.new_first : q.old_first;
    if (i == NONE) {
      armWatchdog(q);
      return NONE;
    }
    const f = flowAt(q, i);
    if (f.credit <= 0) {
      f.credit += <i32>(2 * deviceMtu(host));
      listTake(q, f, fresh);
      listAdd(q, f, i, false);
      continue;
    }
    const head = f.head;
    if (head == NONE) {
      listTake(q, f, fresh);
      // An empty flow goes through the list of old ones once, so that it cannot come back as a new one at once.
      if (fresh) listAdd(q, f, i, false);
      else {
        f.where = DETACHED;
        f.detached_ns = now_ns;
      }
      continue;
    }
    const at_ns = max(frame(head).time_ns, f.time_next_packet);
    if (now_ns < at_ns) {
      listTake(q, f, fresh);
      f.time_next_packet = at_ns;
      f.where = THROTTLED;
      q.throttled_flows++;
      delayedAdd(q, i, at_ns);
      continue;
    }
    f.head = frame(head).next;
    f.credit -= <i32>packetLen(host, head);
    q.qlen--;
    if (--f.qlen == 0) q.busy_flows--;
    return head;
  }
}

function armWatchdog(q: Fq): void {
  const first = delayedFirst(q);
  if (first == NONE) return;
  const at_ns = flowAt(q, first).time_next_packet + TIMER_SLACK_NS;
  const timer = watchdog(q);
  if (!hrtimerPending(timer) || timer.expires_ns != at_ns) hrtimerArm(timer, at_ns);
}
