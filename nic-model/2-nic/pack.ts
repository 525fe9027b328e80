/**
 * Frames that share buffers (net/core/page_pool.c: page_pool_fragment_netmem): a frame begins where the one before it ended, on a
 * multiple of PACK_ALIGN, and may go on in the next buffer.
 *
 *      buffer at `filled`                                buffer behind it
 *     +---------------+----------------+------------+   +-----------+---------------------------+
 *     | frame 0       | frame 1        | frame 2 …  |   | … frame 2 |  pack_off                  |
 *     +---------------+----------------+------------+   +-----------+---------------------------+
 *
 * The NIC has a reference of its own on a buffer until it is full; the frame that fills it takes that one over, and each frame
 * before has one more.
 */
import { bug, coreState, memDmaWrite, RUN_BUG_FRAG_BIAS_KEPT, traceNicDma, traceNicDmaBuf } from '../../sim/core';
import { fragUnref, ledgerMove, netmem, netmemRef, PLACE_LIVE, skbAddFrag } from '../../stack/3-pool';
import { copyHeader, Frame, frameCopy } from '../1-wire';
import { completion, COMPLETION_OPEN, COMPLETION_PACKED, descriptor, RxCompletion, RxQueue } from './rx_ring';

/** A fragment begins on a cache line (net/core/page_pool.c aligns by dma_get_cache_alignment). */
const PACK_ALIGN: u32 = 64;
const PACK_SHIFT: u32 = 6;

/** Are there so many bytes left in posted buffers? */
export function packRoom(q: RxQueue, body: u32): bool {
  return ((q.posted - q.filled) << q.buf_shift) - q.pack_off >= body;
}

/** The device writes `body` bytes of a frame from `offset` on behind those of the frame before. Returns how long memory makes it wait. */
export function packWrite(q: RxQueue, f: Frame, c: RxCompletion, offset: u32, body: u32, bytes: bool): u64 {
  let wait: u64 = 0;
  const size: u32 = 1 << q.buf_shift;
  c.first_off = <u16>(q.pack_off >> PACK_SHIFT);
  c.flags |= COMPLETION_PACKED;
  let from = offset;
  let left = body;
  let count: u32 = 0;
  while (left > 0) {
    const idx = load<u32>(descriptor(q, q.filled));
    const part = min(left, size - q.pack_off);
    if (bytes) frameCopy(f, from, <usize>(netmem(idx).addr + q.pack_off), part);
    wait = max(wait, memDmaWrite(q.host, <usize>(netmem(idx).addr + q.pack_off), part, coreState().clock_ns));
    if (count == 0) traceNicDma(f.pkt_id, idx, q.queue, offset, body);
    else traceNicDmaBuf(f.pkt_id, idx, from - offset, part);
    from += part;
    left -= part;
    count++;
    q.pack_off = (q.pack_off + part + PACK_ALIGN - 1) & ~(PACK_ALIGN - 1);
    if (q.pack_off < size) continue;
    q.pack_off = 0;
    q.filled++;
  }
  if (q.pack_off != 0) c.flags |= COMPLETION_OPEN;
  c.desc_count = <u16>count;
  return wait;
}

/** Frames share no more: the NIC gives its reference on the buffer that is not full to the last frame, or up if that one has gone. */
export function packClose(q: RxQueue): void {
  if (q.pack_off == 0) return;
  const at = q.filled;
  q.pack_off = 0;
  q.filled++;
  for (let i = q.done; i != q.taken; i--) {
    const c = completion(q, i - 1);
    if ((c.flags & COMPLETION_OPEN) == 0) continue;
    c.flags &= ~COMPLETION_OPEN;
    return;
  }
  q.freed++;
  fragUnref(load<u32>(descriptor(q, at)), false);
}

/** Descriptors of a completion whose buffers the NIC is done with. */
export function packDone(c: RxCompletion): u32 {
  return <u32>c.desc_count - ((c.flags & COMPLETION_OPEN) != 0 ? 1 : 0);
}

/** The driver makes fragments of a completion's buffers; `pulled` bytes of the first one are in the linear part already. */
export function packFrags(q: RxQueue, c: RxCompletion, skb_idx: u32, pulled: u32): void {
  const size: u32 = 1 << q.buf_shift;
  const done = c.first_desc + packDone(c);
  const end = c.first_desc + <u32>c.desc_count;
  let off = packOffset(c);
  let left = c.len - <u32>c.header_len;
  let skip = pulled;
  for (let i = c.first_desc; i != end; i++) {
    const idx = load<u32>(descriptor(q, i));
    const part = min(left, size - off);
    left -= part;
    ledgerMove(idx, PLACE_LIVE);
    if (i == done || bug(RUN_BUG_FRAG_BIAS_KEPT)) netmemRef(idx);
    if (part > skip) skbAddFrag(skb_idx, idx, off + skip, part - skip, ((off + part + PACK_ALIGN - 1) & ~(PACK_ALIGN - 1)) - off);
    else fragUnref(idx, true);
    off = 0;
    skip = part < skip ? skip - part : 0;
  }
}

/** The driver copies the first `len` bytes of a completion, headers that were not split off: they may go on in the next buffer. */
export function packPull(q: RxQueue, c: RxCompletion, to: usize, len: u32): void {
  const first = netmem(load<u32>(descriptor(q, c.first_desc))).addr + packOffset(c);
  const room: u32 = (1 << q.buf_shift) - packOffset(c);
  copyHeader(to, <usize>first, min(len, room));
  if (len > room) copyHeader(to + room, <usize>netmem(load<u32>(descriptor(q, c.first_desc + 1))).addr, len - room);
}

/** Where a completion's bytes begin in its first buffer. */
export function packOffset(c: RxCompletion): u32 {
  return (c.flags & COMPLETION_PACKED) != 0 ? <u32>c.first_off << PACK_SHIFT : 0;
}
