/** Description: AF_UNIX sockets that find each other by name, and writers that wait for room in somebody else's queue. */
import { setWaiter, WAIT_RING, waitAdd } from '../../../sim/core';
import { fdFile, fileWaitHead } from '../../../stack/file';
import { unixVerify } from '../../../stack/unix';
import {
  __NR_accept4, __NR_bind, __NR_connect, __NR_getpeername, __NR_getsockname, __NR_listen, __NR_sendto, __NR_socket, AF_UNIX, EADDRINUSE,
  EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, ENOENT, ENOTCONN, EOPNOTSUPP, EPERM, MSG_DONTWAIT, POLLIN, POLLOUT, SOCK_DGRAM,
  SOCK_NONBLOCK, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { argument, buffers, call, close, outgoing, poll, recv, send } from '../config_files.as';
import { build, HOST } from '../config_ring.as';

const TOLD: usize = 0x7500;

function begin(): void {
  build();
  buffers();
}
function socket(type: u32): i32 {
  return call(__NR_socket, AF_UNIX, type | SOCK_NONBLOCK, 0);
}
/** An abstract name of one letter; its length. */
function name(letter: u8): u32 {
  memory.fill(argument(), 0, 64);
  store<u16>(argument(), <u16>AF_UNIX);
  store<u8>(argument(), letter, 3);
  return 4;
}
function bind(fd: i32, letter: u8): i32 {
  const len = name(letter);
  return call(__NR_bind, fd, argument(), len);
}
function connect(fd: i32, letter: u8): i32 {
  const len = name(letter);
  return call(__NR_connect, fd, argument(), len);
}
function listener(letter: u8, backlog: u32): i32 {
  const fd = socket(SOCK_STREAM);
  assert(bind(fd, letter) == 0 && call(__NR_listen, fd, backlog) == 0, 'it listens');
  return fd;
}
function accept(fd: i32): i32 {
  return call(__NR_accept4, fd, 0, 0, 0);
}
function tell(entry: u32, mask: u32): bool {
  store<u32>(TOLD, mask);
  return true;
}

export function a_connection_is_there_before_it_is_accepted(): void {
  begin();
  const l = listener(65, 5);
  const c = socket(SOCK_STREAM);
  assert(accept(l) == -EAGAIN && connect(c, 65) == 0 && send(c, 4) == 4 && (poll(l) & POLLIN) != 0, 'connected at once');
  const s = accept(l);
  assert(s > 0 && recv(s, 99) == 4 && send(s, 2) == 2 && recv(c, 99) == 2 && accept(l) == -EAGAIN, 'both ways');
  assert(connect(c, 65) == -EISCONN && unixVerify() == 3, 'once');
}

export function a_full_backlog_and_no_listener(): void {
  begin();
  listener(65, 0);
  assert(connect(socket(SOCK_STREAM), 65) == 0 && connect(socket(SOCK_STREAM), 65) == -EAGAIN, 'one more than the backlog');
  assert(connect(socket(SOCK_STREAM), 66) == -ECONNREFUSED, 'nobody of that name');
  assert(connect(socket(SOCK_DGRAM), 65) == -ECONNREFUSED, 'nor of that type');
}

export function who_was_never_accepted_is_reset(): void {
  begin();
  const l = listener(65, 5);
  const c = socket(SOCK_STREAM);
  connect(c, 65);
  close(l);
  assert(recv(c, 1) == -ECONNRESET && unixVerify() == 2, 'its peer is dead, and goes with it');
  close(c);
  assert(unixVerify() == 0, 'nothing is left');
}

export function names_are_given_once_and_made_up_on_demand(): void {
  begin();
  const a = socket(SOCK_DGRAM);
  assert(bind(a, 65) == 0 && bind(a, 66) == -EINVAL && bind(socket(SOCK_DGRAM), 65) == -EADDRINUSE, 'one each');
  close(a);
  const b = socket(SOCK_DGRAM);
  assert(bind(b, 65) == 0, 'free again');
  const c = socket(SOCK_DGRAM);
  store<u16>(argument(), <u16>AF_UNIX);
  assert(call(__NR_bind, c, argument(), 2) == 0, 'any name');
  store<u32>(argument() + 32, 64);
  assert(call(__NR_getsockname, c, argument(), argument() + 32) == 0 && load<u32>(argument(), 32) == 8, 'six bytes behind the family');
  assert(call(__NR_getpeername, c, argument(), argument() + 32) == -ENOTCONN && call(__NR_listen, c, 1) == -EOPNOTSUPP, 'no peer');
}

export function a_path_that_nobody_has_is_no_entry(): void {
  begin();
  memory.fill(argument(), 0, 64);
  store<u16>(argument(), <u16>AF_UNIX);
  store<u16>(argument(), 0x612f, 2);
  assert(call(__NR_connect, socket(SOCK_STREAM), argument(), 5) == -ENOENT, '/a');
  const l = socket(SOCK_STREAM);
  assert(call(__NR_bind, l, argument(), 5) == 0 && call(__NR_listen, l, 1) == 0, 'now somebody has');
  assert(call(__NR_connect, socket(SOCK_STREAM), argument(), 4) == 0, 'with or without its zero');
}

export function a_writer_to_a_full_queue_is_told_when_there_is_room(): void {
  begin();
  const a = socket(SOCK_DGRAM);
  bind(a, 65);
  const b = socket(SOCK_DGRAM);
  assert(connect(b, 65) == 0, 'connected one way');
  for (let i: u32 = 0; i < 11; i++) assert(send(b, 1) == 1, 'eleven are one more than the backlog');
  assert(send(b, 1) == -EAGAIN && (poll(b) & POLLOUT) == 0, 'full');
  setWaiter(WAIT_RING, tell);
  waitAdd(fileWaitHead(fdFile(HOST, b), 0), 0, WAIT_RING, 0, false);
  store<u32>(TOLD, 0);
  assert(recv(a, 1) == 1 && (load<u32>(TOLD) & POLLOUT) != 0 && (poll(b) & POLLOUT) != 0, 'told');
  assert(unixVerify() == 2, 'all is counted');
}

export function who_is_connected_hears_nobody_else(): void {
  begin();
  const a = socket(SOCK_DGRAM);
  bind(a, 65);
  const b = socket(SOCK_DGRAM);
  bind(b, 66);
  connect(a, 66);
  const c = socket(SOCK_DGRAM);
  const len = name(65);
  assert(call(__NR_sendto, c, outgoing(), 1, MSG_DONTWAIT, argument(), len) == -EPERM, 'not from a third');
  assert(connect(b, 65) == 0 && send(b, 3) == 3 && recv(a, 9) == 3, 'from its peer');
}
