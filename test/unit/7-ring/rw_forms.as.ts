/**
 * Description: forms of reads and writes, what they may ask for, and commands of sockets (Linux: io_uring/rw.c, __io_prep_rw,
 * io_rw_init_file, kiocb_set_rw_flags; io_uring/uring_cmd.c, io_uring/cmd_net.c).
 */
import {
  __NR_read, AF_UNIX, EBADF, ECANCELED, EFAULT, EINVAL, ENOBUFS, EOPNOTSUPP, io_uring_attr_pi, io_uring_sqe, IORING_CQE_F_BUFFER,
  IORING_CQE_F_MORE, IORING_OP_NOP, IORING_OP_READ, IORING_OP_READ_FIXED, IORING_OP_READ_MULTISHOT, IORING_OP_READV, IORING_OP_READV_FIXED,
  IORING_OP_URING_CMD, IORING_OP_WRITE, IORING_OP_WRITE_FIXED, IORING_OP_WRITEV_FIXED, IORING_REGISTER_BUFFERS, IORING_RW_ATTR_FLAG_PI,
  IORING_SETUP_IOPOLL, IORING_SETUP_NO_SQARRAY, IORING_URING_CMD_FIXED, IORING_URING_CMD_MULTISHOT, IOSQE_BUFFER_SELECT,
  IOSQE_IO_LINK, O_NONBLOCK, POLLIN, SOCK_DGRAM, SOCK_STREAM, SOCKET_URING_OP_GETSOCKNAME, SOCKET_URING_OP_GETSOCKOPT,
  SOCKET_URING_OP_SETSOCKOPT, SOCKET_URING_OP_SIOCINQ, SOCKET_URING_OP_SIOCOUTQ, SOL_SOCKET,
} from '../../../uring-model/uapi.gen';
import { epollNew, eventfdFileNew, fdInstall, O_DIRECT, blockFileNew, pipePairNew } from '../../../stack/file';
import { callSystem } from '../../../sim/world/syscalls';
import { AT_KERNEL_CMD_GETSOCKNAME, AT_KERNEL_RWF_NOSIGNAL, setHost } from '../config.gen.as';
import { buffers, call, fd, incoming, isBytes, outgoing, pair, recv, write } from '../config_files.as';
import { provide, provided } from '../config_provide.as';
import {
  build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, register, ring, seen, socket, sqe, user, verify,
} from '../config_ring.as';

const CUR_POS: u64 = u64.MAX_VALUE;
const ENOTCONN: i32 = 107;

function begin(): void {
  build();
  buffers();
  ring(64, DEFER);
  pair(SOCK_STREAM);
}
function rw(op: u32, which: i32, addr: u64, len: u32, off: u64): io_uring_sqe {
  const s = sqe(op, 1);
  s.fd = which;
  s.addr = addr;
  s.len = len;
  s.off = off;
  return s;
}
function read(len: u32): io_uring_sqe {
  return rw(IORING_OP_READ, fd(0), incoming(), len, CUR_POS);
}
function submit(n: u32): void {
  assert(enter(n, 0, 0) == n, 'submitted');
  getEvents();
}
function only(): i32 {
  submit(1);
  assert(cqes() == 1, 'one completion');
  const res = cqe(0).res;
  seen(1);
  return res;
}
function ranges(nr: u32, from: u64, len: u64): u32 {
  const at = user(nr * 16);
  for (let i: u32 = 0; i < nr; i++) {
    store<u64>(at + i * 16, from + i * len);
    store<u64>(at + i * 16, len, 8);
  }
  return at;
}

export function a_priority_is_a_class_and_a_level(): void {
  begin();
  write(fd(1), 100);
  read(4).ioprio = 1;
  assert(only() == -EINVAL, 'a level without a class');
  read(4).ioprio = <u16>((1 << 13) | 3);
  assert(only() == 4, 'real time');
  read(4).ioprio = <u16>((2 << 13) | 7);
  assert(only() == 4, 'best effort');
  read(4).ioprio = <u16>(3 << 13);
  assert(only() == 4, 'idle');
  read(4).ioprio = <u16>(4 << 13);
  assert(only() == -EINVAL, 'no such class');
  read(4).ioprio = 8;
  assert(only() == 4, 'of the level three bits are looked at');
  verify();
}

