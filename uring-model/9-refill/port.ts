/**
 * ZcrxRing: what zero-copy receive wants of the ring that it serves, filled in by uring-model/7-ring. Function-table
 * indices, like the ports of the stack.
 *
 *   post(ring, user_data, len, off) -> flags of the completion, 0 when the CQ has no room (io_defer_get_uncommited_cqe)
 *   event(ring, user_data, type) -> false when there is no request left (zcrx_send_notif)
 *   user_ok(addr, len): the bytes are mapped user memory
 *   region(ring, desc, mmap_offset) -> address or -errno (io_create_region; desc is a struct io_uring_region_desc)
 *   region_free(addr, bytes, user_provided)
 */
import { PORTS_ADDR } from '../../sim/core';

const POST: usize = 40;
const EVENT: usize = 44;
const USER_OK: usize = 48;
const REGION: usize = 52;
const REGION_FREE: usize = 56;

export function setZcrxRing(
  post: (ring: u32, user_data: u64, len: u32, off: u64) => u32,
  event: (ring: u32, user_data: u64, type: u32) => bool,
  user_ok: (addr: u64, len: u64) => bool,
  region: (desc: u32, mmap_offset: u64) => i64,
  region_free: (addr: u32, bytes: u32, user_provided: u32) => void,
): void {
  store<u32>(PORTS_ADDR, post.index, POST);
  store<u32>(PORTS_ADDR, event.index, EVENT);
  store<u32>(PORTS_ADDR, user_ok.index, USER_OK);
  store<u32>(PORTS_ADDR, region.index, REGION);
  store<u32>(PORTS_ADDR, region_free.index, REGION_FREE);
}

export function ringPostZc(ring: u32, user_data: u64, len: u32, off: u64): u32 {
  return call_indirect<u32>(load<u32>(PORTS_ADDR, POST), ring, user_data, len, off);
}
export function ringPostEvent(ring: u32, user_data: u64, type: u32): bool {
  return call_indirect<bool>(load<u32>(PORTS_ADDR, EVENT), ring, user_data, type);
}
export function ringUserOk(addr: u64, len: u64): bool {
  return call_indirect<bool>(load<u32>(PORTS_ADDR, USER_OK), addr, len);
}
export function ringRegion(desc: u32, mmap_offset: u64): i64 {
  return call_indirect<i64>(load<u32>(PORTS_ADDR, REGION), desc, mmap_offset);
}
export function ringRegionFree(addr: u32, bytes: u32, user_provided: u32): void {
  call_indirect<void>(load<u32>(PORTS_ADDR, REGION_FREE), addr, bytes, user_provided);
}
