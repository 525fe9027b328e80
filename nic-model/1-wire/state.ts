/** The stage's own state, at WIRE_ADDR; the two links follow at +0x100 (link.ts). */
import { WIRE_ADDR } from '../../sim/core';

@unmanaged
export class WireState {
  frames_base: u32;
  frames_count: u32;
  frames_used: u32;
  /** Those that came back; behind them all from frame_fresh on, which nobody has had. */
  frame_free: u32;
  frame_fresh: u32;
}

export function wireState(): WireState {
  return changetype<WireState>(WIRE_ADDR);
}
