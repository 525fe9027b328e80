/**
 * Description: requests that make sockets: what ACCEPT, SOCKET, BIND and CONNECT take and give, and what becomes of a connection that
 * nobody can have.
 */
import { fdFile, fileAt, fdFree, fdInstall, fileGet } from '../../../stack/file';
import {
  __NR_bind, __NR_close, __NR_connect, __NR_listen, __NR_socket, AF_UNIX, EAGAIN, EFAULT, EINVAL, ENOTSOCK, io_uring_sqe,
  IORING_ACCEPT_DONTWAIT, IORING_ACCEPT_MULTISHOT, IORING_ACCEPT_POLL_FIRST, IORING_CQE_F_MORE, IORING_FILE_INDEX_ALLOC, IORING_OP_ACCEPT,
  IORING_OP_CONNECT, IORING_SETUP_NO_SQARRAY, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, EMFILE, IORING_OP_BIND, IORING_OP_SOCKET,
  IORING_OP_CLOSE, IORING_OP_LISTEN, IORING_OP_SHUTDOWN, SOCK_DGRAM, IORING_REGISTER_FILES2, io_uring_rsrc_register,
  IORING_RSRC_REGISTER_SPARSE,
} from '../../../uring-model/uapi.gen';
import { argument, buffers, call, fd, pair, send } from '../config_files.as';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, register, ring, seen, settle, socket, sqe, user, verify,
} from '../config_ring.as';

const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;
const MORE: u32 = IORING_CQE_F_MORE;

