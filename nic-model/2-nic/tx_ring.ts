/**
 * Transmission: the driver puts frames into the TX ring of a queue; when it is full they wait in the queue's FIFO qdisc
 * (net/sched/sch_fifo.c; txqueuelen is wire.queue_packets), or there is a fair queue before it that paces them (fq.ts). The NIC
 * fetches frames from its rings in turn, one when the link is free.
 *
 *      driver ──► qdisc (list, txqueuelen) ──► TX ring (tx_ring descriptors) ──┐
 *                                              TX ring of another queue ───────┴──► link
 *
 *            fetched             filled
 *              v                  v
 *     +---+---+---+---+---+---+---+---+
 *     |   |   | F | F | F | F |   |   |      u32 frame_idx a descriptor
 *     +---+---+---+---+---+---+---+---+
 *
 * Differs from Linux: a transmit completion takes no interrupt and no time of a core; the destructor runs when the last bit has left.
 */
import {
  arenaAlloc, coreState, countDrop, DROP_NOMEM, EVENT_TX, hostConfig, HOSTS_MAX, memDmaRead, memUserNic, NIC_TX_BYTES, NIC_TX_PACKETS,
  NICQ_TX_BYTES, NICQ_TX_PACKETS, NICQ_TX_STOPPED, NONE, now, QUEUES_MAX, schedule, STAGE_NIC, traceNicTx,
} from '../../sim/core';
import { KIND_USER_PAGE, netmem, skbDestructor, zcopyComplete } from '../../stack/3-pool';
import { Frame, frame, frameFrag, frameFree, FRAME_LENT, wireFreeAt, wireSend } from '../1-wire';
import { busRead } from './bus';
import { bump, nicqCountersOf } from './counters';
import { fqDequeue, fqEnqueue, fqRefuses } from './fq';
import { Nic, nicOf, nicTables, queueIndex } from './state';
import { segment, segmentCount } from './tso';
import { fetchLent } from './tx_fetch';

/** nic.qdisc. */
const QDISC_FQ: u32 = 1;

@unmanaged
export class TxQueue {
  ring_base: u32;
  mask: u32;
  filled: u32;
  fetched: u32;
  /** Qdisc: a list through Frame.next. */
  qdisc_head: u32;
  qdisc_tail: u32;
  qdisc_len: u32;
  qdisc_limit: u32;
  counters: u32;
}
const TX_QUEUE_BYTES: usize = 64;

export function txQueuesInit(): void {
  nicTables().tx_queues = <u32>arenaAlloc(<u64>(HOSTS_MAX * QUEUES_MAX) * TX_QUEUE_BYTES);
}

function txQueue(host: u32, queue: u32): TxQueue {
  return changetype<TxQueue>(<usize>nicTables().tx_queues + <usize>queueIndex(host, queue) * TX_QUEUE_BYTES);
}

export function txQueueInit(host: u32, queue: u32): void {
  const c = hostConfig(host);
  const t = txQueue(host, queue);
  const size = c.nic_tx_ring;
  assert(size != 0 && (size & (size - 1)) == 0, 'nic.tx_ring is a power of two');
  t.ring_base = <u32>arenaAlloc(<u64>size << 2);
  t.mask = size - 1;
  t.qdisc_head = NONE;
  t.qdisc_tail = NONE;
  t.qdisc_limit = c.wire_queue_packets;
  t.counters = nicqCountersOf(queueIndex(host, queue));
}

/** Whether a packet would be dropped. */
export function txRefuses(host: u32, queue: u32, flow: u32, hash: u32, edt_ns: u64): bool {
  if (hostConfig(host).nic_qdisc == QDISC_FQ) return fqRefuses(host, queue, flow, hash, edt_ns);
  const t = txQueue(host, queue);
  // A queue that holds nothing takes nothing, however free the ring behind it is.
  return hostConfig(host).wire_queue_packets == 0 || (t.filled - t.fetched > t.mask && t.qdisc_len >= t.qdisc_limit);
}

