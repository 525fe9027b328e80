/**
 * The receiving hardware: takes a frame from the wire, checks and steers it, writes its bytes to memory by DMA and reports
 * it in the completion ring. Every byte is copied here once, from the sender's TX page to where it stays.
 *
 *      frame:        [ head 128 B ][ frag 0 ][ frag 1 ] …
 *
 *      split:        header buffer <- head             posted buffers <- payload
 *      small:        header buffer <- whole frame      (bare headers; rx-copybreak; unreadable queue and it fits)
 *      otherwise:                                      posted pages   <- whole frame
 *
 * Hardware file: imports the core, the wire and buffers, nothing of the stack above.
 */
import {
  coreState, countDrop, DROP_OTHERHOST, DROP_SIM_NIC_DOWN, DROP_SIM_NIC_FIFO, DROP_SIM_NIC_MTU, DROP_SIM_NIC_NO_DESC, DROP_SIM_NIC_RULE,
  DROP_SIM_NIC_UNREADABLE, memDmaWrite, NIC_RX_BYTES, NIC_RX_CSUM_ERRORS, NIC_RX_FIFO_ERRORS, NIC_RX_LENGTH_ERRORS, NIC_RX_NTUPLE_DROP,
  NIC_RX_PACKETS, NICQ_RX_BYTES, NICQ_RX_COPYBREAK, NICQ_RX_HDS_BYTES, NICQ_RX_HDS_NOSPLIT, NICQ_RX_HDS_PACKETS, NICQ_RX_OUT_OF_BUFFER,
  NICQ_RX_PACKETS, NICQ_RX_UNREADABLE_DROP, NONE, SKB_HEAD_SIZE, STAGE_NIC, traceNicDma, traceNicDmaBuf, traceNicSteer,
} from '../../sim/core';
import { netmem } from '../../stack/3-pool';
import {
  copyHeader, ETH_HLEN, Frame, frame, frameChecksumsOk, frameCopy, frameFrag, frameFree, frameHead, frameWriteChecksums, FRAME_GOOD,
  FRAME_INJECTED, FRAME_PATCHED, PROTO_IPV4, PROTO_TCP, PROTO_UDP,
} from '../1-wire';
import { busTakes, busWrite } from './bus';
import { bump } from './counters';
import { isBareHeader, splitAt } from './header_split';
import { hwGroMerge, hwGroOpen } from './hw_gro';
import { moderate, moderateStarved } from './moderation';
import { packRoom, packWrite } from './pack';
import { completion, COMPLETION_CSUM_OK, descriptor, headerBuffer, rxQueue, RxQueue } from './rx_ring';
import { Nic, nicOf, queueIndex } from './state';
import { matchRule, nicRule, rssHash, rssQueue } from './steer';

/** Bytes that a driver pulls out of a page when it does not know the header (include/linux/etherdevice.h: eth_get_headlen). */
const PULL_MAX: u32 = 128;

/** A frame has arrived at a host's NIC, which owns it now. */
export function nicReceive(host: u32, frame_idx: u32): void {
  const nic = nicOf(host);
  const f = frame(frame_idx);
  if (!busTakes(host, f.len)) {
    bump(nic.counters, NIC_RX_FIFO_ERRORS);
    drop(DROP_SIM_NIC_FIFO, f);
  } else if (accepts(nic, f)) {
    bump(nic.counters, NIC_RX_PACKETS);
    bump(nic.counters, NIC_RX_BYTES, f.len);
    steer(nic, host, f);
  }
  frameFree(frame_idx);
}

function drop(reason: u32, f: Frame): void {
  countDrop(reason, STAGE_NIC, f.pkt_id, f.len);
}

