/**
 * Description: RECV and its relatives: who of several waiters gets the data, what multishot requests post, and what becomes of
 * the buffers that they pick from a ring.
 */
import { NONE } from '../../../sim/core';
import { RCV_SHUTDOWN, sock, SOCK_DONE, sockWake, POLLIN } from '../../../stack/6-socket';
import { fdSock, sysClose } from '../../../uring-model/7-ring';
import {
  EBADF, EEXIST, EFAULT, EINVAL, ENOBUFS, ENOENT, io_uring_buf, io_uring_buf_reg, IO_URING_BUF_REG_BYTES, IORING_CQE_F_BUF_MORE,
  IORING_CQE_F_BUFFER, IORING_CQE_F_MORE, IORING_CQE_F_SOCK_NONEMPTY, IORING_OP_CLOSE, IORING_OP_RECV, IORING_OP_SOCKET,
  IORING_RECV_MULTISHOT, IORING_REGISTER_PBUF_RING, IORING_UNREGISTER_PBUF_RING, IOSQE_BUFFER_SELECT, IOU_PBUF_RING_INC,
  IORING_RECVSEND_POLL_FIRST,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, register, ring, seen, socket, sqe, user, verify,
} from '../config_ring.as';
import { connected } from '../config_requests.as';

const BUFFER: u32 = IORING_CQE_F_BUFFER;
const MORE: u32 = IORING_CQE_F_MORE;

function recv(fd: u32, user_data: u64, len: u32): u32 {
  const s = sqe(IORING_OP_RECV, user_data);
  s.fd = <i32>fd;
  const at = user(4096);
  s.addr = at;
  s.len = len;
  assert(enter(1, 0, 0) == 1, 'submitted');
  return at;
}
function recvMultishot(fd: u32, user_data: u64): void {
  const s = sqe(IORING_OP_RECV, user_data);
  s.fd = <i32>fd;
  s.ioprio = <u16>IORING_RECV_MULTISHOT;
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 3;
  assert(enter(1, 0, 0) == 1, 'submitted');
}
/** Group 3: `n` buffers of `len` bytes in a ring of 8. Returns the ring. */
function buffers(n: u32, len: u32, flags: u32): u32 {
  const at = user(4096);
  const reg = changetype<io_uring_buf_reg>(<usize>bench().ctrl);
  memory.fill(bench().ctrl, 0, IO_URING_BUF_REG_BYTES);
  reg.ring_addr = at;
  reg.ring_entries = 8;
  reg.bgid = 3;
  reg.flags = <u16>flags;
  assert(register(IORING_REGISTER_PBUF_RING, bench().ctrl, 1) == 0, 'registered');
  for (let i: u32 = 0; i < n; i++) {
    const buf = changetype<io_uring_buf>(<usize>(at + i * 16));
    buf.addr = user(4096);
    buf.len = len;
    buf.bid = <u16>(10 + i);
  }
  store<u16>(at, <u16>n, 14);
  return at;
}
function endOfStream(fd: u32): void {
  const sk = sock(fdSock(HOST, <i32>fd));
  sk.flags |= SOCK_DONE;
  sk.shutdown |= <u8>RCV_SHUTDOWN;
  sockWake(sk, 0, POLLIN);
}

export function data_that_is_there_is_received_at_once(): void {
  const fd = connected(8, DEFER);
  linearPacket(fd, 100, 7);
  const at = recv(fd, 5, 60);
  assert(cqes() == 1 && isCqe(0, 5, 60, IORING_CQE_F_SOCK_NONEMPTY), 'and more is left');
  assert(load<u8>(at) == 7 && load<u8>(at + 59) == 66, 'the bytes');
  verify();
}

export function the_last_to_wait_is_the_first_to_wake(): void {
  const fd = connected(16, DEFER);
  for (let i: u32 = 1; i <= 3; i++) recv(fd, i, 4096);
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 1 && cqe(0).user_data == 3, 'the third');
  seen(1);
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 1 && cqe(0).user_data == 1, 'the others waited again in the order 2, 1');
  seen(1);
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 1 && cqe(0).user_data == 2, 'and the second is last');
  verify();
}

export function a_multishot_receive_takes_a_buffer_for_each_shot(): void {
  build();
  ring(16, DEFER);
  buffers(4, 4096, 0);
  const fd = socket();
  recvMultishot(fd, 9);
  linearPacket(fd, 10, 0);
  getEvents();
  linearPacket(fd, 20, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 9, 10, BUFFER | MORE | (10 << 16)) && isCqe(1, 9, 20, BUFFER | MORE | (11 << 16)), 'buffers 10 and 11');
  verify();
}

export function no_buffer_is_an_error_at_the_next_data(): void {
  build();
  ring(16, DEFER);
  buffers(1, 4096, 0);
  const fd = socket();
  recvMultishot(fd, 9);
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 1 && (cqe(0).flags & MORE) != 0, 'the last buffer ends nothing');
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(1, 9, -ENOBUFS, 0), 'the next data does');
  verify();
}

