/**
 * Memory that a user may lock (RLIMIT_MEMLOCK), counted in pages as io_uring does (io_uring/rsrc.c: __io_account_mem): areas,
 * refill rings, parameter regions, registered buffers; rings themselves and rings of buffers are nobody's. A user with CAP_IPC_LOCK
 * has no limit and is not counted.
 */
import { hostConfig, NONE, POOL_ADDR } from '../../sim/core';

const LOCKED: usize = POOL_ADDR + 0xf00;

/** Pages of a host's user that are locked. */
export function memLocked(host: u32): u64 {
  return load<u64>(LOCKED + (<usize>host << 3));
}
/** Counts pages; false: that would be more than the limit (-ENOMEM). `host` NONE: nobody's, not counted. */
export function memCharge(host: u32, pages: u64): bool {
  if (host == NONE) return true;
  const c = hostConfig(host);
  if (c.ring_cap_ipc_lock || pages == 0) return true;
  const now = memLocked(host) + pages;
  if (now > c.ring_memlock >> 12) return false;
  store<u64>(LOCKED + (<usize>host << 3), now);
  return true;
}
export function memUncharge(host: u32, pages: u64): void {
  if (host == NONE || hostConfig(host).ring_cap_ipc_lock) return;
  const locked = memLocked(host);
  assert(locked >= pages, 'P3 a user unlocks no more memory than it locked');
  store<u64>(LOCKED + (<usize>host << 3), locked - pages);
}
