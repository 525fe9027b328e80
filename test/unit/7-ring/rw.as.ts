/** Description: reads and writes of files of every kind; epoll sets and commands of sockets by way of the ring. */
import { blockFileNew, epollNew, eventfdFileNew, fdInstall, O_DIRECT, pipePairNew } from '../../../stack/file';
import {
  EAGAIN, EBADF, EBADFD, EFAULT, EINVAL, ENOBUFS, EOPNOTSUPP, EPIPE, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE, IORING_OP_EPOLL_CTL,
  IORING_OP_EPOLL_WAIT, IORING_OP_CLOSE, IORING_OP_NOP, IORING_OP_READ, IORING_OP_READ_FIXED, IORING_OP_READ_MULTISHOT, IORING_OP_READV,
  IORING_OP_PROVIDE_BUFFERS, IORING_OP_URING_CMD, IORING_OP_WRITE, IORING_OP_WRITEV, IORING_REGISTER_PBUF_RING, io_uring_buf_reg,
  io_uring_sqe, IOSQE_BUFFER_SELECT, IOSQE_IO_LINK, POLLIN, SO_TYPE, SOCKET_URING_OP_GETSOCKOPT, SOCKET_URING_OP_SIOCINQ, SOL_SOCKET,
  ECANCELED,
} from '../../../uring-model/uapi.gen';
import {
  build, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, register, ring, seen, settle, sqe, user, verify,
} from '../config_ring.as';
import { connected } from '../config_requests.as';
import { provide as provideRing } from '../config_provide.as';

const CUR_POS: u64 = u64.MAX_VALUE;
const ESPIPE: i32 = 29;

function rw(op: u32, user_data: u64, fd: u32, addr: u32, len: u32, off: u64): io_uring_sqe {
  const s = sqe(op, user_data);
  s.fd = <i32>fd;
  s.addr = addr;
  s.len = len;
  s.off = off;
  return s;
}
/** Reader and writer of a new pipe, at `out`. */
function pipe(): u32 {
  const out = user(64);
  assert(pipePairNew(HOST, 0, out) == 0, 'a pipe');
  store<u32>(out, fdInstall(HOST, load<u32>(out)));
  store<u32>(out, fdInstall(HOST, load<u32>(out, 4)), 4);
  return out;
}

export function a_read_of_a_pipe_waits_for_its_writer(): void {
  build();
  ring(16, DEFER);
  const p = pipe();
  const buf = user(64);
  const data = user(64);
  store<u32>(data, 0x00636261);
  rw(IORING_OP_READ, 1, load<u32>(p), buf, 64, CUR_POS);
  assert(enter(1, 0, 0) == 1 && cqes() == 0, 'armed');
  rw(IORING_OP_WRITE, 2, load<u32>(p, 4), data, 3, CUR_POS);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 2, 3, 0), 'written at once');
  getEvents();
  assert(cqes() == 2 && isCqe(1, 1, 3, 0) && load<u32>(buf) == 0x00636261, 'read by task work');
  rw(IORING_OP_WRITE, 3, load<u32>(p), data, 3, CUR_POS);
  rw(IORING_OP_READ, 4, load<u32>(p, 4), buf, 3, CUR_POS);
  enter(2, 0, 0);
  assert(isCqe(2, 3, -EBADF, 0) && isCqe(3, 4, -EBADF, 0), 'each end has one direction');
  verify();
}

export function a_write_that_fails_completes_by_task_work(): void {
  build();
  ring(16, DEFER);
  const p = pipe();
  sqe(IORING_OP_CLOSE, 9).fd = load<i32>(p);
  enter(1, 0, 0);
  seen(1);
  rw(IORING_OP_WRITE, 1, load<u32>(p, 4), user(64), 3, CUR_POS);
  enter(1, 0, 0);
  assert(cqes() == 0, 'not at once');
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, -EPIPE, 0), 'nobody reads');
  verify();
}

export function an_eventfd_gives_its_count(): void {
  build();
  ring(16, DEFER);
  const fd = fdInstall(HOST, <u32>eventfdFileNew(HOST, 0, 0));
  const buf = user(64);
  const seven = user(64);
  store<u64>(seven, 7);
  rw(IORING_OP_READ, 2, fd, buf, 8, 0);
  enter(1, 0, 0);
  rw(IORING_OP_WRITE, 3, fd, seven, 8, 0);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 0, 'what has no write_iter is tried again and again');
  for (let i = 0; i < 130; i++) getEvents();
  settle();
  getEvents();
  assert(cqes() == 2 && load<u64>(buf) == 7, 'until a worker does it');
  verify();
}

