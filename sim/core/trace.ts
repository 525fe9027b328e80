/**
 * The trace: 32-byte records (picture in sim/schema/events.ts), appended to a buffer that the host empties between
 * slices. When it is nearly full the run returns to the host, so nothing is lost and nothing calls out.
 */
import { CURSORS_ADDR } from './memory_map';
import { coreState } from './state';
import { now } from './clock';

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
  egress_base: u32; // frames that leave the world (nic-model/1-wire/egress.ts)
  egress_next: u32;
  egress_stop: u32;
  egress_end: u32;
  charges_seen: u32; // charges that were traced (charge_trace.ts); 0: they are not
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
  // Four stores, not eight: this is the most frequent function of all.
  store<u64>(at, now());
  store<u64>(at, <u64>(kind | coreState().who) | (<u64>pkt_id << 32), 8);
  store<u64>(at, <u64>niov_idx | (<u64>a << 32), 16);
  store<u64>(at, <u64>b | (<u64>c << 32), 24);
  cursor.next = <u32>at + 32;
}