/** Length and address filter. Injected frames carry the addresses and, where they were aggregated, the lengths of their capture. */
function accepts(nic: Nic, f: Frame): bool {
  if (nic.down != 0) {
    drop(DROP_SIM_NIC_DOWN, f);
    return false;
  }
  if ((f.flags & FRAME_INJECTED) != 0) return true;
  const head = frameHead(f);
  if (f.len - (<u32>f.l3_off - ETH_HLEN) > nic.frame_max) {
    bump(nic.counters, NIC_RX_LENGTH_ERRORS);
    drop(DROP_SIM_NIC_MTU, f);
    return false;
  }
  if (load<u32>(head) == nic.mac_low && <u32>load<u16>(head, 4) == nic.mac_high) return true;
  if ((load<u8>(head) & 1) != 0) return true; // group addresses
  drop(DROP_OTHERHOST, f);
  return false;
}

function steer(nic: Nic, host: u32, f: Frame): void {
  const hash = rssHash(nic, f);
  const rule = nic.rules == 0 ? NONE : matchRule(nic, f);
  let queue: u32;
  if (rule == NONE) {
    queue = rssQueue(nic, hash);
  } else {
    if (nicRule(nic, rule).drop != 0) {
      bump(nic.counters, NIC_RX_NTUPLE_DROP);
      return drop(DROP_SIM_NIC_RULE, f);
    }
    queue = min(nicRule(nic, rule).queue, nic.rx_queues - 1);
  }
  traceNicSteer(f.pkt_id, NONE, queue, hash, rule + 1);
  place(nic, rxQueue(queueIndex(host, queue)), f, hash);
}

/** Decides which bytes go to the header buffer and which to posted buffers. */
function place(nic: Nic, q: RxQueue, f: Frame, hash: u32): void {
  if (hwGroMerge(nic, q, f)) return;
  const len = f.len;
  if (len <= nic.copybreak_first) {
    if (write(nic, q, f, hash, len)) bump(q.counters, NICQ_RX_COPYBREAK);
    return;
  }
  const cut = nic.header_split != 0 ? splitAt(nic, f) : 0;
  if (cut != 0) {
    if (write(nic, q, f, hash, cut)) {
      bump(q.counters, NICQ_RX_HDS_PACKETS);
      bump(q.counters, NICQ_RX_HDS_BYTES, len - cut);
    }
    return;
  }
  const bare = nic.header_split != 0 && isBareHeader(f) && len <= SKB_HEAD_SIZE;
  if (nic.header_split != 0 && !bare) bump(q.counters, NICQ_RX_HDS_NOSPLIT);
  if (bare) {
    write(nic, q, f, hash, len);
  } else if (len <= nic.rx_copybreak) {
    if (write(nic, q, f, hash, len)) bump(q.counters, NICQ_RX_COPYBREAK);
  } else if (q.provider == 0) {
    write(nic, q, f, hash, 0);
  } else if (len <= SKB_HEAD_SIZE) {
    write(nic, q, f, hash, len);
  } else {
    bump(q.counters, NICQ_RX_UNREADABLE_DROP);
    drop(DROP_SIM_NIC_UNREADABLE, f);
  }
}