export function attributes_are_looked_at_and_no_file_here_has_them(): void {
  begin();
  write(fd(1), 100);
  const s = read(4);
  s.attr_type_mask = 2;
  assert(only() == -EINVAL, 'another kind');
  const t = read(4);
  t.attr_type_mask = IORING_RW_ATTR_FLAG_PI;
  t.attr_ptr = 64;
  assert(only() == -EFAULT, 'not there');
  const pi = changetype<io_uring_attr_pi>(<usize>user(64));
  const u = read(4);
  u.attr_type_mask = IORING_RW_ATTR_FLAG_PI;
  u.attr_ptr = changetype<usize>(pi);
  assert(only() == -EINVAL, 'a socket has no metadata');
  pi.rsvd = 1;
  const v = read(4);
  v.attr_type_mask = IORING_RW_ATTR_FLAG_PI;
  v.attr_ptr = changetype<usize>(pi);
  assert(only() == -EINVAL, 'a word that must be zero');
  pi.rsvd = 0;
  pi.addr = u64.MAX_VALUE;
  const w = read(4);
  w.attr_type_mask = IORING_RW_ATTR_FLAG_PI;
  w.attr_ptr = changetype<usize>(pi);
  assert(only() == -EFAULT, 'where it lies');
  assert(recv(fd(0), 200) == 100, 'nothing was read');
  verify();
}

export function memory_is_looked_at_as_far_as_it_can_be(): void {
  begin();
  write(fd(1), 10);
  rw(IORING_OP_READ, fd(0), u64.MAX_VALUE - 10, 4, CUR_POS);
  assert(only() == -EFAULT, 'no user has such an address');
  rw(IORING_OP_READ, fd(0), 64, 4, CUR_POS);
  assert(only() == -EFAULT, 'nobody has this one');
  read(4);
  assert(only() == 4, 'a good one, and the other has lost nothing');
  rw(IORING_OP_WRITE, fd(0), 64, 4, CUR_POS);
  assert(only() == -EFAULT, 'to write from');
  verify();
}

export function a_registered_buffer_is_read_into_in_ranges_too(): void {
  begin();
  const iov = ranges(1, incoming(), 4096);
  rw(IORING_OP_READ_FIXED, fd(0), incoming(), 16, CUR_POS);
  assert(only() == -EFAULT, 'none is registered');
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == 0, 'one');
  write(fd(1), 64);
  rw(IORING_OP_READ_FIXED, fd(0), incoming(), 16, CUR_POS);
  assert(only() == 16 && isBytes(0, 16), 'a part of it');
  rw(IORING_OP_READ_FIXED, fd(0), incoming() + 4090, 16, CUR_POS);
  assert(only() == -EFAULT, 'across its end');
  rw(IORING_OP_READV_FIXED, fd(0), ranges(3, incoming(), 8), 3, CUR_POS);
  assert(only() == 24 && isBytes(16, 24), 'three parts');
  rw(IORING_OP_READV_FIXED, fd(0), ranges(2, incoming() + 4090, 6), 2, CUR_POS);
  assert(only() == -EFAULT, 'the second is outside');
  rw(IORING_OP_READV_FIXED, fd(0), ranges(2, incoming(), 0), 2, CUR_POS);
  assert(only() == -EFAULT, 'no part is empty');
  rw(IORING_OP_WRITEV_FIXED, fd(0), ranges(2, incoming(), 5), 2, CUR_POS);
  assert(only() == 10, 'written from');
  rw(IORING_OP_WRITE_FIXED, fd(0), incoming() - 1, 5, CUR_POS);
  assert(only() == -EFAULT, 'in front of it');
  const s = rw(IORING_OP_READ_FIXED, fd(0), incoming(), 16, CUR_POS);
  s.buf_index = 1;
  assert(only() == -EFAULT, 'another slot');
  verify();
}

export function a_fixed_read_that_has_to_wait_keeps_its_buffer(): void {
  begin();
  assert(register(IORING_REGISTER_BUFFERS, ranges(1, incoming(), 4096), 1) == 0, 'one');
  rw(IORING_OP_READ_FIXED, fd(0), incoming(), 16, CUR_POS);
  submit(1);
  assert(cqes() == 0, 'it waits');
  write(fd(1), 7);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 7, 0) && isBytes(0, 7), 'read');
  verify();
}

