/** Description: UDP between two sockets of a host: ports, names, borders of messages, and what a closed port answers. */
import {
  __NR_bind, __NR_connect, __NR_getsockname, __NR_getsockopt, __NR_recvfrom, __NR_recvmsg, __NR_sendto, __NR_setsockopt, __NR_socket,
  AF_INET, AF_INET6, EADDRINUSE, EAGAIN, ECONNREFUSED, EDESTADDRREQ, EMSGSIZE, ENETUNREACH, ENOTCONN, EPIPE, IORING_CQE_F_MORE,
  IORING_OP_POLL_ADD, IORING_POLL_ADD_MULTI, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC, MSG_ZEROCOPY, POLLERR, POLLHUP, POLLIN,
  POLLOUT, POLLRDNORM, POLLWRNORM, SHUT_RDWR, SO_RCVBUF, SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET,
} from '../../../uring-model/uapi.gen';
import { storeBe16 } from '../../../sim/core';
import { argument, buffers, call, close, incoming, isBytes, outgoing, poll, recv, send, shutdown } from '../config_files.as';
import { build, cqes, DEFER, enter, getEvents, isCqe, ring, seen, sqe } from '../config_ring.as';

const OUT: u32 = POLLOUT | POLLWRNORM | 0x200;
const LOOPBACK: u32 = 0x0100007f;

function begin(): void {
  build();
  buffers();
}
function socketOf(family: u32): i32 {
  return call(__NR_socket, family, SOCK_DGRAM, 0);
}
function socket(): i32 {
  return socketOf(AF_INET);
}
/** struct sockaddr_in; its length. */
function name(port: u32, addr: u32 = 0x0100007f): u32 {
  memory.fill(argument(), 0, 32);
  store<u16>(argument(), <u16>AF_INET);
  storeBe16(argument() + 2, port);
  store<u32>(argument(), addr, 4);
  return 16;
}
function bound(port: u32): i32 {
  const fd = socket();
  assert(call(__NR_bind, fd, argument(), name(port)) == 0, 'the port is free');
  return fd;
}
function connected(port: u32): i32 {
  const fd = socket();
  assert(call(__NR_connect, fd, argument(), name(port)) == 0, 'connected');
  return fd;
}
function sendTo(fd: i32, len: u32, port: u32, addr: u32 = 0x0100007f): i32 {
  const n = name(port, addr);
  return call(__NR_sendto, fd, outgoing(), len, MSG_DONTWAIT, argument(), n);
}

export function datagrams_arrive_within_the_call_one_by_one(): void {
  begin();
  const a = bound(5000);
  const b = connected(5000);
  assert(recv(a, 99) == -EAGAIN && send(b, 10) == 10 && send(b, 0) == 0 && send(b, 2000) == 2000, 'three');
  assert(poll(a) == (POLLIN | POLLRDNORM | OUT), 'readable');
  assert(recv(a, 4) == 4 && recv(a, 99) == 0 && recv(a, 4096) == 2000 && isBytes(0, 2000) && recv(a, 1) == -EAGAIN, 'read');
}

export function the_receiver_learns_the_name_of_the_sender_and_answers(): void {
  begin();
  const a = bound(5000);
  const b = bound(6000);
  sendTo(b, 3, 5000);
  store<u32>(argument() + 32, 16);
  assert(call(__NR_recvfrom, a, incoming(), 99, MSG_DONTWAIT, argument(), argument() + 32) == 3, 'received');
  assert(load<u16>(argument(), 2) == 0x7017 && load<u32>(argument(), 4) == LOOPBACK && load<u32>(argument(), 32) == 16, 'port 6000');
  assert(call(__NR_sendto, a, outgoing(), 5, 0, argument(), 16) == 5 && recv(b, 99) == 5, 'back');
}