/** Takes a frame from the stack. The queue does not refuse it. */
export function txEnqueue(host: u32, queue: u32, frame_idx: u32, flow: u32, edt_ns: u64): void {
  const t = txQueue(host, queue);
  if (hostConfig(host).nic_qdisc == QDISC_FQ) {
    if (t.filled - t.fetched > t.mask) bump(t.counters, NICQ_TX_STOPPED);
    fqEnqueue(host, queue, frame_idx, flow, edt_ns);
    qdiscRun(host, queue);
    return;
  }
  if (t.filled - t.fetched <= t.mask) {
    txFill(t, frame_idx);
  } else {
    assert(t.qdisc_len < t.qdisc_limit, 'N4 a qdisc holds at most its limit');
    bump(t.counters, NICQ_TX_STOPPED);
    frame(frame_idx).next = NONE;
    if (t.qdisc_head == NONE) t.qdisc_head = frame_idx;
    else frame(t.qdisc_tail).next = frame_idx;
    t.qdisc_tail = frame_idx;
    t.qdisc_len++;
  }
  announce(host, frame_idx);
}

/** What the fair queue lets go now fills the ring (__qdisc_run). A tun device forgets at once whose a packet was. */
export function qdiscRun(host: u32, queue: u32): void {
  const t = txQueue(host, queue);
  const orphans = hostConfig(host).nic_tun;
  while (t.filled - t.fetched <= t.mask) {
    const idx = fqDequeue(host, queue);
    if (idx == NONE) return;
    const f = frame(idx);
    const owner = f.sock;
    txFill(t, idx);
    if (orphans && owner != NONE) {
      f.sock = NONE;
      skbDestructor(owner, f.truesize);
    }
    announce(host, idx);
  }
}

/** The watchdog of a queue: a flow may send now. `q`: host * QUEUES_MAX + queue. */
export function nicQdiscWatchdog(q: u32): void {
  qdiscRun(q / QUEUES_MAX, q % QUEUES_MAX);
}

/** A frame waits for the NIC. */
function announce(host: u32, frame_idx: u32): void {
  const nic = nicOf(host);
  nic.tx_waiting++;
  // The context that sends may be ahead of the clock: the NIC must not see the frame before it is there.
  const ready_ns = now();
  frame(frame_idx).time_ns = ready_ns;
  if (nic.tx_event != 0) return;
  nic.tx_event = 1;
  schedule(max(ready_ns, wireFreeAt(host)), EVENT_TX, host);
}

function txFill(t: TxQueue, frame_idx: u32): void {
  store<u32>(<usize>(t.ring_base + ((t.filled & t.mask) << 2)), frame_idx);
  t.filled++;
}

/** EVENT_TX: the link is free. The frame before has left; the next one begins to. */
export function nicTransmitNext(host: u32): void {
  const nic = nicOf(host);
  const sock = nic.tx_sock;
  if (sock != NONE) {
    nic.tx_sock = NONE;
    skbDestructor(sock, nic.tx_truesize);
  }
  const uarg = nic.tx_uarg;
  if (uarg != 0) {
    nic.tx_uarg = 0;
    zcopyComplete(NONE, uarg, true);
  }
  if (nic.tx_waiting == 0) {
    nic.tx_event = 0;
    return;
  }
  const frame_idx = fetch(host, nic);
  if (frame_idx == NONE) return;
  const f = frame(frame_idx);
  nic.tx_sock = f.sock;
  nic.tx_truesize = f.truesize;
  nic.tx_uarg = f.uarg;
  const end = f.gso_size != 0 ? sendSegments(host, nic, frame_idx) : sendFrame(host, nic, frame_idx, now(), f.time_ns, 0);
  // A frame that nobody waits for needs no completion: then the next one wakes the NIC.
  if (nic.tx_waiting != 0 || nic.tx_sock != NONE || nic.tx_uarg != 0) schedule(end, EVENT_TX, host);
  else nic.tx_event = 0;
}

/**
 * Puts one frame of a packet that was there at `ready_ns` on the link, from `start` on. Returns when its last bit has left. `tso_pkt`:
 * see the event nic_tx.
 */
function sendFrame(host: u32, nic: Nic, frame_idx: u32, start: u64, ready_ns: u64, tso_pkt: u32): u64 {
  const f = frame(frame_idx);
  const queue = <u32>f.queue;
  const len = f.len;
  const leave_ns = busRead(host, nic, len, ready_ns, readPayload(host, f, ready_ns));
  if ((f.flags & FRAME_LENT) != 0) fetchLent(host, nic, f);
  const counters = txQueue(host, queue).counters;
  bump(nic.counters, NIC_TX_PACKETS);
  bump(nic.counters, NIC_TX_BYTES, len);
  bump(counters, NICQ_TX_PACKETS);
  bump(counters, NICQ_TX_BYTES, len);
  traceNicTx(f.pkt_id, NONE, queue, len, tso_pkt);
  return wireSend(host, frame_idx, max(start, leave_ns), nic.tx_waiting);
}