export function a_provided_buffer_is_one_range(): void {
  begin();
  provide(5, 8, 4, 16);
  write(fd(1), 100);
  const s = rw(IORING_OP_READV, fd(0), ranges(2, 0, 16), 2, CUR_POS);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 5;
  assert(only() == -EINVAL, 'two');
  const t = rw(IORING_OP_READV, fd(0), 64, 1, CUR_POS);
  t.flags = <u8>IOSQE_BUFFER_SELECT;
  t.buf_group = 5;
  assert(only() == -EFAULT, 'not there');
  const u = rw(IORING_OP_READV, fd(0), ranges(1, 0, <u64>-1), 1, CUR_POS);
  u.flags = <u8>IOSQE_BUFFER_SELECT;
  u.buf_group = 5;
  assert(only() == -EINVAL, 'less than nothing');
  const v = rw(IORING_OP_READV, fd(0), ranges(1, 0, 7), 1, CUR_POS);
  v.flags = <u8>IOSQE_BUFFER_SELECT;
  v.buf_group = 5;
  assert(only() == 7, 'its length is that of the range');
  const w = rw(IORING_OP_READV, fd(0), ranges(1, 0, 0), 1, CUR_POS);
  w.flags = <u8>IOSQE_BUFFER_SELECT;
  w.buf_group = 5;
  assert(only() == 16, 'or the buffer\'s, if it says none');
  const x = rw(IORING_OP_READ, fd(0), 0, 40, CUR_POS);
  x.flags = <u8>IOSQE_BUFFER_SELECT;
  x.buf_group = 5;
  submit(1);
  assert(isCqe(0, 1, 16, IORING_CQE_F_BUFFER | (2 << 16)), 'no longer than it is');
  const y = rw(IORING_OP_READ, fd(0), 0, 40, CUR_POS);
  y.flags = <u8>IOSQE_BUFFER_SELECT;
  y.buf_group = 6;
  seen(1);
  assert(only() == -ENOBUFS, 'no such group');
  verify();
}

export function a_multishot_read_wants_nothing_but_a_group(): void {
  begin();
  provide(5, 8, 8, 16);
  const s = rw(IORING_OP_READ_MULTISHOT, fd(0), incoming(), 0, CUR_POS);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 5;
  assert(only() == -EINVAL, 'no address');
  const t = rw(IORING_OP_READ_MULTISHOT, fd(0), 0, 16, CUR_POS);
  t.flags = <u8>IOSQE_BUFFER_SELECT;
  t.buf_group = 5;
  assert(only() == -EINVAL, 'no length');
  const p = rw(IORING_OP_READ_MULTISHOT, fd(0), 0, 0, CUR_POS);
  p.flags = <u8>IOSQE_BUFFER_SELECT;
  p.buf_group = 5;
  p.ioprio = 1;
  assert(only() == -EINVAL, 'what holds for every read');
  const u = rw(IORING_OP_READ_MULTISHOT, fd(0), 0, 0, CUR_POS);
  u.flags = <u8>IOSQE_BUFFER_SELECT;
  u.buf_group = 5;
  submit(1);
  write(fd(1), 5);
  getEvents();
  write(fd(1), 40);
  for (let i = 0; i < 4; i++) getEvents();
  assert(cqes() == 4 && isCqe(0, 1, 5, IORING_CQE_F_BUFFER | IORING_CQE_F_MORE), 'five');
  assert(cqe(1).res == 16 && cqe(2).res == 16 && isCqe(3, 1, 8, IORING_CQE_F_BUFFER | IORING_CQE_F_MORE | (3 << 16)), 'whole buffers');
  call(48, fd(1), 1);
  getEvents();
  assert(cqes() == 5 && isCqe(4, 1, 0, 0), 'the end');
  verify();
}

export function a_file_has_its_directions(): void {
  begin();
  const out = user(64);
  assert(pipePairNew(HOST, 0, out) == 0, 'a pipe');
  const reader = <i32>fdInstall(HOST, load<u32>(out));
  const writer = <i32>fdInstall(HOST, load<u32>(out, 4));
  rw(IORING_OP_WRITE, reader, outgoing(), 4, CUR_POS);
  assert(only() == -EBADF, 'its reader');
  rw(IORING_OP_READ, writer, incoming(), 4, CUR_POS);
  assert(only() == -EBADF, 'its writer');
  rw(IORING_OP_WRITE, writer, outgoing(), 4, CUR_POS);
  assert(only() == 4, 'written');
  rw(IORING_OP_READ, reader, incoming(), 64, CUR_POS).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  assert(cqes() == 2 && isCqe(0, 1, 4, 0) && isCqe(1, 2, -ECANCELED, 0), 'less than was asked for ends a chain');
  verify();
}

export function a_set_of_epoll_is_no_file_to_read(): void {
  begin();
  const set = fdInstall(HOST, <u32>epollNew(HOST));
  rw(IORING_OP_READ, <i32>set, incoming(), 4, CUR_POS);
  submit(1);
  assert(cqes() == 0, 'that is seen when it has events');
  const event = user(64);
  store<u32>(event, POLLIN);
  call(233, set, 1, fd(0), event);
  write(fd(1), 4);
  for (let i = 0; i < 3; i++) getEvents();
  assert(cqes() == 1 && isCqe(0, 1, -EINVAL, 0), 'then');
  verify();
}

