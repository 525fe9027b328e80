/** Small worlds: most faults need few packets, few buffers and small rings, and a small world is made in less than a millisecond. */
import type { Plain } from '../../host/index.ts';

type Section = Readonly<Record<string, Plain>>;

/** Sections of every case: what it may hold at once. */
export const SMALL_LIMITS: Section = {
  socks: 32, skbs: 1536, frames: 1536, tx_pages: 96, rx_pages: 640, reqs: 256, user_bytes: 2 * 1024 ** 2, trace_records: 65536,
};
export const SMALL_RUN: Section = { verify: true };
