/**
 * User references: how often user space has a buffer on loan (io_uring/zcrx.c: user_refs). Each came with a page-pool
 * reference, and each refill entry gives one back. A buffer can be on loan more than once, when several fragments of one
 * net_iov were delivered.
 */
import { ZCRX_LOAN_MAX } from '../../sim/core';
import { netmem } from '../../stack/3-pool';
import { zcrxCounters } from './counters';
import { ifqAt } from './state';

/** Lends a buffer once more (io_zcrx_get_niov_uref). */
export function userRefGet(ifq_idx: u32, netmem_idx: u32): void {
  const n = netmem(netmem_idx);
  if (n.user_ref++ != 0) return;
  const q = ifqAt(ifq_idx);
  const loans = ++q.loans;
  const at = zcrxCounters(ifq_idx) + (<usize>ZCRX_LOAN_MAX << 3);
  if (<u64>loans > load<u64>(at)) store<u64>(at, loans);
}

/** Takes `refs` loans back at once: all of them or, if there are not so many, none (io_zcrx_put_niov_uref). */
export function userRefPut(ifq_idx: u32, netmem_idx: u32, refs: u32): bool {
  const n = netmem(netmem_idx);
  if (n.user_ref < refs) return false;
  n.user_ref -= refs;
  if (n.user_ref == 0 && refs != 0) ifqAt(ifq_idx).loans--;
  return true;
}
