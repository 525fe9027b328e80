/**
 * Kernels whose registered files and buffers had no references of their own: unregistering them waits until no request uses one
 * (io_uring/rsrc.c of Linux 6.12: io_rsrc_ref_quiesce). The call returns -ERESTARTSYS and is made again, as others that sleep.
 */
import { behaves, BEHAVES_RSRC_QUIESCE, NONE } from '../../sim/core';
import { EINTR, ERESTARTSYS } from '../uapi.gen';
import { nodeAt, slot } from './rsrc';
import { callWake } from './sleep';
import { Ring } from './state';
import { Task, taskAt } from './task';

function inUse(base: u32, nr: u32): bool {
  for (let i: u32 = 0; i < nr; i++) {
    const node = slot(base, i);
    if (node != NONE && nodeAt(node).refs > 1) return true;
  }
  return false;
}

/**
 * May a table go now? 0, -ERESTARTSYS while the task sleeps for it, or -EINTR.
 * Differs from Linux: new requests may use the table while 6.12 waits for the old ones.
 */
export function quiesce(t: Task, r: Ring, base: u32, nr: u32): i32 {
  r.quiesce_task = NONE;
  if (!behaves(r.host, BEHAVES_RSRC_QUIESCE) || !inUse(base, nr)) return 0;
  if (t.sig_pending != 0) return -EINTR;
  r.quiesce_task = t.idx;
  return -ERESTARTSYS;
}

/** A request has let go of something registered. */
export function quiesceWake(r: Ring): void {
  if (r.quiesce_task != NONE) callWake(taskAt(r.quiesce_task));
}
