/**
 * The driver: software between rings and stack, and the only file here that knows the stack. Receive: completions become
 * skbs (drivers build them over a page with napi_build_skb, or pull the header: napi_get_frags), refill the ring from the
 * page pool, hand to GRO. Transmit: ndo_start_xmit.
 */
import {
  charge, chargeBytes, CONTEXT_HARDIRQ, COST_CSUM_KIB, COST_DRIVER_RX_FRAME, COST_DRIVER_TX_FRAME, COST_IRQ_ENTRY, countDrop,
  DROP_FULL_RING, DROP_NOMEM, enterContext, FRAME_FRAGS, leaveContext, newPktId, NICQ_RX_ALLOC_FAIL, NICQ_RX_POLLS, NONE, now,
  STAGE_NIC, traceNicIrq, traceNicPost, traceSkbBuild,
} from '../../sim/core';
import {
  fragUnref, ledgerMove, netmem, netmemRef, PLACE_LIVE, PLACE_NIC, poolAlloc, skb, skbAddFrag, skbAlloc, skbFrag, SKB_HEAD_TRUESIZE,
  txPageAlloc,
} from '../../stack/3-pool';
import { groReceive, napiComplete, napiSchedule } from '../../stack/4-napi';
import {
  copyHeader, Frame, frame, frameAddFrag, frameAlloc, frameFrag, frameFree, frameHead, FRAME_GOOD, frameParse, frameWriteChecksums,
} from '../1-wire';
import { bump } from './counters';
import { irqDue, unmaskIrq } from './moderation';
import { completion, COMPLETION_CSUM_OK, descriptor, headerBuffer, RxCompletion, rxQueue, RxQueue } from './rx_ring';
import { nicOf } from './state';
import { txEnqueue, txQueueFull } from './tx_ring';

/** EVENT_IRQ: the interrupt handler of a queue, if it is due. */
export function nicInterrupt(napi_idx: u32): void {
  const q = rxQueue(napi_idx);
  if (!irqDue(q)) return;
  enterContext(q.host, q.core, CONTEXT_HARDIRQ);
  charge(COST_IRQ_ENTRY);
  traceNicIrq(0, NONE, q.queue, q.done - q.taken);
  napiSchedule(napi_idx);
  leaveContext();
}

/** NapiPoll: harvests up to `budget` completions, refills, and arms the interrupt when the queue is empty. */
export function nicPoll(napi_idx: u32, budget: u32): u32 {
  const q = rxQueue(napi_idx);
  bump(q.counters, NICQ_RX_POLLS);
  let work: u32 = 0;
  while (work < budget && q.taken != q.done) {
    const c = completion(q, q.taken);
    if (c.ready_ns > now()) break;
    charge(COST_DRIVER_RX_FRAME);
    const skb_idx = buildSkb(q, c);
    q.freed = c.first_desc + <u32>c.desc_count;
    q.taken++;
    work++;
    if (skb_idx != NONE) groReceive(napi_idx, skb_idx);
  }
  rxRefill(q);
  if (work < budget) {
    napiComplete(napi_idx);
    unmaskIrq(q);
  }
  return work;
}

/** An skb of one completion, or NONE when there was no memory and the frame is gone. */
function buildSkb(q: RxQueue, c: RxCompletion): u32 {
  const idx = skbAlloc(q.host);
  if (idx == NONE) {
    countDrop(DROP_NOMEM, STAGE_NIC, c.pkt_id, c.len);
    rxRelease(q, c.first_desc, c.desc_count);
    return NONE;
  }
  const b = skb(idx);
  const l3_off = <u32>c.l3_off;
  const header_len = <u32>c.header_len;
  let linear = header_len;
  b.pkt_id = c.pkt_id;
  b.napi = <u8>q.napi_idx;
  b.ip_summed = (c.flags & COMPLETION_CSUM_OK) != 0 ? 1 : 0;
  b.hash = c.hash;
  b.tstamp_ns = now();
  b.data_off = <u16>l3_off;
  b.network_off = <u16>l3_off;
  b.gso_segs = 1;
  b.truesize = SKB_HEAD_TRUESIZE;
  let first = NONE;
  if (header_len != 0) {
    copyHeader(<usize>b.head, headerBuffer(q, q.taken), header_len);
  } else {
    linear = <u32>c.pull;
    copyHeader(<usize>b.head, <usize>netmem(load<u32>(descriptor(q, c.first_desc))).addr, linear);
  }
  b.head_len = <u16>(linear - l3_off);
  b.len = linear - l3_off;
  if (c.desc_count != 0) {
    first = load<u32>(descriptor(q, c.first_desc));
    addBuffers(q, c, idx, linear - header_len);
  }
  traceSkbBuild(c.pkt_id, first, b.len, <u32>b.head_len, b.nr_frags);
  return idx;
}

/** The buffers of a completion become fragments; `pulled` bytes of the first one are in the linear part already. */
function addBuffers(q: RxQueue, c: RxCompletion, skb_idx: u32, pulled: u32): void {
  const size: u32 = 1 << q.buf_shift;
  let left = c.len - <u32>c.header_len;
  let skip = pulled;
  const end = c.first_desc + <u32>c.desc_count;
  for (let i = c.first_desc; i != end; i++) {
    const idx = load<u32>(descriptor(q, i));
    const part = min(left, size);
    left -= part;
    ledgerMove(idx, PLACE_LIVE);
    if (part > skip) skbAddFrag(skb_idx, idx, skip, part - skip, size);
    else fragUnref(idx, true); // all of it was header
    skip = 0;
  }
}

