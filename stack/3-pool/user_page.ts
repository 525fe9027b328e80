/**
 * Pages of user memory as netmem, while packets hold them (lib/iov_iter.c: iov_iter_get_pages2). Each page of the region has
 * its entry behind all others; it holds no references of the user's, only those of packets.
 *
 * Differs from Linux: user memory has no huge pages, so fragments of two pages are never joined.
 * Differs from Linux: memory that is lent is not counted against RLIMIT_MEMLOCK.
 */
import { NONE, PAGE_SIZE } from '../../sim/core';
import { KIND_USER_PAGE, netmem, NO_AREA, NO_POOL, PLACE_LIVE } from './netmem';
import { poolState } from './state';

const PAGE_SHIFT: u32 = 12;

/** Where user memory begins; netmemInit left room for its pages. */
export function userPagesInit(base: u32, bytes: u32): void {
  assert((base & (PAGE_SIZE - 1)) == 0, 'user memory begins with a page');
  const s = poolState();
  s.user_base = base;
  s.user_end = base + bytes;
}

/** Is [addr, addr + len) user memory? */
export function userOk(addr: u64, len: u64): bool {
  const s = poolState();
  return addr >= <u64>s.user_base && addr <= <u64>s.user_end && len <= <u64>s.user_end - addr;
}

/** The page of a user address, with a reference for the caller; NONE: it is no user memory. */
export function userPagePin(addr: usize): u32 {
  const s = poolState();
  const page = (<u32>addr - s.user_base) >> PAGE_SHIFT;
  if (s.user_base == 0 || <u32>addr < s.user_base || page >= s.user_pages) return NONE;
  const idx = s.netmem_capacity + page;
  const n = netmem(idx);
  if (n.pp_ref == 0) {
    n.addr = <u32>addr & ~(PAGE_SIZE - 1);
    n.size = PAGE_SIZE;
    n.pool = NO_POOL;
    n.place = PLACE_LIVE;
    n.kind = KIND_USER_PAGE;
    n.area = NO_AREA;
    n.niov_idx = idx;
  }
  n.pp_ref++;
  return idx;
}
