/**
 * What the first bytes of a request cost beyond what every byte costs. Measurements of requests of all sizes show it on every path,
 * copied or lent: bytes up to a KiB cost most, those up to 16 KiB still more than the rest (caches and translations are cold, and what
 * follows is prefetched and merged). A request that is answered in several calls begins once.
 */
import { chargeBytes } from '../../sim/core';

const FIRST_BYTES: u32 = 1024;
const START_BYTES: u32 = 16384;

/** `bytes` of a request were moved, behind `before` others; what came to nothing costs nothing. */
export function chargeMessage(first: u32, start: u32, before: u32, bytes: i32): void {
  if (bytes <= 0 || before >= START_BYTES) return;
  if (before < FIRST_BYTES) chargeBytes(first, min(FIRST_BYTES - before, <u32>bytes));
  chargeBytes(start, min(START_BYTES - before, <u32>bytes));
}