/** Posts buffers until the ring is full or the pool is dry. */
export function rxRefill(q: RxQueue): void {
  const want = q.freed + q.mask + 1;
  const pool = q.pool;
  let posted = q.posted;
  if (posted == want) return;
  const before = posted;
  let first = NONE;
  while (posted != want) {
    const idx = poolAlloc(pool);
    if (idx == NONE) {
      bump(q.counters, NICQ_RX_ALLOC_FAIL);
      break;
    }
    assert(netmem(idx).size == <u32>1 << q.buf_shift, 'N6 a queue posts buffers of one size');
    ledgerMove(idx, PLACE_NIC);
    store<u32>(descriptor(q, posted), idx);
    if (first == NONE) first = idx;
    posted++;
  }
  q.posted = posted;
  if (posted != before) traceNicPost(0, first, q.queue, posted - before);
}

/** Gives the buffers of descriptors back to the pool. */
export function rxRelease(q: RxQueue, from: u32, count: u32): void {
  for (let i = from; i != from + count; i++) fragUnref(load<u32>(descriptor(q, i)), true);
}

/** StartXmit: see stack/5-tcp/port.ts. 1 means dropped; then the SkbDestructor is not called. */
export function nicStartXmit(
  host: u32, header_addr: u32, header_len: u32, skb_idx: u32, payload_off: u32, payload_len: u32, sock_idx: u32, hash: u32,
): u32 {
  charge(COST_DRIVER_TX_FRAME);
  const pkt_id = newPktId();
  const len = header_len + payload_len;
  // include/linux/kernel.h: reciprocal_scale, as skb_tx_hash does.
  const queue = <u32>((<u64>hash * <u64>nicOf(host).tx_queues) >> 32);
  if (txQueueFull(host, queue)) {
    countDrop(DROP_FULL_RING, STAGE_NIC, pkt_id, len);
    return 1;
  }
  const idx = frameAlloc(host);
  if (idx == NONE) {
    countDrop(DROP_NOMEM, STAGE_NIC, pkt_id, len);
    return 1;
  }
  const f = frame(idx);
  f.pkt_id = pkt_id;
  f.len = len;
  f.sock = sock_idx;
  f.hash = hash;
  f.queue = <u8>queue;
  f.head_len = <u16>header_len;
  f.flags = FRAME_GOOD;
  copyHeader(frameHead(f), <usize>header_addr, header_len);
  if (payload_len != 0 && !addPayload(f, skb_idx, payload_off, payload_len) && !linearize(f, skb_idx, payload_off, payload_len)) {
    frameFree(idx);
    countDrop(DROP_NOMEM, STAGE_NIC, pkt_id, len);
    return 1;
  }
  frameParse(f);
  if (nicOf(host).tx_checksum == 0) {
    chargeBytes(COST_CSUM_KIB, len);
    frameWriteChecksums(f);
  }
  txEnqueue(host, queue, idx);
  return 0;
}

/** References to `len` bytes of an skb's fragments from `off` on; false, with nothing taken, when they are too many pieces. */
function addPayload(f: Frame, skb_idx: u32, off: u32, len: u32): bool {
  const n = skb(skb_idx).nr_frags;
  let skip = off;
  let left = len;
  for (let i: u32 = 0; left > 0; i++) {
    assert(i < n, 'N7 the payload of a frame lies in its skb');
    const frag = skbFrag(skb_idx, i);
    const frag_len = frag.len;
    if (skip >= frag_len) {
      skip -= frag_len;
      continue;
    }
    if (<u32>f.nr_frags == FRAME_FRAGS) {
      dropPayload(f);
      return false;
    }
    const part = min(frag_len - skip, left);
    netmemRef(frag.netmem);
    frameAddFrag(f, frag.netmem, frag.off + skip, part);
    left -= part;
    skip = 0;
  }
  return true;
}

function dropPayload(f: Frame): void {
  for (let i: u32 = 0; i < <u32>f.nr_frags; i++) fragUnref(frameFrag(f, i).netmem, false);
  f.nr_frags = 0;
}

/** Too many pieces for a descriptor chain: one copy into a fresh page (net/core/skbuff.c: __skb_linearize). */
function linearize(f: Frame, skb_idx: u32, off: u32, len: u32): bool {
  const page = txPageAlloc(f.host);
  if (page == NONE) return false;
  let to = <usize>netmem(page).addr;
  let skip = off;
  let left = len;
  for (let i: u32 = 0; left > 0; i++) {
    const frag = skbFrag(skb_idx, i);
    if (skip >= frag.len) {
      skip -= frag.len;
      continue;
    }
    const part = min(frag.len - skip, left);
    memory.copy(to, <usize>(netmem(frag.netmem).addr + frag.off + skip), part);
    to += part;
    left -= part;
    skip = 0;
  }
  frameAddFrag(f, page, 0, len);
  return true;
}
