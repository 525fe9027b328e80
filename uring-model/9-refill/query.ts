/** What user space may ask about zero-copy receive before it registers any (io_uring/query.c), of a host's kernel. */
import { behaves, BEHAVES_ZCRX_EVENTS, BEHAVES_ZCRX_RX_BUF_LEN } from '../../sim/core';
import {
  io_uring_query_zcrx, IO_URING_QUERY_ZCRX_BYTES, io_uring_query_zcrx_event, IO_URING_QUERY_ZCRX_EVENT_BYTES, IORING_ZCRX_AREA_DMABUF,
  ZCRX_FEATURE_EVENT, ZCRX_FEATURE_RX_PAGE_SIZE, ZCRX_STATS_BYTES,
} from '../uapi.gen';
import { zcrxCtrlOps } from './control';
import { ZCRX_EVENT_TYPE_MASK } from './events';
import { zcrxRegFlags } from './register';
import { rqHdrBytes } from './refill_ring';

const L1_CACHE_BYTES: u32 = 64;

/** Writes struct io_uring_query_zcrx; its size (io_query_zcrx). */
export function zcrxQuery(host: u32, at: usize): u32 {
  const e = changetype<io_uring_query_zcrx>(at);
  memory.fill(at, 0, IO_URING_QUERY_ZCRX_BYTES);
  e.register_flags = zcrxRegFlags(host);
  e.area_flags = IORING_ZCRX_AREA_DMABUF;
  e.nr_ctrl_opcodes = zcrxCtrlOps(host);
  e.features = (behaves(host, BEHAVES_ZCRX_RX_BUF_LEN) ? ZCRX_FEATURE_RX_PAGE_SIZE : 0)
    | (behaves(host, BEHAVES_ZCRX_EVENTS) ? ZCRX_FEATURE_EVENT : 0);
  e.rq_hdr_size = rqHdrBytes(host);
  e.rq_hdr_alignment = L1_CACHE_BYTES;
  return IO_URING_QUERY_ZCRX_BYTES;
}

/** Writes struct io_uring_query_zcrx_event; its size, or 0 where there are no events (io_query_zcrx_notif). */
export function zcrxQueryEvents(host: u32, at: usize): u32 {
  if (!behaves(host, BEHAVES_ZCRX_EVENTS)) return 0;
  const e = changetype<io_uring_query_zcrx_event>(at);
  memory.fill(at, 0, IO_URING_QUERY_ZCRX_EVENT_BYTES);
  e.event_flags = ZCRX_EVENT_TYPE_MASK;
  e.stats_size = ZCRX_STATS_BYTES;
  e.stats_off_alignment = 8;
  return IO_URING_QUERY_ZCRX_EVENT_BYTES;
}