export function a_write_of_an_eventfd_adds_to_its_count(): void {
  begin();
  const efd = fdInstall(HOST, <u32>eventfdFileNew(HOST, 3, O_NONBLOCK));
  const at = user(64);
  store<u64>(at, 4);
  rw(IORING_OP_WRITE, <i32>efd, at, 8, 0);
  assert(only() == 8 && <i32>callSystem(HOST, __NR_read, efd, at, 8, 0, 0, 0) == 8 && load<u64>(at) == 7, 'seven');
  rw(IORING_OP_WRITE, <i32>efd, at, 4, 0);
  assert(only() == -EINVAL, 'of less than eight bytes');
  verify();
}

export function positions_are_of_files_that_have_them(): void {
  begin();
  const block = fdInstall(HOST, <u32>blockFileNew(HOST, O_DIRECT));
  rw(IORING_OP_READ, <i32>block, incoming(), 512, <u64>i64.MAX_VALUE - 100);
  assert(only() == -EINVAL, 'beyond all positions');
  rw(IORING_OP_READ, <i32>block, incoming(), 512, <u64>-3);
  assert(only() == -EINVAL, 'below zero');
  rw(IORING_OP_READ, <i32>block, incoming(), 512, 0);
  assert(only() == 512, 'the first');
  verify();
}

export function what_a_kernel_does_not_know_it_refuses(): void {
  begin();
  write(fd(1), 10);
  read(4).rw_flags = 0x100;
  assert(only() == 4, 'no signal');
  setHost(HOST, AT_KERNEL_RWF_NOSIGNAL, 0);
  read(4).rw_flags = 0x100;
  assert(only() == -EOPNOTSUPP, 'an older one');
  const set = fdInstall(HOST, <u32>epollNew(HOST));
  rw(IORING_OP_READ, <i32>set, incoming(), 4, CUR_POS).rw_flags = 8;
  assert(only() == -EOPNOTSUPP, 'a set cannot be read without waiting');
  read(4).rw_flags = 2;
  assert(only() == 4, 'RWF_DSYNC is no matter');
  ring(8, IORING_SETUP_IOPOLL | IORING_SETUP_NO_SQARRAY);
  read(4);
  enter(1, 0, 0);
  assert(cqes() == 1 && cqe(0).res == -EOPNOTSUPP, 'nothing here can be polled for completions');
}

function command(which: i32, op: u32): io_uring_sqe {
  const s = sqe(IORING_OP_URING_CMD, 1);
  s.fd = which;
  s.cmd_op = op;
  return s;
}

export function commands_of_sockets_are_checked(): void {
  begin();
  command(fd(0), SOCKET_URING_OP_SIOCINQ).uring_cmd_flags = IORING_URING_CMD_FIXED | IORING_URING_CMD_MULTISHOT;
  assert(only() == -EINVAL, 'one or the other');
  command(fd(0), SOCKET_URING_OP_SIOCINQ).uring_cmd_flags = IORING_URING_CMD_MULTISHOT;
  assert(only() == -EINVAL, 'many shots want buffers');
  const b = command(fd(0), SOCKET_URING_OP_SIOCINQ);
  b.flags = <u8>IOSQE_BUFFER_SELECT;
  assert(only() == -EINVAL, 'and one does not');
  command(fd(0), SOCKET_URING_OP_SIOCINQ).uring_cmd_flags = 1 << 5;
  assert(only() == -EINVAL, 'no such flag');
  command(fd(0), SOCKET_URING_OP_SIOCINQ).__pad1 = 1;
  assert(only() == -EINVAL, 'padding');
  command(fd(0), SOCKET_URING_OP_SIOCOUTQ);
  assert(only() == -EOPNOTSUPP, 'an AF_UNIX socket does not say what it has not sent');
  const tcp = <i32>socket();
  command(tcp, SOCKET_URING_OP_SIOCINQ).uring_cmd_flags = IORING_URING_CMD_FIXED;
  assert(only() == 0, 'a registered buffer that is not used');
  command(tcp, SOCKET_URING_OP_SIOCOUTQ);
  assert(only() == 0, 'TCP does');
  const s = sqe(18, 1);
  s.opcode = 26;
  s.fd = tcp;
  s.addr = outgoing();
  s.len = 50;
  assert(only() == 50, 'SEND');
  command(tcp, SOCKET_URING_OP_SIOCOUTQ);
  assert(only() == 50, 'fifty are on their way');
  verify();
}

