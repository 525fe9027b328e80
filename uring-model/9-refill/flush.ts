/**
 * ZCRX_CTRL_FLUSH_RQ: user space asks the kernel to read the refill ring now. Without it an instance that has no device, or
 * whose queue is quiet, never reads it. An entry that names no buffer ends the call, and counts as read.
 */
import { NONE } from '../../sim/core';
import { EINVAL, zcrx_ctrl_flush_rq } from '../uapi.gen';
import { niovReturn } from './area';
import { loanReturn, rqCommit, rqEntries, rqeParse, rqNext } from './refill_ring';
import { Ifq } from './state';

const ZCRX_FLUSH_BATCH: u32 = 32;

/** One batch (zcrx_parse_rq, zcrx_return_buffers). Returns the number of good entries in it. */
function flushBatch(ifq_idx: u32, q: Ifq): u32 {
  const entries = rqEntries(q);
  const nr = entries < ZCRX_FLUSH_BATCH ? entries : ZCRX_FLUSH_BATCH;
  let good: u32 = 0;
  while (good < nr) {
    const idx = rqeParse(ifq_idx, q, rqNext(q));
    if (idx == NONE) break;
    if (loanReturn(ifq_idx, q, idx, 1)) niovReturn(idx);
    good++;
  }
  rqCommit(q);
  return good;
}

/** zcrx_flush_rq */
export function zcrxFlushRq(ifq_idx: u32, q: Ifq, flush: zcrx_ctrl_flush_rq): i32 {
  for (let i: usize = 0; i < 48; i += 8) if (load<u64>(changetype<usize>(flush) + i) != 0) return -EINVAL;
  let total: u32 = 0;
  while (true) {
    const nr = flushBatch(ifq_idx, q);
    total += nr;
    if (nr != ZCRX_FLUSH_BATCH || total >= q.rq_entries) return 0;
  }
}