/** DMA: the payload of a frame, as the caches and the memory bus see it. Returns how long it has to wait. */
function readPayload(host: u32, f: Frame, time_ns: u64): u64 {
  let wait: u64 = 0;
  for (let i: u32 = 0; i < <u32>f.nr_frags; i++) {
    const frag = frameFrag(f, i);
    const n = netmem(frag.netmem);
    const at = <usize>n.addr + frag.off;
    const seen = n.kind == KIND_USER_PAGE ? <usize>memUserNic(host, at, frag.len) : at;
    wait = max(wait, memDmaRead(host, seen, frag.len, time_ns));
  }
  return wait;
}

/** TSO: a packet leaves as frames that follow each other without a gap. */
function sendSegments(host: u32, nic: Nic, frame_idx: u32): u64 {
  const f = frame(frame_idx);
  const segs = segmentCount(f);
  const ready_ns = f.time_ns;
  let start = now();
  for (let i: u32 = 0; i < segs; i++) {
    const segment_idx = segment(frame_idx, i);
    if (segment_idx == NONE) {
      countDrop(DROP_NOMEM, STAGE_NIC, f.pkt_id + i, f.gso_size);
      continue;
    }
    start = sendFrame(host, nic, segment_idx, start, ready_ns, f.pkt_id);
  }
  frameFree(frame_idx);
  return start;
}

/** The frames of a packet are among those of a frame that waits. */
function frameHolds(frame_idx: u32, pkt_id: u32): bool {
  const f = frame(frame_idx);
  return pkt_id >= f.pkt_id && pkt_id - f.pkt_id < segmentCount(f);
}
/** A packet waits in the ring or the FIFO qdisc of a queue. */
export function txHolds(host: u32, queue: u32, pkt_id: u32): bool {
  const t = txQueue(host, queue);
  for (let i = t.fetched; i != t.filled; i++) {
    if (frameHolds(load<u32>(<usize>(t.ring_base + ((i & t.mask) << 2))), pkt_id)) return true;
  }
  for (let i = t.qdisc_head; i != NONE; i = i == t.qdisc_tail ? NONE : frame(i).next) if (frameHolds(i, pkt_id)) return true;
  return false;
}
export function txReconfigure(host: u32, queue: u32): void {
  txQueue(host, queue).qdisc_limit = hostConfig(host).wire_queue_packets;
}

/** The frame at the head of a ring that has one. */
function head(t: TxQueue): u32 {
  return load<u32>(<usize>(t.ring_base + ((t.fetched & t.mask) << 2)));
}

/**
 * The next frame, round robin over the rings; the place that it leaves goes to the qdisc's first. NONE: those that wait are
 * from a context that is ahead of the clock, and the event comes again when the first of them is there.
 */
function fetch(host: u32, nic: Nic): u32 {
  const clock_ns = coreState().clock_ns;
  let first_ns: u64 = u64.MAX_VALUE;
  let queue = nic.tx_next;
  let t = txQueue(host, queue);
  for (let i: u32 = 0; ; i++) {
    if (t.filled != t.fetched) {
      const ready_ns = frame(head(t)).time_ns;
      if (ready_ns <= clock_ns) break;
      if (ready_ns < first_ns) first_ns = ready_ns;
    }
    if (i == nic.tx_queues) {
      assert(first_ns != u64.MAX_VALUE, 'N5 frames that wait are in some ring');
      schedule(first_ns, EVENT_TX, host);
      return NONE;
    }
    queue = queue + 1 == nic.tx_queues ? 0 : queue + 1;
    t = txQueue(host, queue);
  }
  nic.tx_next = queue + 1 == nic.tx_queues ? 0 : queue + 1;
  const frame_idx = head(t);
  t.fetched++;
  nic.tx_waiting--;
  const first = t.qdisc_head;
  if (first != NONE) {
    t.qdisc_head = frame(first).next;
    t.qdisc_len--;
    txFill(t, first);
  } else if (hostConfig(host).nic_qdisc == QDISC_FQ) qdiscRun(host, queue);
  return frame_idx;
}
