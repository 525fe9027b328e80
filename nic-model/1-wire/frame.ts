/**
 * Frames: what lies in TX rings and on links. Headers are kept in the frame, payload stays where the sender has it: a frame
 * holds a reference on each piece and drops it once the receiver's DMA has copied the bytes. In a TX ring a frame may be
 * longer than the link takes: then gso_size says how the NIC cuts it (2-nic/tso.ts).
 *
 *      0                   64                         192                     396   448
 *     +-------------------+--------------------------+-----------------------+-----+
 *     | fields of Frame   | head: Ethernet, IP, TCP  | frags[MAX_SKB_FRAGS]  |     |
 *     +-------------------+--------------------------+-----------------------+-----+
 */
import { arenaAlloc, FRAME_HEAD_SIZE, MAX_SKB_FRAGS, NONE, runConfig } from '../../sim/core';
import { Frag, fragUnref, netmemRef } from '../../stack/3-pool';
import { wireState } from './state';

/** The checksum fields are right, or stand for the right sums without having been computed (frameWriteChecksums does). */
export const FRAME_GOOD: u8 = 1;
/** A payload byte is flipped: corrupt_at, corrupt_mask. Payload lies in the sender's memory, so the flip happens on reading. */
export const FRAME_PATCHED: u8 = 2;
/** The host fed it (inject.ts): it may carry any addresses and any length. */
export const FRAME_INJECTED: u8 = 4;
/** An event stands in the queue for its arrival. */
export const FRAME_TIMED: u8 = 8;
/** Its CWR is part of a number and stays on each segment (SKB_GSO_TCP_ACCECN). */
export const FRAME_ACCECN: u8 = 16;
/** Payload lies in memory that was lent to the packet: the NIC takes it when the frame leaves (2-nic/tx_fetch.ts). */
export const FRAME_LENT: u8 = 32;

@unmanaged
export class Frame {
  /** Neighbour in the free list or in a qdisc. */
  next: u32;
  pkt_id: u32;
  /** Bytes from the Ethernet header on, without padding and frame check sequence. */
  len: u32;
  /** Whom the SkbDestructor is called for when it has left, and with what; NONE: nobody. */
  sock: u32;
  truesize: u32;
  /** The Ubuf that is told too; 0: nobody. */
  uarg: u32;
  /** When its last bit arrives at the far end; while it waits in a TX ring: since when. */
  time_ns: u64;
  /** TCP sequence number, for the trace. */
  seq: u32;
  hash: u32;
  /** Offset behind the IP datagram: what follows is padding. */
  ip_end: u32;
  head_len: u16;
  corrupt_at: u16;
  nr_frags: u8;
  flags: u8;
  host: u8;
  /** TX queue. */
  queue: u8;
  // What headers.ts found: offsets are 0 where there is no such header.
  l3_off: u8;
  l4_off: u8;
  payload_off: u8;
  proto: u8;
  corrupt_mask: u8;
  /** Payload of each frame that the NIC makes of this one; 0: it is one frame. */
  gso_size: u16;
}
const FRAME_HEAD: usize = 64;
const FRAME_FRAG_BASE: usize = FRAME_HEAD + <usize>FRAME_HEAD_SIZE;
const FRAME_BYTES: usize = 448;

/** What so many take. */
export function framesBytes(count: u32): u64 {
  return <u64>count * FRAME_BYTES;
}

export function framesInit(): void {
  const s = wireState();
  const count = runConfig().limits_frames;
  assert(offsetof<Frame>() <= FRAME_HEAD && FRAME_FRAG_BASE + <usize>MAX_SKB_FRAGS * 12 <= FRAME_BYTES, 'the fields of Frame overlap');
  s.frames_base = <u32>arenaAlloc(<u64>count * FRAME_BYTES);
  s.frames_count = count;
  s.frame_free = NONE;
  s.frame_fresh = 0;
}

export function frame(frame_idx: u32): Frame {
  return changetype<Frame>(<usize>wireState().frames_base + <usize>frame_idx * FRAME_BYTES);
}
/** Address of the frame's header bytes: FRAME_HEAD_SIZE of them, aligned to 64. */
export function frameHead(f: Frame): usize {
  return changetype<usize>(f) + FRAME_HEAD;
}
export function frameFrag(f: Frame, i: u32): Frag {
  return changetype<Frag>(changetype<usize>(f) + FRAME_FRAG_BASE + <usize>i * 12);
}

/** An empty frame of a host, or NONE when there is none. */
export function frameAlloc(host: u32): u32 {
  const s = wireState();
  const back = s.frame_free;
  if (back == NONE && s.frame_fresh == s.frames_count) return NONE;
  const idx = back != NONE ? back : s.frame_fresh++;
  const f = frame(idx);
  if (back != NONE) s.frame_free = f.next;
  s.frames_used++;
  f.next = NONE;
  f.sock = NONE;
  f.uarg = 0;
  f.nr_frags = 0;
  f.flags = 0;
  f.gso_size = 0;
  f.host = <u8>host;
  return idx;
}

/** Gives a frame back and drops its references. */
export function frameFree(frame_idx: u32): void {
  const s = wireState();
  const f = frame(frame_idx);
  const n = <u32>f.nr_frags;
  for (let i: u32 = 0; i < n; i++) fragUnref(frameFrag(f, i).netmem, false);
  f.nr_frags = 0;
  f.next = s.frame_free;
  s.frame_free = frame_idx;
  assert(s.frames_used > 0, 'W1 a frame is freed once');
  s.frames_used--;
}

/** Appends a piece of payload. The caller passes its reference on. */
export function frameAddFrag(f: Frame, netmem_idx: u32, off: u32, len: u32): void {
  const n = <u32>f.nr_frags;
  assert(n < MAX_SKB_FRAGS, 'W2 a frame has at most MAX_SKB_FRAGS fragments');
  const frag = frameFrag(f, n);
  frag.netmem = netmem_idx;
  frag.off = off;
  frag.len = len;
  f.nr_frags = <u8>(n + 1);
}

/** A second frame with the same bytes and references of its own, or NONE. */
export function frameClone(frame_idx: u32): u32 {
  const f = frame(frame_idx);
  const idx = frameAlloc(f.host);
  if (idx == NONE) return NONE;
  const to = frame(idx);
  memory.copy(changetype<usize>(to), changetype<usize>(f), FRAME_BYTES);
  to.next = NONE;
  to.sock = NONE;
  to.uarg = 0;
  to.flags = f.flags & ~FRAME_TIMED;
  for (let i: u32 = 0; i < <u32>f.nr_frags; i++) netmemRef(frameFrag(f, i).netmem);
  return idx;
}