export function sockets_have_no_positions(): void {
  const fd = connected(16, DEFER);
  const buf = user(4096);
  linearPacket(fd, 10, 0);
  rw(IORING_OP_READ, 1, fd, buf, 4, 5);
  rw(IORING_OP_READ, 2, fd, buf, 4, 0);
  rw(IORING_OP_READ, 3, fd, buf, 0, CUR_POS);
  rw(IORING_OP_READ, 4, fd, buf, 4, <u64>-2);
  enter(4, 0, 0);
  assert(isCqe(0, 1, -ESPIPE, 0) && isCqe(1, 2, 4, 0) && isCqe(2, 3, 0, 0) && isCqe(3, 4, -EINVAL, 0), 'only 0 and -1');
  verify();
}

export function flags_of_reads_are_checked_in_order(): void {
  const fd = connected(16, DEFER);
  const buf = user(64);
  rw(IORING_OP_READ, 1, fd, buf, 4, 0).rw_flags = 0x8000;
  rw(IORING_OP_READ, 2, fd, buf, 4, 0).rw_flags = 0x30;
  rw(IORING_OP_READ, 3, fd, buf, 4, 0).rw_flags = 0x40;
  rw(IORING_OP_READ, 4, fd, buf, 4, 0).rw_flags = 1;
  rw(IORING_OP_READ, 5, fd, buf, 4, 0).rw_flags = 8;
  rw(IORING_OP_READ, 6, fd, buf, 4, 0).ioprio = 1;
  enter(6, 0, 0);
  assert(isCqe(0, 1, -EOPNOTSUPP, 0) && isCqe(1, 2, -EINVAL, 0) && isCqe(2, 3, -EOPNOTSUPP, 0) && isCqe(3, 4, -EINVAL, 0), 'refused');
  assert(isCqe(4, 5, -EAGAIN, 0) && isCqe(5, 6, -EINVAL, 0), 'RWF_NOWAIT does not wait; a priority has a class');
  verify();
}

export function a_short_read_ends_a_chain(): void {
  const fd = connected(16, DEFER);
  linearPacket(fd, 10, 0);
  rw(IORING_OP_READ, 1, fd, user(64), 64, 0).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  enter(2, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 10, 0) && isCqe(1, 2, -ECANCELED, 0), 'less than was asked for is a failure');
  verify();
}

export function vectors_are_read_when_they_are_submitted(): void {
  const fd = connected(16, DEFER);
  const iov = user(64);
  const a = user(64);
  const b = user(64);
  store<u64>(iov, a);
  store<u64>(iov, 3, 8);
  store<u64>(iov, b, 16);
  store<u64>(iov, 5, 24);
  rw(IORING_OP_READV, 1, fd, iov, 2, 0);
  enter(1, 0, 0);
  memory.fill(iov, 0, 64);
  linearPacket(fd, 8, 1);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 8, 0) && load<u8>(a, 2) == 3 && load<u8>(b) == 4, 'what they were then');
  rw(IORING_OP_READV, 2, fd, iov, 2000, 0);
  enter(1, 0, 0);
  rw(IORING_OP_WRITEV, 3, fd, 16, 1, 0);
  enter(1, 0, 0);
  assert(isCqe(1, 2, -EINVAL, 0) && isCqe(2, 3, -EFAULT, 0), 'too many; not there');
  verify();
}