function begin(flags: u32): void {
  build();
  buffers();
  ring(16, flags);
  pair(SOCK_STREAM);
}
function result(): i32 {
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
  assert(cqes() == 1, 'it completed');
  const res = cqe(0).res;
  seen(1);
  return res;
}
/** A listening socket with an abstract name of one letter; connections wait in it. */
function listener(waiting: u32): i32 {
  const l = call(__NR_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const name = argument() + 32;
  store<u64>(name, 0);
  store<u16>(name, <u16>AF_UNIX);
  store<u8>(name, 65, 3);
  assert(call(__NR_bind, l, name, 4) == 0 && call(__NR_listen, l, 8) == 0, 'listens');
  for (let i: u32 = 0; i < waiting; i++) {
    const c = call(__NR_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert(call(__NR_connect, c, name, 4) == 0, 'connected');
  }
  return l;
}
function accept(l: i32, ioprio: u32): io_uring_sqe {
  const s = sqe(IORING_OP_ACCEPT, 1);
  s.fd = l;
  s.ioprio = <u16>ioprio;
  return s;
}

export function who_does_not_want_to_wait_for_a_connection_does_not(): void {
  begin(DEFER);
  const l = listener(0);
  accept(l, IORING_ACCEPT_DONTWAIT);
  assert(result() == -EAGAIN, 'none is there');
  accept(l, IORING_ACCEPT_DONTWAIT | IORING_ACCEPT_POLL_FIRST);
  assert(result() == -EAGAIN, 'nor does it wait before it looks');
  accept(l, IORING_ACCEPT_POLL_FIRST);
  assert(enter(1, 0, 0) == 1 && cqes() == 0, 'which others do');
  accept(fd(0), 0);
  assert(result() == -EINVAL, 'a socket that does not listen');
  accept(<i32>bench().fd, 0);
  assert(result() == -ENOTSOCK, 'and what is none');
  verify();
}

export function arguments_of_accept_are_checked(): void {
  begin(DEFER);
  const l = listener(1);
  accept(l, 8);
  assert(result() == -EINVAL, 'a flag that is none');
  accept(l, 0).len = 1;
  assert(result() == -EINVAL, 'a length');
  accept(l, 0).buf_index = 1;
  assert(result() == -EINVAL, 'a buffer');
  accept(l, 0).accept_flags = 1;
  assert(result() == -EINVAL, 'flags of the socket');
  const s = accept(l, 0);
  s.accept_flags = SOCK_CLOEXEC;
  s.file_index = 1;
  assert(result() == -EINVAL, 'a slot is not closed by exec');
  const t = accept(l, IORING_ACCEPT_MULTISHOT);
  t.file_index = 1;
  assert(result() == -EINVAL, 'many connections and one slot');
  accept(l, 0).accept_flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  assert(result() > 0, 'right');
}

export function the_name_of_the_peer_is_written_for_who_asks(): void {
  build();
  buffers();
  // The first file of all is closed again, so that a connection gets its number.
  const first = call(__NR_socket, AF_UNIX, SOCK_STREAM, 0);
  ring(16, DEFER);
  const l = listener(3);
  assert(call(__NR_close, first) == 0, 'a number is free');
  const at = user(256);
  for (let i: u32 = 0; i < 3; i++) {
    memory.fill(at, 0xee, 128);
    store<u32>(at + 128, 110);
    const s = accept(l, 0);
    s.addr = at;
    s.addr2 = at + 128;
    const res = result();
    assert(res > 2 && fileAt(fdFile(HOST, res)).kind == fileAt(fdFile(HOST, l)).kind, 'a socket');
    assert(load<u16>(at) == <u16>AF_UNIX && load<u32>(at + 128) == 2, 'that has no name but its family');
  }
  const c = call(__NR_socket, AF_UNIX, SOCK_STREAM, 0);
  assert(call(__NR_connect, c, argument() + 32, 4) == 0, 'one more');
  const s = accept(l, 0);
  s.addr = 64;
  s.addr2 = at + 128;
  assert(result() == -EFAULT, 'nowhere to write it');
  accept(l, IORING_ACCEPT_DONTWAIT);
  assert(result() == -EAGAIN, 'and the connection is gone');
}

export function connections_go_on_until_none_is_left(): void {
  begin(DEFER);
  const l = listener(3);
  accept(l, IORING_ACCEPT_MULTISHOT);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 3, 'three at once');
  for (let i: u32 = 0; i < 3; i++) assert((cqe(i).flags & MORE) != 0 && cqe(i).res > 0, 'and more to come');
  const slot = accept(l, IORING_ACCEPT_MULTISHOT);
  slot.file_index = IORING_FILE_INDEX_ALLOC;
  enter(1, 0, 0);
  const c = call(__NR_socket, AF_UNIX, SOCK_STREAM, 0);
  assert(call(__NR_connect, c, argument() + 32, 4) == 0, 'another');
  getEvents();
  assert(cqes() >= 4, 'one of the two has it');
}

export function a_connection_whose_name_cannot_be_written_is_closed(): void {
  begin(DEFER);
  const l = listener(0);
  const c = call(__NR_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  assert(call(__NR_connect, c, argument() + 32, 4) == 0 && send(c, 1) == 1, 'connected');
  const s = accept(l, 0);
  s.addr = 64;
  s.addr2 = argument() + 40;
  assert(result() == -EFAULT && send(c, 1) < 0, 'the other end has gone');
}

export function without_descriptors_there_are_no_sockets(): void {
  begin(DEFER);
  const l = listener(2);
  while (fdFree(HOST)) {
    fileGet(fdFile(HOST, fd(0)));
    fdInstall(HOST, fdFile(HOST, fd(0)));
  }
  accept(l, 0);
  assert(result() == -EMFILE, 'none accepted');
  const s = sqe(IORING_OP_SOCKET, 1);
  s.fd = 2;
  s.off = 1;
  assert(result() == -EMFILE, 'none made');
  assert(call(__NR_close, fd(1)) == 0, 'one is free');
  accept(l, 0);
  assert(result() == fd(1), 'and used');
}

export function kinds_of_sockets_have_two_flags(): void {
  begin(DEFER);
  for (let i: u32 = 0; i < 5; i++) {
    const s = sqe(IORING_OP_SOCKET, 1);
    s.fd = AF_UNIX;
    s.off = SOCK_STREAM | (i == 0 ? SOCK_NONBLOCK : i == 1 ? SOCK_CLOEXEC : i == 2 ? SOCK_NONBLOCK | SOCK_CLOEXEC : i == 3 ? 16 : 0);
    assert((result() == -EINVAL) == (i == 3), 'these two');
  }
  const s = sqe(IORING_OP_CONNECT, 1);
  s.fd = <i32>bench().fd;
  s.addr = argument();
  s.off = 4;
  assert(result() == -ENOTSOCK, 'a ring is no socket');
}

function bindTo(which: i32, letter: u8, first: u8): void {
  const name = user(64);
  store<u16>(name, <u16>AF_UNIX);
  store<u8>(name, first, 2);
  store<u8>(name, letter, 3);
  const s = sqe(IORING_OP_BIND, 1);
  s.fd = which;
  s.addr = name;
  s.off = 4;
  assert(enter(1, 0, 0) == 1, 'submitted');
}
export function to_make_a_name_in_the_file_system_is_a_workers(): void {
  begin(PLAIN);
  bindTo(call(__NR_socket, AF_UNIX, SOCK_STREAM, 0), 66, 0);
  assert(cqes() == 1 && cqe(0).res == 0, 'an abstract one is made at once');
  bindTo(call(__NR_socket, AF_UNIX, SOCK_STREAM, 0), 66, 47);
  assert(cqes() == 1, 'a path may take long (io_bind_file_create)');
  settle();
  getEvents();
  assert(cqes() == 2, 'a worker makes it');
}

/** Fields of an entry, by the first byte of each: a bit of it. */
const OFF: u64 = (<u64>1) << 8;
const ADDR: u64 = (<u64>1) << 16;
const LEN: u64 = (<u64>1) << 24;
const FLAGS: u64 = (<u64>1) << 28;
const INDEX: u64 = (<u64>1) << 40;
const SLOT: u64 = (<u64>1) << 44;

/** An operation that does not know these fields does not run when one of them is not zero. */
function unknown(opcode: u32, which: i32, fields: u64): void {
  for (let at: usize = 0; at < 64; at++) {
    if (((fields >> at) & 1) == 0) continue;
    const s = sqe(opcode, 1);
    s.fd = which;
    store<u8>(changetype<usize>(s) + at, 1);
    assert(enter(1, 0, 0) == 1 && cqes() == 1 && cqe(0).res == -EINVAL, 'refused when it is read');
    seen(1);
  }
}
export function fields_that_requests_of_sockets_do_not_know_are_zero(): void {
  begin(DEFER);
  const fresh = call(__NR_socket, AF_UNIX, SOCK_STREAM, 0);
  unknown(IORING_OP_SHUTDOWN, fd(0), OFF | ADDR | FLAGS | INDEX | SLOT);
  unknown(IORING_OP_CLOSE, fd(0), OFF | ADDR | LEN | FLAGS | INDEX);
  unknown(IORING_OP_LISTEN, listener(0), OFF | ADDR | FLAGS | INDEX | SLOT);
  unknown(IORING_OP_BIND, fresh, LEN | FLAGS | INDEX | SLOT);
  unknown(IORING_OP_CONNECT, fresh, LEN | FLAGS | INDEX | SLOT);
  unknown(IORING_OP_SOCKET, AF_UNIX, ADDR | FLAGS | INDEX);
  unknown(IORING_OP_ACCEPT, fd(0), LEN | INDEX);
  assert(send(fd(0), 1) == 1, 'nothing was done to it');
  verify();
}

export function a_socket_in_a_slot_is_not_closed_on_exec(): void {
  begin(DEFER);
  const reg = changetype<io_uring_rsrc_register>(<usize>user(64));
  reg.nr = 2;
  reg.flags = IORING_RSRC_REGISTER_SPARSE;
  assert(register(IORING_REGISTER_FILES2, <u32>changetype<usize>(reg), 32) == 0, 'two slots');
  for (let i: u32 = 0; i < 3; i++) {
    const s = sqe(IORING_OP_SOCKET, 1);
    s.fd = AF_UNIX;
    s.off = SOCK_DGRAM | (i == 1 ? SOCK_CLOEXEC : i == 2 ? SOCK_NONBLOCK : 0);
    s.file_index = 1;
    assert(result() == (i == 1 ? -EINVAL : 0), 'a slot has no such flag');
  }
  const odd = sqe(IORING_OP_SOCKET, 1);
  odd.fd = AF_UNIX;
  odd.off = SOCK_DGRAM | 32;
  assert(enter(1, 0, 0) == 1 && cqes() == 1 && cqe(0).res == -EINVAL, 'no such kind');
}
