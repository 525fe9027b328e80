/**
 * The trace: 32-byte records (picture in sim/schema/events.ts), appended to a buffer that the host empties between
 * slices. When it is nearly full the run returns to the host, so nothing is lost and nothing calls out.
 */
import { CURSORS_ADDR } from './memory_map';
import { coreState } from './state';
import { now } from './cpu';

@unmanaged
export class TraceCursor {
  base: u32;
  next: u32; // address of the next record
  stop: u32; // past this address the run returns to the host
  end: u32;
  records: u64; // ever written
  capture_base: u32;
  capture_next: u32;
  capture_stop: u32;
  capture_end: u32;
}

export function traceCursor(): TraceCursor {
  return changetype<TraceCursor>(CURSORS_ADDR);
}

/** Appends a record. Off when the buffer was not made (run.trace: false). */
export function traceEmit(kind: u32, pkt_id: u32, niov_idx: u32, a: u32, b: u32, c: u32): void {
  const cursor = traceCursor();
  const at = <usize>cursor.next;
  if (at == 0) return;
  assert(at < <usize>cursor.end, 'one event wrote more trace records than TRACE_HEADROOM');
  const s = coreState();
  store<u64>(at, now());
  store<u32>(at, kind | (s.host << 8) | (s.context << 16) | (s.core << 24), 8);
  store<u32>(at, pkt_id, 12);
  store<u32>(at, niov_idx, 16);
  store<u32>(at, a, 20);
  store<u32>(at, b, 24);
  store<u32>(at, c, 28);
  cursor.next = <u32>at + 32;
}