export function a_multishot_read_takes_a_buffer_for_each_shot(): void {
  const fd = connected(16, DEFER);
  const at = user(64);
  const reg = changetype<io_uring_buf_reg>(<usize>at);
  reg.ring_addr = user(4096);
  reg.ring_entries = 4;
  reg.bgid = 7;
  assert(register(IORING_REGISTER_PBUF_RING, at, 1) == 0, 'a group');
  const bufs = <usize>reg.ring_addr;
  for (let i: u32 = 0; i < 2; i++) {
    store<u64>(bufs + i * 16, user(64));
    store<u32>(bufs + i * 16, 64, 8);
    store<u16>(bufs + i * 16, <u16>i, 12);
  }
  store<u16>(bufs, 2, 14);
  const s = rw(IORING_OP_READ_MULTISHOT, 1, fd, 0, 0, CUR_POS);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 7;
  enter(1, 0, 0);
  linearPacket(fd, 10, 0);
  getEvents();
  linearPacket(fd, 20, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 10, IORING_CQE_F_BUFFER | IORING_CQE_F_MORE), 'one');
  assert(isCqe(1, 1, 20, IORING_CQE_F_BUFFER | IORING_CQE_F_MORE | (1 << 16)), 'two');
  linearPacket(fd, 5, 0);
  getEvents();
  assert(cqes() == 3 && isCqe(2, 1, -ENOBUFS, 0), 'no buffer, no more');
  rw(IORING_OP_READ_MULTISHOT, 2, fd, 0, 0, CUR_POS);
  enter(1, 0, 0);
  assert(isCqe(3, 2, -EINVAL, 0), 'without a group');
  verify();
}

export function a_block_device_wants_what_is_aligned(): void {
  build();
  ring(16, DEFER);
  const fd = fdInstall(HOST, <u32>blockFileNew(HOST, O_DIRECT));
  const buf = user(8192);
  store<u64>(buf, 0x1122334455667788);
  rw(IORING_OP_WRITE, 1, fd, buf, 512, 1024);
  rw(IORING_OP_WRITE, 2, fd, buf, 512, 100);
  rw(IORING_OP_WRITE, 3, fd, buf, 100, 0);
  rw(IORING_OP_READ, 4, fd, buf + 4096, 512, 1024);
  enter(4, 0, 0);
  getEvents();
  assert(cqes() == 4 && isCqe(0, 1, 512, 0) && isCqe(1, 4, 512, 0) && load<u64>(buf + 4096) == 0x1122334455667788, 'written and read');
  assert(isCqe(2, 2, -EINVAL, 0) && isCqe(3, 3, -EINVAL, 0), 'position and length');
  const s = rw(IORING_OP_READ_MULTISHOT, 5, fd, 0, 0, 0);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  enter(1, 0, 0);
  assert(isCqe(4, 5, -EBADFD, 0), 'nothing to wait for');
  verify();
}

export function a_fixed_read_needs_its_buffer(): void {
  const fd = connected(16, DEFER);
  rw(IORING_OP_READ_FIXED, 1, fd, user(64), 64, 0);
  enter(1, 0, 0);
  assert(isCqe(0, 1, -EFAULT, 0), 'none is registered');
  verify();
}

export function commands_ask_a_socket(): void {
  const fd = connected(16, DEFER);
  linearPacket(fd, 10, 0);
  const inq = sqe(IORING_OP_URING_CMD, 1);
  inq.fd = <i32>fd;
  inq.cmd_op = SOCKET_URING_OP_SIOCINQ;
  enter(1, 0, 0);
  assert(isCqe(0, 1, 10, 0), 'unread bytes');
  const val = user(64);
  const get = sqe(IORING_OP_URING_CMD, 2);
  get.fd = <i32>fd;
  get.cmd_op = SOCKET_URING_OP_GETSOCKOPT;
  get.level = SOL_SOCKET;
  get.optname = SO_TYPE;
  get.optval = val;
  get.optlen = 4;
  enter(1, 0, 0);
  assert(isCqe(1, 2, 4, 0) && load<u32>(val) == 1, 'an option');
  const other = sqe(IORING_OP_URING_CMD, 3);
  other.fd = <i32>fd;
  other.cmd_op = SOCKET_URING_OP_GETSOCKOPT;
  other.level = 6;
  enter(1, 0, 0);
  const unknown = sqe(IORING_OP_URING_CMD, 4);
  unknown.fd = <i32>fd;
  unknown.cmd_op = 99;
  enter(1, 0, 0);
  const flags = sqe(IORING_OP_URING_CMD, 5);
  flags.fd = <i32>fd;
  flags.uring_cmd_flags = 2;
  enter(1, 0, 0);
  assert(isCqe(2, 3, -EOPNOTSUPP, 0) && isCqe(3, 4, -EOPNOTSUPP, 0) && isCqe(4, 5, -EINVAL, 0), 'another level, another command');
  const p = pipe();
  sqe(IORING_OP_URING_CMD, 6).fd = load<i32>(p);
  enter(1, 0, 0);
  assert(isCqe(5, 6, -EOPNOTSUPP, 0), 'a pipe has none');
  verify();
}

