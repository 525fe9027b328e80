/**
 * Links. One for each direction; its index is the sending host's. A frame leaves bit by bit at the link's rate, travels
 * for the link's delay and then stands at the head of the in-flight ring:
 *
 *      head (next to arrive)                       tail (a frame that is sent now)
 *      v                                           v
 *     [ t=100 | t=112 | t=124 | t=124 | t=190 (held back) ]     frame indices, ordered by Frame.time_ns
 *
 * A frame that others overtake is put in from the tail, so that the ring stays ordered. The event queue holds an event for
 * the frame at the head (FRAME_TIMED marks frames that have one), not one for each frame.
 */
import { arenaAlloc, EVENT_WIRE, hostConfig, HOSTS_MAX, NONE, schedule, traceWireArrive, WIRE_ADDR } from '../../sim/core';
import { captureFrame } from './capture';
import { frame, FRAME_INJECTED, FRAME_TIMED } from './frame';
import { wireState } from './state';

/** Bits behind the point of times of single bytes. */
export const NS_FRACTION: u64 = 24;

@unmanaged
export class Link {
  /** Nanoseconds of a byte, times 2^24, and the fraction of a nanosecond that the last frame left over. */
  ns_per_byte_q24: u64;
  fraction_q24: u64;
  /** When the last bit of the last frame has left. */
  free_ns: u64;
  delay_ns: u64;
  /** Frames that began to leave. */
  frames: u64;
  /** Number of the next frame that a fault of the scenario is for; u64.MAX_VALUE: none. */
  fault_frame: u64;
  ring_base: u32;
  ring_mask: u32;
  ring_head: u32;
  ring_tail: u32;
  /** Some chance of loss, reordering, … is not 0. */
  impaired: u32;
  /** Every Nth frame from then on is lost; 0: none. */
  drop_every: u32;
  drop_from: u64;
  /** The TX page that injected frames are copied into, and the next free byte. */
  inject_page: u32;
  inject_off: u32;
  /** What is done to one frame that has not left yet, once: its packet, 1 + the action, and for how long (edit.ts). */
  edit_pkt: u32;
  edit_what: u32;
  edit_ns: u64;
}
const LINKS_BASE: usize = 0x100;
const LINK_BYTES: usize = 128;

export function link(link_idx: u32): Link {
  return changetype<Link>(WIRE_ADDR + LINKS_BASE + <usize>link_idx * LINK_BYTES);
}

export function linksInit(): void {
  let ring: u32 = 1;
  while (ring < wireState().frames_count) ring <<= 1;
  for (let i: u32 = 0; i < HOSTS_MAX; i++) {
    const l = link(i);
    linkConfigure(i);
    l.ring_base = <u32>arenaAlloc(<u64>ring << 2);
    l.ring_mask = ring - 1;
    l.inject_page = NONE;
  }
}

/** Takes rate and delay from the configuration: frames that leave from now on obey them. */
export function linkConfigure(link_idx: u32): void {
  const c = hostConfig(link_idx);
  const l = link(link_idx);
  l.ns_per_byte_q24 = (<u64>8000000000 << NS_FRACTION) / c.wire_rate_bps;
  l.delay_ns = c.wire_delay_ns;
}

/** When the link can take the next frame. */
export function wireFreeAt(link_idx: u32): u64 {
  return link(link_idx).free_ns;
}

/** Puts a frame in flight, behind all that arrive no later. */
export function linkPush(link_idx: u32, frame_idx: u32, time_ns: u64): void {
  const l = link(link_idx);
  const ring = <usize>l.ring_base;
  const mask = l.ring_mask;
  const head = l.ring_head;
  let at = l.ring_tail++;
  while (at != head) {
    const before = load<u32>(ring + (<usize>((at - 1) & mask) << 2));
    if (frame(before).time_ns <= time_ns) break;
    store<u32>(ring + (<usize>(at & mask) << 2), before);
    at--;
  }
  store<u32>(ring + (<usize>(at & mask) << 2), frame_idx);
  frame(frame_idx).time_ns = time_ns;
  if (at == head) timeFrame(link_idx, frame_idx);
}