/** Writes `header_len` bytes to the header buffer and the rest to posted buffers. False: dropped for want of descriptors. */
function write(nic: Nic, q: RxQueue, f: Frame, hash: u32, header_len: u32): bool {
  const body = f.len - header_len;
  const packs = nic.pack != 0 && body != 0;
  const count: u32 = packs ? 0 : (body + ((<u32>1 << q.buf_shift) - 1)) >> q.buf_shift;
  if (q.done - q.taken > q.mask || (packs ? !packRoom(q, body) : q.posted - q.filled < count)) {
    bump(q.counters, NICQ_RX_OUT_OF_BUFFER);
    moderateStarved(q, nic);
    drop(DROP_SIM_NIC_NO_DESC, f);
    return false;
  }
  const flags = checksum(nic, f);
  if (header_len != 0) {
    if (header_len <= <u32>f.head_len) copyHeader(headerBuffer(q, q.done), frameHead(f), header_len);
    else frameCopy(f, 0, headerBuffer(q, q.done), header_len);
  }
  if (!packs) traceNicDma(f.pkt_id, count != 0 ? load<u32>(descriptor(q, q.filled)) : NONE, q.queue, header_len, body);
  // Without run.payload nobody looks at the bytes, except where software will compute their checksum or finds the header among them.
  const bytes = nic.payload != 0 || (flags & COMPLETION_CSUM_OK) == 0 || header_len == 0;
  let wait: u64 = 0;
  if (count != 0) wait = writeBody(q, f, header_len, body, bytes);
  const c = completion(q, q.done);
  c.pkt_id = f.pkt_id;
  c.hash = hash;
  c.len = f.len;
  c.first_desc = q.filled;
  c.header_len = <u16>header_len;
  c.desc_count = <u16>count;
  c.flags = flags;
  c.gso_size = f.gso_size;
  c.l3_off = f.l3_off;
  c.pull = <u8>min(f.payload_off != 0 ? <u32>f.payload_off : PULL_MAX, f.len);
  if (packs) wait = packWrite(q, f, c, header_len, body, bytes);
  const ready_ns = busWrite(q.host, nic, f.len, <u32>c.desc_count, true, wait) + nic.dma_ns;
  c.ready_ns = ready_ns;
  hwGroOpen(nic, q, f, c);
  q.filled += count;
  q.done++;
  bump(q.counters, NICQ_RX_PACKETS);
  bump(q.counters, NICQ_RX_BYTES, f.len);
  moderate(q, nic, ready_ns);
  return true;
}

/** Scatters `body` bytes from `offset` on over the next posted buffers. Returns how long memory makes the NIC wait. */
function writeBody(q: RxQueue, f: Frame, offset: u32, body: u32, bytes: bool): u64 {
  const size: u32 = 1 << q.buf_shift;
  const clock_ns = coreState().clock_ns;
  if (body <= size && offset == <u32>f.head_len && (f.flags & FRAME_PATCHED) == 0) {
    const to = <usize>netmem(load<u32>(descriptor(q, q.filled))).addr;
    if (bytes) gather(f, to);
    return memDmaWrite(q.host, to, body, clock_ns);
  }
  let wait: u64 = 0;
  let from = offset;
  let left = body;
  for (let i = q.filled; left > 0; i++) {
    const idx = load<u32>(descriptor(q, i));
    const part = min(left, size);
    if (bytes) frameCopy(f, from, <usize>netmem(idx).addr, part);
    wait = max(wait, memDmaWrite(q.host, <usize>netmem(idx).addr, part, clock_ns));
    if (i != q.filled) traceNicDmaBuf(f.pkt_id, idx, from - offset, part);
    from += part;
    left -= part;
  }
  return wait;
}

/** The usual case: all fragments of a frame, whole, to one place. */
function gather(f: Frame, to: usize): void {
  const n = <u32>f.nr_frags;
  let at = to;
  for (let i: u32 = 0; i < n; i++) {
    const frag = frameFrag(f, i);
    const len = frag.len;
    memory.copy(at, <usize>(netmem(frag.netmem).addr + frag.off), len);
    at += len;
  }
}

/** What the NIC says of the checksums. Fields that stand for right sums are written where software will compute them again. */
function checksum(nic: Nic, f: Frame): u8 {
  if (nic.rx_checksum == 0) {
    if ((f.flags & FRAME_GOOD) != 0) frameWriteChecksums(f);
    return 0;
  }
  if ((f.proto & (PROTO_TCP | PROTO_UDP)) == 0) {
    if ((f.flags & FRAME_GOOD) != 0 && (f.proto & PROTO_IPV4) != 0) frameWriteChecksums(f);
    return 0;
  }
  if (frameChecksumsOk(f)) return COMPLETION_CSUM_OK;
  bump(nic.counters, NIC_RX_CSUM_ERRORS);
  return 0;
}