export function names_of_sockets_can_be_asked_for(): void {
  begin();
  const name = user(64);
  const len = user(64);
  store<u32>(len, 64);
  const s = command(fd(0), SOCKET_URING_OP_GETSOCKNAME);
  s.addr = name;
  s.addr3 = len;
  assert(only() == 0 && load<u32>(len) == 2 && load<u16>(name) == AF_UNIX, 'one without a name has a family');
  const t = command(fd(0), SOCKET_URING_OP_GETSOCKNAME);
  t.addr = name;
  t.addr3 = len;
  t.optlen = 2;
  assert(only() == -EINVAL, 'its own, or that of its peer');
  const u = command(fd(0), SOCKET_URING_OP_GETSOCKNAME);
  u.addr = name;
  u.addr3 = len;
  u.len = 1;
  assert(only() == -EINVAL, 'and nothing else');
  pair(SOCK_DGRAM);
  const lone = call(41, AF_UNIX, SOCK_STREAM, 0);
  const v = command(lone, SOCKET_URING_OP_GETSOCKNAME);
  v.addr = name;
  v.addr3 = len;
  v.optlen = 1;
  assert(only() == -ENOTCONN, 'it has no peer');
  setHost(HOST, AT_KERNEL_CMD_GETSOCKNAME, 0);
  command(fd(0), SOCKET_URING_OP_GETSOCKNAME);
  assert(only() == -EOPNOTSUPP, 'an older kernel');
  verify();
}

export function options_of_sockets_have_lengths_and_places(): void {
  begin();
  const val = user(64);
  const s = command(fd(0), SOCKET_URING_OP_GETSOCKOPT);
  s.level = SOL_SOCKET;
  s.optname = 3;
  s.optval = val;
  s.optlen = 4;
  assert(only() == 4 && load<u32>(val) == SOCK_STREAM, 'its type');
  const t = command(fd(0), SOCKET_URING_OP_GETSOCKOPT);
  t.level = SOL_SOCKET;
  t.optname = 3;
  t.optval = 64;
  t.optlen = 4;
  assert(only() == -EFAULT, 'no place');
  const u = command(fd(0), SOCKET_URING_OP_GETSOCKOPT);
  u.level = SOL_SOCKET;
  u.optname = 3;
  u.optval = val;
  u.optlen = 0x80000000;
  assert(only() == -EINVAL, 'less than nothing');
  store<u32>(val, 1 << 16);
  const v = command(fd(0), SOCKET_URING_OP_SETSOCKOPT);
  v.level = SOL_SOCKET;
  v.optname = 8;
  v.optval = val;
  v.optlen = 4;
  assert(only() == 0, 'SO_RCVBUF');
  verify();
}

export function a_write_of_nothing_is_done_at_once(): void {
  begin();
  rw(IORING_OP_WRITE, fd(0), outgoing(), 0, CUR_POS).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  enter(2, 0, 0);
  assert(cqes() >= 1 && isCqe(0, 1, 0, 0), 'not by task work');
  getEvents();
  assert(cqes() == 2 && isCqe(1, 2, 0, 0), 'and it is no failure');
  verify();
}

export function what_follows_a_fixed_read_in_a_chain_runs(): void {
  begin();
  assert(register(IORING_REGISTER_BUFFERS, ranges(1, incoming(), 4096), 1) == 0, 'a buffer');
  write(fd(1), 16);
  rw(IORING_OP_READ_FIXED, fd(0), incoming(), 16, CUR_POS).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 16, 0) && isCqe(1, 2, 0, 0), 'both');
  verify();
}

export function a_multishot_read_takes_a_buffer_as_long_as_it_is_when_data_comes(): void {
  begin();
  provide(5, 8, 1, 16);
  const s = rw(IORING_OP_READ_MULTISHOT, fd(0), 0, 0, CUR_POS);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 5;
  submit(1);
  provided(0).len = 32;
  provided(0).addr = incoming();
  write(fd(1), 20);
  getEvents();
  assert(cqes() >= 1 && isCqe(0, 1, 20, IORING_CQE_F_BUFFER | IORING_CQE_F_MORE), 'all of it');
  verify();
}

export function other_flags_are_no_matter_to_a_file_that_has_to_wait(): void {
  begin();
  const set = fdInstall(HOST, <u32>epollNew(HOST));
  rw(IORING_OP_READ, <i32>set, incoming(), 4, CUR_POS).rw_flags = 2;
  submit(1);
  assert(cqes() == 0, 'it waits');
  verify();
}