export function an_end_of_stream_uses_no_buffer(): void {
  build();
  ring(16, DEFER);
  buffers(2, 4096, 0);
  const fd = socket();
  recvMultishot(fd, 9);
  endOfStream(fd);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 9, 0, IORING_CQE_F_SOCK_NONEMPTY), 'TCP says that there is something: the end');
  verify();
}

export function a_multishot_receive_ends_when_there_is_no_room_for_its_completion(): void {
  build();
  ring(4, DEFER);
  buffers(8, 16, 0);
  const fd = socket();
  recvMultishot(fd, 9);
  linearPacket(fd, 100, 0);
  getEvents();
  assert(cqes() == 4 && (cqe(3).flags & MORE) != 0, 'four shots');
  seen(4);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 9, 16, BUFFER | IORING_CQE_F_SOCK_NONEMPTY | (14 << 16)), 'the fifth waited, and was the last');
  verify();
}

export function an_incremental_buffer_is_used_bit_by_bit(): void {
  build();
  ring(16, DEFER);
  const at = buffers(1, 100, IOU_PBUF_RING_INC);
  const fd = socket();
  recvMultishot(fd, 9);
  linearPacket(fd, 40, 0);
  getEvents();
  assert(isCqe(0, 9, 40, BUFFER | MORE | IORING_CQE_F_BUF_MORE | (10 << 16)), 'more of this buffer is to come');
  assert(load<u32>(at, 8) == 60, 'the kernel writes what is left into the ring');
  linearPacket(fd, 60, 0);
  getEvents();
  assert(isCqe(1, 9, 60, BUFFER | MORE | (10 << 16)), 'used up');
  verify();
}

export function registration_of_buffer_rings_is_checked(): void {
  build();
  ring(16, DEFER);
  buffers(1, 100, 0);
  const reg = changetype<io_uring_buf_reg>(<usize>bench().ctrl);
  assert(register(IORING_REGISTER_PBUF_RING, bench().ctrl, 1) == -EEXIST, 'the group is taken');
  reg.bgid = 4;
  reg.ring_entries = 6;
  assert(register(IORING_REGISTER_PBUF_RING, bench().ctrl, 1) == -EINVAL, 'a power of two');
  reg.ring_entries = 8;
  reg.ring_addr = 0;
  assert(register(IORING_REGISTER_PBUF_RING, bench().ctrl, 1) == -EFAULT, 'no memory');
  reg.bgid = 3;
  assert(register(IORING_UNREGISTER_PBUF_RING, bench().ctrl, 1) == 0, 'gone');
  assert(register(IORING_UNREGISTER_PBUF_RING, bench().ctrl, 1) == -ENOENT, 'once');
}

export function poll_first_waits_even_if_there_is_data(): void {
  const fd = connected(16, DEFER);
  linearPacket(fd, 10, 0);
  const s = sqe(IORING_OP_RECV, 5);
  s.fd = <i32>fd;
  s.addr = user(4096);
  s.len = 4096;
  s.ioprio = <u16>IORING_RECVSEND_POLL_FIRST;
  enter(1, 0, 0);
  assert(cqes() == 0, 'by task work');
  getEvents();
  assert(cqes() == 1 && cqe(0).res == 10, 'then');
}

export function a_wrong_address_is_found_when_there_is_data(): void {
  const fd = connected(16, DEFER);
  const s = sqe(IORING_OP_RECV, 5);
  s.fd = <i32>fd;
  s.addr = 64;
  s.len = 100;
  enter(1, 0, 0);
  assert(cqes() == 0, 'not before');
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 1 && cqe(0).res == -EFAULT, 'then');
}

export function a_request_keeps_its_socket_open(): void {
  const fd = connected(16, DEFER);
  const sock_idx = fdSock(HOST, <i32>fd);
  recv(fd, 5, 100);
  sqe(IORING_OP_CLOSE, 6).fd = <i32>fd;
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 6, 0, 0) && fdSock(HOST, <i32>fd) == NONE, 'the descriptor is gone');
  assert(sock(sock_idx).refs != 0 && sock(sock_idx).waiters != 0, 'the socket is not');
  verify();
}

export function descriptors_are_the_least_that_are_free(): void {
  const a = connected(16, DEFER);
  const b = socket();
  assert(a == 4 && b == 5, 'in order');
  assert(sysClose(HOST, a) == 0 && sysClose(HOST, a) == -EBADF, 'closed once');
  assert(socket() == 4 && socket() == 6, 'the gap first');
  const s = sqe(IORING_OP_SOCKET, 1);
  s.fd = 77;
  s.off = 1;
  enter(1, 0, 0);
  assert(cqes() == 1 && cqe(0).res < 0, 'a family that is not there');
  verify();
}
