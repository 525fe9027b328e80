/** Description: PROVIDE_BUFFERS and REMOVE_BUFFERS: the order in which buffers are picked, limits, and which kind of group a number is. */
import {
  E2BIG, ECANCELED, EEXIST, EFAULT, EINVAL, ENOBUFS, ENOENT, ENOMEM, EOVERFLOW, io_uring_buf_reg, IO_URING_BUF_REG_BYTES,
  io_uring_buf_status, IO_URING_BUF_STATUS_BYTES, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE, IORING_CQE_F_SOCK_NONEMPTY, IORING_OP_NOP,
  IORING_OP_PROVIDE_BUFFERS, IORING_OP_RECV, IORING_OP_REMOVE_BUFFERS, IORING_RECV_MULTISHOT, IORING_RECVSEND_BUNDLE,
  IORING_REGISTER_PBUF_RING, IORING_REGISTER_PBUF_STATUS, IORING_UNREGISTER_PBUF_RING, IOSQE_BUFFER_SELECT, IOSQE_IO_LINK,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, isCqe, linearPacket, register, ring, seen, socket, sqe, user, verify,
} from '../config_ring.as';

const BUFFER: u32 = IORING_CQE_F_BUFFER;
const MORE: u32 = IORING_CQE_F_MORE;
const GROUP: u16 = 5;

/** The result of one PROVIDE_BUFFERS. */
function provide(addr: u64, len: u32, nbufs: i32, bid: u64): i32 {
  const s = sqe(IORING_OP_PROVIDE_BUFFERS, 1);
  s.fd = nbufs;
  s.addr = addr;
  s.len = len;
  s.off = bid;
  s.buf_group = GROUP;
  return result();
}
function remove(nbufs: i32): i32 {
  const s = sqe(IORING_OP_REMOVE_BUFFERS, 1);
  s.fd = nbufs;
  s.buf_group = GROUP;
  return result();
}
function result(): i32 {
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'it completes at once');
  const res = cqe(0).res;
  seen(1);
  return res;
}
function recv(fd: u32, user_data: u64, multishot: bool, len: u32): void {
  const s = sqe(IORING_OP_RECV, user_data);
  s.fd = <i32>fd;
  s.ioprio = multishot ? <u16>IORING_RECV_MULTISHOT : 0;
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = GROUP;
  s.len = len;
  assert(enter(1, 0, 0) == 1, 'submitted');
}
function registerRing(): i32 {
  const reg = changetype<io_uring_buf_reg>(<usize>bench().ctrl);
  memory.fill(bench().ctrl, 0, IO_URING_BUF_REG_BYTES);
  reg.ring_addr = user(4096);
  reg.ring_entries = 8;
  reg.bgid = GROUP;
  return register(IORING_REGISTER_PBUF_RING, bench().ctrl, 1);
}

export function buffers_of_a_list_are_picked_in_order(): void {
  build();
  ring(16, DEFER);
  assert(provide(user(4096), 100, 2, 7) == 0 && provide(user(4096), 50, 1, 3) == 0, 'provided');
  const fd = socket();
  linearPacket(fd, 230, 0);
  recv(fd, 9, true, 0);
  assert(cqes() == 3, 'three buffers');
  assert(isCqe(0, 9, 100, BUFFER | MORE | IORING_CQE_F_SOCK_NONEMPTY | (7 << 16)), 'the first');
  assert(isCqe(1, 9, 100, BUFFER | MORE | IORING_CQE_F_SOCK_NONEMPTY | (8 << 16)), 'the second');
  assert(isCqe(2, 9, 30, BUFFER | MORE | (3 << 16)), 'and the one that came later');
  linearPacket(fd, 1, 0);
  getEvents();
  assert(cqes() == 4 && isCqe(3, 9, -ENOBUFS, 0), 'the next data finds none');
  verify();
}

export function a_buffer_that_was_not_filled_goes_back_to_the_front(): void {
  build();
  ring(16, DEFER);
  provide(user(4096), 100, 2, 7);
  const fd = socket();
  recv(fd, 9, false, 0);
  assert(remove(65536) == 2, 'both are in the list while the request waits');
  provide(user(4096), 100, 2, 7);
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 9, 10, BUFFER | (7 << 16)), 'the first');
  seen(1);
  assert(remove(5) == 1 && remove(5) == 0, 'one is left');
  verify();
}

