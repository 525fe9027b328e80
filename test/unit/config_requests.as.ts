/** Requests that many tests of rings make, in the world of config_ring. */
import { IORING_NOP_INJECT_RESULT, IORING_OP_NOP, IORING_OP_POLL_ADD, IORING_OP_RECV } from '../../uring-model/uapi.gen';
import { build, ring, socket, sqe, user } from './config_ring.as';

const BYTES: u32 = 4096;

/** World, ring and a connected socket in one: the socket's descriptor. */
export function connected(cq_entries: u32, flags: u32): u32 {
  build();
  ring(cq_entries, flags);
  return socket();
}
export function nop(user_data: u64, flags: u32 = 0, result: i32 = 0): void {
  const s = sqe(IORING_OP_NOP, user_data);
  s.flags = <u8>flags;
  s.nop_flags = IORING_NOP_INJECT_RESULT;
  s.len = <u32>result;
}
export function recv(fd: u32, user_data: u64, flags: u32 = 0): void {
  const s = sqe(IORING_OP_RECV, user_data);
  s.fd = <i32>fd;
  s.addr = user(BYTES);
  s.len = BYTES;
  s.flags = <u8>flags;
}
/** `flags` as IORING_POLL_ADD_MULTI */
export function poll(fd: u32, user_data: u64, events: u32, flags: u32 = 0): void {
  const s = sqe(IORING_OP_POLL_ADD, user_data);
  s.fd = <i32>fd;
  s.poll32_events = events;
  s.len = flags;
}
