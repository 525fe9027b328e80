/**
 * The driver: software between rings and stack, and the only file here that knows the stack. Receive: completions become
 * skbs (drivers build them over a page with napi_build_skb, or pull the header: napi_get_frags), refill the ring from the
 * page pool, hand to GRO. Transmit: ndo_start_xmit.
 */
import {
  bug, charge, chargeBytes, CONTEXT_HARDIRQ, coreState, COST_CSUM_KIB, COST_DRIVER_RX_BUFFER, COST_DRIVER_RX_FRAME, COST_DRIVER_TX_FRAME,
  COST_DUMMY_XMIT, COST_GSO_SEGMENT, COST_IRQ_ENTRY, COST_TX_LOCK, countDrop, DROP_FULL_RING, DROP_NOMEM, DROP_SIM_NIC_DOWN,
  DROP_SIM_WIRE_FAULT, DROP_SKB_UCOPY_FAULT, enterContext, hostConfig, iommuMap, iommuUnmap, leaveContext, newPktIds,
  NIC_TX_BYTES, NIC_TX_PACKETS, NICQ_RX_ALLOC_FAIL, NICQ_RX_POLLS, NONE, now, RUN_BUG_RX_RELEASED_AGAIN, STAGE_NIC,
  traceNicIrq, traceNicPost, traceSkbBuild,
} from '../../sim/core';
import {
  fragUnref, ledgerMove, netmem, netmemRef, PLACE_LIVE, PLACE_NIC, poolAlloc, skb, skbAddFrag, skbAlloc, skbDestructor, skbFrag,
  SKB_GSO_TCP_ACCECN, SKB_HEAD_TRUESIZE, zcopyComplete, zcopyGet,
} from '../../stack/3-pool';
import { groReceive, napiComplete, napiSchedule } from '../../stack/4-napi';
import {
  copyHeader, Frame, frame, FRAME_ACCECN, frameAddFrag, frameAlloc, frameFree, frameHead, FRAME_GOOD, FRAME_LENT, frameParse,
  frameWriteChecksums, PROTO_TCP, PROTO_UDP,
} from '../1-wire';
import { bump } from './counters';
import { irqDue, unmaskIrq } from './moderation';
import { packDone, packFrags, packPull } from './pack';
import {
  completion, COMPLETION_CSUM_OK, COMPLETION_LOST, COMPLETION_PACKED, descriptor, headerBuffer, RxCompletion, rxQueue, RxQueue,
} from './rx_ring';
import { Nic, nicOf } from './state';
import { segment, segmentCount } from './tso';
import { tunWeigh } from './tun';
import { addCopied } from './tx_fetch';
import { txEnqueue, txRefuses } from './tx_ring';

