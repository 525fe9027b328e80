/**
 * Events of an instance: a completion with the registered user_data and the event's type as result, once until it is
 * armed again; and the page of statistics that user space may read.
 */
import { NONE, traceZcEvent, ZCRX_COPY_BYTES, ZCRX_COPY_COUNT } from '../../sim/core';
import { EINVAL, zcrx_ctrl_arm_event, zcrx_stats } from '../uapi.gen';
import { zcrxCount } from './counters';
import { ringPostEvent } from './port';
import { Ifq, ifqAt } from './state';

/** __ZCRX_EVENT_TYPE_LAST */
const EVENT_TYPES: u32 = 2;
export const ZCRX_EVENT_TYPE_MASK: u32 = (1 << EVENT_TYPES) - 1;

/** zcrx_send_notif */
export function zcrxSendNotif(ifq_idx: u32, type: u32): void {
  const q = ifqAt(ifq_idx);
  const mask: u32 = 1 << type;
  if ((q.allowed_notif_mask & mask) == 0 || q.master_ring == NONE || (q.fired_notifs & mask) != 0) return;
  if (!ringPostEvent(q.master_ring, q.notif_data, type)) return;
  q.fired_notifs |= mask;
  traceZcEvent(0, NONE, type);
}

/** Arms an event that has fired; one that has not is an error (zcrx_arm_notif). */
export function zcrxArmNotif(q: Ifq, arm: zcrx_ctrl_arm_event): i32 {
  const type = arm.event_type;
  if (type >= EVENT_TYPES) return -EINVAL;
  for (let i: usize = 4; i < 48; i += 4) if (load<u32>(changetype<usize>(arm) + i) != 0) return -EINVAL;
  const mask: u32 = 1 << type;
  if ((mask & ~q.fired_notifs) != 0) return -EINVAL;
  q.fired_notifs &= ~mask;
  return 0;
}

/** One fragment of a foreign page was copied (io_zcrx_copy_frag): what the kernel's own statistics say. */
export function zcrxStatCopy(ifq_idx: u32, q: Ifq, bytes: u32): void {
  zcrxCount(ifq_idx, ZCRX_COPY_COUNT, 1);
  zcrxCount(ifq_idx, ZCRX_COPY_BYTES, bytes);
  if (q.notif_stats == 0) return;
  const stats = changetype<zcrx_stats>(<usize>q.notif_stats);
  stats.copy_count = stats.copy_count + 1;
  stats.copy_bytes = stats.copy_bytes + bytes;
}