export function a_port_belongs_to_one_socket_and_is_found_by_itself(): void {
  begin();
  bound(5000);
  assert(call(__NR_bind, socket(), argument(), name(5000)) == -EADDRINUSE, 'in use');
  const b = connected(5000);
  store<u32>(argument() + 32, 16);
  assert(call(__NR_getsockname, b, argument(), argument() + 32) == 0, 'a name');
  assert(load<u16>(argument(), 2) != 0 && load<u32>(argument(), 4) == LOOPBACK, 'with a port and an address');
}

export function a_connected_socket_hears_its_peer_alone(): void {
  begin();
  const a = bound(5000);
  const b = bound(6000);
  const c = bound(7000);
  assert(call(__NR_connect, a, argument(), name(6000)) == 0, 'connected');
  assert(sendTo(c, 1, 5000) == 1 && recv(a, 9) == -EAGAIN, 'not from another');
  assert(sendTo(b, 2, 5000) == 2 && recv(a, 9) == 2, 'from its peer');
}

export function a_closed_port_refuses_once_and_only_a_connected_socket_hears_of_it(): void {
  begin();
  const a = connected(5000);
  assert(send(a, 1) == 1 && poll(a) == (OUT | POLLERR), 'the answer has come');
  assert(send(a, 1) == -ECONNREFUSED && send(a, 1) == 1 && recv(a, 1) == -ECONNREFUSED, 'told once each');
  assert(sendTo(bound(6000), 1, 5000) == 1, 'nobody is told');
}

export function peeking_and_cutting(): void {
  begin();
  const a = bound(5000);
  send(connected(5000), 100);
  assert(recv(a, 10, MSG_PEEK) == 10 && recv(a, 10, MSG_PEEK | MSG_TRUNC) == 100, 'twice');
  assert(recv(a, 10, MSG_TRUNC) == 100 && recv(a, 10) == -EAGAIN, 'the length that it had');
}

export function a_full_queue_loses_what_comes(): void {
  begin();
  const a = bound(5000);
  const b = connected(5000);
  let sent: u32 = 0;
  for (let i: u32 = 0; i < 400; i++) sent += <u32>send(b, 1000);
  assert(sent == 400000, 'no send fails');
  let got: u32 = 0;
  while (recv(a, 1000) == 1000) got++;
  assert(got > 50 && got < 300, 'some are lost');
}

export function errors_of_sends(): void {
  begin();
  const a = socket();
  assert(send(a, 1) == -EDESTADDRREQ && sendTo(a, 1, 5000, 0x0801a8c0) == -ENETUNREACH, 'no address; not this host');
  assert(sendTo(a, 65508, 5000) == -EMSGSIZE && sendTo(a, 65507, 5000) == 65507, 'too long');
  assert(shutdown(a, SHUT_RDWR) == -ENOTCONN && sendTo(a, 1, 5000) == -EPIPE, 'not connected, but shut');
  close(a);
}

export function ipv6_reaches_itself_and_mapped_addresses(): void {
  begin();
  const a = socketOf(AF_INET6);
  memory.fill(argument(), 0, 32);
  store<u16>(argument(), <u16>AF_INET6);
  storeBe16(argument() + 2, 5000);
  assert(call(__NR_bind, a, argument(), 28) == 0, 'any address');
  assert(sendTo(socket(), 3, 5000) == 3, 'from IPv4');
  store<u32>(argument() + 32, 28);
  assert(call(__NR_recvfrom, a, incoming(), 99, MSG_DONTWAIT, argument(), argument() + 32) == 3, 'received');
  assert(load<u32>(argument(), 16) == 0xffff0000 && load<u32>(argument(), 20) == LOOPBACK, '::ffff:127.0.0.1');
}

export function who_sends_has_room_again_and_so_have_all_that_poll_for_it(): void {
  begin();
  ring(16, DEFER);
  bound(5000);
  const b = connected(5000);
  const p = sqe(IORING_OP_POLL_ADD, 7);
  p.fd = b;
  p.poll32_events = POLLOUT;
  p.len = IORING_POLL_ADD_MULTI;
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 7, POLLOUT, IORING_CQE_F_MORE), 'writable from the beginning');
  seen(1);
  send(b, 10);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 7, POLLOUT, IORING_CQE_F_MORE), 'the packet left the socket');
}