/** EVENT_IRQ: the interrupt handler of a queue, if it is due; or who polls it all the time sees a frame. */
export function nicInterrupt(napi_idx: u32): void {
  const q = rxQueue(napi_idx);
  if (!irqDue(q)) return;
  if (q.busy_until_ns > coreState().clock_ns) return napiSchedule(napi_idx, q.busy_core);
  enterContext(q.host, q.core, CONTEXT_HARDIRQ);
  charge(COST_IRQ_ENTRY);
  traceNicIrq(0, NONE, q.queue, q.done - q.taken);
  napiSchedule(napi_idx, q.core);
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
    q.freed = c.first_desc + packDone(c);
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
  if ((c.flags & COMPLETION_LOST) != 0) {
    countDrop(DROP_SIM_WIRE_FAULT, STAGE_NIC, c.pkt_id, c.len);
    rxRelease(q, c.first_desc, packDone(c));
    return NONE;
  }
  const idx = skbAlloc(q.host);
  if (idx == NONE) {
    countDrop(DROP_NOMEM, STAGE_NIC, c.pkt_id, c.len);
    rxRelease(q, c.first_desc, packDone(c));
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
  b.gso_segs = <u16>max<u32>(c.segs, 1);
  b.gso_size = <u16>c.gso_size;
  b.truesize += SKB_HEAD_TRUESIZE;
  let first = NONE;
  if (header_len != 0) {
    copyHeader(<usize>b.head, headerBuffer(q, q.taken), header_len);
  } else {
    linear = <u32>c.pull;
    packPull(q, c, <usize>b.head, linear);
  }
  b.head_len = <u16>(linear - l3_off);
  b.len = linear - l3_off;
  if (c.desc_count != 0) {
    first = load<u32>(descriptor(q, c.first_desc));
    addBuffers(q, c, idx, linear - header_len);
  }
  if (hostConfig(q.host).nic_tun) tunWeigh(b, c.len - l3_off);
  traceSkbBuild(c.pkt_id, first, b.len, <u32>b.head_len, b.nr_frags);
  return idx;
}

/** The buffers of a completion become fragments; `pulled` bytes of the first one are in the linear part already. */
function addBuffers(q: RxQueue, c: RxCompletion, skb_idx: u32, pulled: u32): void {
  if ((c.flags & COMPLETION_PACKED) != 0) return packFrags(q, c, skb_idx, pulled);
  const size: u32 = 1 << q.buf_shift;
  let left = c.len - <u32>c.header_len;
  let skip = pulled;
  const end = c.first_desc + <u32>c.desc_count;
  for (let i = c.first_desc; i != end; i++) {
    const idx = load<u32>(descriptor(q, i));
    const part = min(left, size);
    left -= part;
    if (i != c.first_desc) charge(COST_DRIVER_RX_BUFFER);
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
  // A device that is down has no buffers.
  if (posted == want || nicOf(q.host).down != 0) return;
  const before = posted;
  let first = NONE;
  while (posted != want) {
    const idx = poolAlloc(pool);
    if (idx == NONE) {
      bump(q.counters, NICQ_RX_ALLOC_FAIL);
      if (bug(RUN_BUG_RX_RELEASED_AGAIN) && posted != q.filled) fragUnref(load<u32>(descriptor(q, posted - 1)), true);
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
  host: u32, header_addr: u32, header_len: u32, skb_idx: u32, sock_idx: u32, hash: u32, flow: u32, edt_ns: u64,
): u32 {
  const nic = nicOf(host);
  const gso_segs = skb_idx == NONE ? 1 : max(<u32>skb(skb_idx).gso_segs, 1);
  const pkt_id = newPktIds(gso_segs);
  const len = header_len + (skb_idx == NONE ? 0 : skb(skb_idx).len);
  // include/linux/kernel.h: reciprocal_scale, as skb_tx_hash does.
  const queue = <u32>((<u64>hash * <u64>nic.tx_queues) >> 32);
  if (nic.down != 0) {
    countDrop(DROP_SIM_NIC_DOWN, STAGE_NIC, pkt_id, len);
    return 1;
  }
  if (hostConfig(host).nic_dummy) return dummyXmit(nic, skb_idx, sock_idx, len);
  // A dummy device has no descriptors, and no lock either (NETIF_F_LLTX, IFF_NO_QUEUE).
  charge(COST_DRIVER_TX_FRAME);
  charge(COST_TX_LOCK);
  const refused = txRefuses(host, queue, flow, hash, edt_ns);
  const idx = refused ? NONE : frameAlloc(host);
  if (idx == NONE) {
    countDrop(refused ? DROP_FULL_RING : DROP_NOMEM, STAGE_NIC, pkt_id, len);
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
  if (skb_idx != NONE && !addPayload(f, skb_idx)) {
    countDrop(DROP_SKB_UCOPY_FAULT, STAGE_NIC, pkt_id, len);
    frameFree(idx);
    return 1;
  }
  frameParse(f);
  if (gso_segs > 1) {
    const accecn = (skb(skb_idx).gso_type & SKB_GSO_TCP_ACCECN) != 0;
    const software = !canTso(host, accecn);
    // Who reads a tun device gets a packet uncut (drivers/net/tun.c: tun_put_user).
    if (software || !hostConfig(host).nic_tun) f.gso_size = skb(skb_idx).gso_size;
    if (accecn) f.flags |= FRAME_ACCECN;
    if (software) return xmitSegments(host, queue, idx, flow, edt_ns);
  }
  checksumTx(nic, f);
  txEnqueue(host, queue, idx, flow, edt_ns);
  return 0;
}

/** A dummy device: it counts, and lets go (drivers/net/dummy.c: dummy_xmit). Memory that was lent comes back unread. */
function dummyXmit(nic: Nic, skb_idx: u32, sock_idx: u32, len: u32): u32 {
  charge(COST_DUMMY_XMIT);
  bump(nic.counters, NIC_TX_PACKETS);
  bump(nic.counters, NIC_TX_BYTES, len);
  if (sock_idx != NONE) skbDestructor(sock_idx, skb_idx == NONE ? 0 : skb(skb_idx).truesize);
  return 0;
}

/** Segmentation needs checksums (net/core/dev.c: netdev_fix_features); a tun device has none that keeps AccECN's flags. */
function canTso(host: u32, accecn: bool): bool {
  const c = hostConfig(host);
  return c.nic_tso && c.nic_tx_checksum && !(accecn && c.nic_tun);
}

/** Checksums in software, where the NIC does not write them. */
function checksumTx(nic: Nic, f: Frame): void {
  if (nic.tx_checksum != 0) return;
  if ((f.proto & (PROTO_TCP | PROTO_UDP)) == 0) return frameWriteChecksums(f);
  chargeBytes(COST_CSUM_KIB, f.len);
  frameWriteChecksums(f);
}

/**
 * GSO: cuts a packet before the device sees it (net/core/dev.c: validate_xmit_skb). Segments that find no room are dropped;
 * the last one that is queued tells the socket.
 *
 * Differs from Linux: a packet is cut before the qdisc, which counts and drops segments, and not when it leaves the qdisc.
 */
function xmitSegments(host: u32, queue: u32, frame_idx: u32, flow: u32, edt_ns: u64): u32 {
  const nic = nicOf(host);
  const packet = frame(frame_idx);
  const segs = segmentCount(packet);
  let last = NONE;
  for (let i: u32 = 0; i < segs; i++) {
    charge(COST_GSO_SEGMENT);
    const refused = txRefuses(host, queue, flow, packet.hash, edt_ns);
    const idx = refused ? NONE : segment(frame_idx, i);
    if (idx == NONE) {
      countDrop(refused ? DROP_FULL_RING : DROP_NOMEM, STAGE_NIC, packet.pkt_id + i, <u32>packet.gso_size);
      continue;
    }
    checksumTx(nic, frame(idx));
    txEnqueue(host, queue, idx, flow, edt_ns);
    last = idx;
  }
  if (last != NONE) {
    frame(last).sock = packet.sock;
    frame(last).truesize = packet.truesize;
    frame(last).uarg = packet.uarg;
  } else if (packet.uarg != 0) zcopyComplete(NONE, packet.uarg, true);
  frameFree(frame_idx);
  return last == NONE ? 1 : 0;
}

/** The payload of an skb, with references of the frame's own, also on its lender. False: it had to be copied and could not be. */
function addPayload(f: Frame, skb_idx: u32): bool {
  const b = skb(skb_idx);
  f.truesize = b.truesize;
  iommuMap(b.host, 1 + b.nr_frags);
  iommuUnmap(b.host, 1 + b.nr_frags);
  const uarg = b.uarg;
  if (uarg != 0) {
    if (hostConfig(b.host).nic_tun) return addCopied(f, skb_idx);
    zcopyGet(uarg);
    f.uarg = uarg;
    f.flags |= FRAME_LENT;
  }
  for (let i: u32 = 0; i < b.nr_frags; i++) {
    const frag = skbFrag(skb_idx, i);
    netmemRef(frag.netmem);
    frameAddFrag(f, frag.netmem, frag.off, frag.len);
  }
  return true;
}