/** Makes sure that an event stands for the arrival of the frame at the head. */
function timeFrame(link_idx: u32, frame_idx: u32): void {
  const f = frame(frame_idx);
  if ((f.flags & FRAME_TIMED) != 0) return;
  f.flags |= FRAME_TIMED;
  schedule(f.time_ns, EVENT_WIRE, link_idx);
}

/** The frame at the head of a link that is not empty. */
function headFrame(l: Link): u32 {
  return load<u32>(<usize>l.ring_base + (<usize>(l.ring_head & l.ring_mask) << 2));
}

/** When the next frame arrives; u64.MAX_VALUE: there is none. */
export function wireNextArrival(link_idx: u32): u64 {
  const l = link(link_idx);
  return l.ring_head == l.ring_tail ? u64.MAX_VALUE : frame(headFrame(l)).time_ns;
}

/** Makes sure that the next arrival, if there is one, has an event. */
export function wireTimeArrival(link_idx: u32): void {
  const l = link(link_idx);
  if (l.ring_head != l.ring_tail) timeFrame(link_idx, headFrame(l));
}

/** Takes the next frame, which has arrived; the caller owns it. */
export function wireTakeArrived(link_idx: u32): u32 {
  const l = link(link_idx);
  const idx = headFrame(l);
  const f = frame(idx);
  l.ring_head++;
  f.flags &= ~FRAME_TIMED;
  traceWireArrive(f.pkt_id, NONE, f.len, f.seq);
  if ((f.flags & FRAME_INJECTED) != 0) captureFrame(link_idx, f, 0, f.time_ns);
  return idx;
}

/** The frame of a packet that is in flight, taken out of the ring; NONE: there is none. */
export function linkTakeOut(link_idx: u32, pkt_id: u32): u32 {
  const l = link(link_idx);
  const at = positionOf(l, pkt_id);
  if (at == l.ring_tail) return NONE;
  const idx = ringFrame(l, at);
  for (let i = at; i + 1 != l.ring_tail; i++) {
    store<u32>(<usize>l.ring_base + (<usize>(i & l.ring_mask) << 2), ringFrame(l, i + 1));
  }
  l.ring_tail--;
  // Its event stays in the queue, and finds nothing that has arrived.
  frame(idx).flags &= ~FRAME_TIMED;
  wireTimeArrival(link_idx);
  return idx;
}
/** The frame of a packet that is in flight, left where it is; NONE: there is none. */
export function linkFind(link_idx: u32, pkt_id: u32): u32 {
  const l = link(link_idx);
  const at = positionOf(l, pkt_id);
  return at == l.ring_tail ? NONE : ringFrame(l, at);
}
/** The packet that arrives `nth`, counted from 0 and round again behind the last; NONE: there is none. */
export function wirePacketAt(link_idx: u32, nth: u32): u32 {
  const l = link(link_idx);
  const count = l.ring_tail - l.ring_head;
  return count == 0 ? NONE : frame(ringFrame(l, l.ring_head + nth % count)).pkt_id;
}
function positionOf(l: Link, pkt_id: u32): u32 {
  let at = l.ring_head;
  while (at != l.ring_tail && frame(ringFrame(l, at)).pkt_id != pkt_id) at++;
  return at;
}
function ringFrame(l: Link, at: u32): u32 {
  return load<u32>(<usize>l.ring_base + (<usize>(at & l.ring_mask) << 2));
}

/** Frames in flight, for checks: the ring must be ordered and hold each frame once. Returns how many it holds. */
export function linkVerify(link_idx: u32): u32 {
  const l = link(link_idx);
  let last: u64 = 0;
  for (let i = l.ring_head; i != l.ring_tail; i++) {
    const f = frame(load<u32>(<usize>l.ring_base + (<usize>(i & l.ring_mask) << 2)));
    assert(f.time_ns >= last, 'W6 frames in flight are ordered by arrival');
    last = f.time_ns;
  }
  if (l.ring_head != l.ring_tail) {
    const first = load<u32>(<usize>l.ring_base + (<usize>(l.ring_head & l.ring_mask) << 2));
    assert((frame(first).flags & FRAME_TIMED) != 0, 'W7 the frame that arrives next has an event');
  }
  return l.ring_tail - l.ring_head;
}
