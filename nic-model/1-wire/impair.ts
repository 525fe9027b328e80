/**
 * What a link does to frames: loses, doubles, corrupts, marks, delays (net/sched/sch_netem.c: netem_enqueue), each by a random
 * stream of its own, and the faults that a scenario lists by frame number.
 */
import {
  chance, countDrop, drawBelow, DROP_SIM_WIRE_FAULT, DROP_SIM_WIRE_LOSS, faultOf, hostConfig, HOSTS_MAX, newPktId, NONE, runConfig,
  STAGE_WIRE, STREAM_WIRE_CORRUPT, STREAM_WIRE_DUPLICATE, STREAM_WIRE_ECN, STREAM_WIRE_JITTER, STREAM_WIRE_LOSS, STREAM_WIRE_REORDER,
  traceWireFault,
} from '../../sim/core';
import { frameFlipBit } from './bytes';
import { captureFrame, CAPTURE_CORRUPT, CAPTURE_LOST } from './capture';
import { frame, frameClone, frameFree } from './frame';
import { frameParse } from './headers';
import { link, linkPush } from './link';
import { frameSetCe } from './mark';

/** Verdicts of the trace event wire_fault; its second word is ns, the new packet id, or the bit. */
export const VERDICT_REORDER: u32 = 1;
export const VERDICT_DUPLICATE: u32 = 2;
export const VERDICT_CORRUPT: u32 = 3;
export const VERDICT_JITTER: u32 = 4;
export const VERDICT_DELAY: u32 = 5;
export const VERDICT_MARK: u32 = 6;

// sim/schema/scenario.ts: FAULT_ACTIONS.
export const ACTION_DROP: u32 = 0;
export const ACTION_DUPLICATE: u32 = 1;
export const ACTION_DELAY: u32 = 2;
export const ACTION_CORRUPT: u32 = 3;
export const ACTION_MARK: u32 = 4;

/** Notes which links do anything to frames, so that a clean one costs a comparison. */
export function impairInit(): void {
  for (let i: u32 = 0; i < HOSTS_MAX; i++) {
    impairedInit(i);
    link(i).fault_frame = nextFault(i, 0);
  }
}
export function impairedInit(link_idx: u32): void {
  const c = hostConfig(link_idx);
  const l = link(link_idx);
  l.impaired = c.wire_loss_ppm | c.wire_reorder_ppm | c.wire_duplicate_ppm | c.wire_corrupt_ppm | c.wire_jitter_ns | c.wire_ecn_mark_ppm
    | l.drop_every | l.edit_what;
}

/** From the next frame on every Nth is lost; 0: none is. */
export function wireDropEvery(link_idx: u32, every: u32): i32 {
  const l = link(link_idx);
  l.drop_every = every;
  l.drop_from = l.frames;
  impairedInit(link_idx);
  return 0;
}

/** Number of the first frame behind the `nth` that has a fault. */
function nextFault(link_idx: u32, nth: u64): u64 {
  let next: u64 = u64.MAX_VALUE;
  for (let i: u32 = 0; i < runConfig().fault_count; i++) {
    const fault = faultOf(i);
    if (fault.host == <u64>link_idx && fault.frame > nth && fault.frame < next) next = fault.frame;
  }
  return next;
}

/** Bits by action of the faults of one frame. */
function faultsOf(link_idx: u32, nth: u64): u32 {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < runConfig().fault_count; i++) {
    const fault = faultOf(i);
    if (fault.host == <u64>link_idx && fault.frame == nth) bits |= 1 << <u32>fault.action;
  }
  return bits;
}

function faultDelay(link_idx: u32, nth: u64): u64 {
  let delay: u64 = 0;
  for (let i: u32 = 0; i < runConfig().fault_count; i++) {
    const fault = faultOf(i);
    if (fault.host == <u64>link_idx && fault.frame == nth && <u32>fault.action == ACTION_DELAY) delay += fault.param_ns;
  }
  return delay;
}

