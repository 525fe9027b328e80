/**
 * ZcrxRing: what zero-copy receive wants of the ring that it serves, filled in by uring-model/7-ring. Function-table
 * indices, like the ports of the stack.
 *
 *   post(ring, user_data, len, off) -> flags of the completion, 0 when the CQ has no room (io_defer_get_uncommited_cqe)
 *   event(ring, user_data, type) -> false when there is no request left (zcrx_send_notif)
 *   region(host, desc, mmap_offset) -> address or -errno (io_create_region; desc is a struct io_uring_region_desc)
 *   region_free(host, addr, bytes, user_provided)
 */
import { PORTS_ADDR } from '../../sim/core';

const POST: usize = 40;
const EVENT: usize = 44;
const REGION: usize = 52;
const REGION_FREE: usize = 56;

export function setZcrxRing(
  post: (ring: u32, user_data: u64, len: u32, off: u64) => u32,
  event: (ring: u32, user_data: u64, type: u32) => bool,
  region: (host: u32, desc: u32, mmap_offset: u64) => i64,
  region_free: (host: u32, addr: u32, bytes: u32, user_provided: u32) => void,
): void {
  store<u32>(PORTS_ADDR, post.index, POST);
  store<u32>(PORTS_ADDR, event.index, EVENT);
  store<u32>(PORTS_ADDR, region.index, REGION);
  store<u32>(PORTS_ADDR, region_free.index, REGION_FREE);
}

export function ringPostZc(ring: u32, user_data: u64, len: u32, off: u64): u32 {
  return call_indirect<u32>(load<u32>(PORTS_ADDR, POST), ring, user_data, len, off);
}
export function ringPostEvent(ring: u32, user_data: u64, type: u32): bool {
  return call_indirect<bool>(load<u32>(PORTS_ADDR, EVENT), ring, user_data, type);
}
export function ringRegion(host: u32, desc: u32, mmap_offset: u64): i64 {
  return call_indirect<i64>(load<u32>(PORTS_ADDR, REGION), host, desc, mmap_offset);
}
export function ringRegionFree(host: u32, addr: u32, bytes: u32, user_provided: u32): void {
  call_indirect<void>(load<u32>(PORTS_ADDR, REGION_FREE), host, addr, bytes, user_provided);
}
