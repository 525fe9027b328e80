/**
 * Stage 1 of 9 · wire
 * From 2-nic: frames of the sending host.   To 2-nic: frames of the receiving host.
 *
 * Models      IEEE 802.3 framing (preamble, gap, frame check sequence); Linux 7.3 net/sched/sch_netem.c for what goes wrong
 * Owns        the frame table; two links, their rate, delay, impairments and faults; frames in flight; capture; injection;
 *             frames that leave for a host outside of the world
 * Does not    queue (2-nic's TX rings and qdiscs do); judge a frame (the receiver's NIC and stack do)
 * Drops       SIM_WIRE_LOSS, SIM_WIRE_FAULT
 * Invariants  W1 a frame is freed once.  W2 a frame has at most MAX_SKB_FRAGS fragments.  W3 a read stays inside its frame.
 *             W4 only a frame that is known to be good gets its checksums written.  W5 a link sends one frame at a time.
 *             W6 frames in flight are ordered by arrival.  W7 the frame that arrives next has an event.
 *             W8 frames in use are at most the table.
 *
 * A frame's checksums are computed only when somebody could see the difference: when a bit was flipped, when the capture
 * takes it, when the receiver validates in software. Until then FRAME_GOOD says that they would be right.
 */
import { framesInit } from './frame';
import { impairInit } from './impair';
import { linksInit, linkVerify } from './link';
import { wireState } from './state';

export * from './bytes';
export * from './capture';
export * from './edit';
export * from './egress';
export * from './frame';
export * from './headers';
export * from './impair';
export * from './inject';
export * from './link';
export * from './mark';
export * from './send';
export * from './state';

export function wireInit(): void {
  framesInit();
  linksInit();
  impairInit();
}

/** Checks W6 to W8; returns the number of frames in flight. */
export function wireVerify(): u32 {
  const s = wireState();
  assert(s.frames_used <= s.frames_count, 'W8 frames in use are at most the table');
  return linkVerify(0) + linkVerify(1);
}