function ctl(user_data: u64, epoll: u32, op: u32, fd: u32, event: u32): void {
  const s = sqe(IORING_OP_EPOLL_CTL, user_data);
  s.fd = <i32>epoll;
  s.len = op;
  s.off = fd;
  s.addr = event;
}

export function an_epoll_set_is_changed_and_waited_for_by_requests(): void {
  const fd = connected(16, DEFER);
  const epoll = fdInstall(HOST, <u32>epollNew(HOST));
  const event = user(64);
  store<u32>(event, POLLIN);
  store<u64>(event, 777, 4);
  ctl(1, 99, 1, fd, event);
  ctl(2, epoll, 1, 99, event);
  ctl(3, epoll, 1, fd, event);
  enter(3, 0, 0);
  assert(isCqe(0, 1, -EBADF, 0) && isCqe(1, 2, -EBADF, 0) && isCqe(2, 3, 0, 0), 'both must be there');
  ctl(4, 99, 1, 99, 16);
  enter(1, 0, 0);
  assert(isCqe(3, 4, -EFAULT, 0), 'the event is read first');
  const out = user(64);
  const wait = sqe(IORING_OP_EPOLL_WAIT, 5);
  wait.fd = <i32>epoll;
  wait.addr = out;
  wait.len = 4;
  enter(1, 0, 0);
  assert(cqes() == 4, 'waits');
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 5 && isCqe(4, 5, 1, 0) && load<u32>(out) == POLLIN && load<u64>(out, 4) == 777, 'one event');
  ctl(6, epoll, 2, fd, 0);
  enter(1, 0, 0);
  assert(isCqe(5, 6, 0, 0), 'taken out, without an event');
  verify();
}

export function a_read_takes_a_buffer_of_a_list(): void {
  build();
  ring(16, DEFER);
  const p = pipe();
  const bufs = user(64);
  const s = sqe(IORING_OP_PROVIDE_BUFFERS, 1);
  s.fd = 1;
  s.addr = bufs;
  s.len = 16;
  s.off = 9;
  s.buf_group = 4;
  rw(IORING_OP_WRITE, 2, load<u32>(p, 4), user(64), 3, CUR_POS);
  const read = rw(IORING_OP_READ, 3, load<u32>(p), 0, 64, CUR_POS);
  read.flags = <u8>IOSQE_BUFFER_SELECT;
  read.buf_group = 4;
  assert(enter(3, 0, 0) == 3 && cqes() == 3, 'all three');
  assert(isCqe(0, 1, 0, 0) && isCqe(1, 2, 3, 0) && isCqe(2, 3, 3, IORING_CQE_F_BUFFER | (9 << 16)), 'its number is told');
  verify();
}

export function the_end_of_a_file_is_no_failure_of_a_multishot_read(): void {
  build();
  ring(16, DEFER);
  const p = pipe();
  provideRing(4, 4, 2, 16);
  sqe(IORING_OP_CLOSE, 1).fd = load<i32>(p, 4);
  enter(1, 0, 0);
  const read = rw(IORING_OP_READ_MULTISHOT, 2, load<u32>(p), 0, 0, CUR_POS);
  read.flags = <u8>(IOSQE_BUFFER_SELECT | IOSQE_IO_LINK);
  read.buf_group = 4;
  sqe(IORING_OP_NOP, 3);
  enter(2, 0, 0);
  for (let i = 0; i < 2; i++) getEvents();
  assert(cqes() == 3 && isCqe(1, 2, 0, 0) && isCqe(2, 3, 0, 0), 'what follows runs');
  verify();
}

export function an_address_is_looked_at_before_its_file(): void {
  build();
  ring(16, DEFER);
  for (let i = 0; i < 2; i++) {
    const s = sqe(i == 0 ? IORING_OP_READ : IORING_OP_WRITE, 1);
    s.fd = 99;
    s.addr = u64.MAX_VALUE - 100;
    s.len = 4;
    enter(1, 0, 0);
  }
  assert(cqes() == 2 && isCqe(0, 1, -EFAULT, 0) && isCqe(1, 1, -EFAULT, 0), 'when it is read: no user has it');
}