export function a_shutdown_without_a_peer_fails_and_shuts(): void {
  begin();
  const a = bound(5000);
  assert(shutdown(a, SHUT_RDWR) == -ENOTCONN && (poll(a) & POLLHUP) != 0, 'shut');
}

export function a_call_that_may_wait_reads_nothing_from_a_socket_that_is_shut(): void {
  begin();
  const a = bound(5000);
  shutdown(a, SHUT_RDWR);
  assert(recv(a, 10) == -EAGAIN && call(__NR_recvfrom, a, incoming(), 10) == 0, 'it does not wait for ever');
}

/** What the kernel makes of a size. */
function sized(fd: i32, name: u32, bytes: u32): u32 {
  store<u32>(argument(), bytes);
  assert(call(__NR_setsockopt, fd, SOL_SOCKET, name, argument(), 4) == 0, 'set');
  store<u32>(argument() + 8, 4);
  assert(call(__NR_getsockopt, fd, SOL_SOCKET, name, argument(), argument() + 8) == 0, 'got');
  return load<u32>(argument());
}

export function sizes_of_buffers_are_doubled_and_have_bounds(): void {
  begin();
  const a = bound(5000);
  assert(sized(a, SO_SNDBUF, 10000) == 20000 && sized(a, SO_RCVBUF, 10000) == 20000, 'doubled');
  assert(sized(a, SO_SNDBUF, 1) == 4608 && sized(a, SO_RCVBUF, 1) == 2304, 'at least an skb, or two of them');
  assert(sized(a, SO_SNDBUF, 1 << 30) == 2 * 4194304 && sized(a, SO_RCVBUF, 1 << 30) == 2 * 4194304, 'at most wmem_max and rmem_max');
}

const SO_ZEROCOPY: u32 = 60;
/** recvmsg of the error queue: the numbers that the message is about, and its code. */
function hear(fd: i32, lo: u32, hi: u32, code: u32): bool {
  const msg = incoming() + 2048;
  memory.fill(msg, 0, 256);
  store<u64>(msg, msg + 64, 16);
  store<u64>(msg, 1, 24);
  store<u64>(msg, msg + 128, 32);
  store<u64>(msg, 96, 40);
  if (call(__NR_recvmsg, fd, msg, MSG_ERRQUEUE | MSG_DONTWAIT) != 0) return false;
  const at = <usize>(msg + 128);
  return load<u64>(at) == 48 && load<u32>(at, 12) == 11 && load<u8>(at, 20) == 5 && load<u8>(at, 22) == <u8>code
    && load<u32>(at, 24) == lo && load<u32>(at, 28) == hi;
}

export function what_was_lent_over_the_loopback_device_was_copied_and_the_sender_hears_so(): void {
  begin();
  const a = bound(5000);
  const b = connected(5000);
  assert(send(b, 10, MSG_ZEROCOPY) == 10 && poll(b) == OUT, 'not asked for: a send like any other');
  store<u32>(argument(), 1);
  assert(call(__NR_setsockopt, b, SOL_SOCKET, SO_ZEROCOPY, argument(), 4) == 0, 'asked for');
  for (let i: u32 = 0; i < 3; i++) assert(send(b, 1000, MSG_ZEROCOPY) == 1000, 'sent');
  assert(send(b, 0, MSG_ZEROCOPY) == 0, 'nothing is lent');
  assert(poll(b) == (OUT | POLLERR) && hear(b, 0, 2, 1), 'three sends in one message, copied');
  assert(poll(b) == OUT && !hear(b, 0, 0, 0), 'told once');
  assert(send(b, 5, MSG_ZEROCOPY) == 5 && hear(b, 3, 3, 1) && recv(a, 99) == 10, 'numbers go on');
  send(b, 5, MSG_ZEROCOPY);
  close(b);
}