/** A frame leaves from `start` to `end`. Decides what becomes of it, and puts in flight what is left. */
export function impair(link_idx: u32, frame_idx: u32, start: u64, end: u64, nth: u64): void {
  const c = hostConfig(link_idx);
  const l = link(link_idx);
  const f = frame(frame_idx);
  let faults: u32 = 0;
  let held: u64 = 0;
  if (nth == l.fault_frame) {
    faults = faultsOf(link_idx, nth);
    held = faultDelay(link_idx, nth);
    l.fault_frame = nextFault(link_idx, nth);
  }
  if (l.edit_what != 0 && l.edit_pkt == f.pkt_id) {
    faults |= 1 << (l.edit_what - 1);
    held += l.edit_ns;
    l.edit_what = 0;
    impairedInit(link_idx);
  }
  const nth_dropped = l.drop_every != 0 && (nth - l.drop_from) % l.drop_every == 0;
  const dropped = nth_dropped || (faults & (1 << ACTION_DROP)) != 0;
  if (dropped || chance(link_idx, STREAM_WIRE_LOSS, c.wire_loss_ppm)) {
    captureFrame(link_idx, f, CAPTURE_LOST, start);
    countDrop(dropped ? DROP_SIM_WIRE_FAULT : DROP_SIM_WIRE_LOSS, STAGE_WIRE, f.pkt_id, f.len);
    frameFree(frame_idx);
    return;
  }
  const double = chance(link_idx, STREAM_WIRE_DUPLICATE, c.wire_duplicate_ppm) || (faults & (1 << ACTION_DUPLICATE)) != 0;
  const corrupt = chance(link_idx, STREAM_WIRE_CORRUPT, c.wire_corrupt_ppm) || (faults & (1 << ACTION_CORRUPT)) != 0;
  const mark = chance(link_idx, STREAM_WIRE_ECN, c.wire_ecn_mark_ppm) || (faults & (1 << ACTION_MARK)) != 0;
  if (mark && frameSetCe(f)) traceWireFault(f.pkt_id, NONE, VERDICT_MARK, 0);
  captureFrame(link_idx, f, corrupt ? CAPTURE_CORRUPT : 0, start);
  const twin = double ? duplicate(frame_idx) : NONE;
  if (corrupt) flip(link_idx, frame_idx);
  if (held != 0) traceWireFault(f.pkt_id, NONE, VERDICT_DELAY, <u32>held);
  linkPush(link_idx, frame_idx, end + l.delay_ns + extraDelay(link_idx, f.pkt_id) + held);
  if (twin != NONE) linkPush(link_idx, twin, end + l.delay_ns + extraDelay(link_idx, frame(twin).pkt_id));
}

/** The second one is clean, is a packet of its own in the trace, and takes no time of the link. */
export function duplicate(frame_idx: u32): u32 {
  const twin = frameClone(frame_idx);
  if (twin == NONE) return NONE;
  const pkt_id = newPktId();
  frame(twin).pkt_id = pkt_id;
  traceWireFault(frame(frame_idx).pkt_id, NONE, VERDICT_DUPLICATE, pkt_id);
  return twin;
}

/** As tc netem does, behind the frame check sequence: what catches it are the checksums, if anything. */
export function flip(link_idx: u32, frame_idx: u32): void {
  const f = frame(frame_idx);
  const bit = drawBelow(link_idx, STREAM_WIRE_CORRUPT, f.len << 3);
  frameFlipBit(f, bit);
  if (bit >> 3 < <u32>f.head_len) frameParse(f);
  traceWireFault(f.pkt_id, NONE, VERDICT_CORRUPT, bit);
}

function extraDelay(link_idx: u32, pkt_id: u32): u64 {
  const c = hostConfig(link_idx);
  let extra: u64 = 0;
  if (c.wire_jitter_ns != 0) {
    const jitter = drawBelow(link_idx, STREAM_WIRE_JITTER, c.wire_jitter_ns + 1);
    extra = <u64>jitter;
    traceWireFault(pkt_id, NONE, VERDICT_JITTER, jitter);
  }
  if (chance(link_idx, STREAM_WIRE_REORDER, c.wire_reorder_ppm)) {
    extra += <u64>c.wire_reorder_delay_ns;
    traceWireFault(pkt_id, NONE, VERDICT_REORDER, c.wire_reorder_delay_ns);
  }
  return extra;
}