export function numbers_out_of_range_are_refused_in_the_kernels_order(): void {
  build();
  ring(16, DEFER);
  const at = user(4096);
  assert(provide(at, 0, 0, 0) == -E2BIG && provide(at, 0, 65537, 0) == -E2BIG, 'the number of buffers');
  assert(provide(at, 0, 1, 70000) == -EINVAL, 'their length');
  assert(provide(u64.MAX_VALUE - 10, 100, 1, 70000) == -EOVERFLOW, 'their end');
  assert(provide(1 << 60, 100, 1, 70000) == -EFAULT, 'their address');
  assert(provide(at, 100, 1, 70000) == -E2BIG, 'the first id');
  assert(provide(at, 1, 2, 65535) == -EINVAL, 'the last id');
  assert(remove(0) == -EINVAL && remove(65537) == -EINVAL && remove(1) == -ENOENT, 'removing');
  const s = sqe(IORING_OP_REMOVE_BUFFERS, 1);
  s.fd = 1;
  s.len = 1;
  assert(result() == -EINVAL, 'a field that is none of its own');
  verify();
}

export function a_group_is_a_ring_or_a_list(): void {
  build();
  ring(16, DEFER);
  assert(registerRing() == 0 && provide(user(4096), 100, 1, 0) == -EINVAL && remove(1) == -EINVAL, 'a ring is no list');
  const reg = bench().ctrl;
  assert(register(IORING_UNREGISTER_PBUF_RING, reg, 1) == 0 && provide(user(4096), 100, 1, 0) == 0, 'now it is');
  assert(registerRing() == -EEXIST && register(IORING_UNREGISTER_PBUF_RING, reg, 1) == -EINVAL, 'and no ring');
  memory.fill(reg, 0, IO_URING_BUF_STATUS_BYTES);
  changetype<io_uring_buf_status>(<usize>reg).buf_group = GROUP;
  assert(register(IORING_REGISTER_PBUF_STATUS, reg, 1) == -EINVAL, 'which a list has no status for');
  assert(remove(1) == 1 && registerRing() == 0, 'an empty list makes room');
  verify();
}

export function removed_buffers_can_be_provided_again(): void {
  build();
  ring(16, DEFER);
  for (let i: u32 = 0; i < 3; i++) assert(provide(user(4096), 1, 16384, 0) == 0 && remove(65536) == 16384, 'all of the world');
  verify();
}

export function a_buffer_at_address_zero_is_none(): void {
  build();
  ring(16, DEFER);
  const fd = socket();
  linearPacket(fd, 10, 0);
  assert(provide(0, 100, 1, 7) == 0, 'nobody looks at it before it is used');
  recv(fd, 9, false, 0);
  assert(cqes() == 1 && cqe(0).res == -ENOBUFS, 'then there is none');
}

export function a_failure_with_buffers_ends_a_chain(): void {
  build();
  ring(16, DEFER);
  const s = sqe(IORING_OP_REMOVE_BUFFERS, 1);
  s.fd = 1;
  s.buf_group = GROUP;
  s.flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  enter(2, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, -ENOENT, 0) && isCqe(1, 2, -ECANCELED, 0), 'there is no such group');
  verify();
}

export function a_buffer_that_was_used_can_be_provided_again(): void {
  build();
  ring(16, DEFER);
  const at = user(4096);
  const fd = socket();
  assert(provide(at, 1, 16383, 0) == 0 && provide(at, 100, 1, 7) == 0 && provide(at, 1, 1, 0) == -ENOMEM, 'all of the world');
  assert(remove(16383) == 16383 && provide(at, 1, 16383, 0) == 0, 'one is left over');
  linearPacket(fd, 10, 0);
  recv(fd, 9, false, 0);
  assert(cqes() == 1 && isCqe(0, 9, 10, BUFFER | (7 << 16)), 'it is used');
  seen(1);
  assert(provide(at, 1, 1, 0) == 0 && provide(at, 1, 1, 0) == -ENOMEM, 'and has made room for another');
}

export function a_bundle_out_of_a_list_is_one_buffer(): void {
  build();
  ring(16, DEFER);
  provide(user(4096), 100, 2, 7);
  const fd = socket();
  linearPacket(fd, 10, 0);
  const s = sqe(IORING_OP_RECV, 9);
  s.fd = <i32>fd;
  s.ioprio = <u16>IORING_RECVSEND_BUNDLE;
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = GROUP;
  assert(enter(1, 0, 0) == 1 && cqes() == 1 && isCqe(0, 9, 10, BUFFER | (7 << 16)), 'the first');
  verify();
}
