/** Description: calls that may wait do not wait for what the loopback device has brought before they could. */
import { HOSTS_MAX, storeBe16 } from '../../../sim/core';
import { callSystem } from '../../../sim/world/syscalls';
import {
  __NR_accept4, __NR_bind, __NR_connect, __NR_listen, __NR_recvfrom, __NR_recvmsg, __NR_sendto, __NR_setsockopt, __NR_socket, AF_INET,
  EAGAIN, IPPROTO_TCP, MSG_CTRUNC, MSG_ERRQUEUE, MSG_PEEK, MSG_WAITALL, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { skbFrag } from '../../../stack/3-pool';
import { sock } from '../../../stack/6-socket';
import { fdSock } from '../../../stack/file';
import { build, defaults, LOCALHOST, user } from '../config_lo.as';

const PORT: u32 = 7100;
const ADDRESS_BYTES: u64 = 16;
const FAR: u32 = 524288;
const TCP_INQ: u32 = 36;

function call(nr: u32, a: u64 = 0, b: u64 = 0, c: u64 = 0, d: u64 = 0): i64 {
  return callSystem(0, nr, a, b, c, d, 0, 0);
}
function address(port: u32): u64 {
  const at = <usize>user();
  store<u64>(at, 0);
  store<u64>(at, 0, 8);
  store<u16>(at, <u16>AF_INET);
  storeBe16(at + 2, port);
  store<u32>(at, LOCALHOST, 4);
  return <u64>at;
}
/** Descriptors of two connected sockets: client << 32 | server. */
function connection(): u64 {
  return connectionOn(PORT);
}
function connectionOn(port: u32): u64 {
  const listener = call(__NR_socket, AF_INET, SOCK_STREAM);
  assert(call(__NR_bind, listener, address(port), ADDRESS_BYTES) == 0 && call(__NR_listen, listener, 8) == 0, 'it listens');
  const client = call(__NR_socket, AF_INET, SOCK_STREAM);
  assert(call(__NR_connect, client, address(port), ADDRESS_BYTES) == 0, 'connected when the call returns');
  const server = call(__NR_accept4, listener);
  assert(server >= 0, 'accepted');
  return (<u64>client << 32) | <u64>server;
}

export function a_connect_that_may_wait_is_over_when_it_returns(): void {
  defaults();
  build();
  connection();
}

export function a_read_that_waits_for_all_gets_what_its_own_acks_let_go(): void {
  defaults();
  build();
  const p = connection();
  for (let i: u32 = 0; i < 30; i++) assert(call(__NR_sendto, p >> 32, user(), 10) == 10, 'taken');
  assert(call(__NR_recvfrom, p & 0xffffffff, user() + FAR, 300, MSG_WAITALL) == 300, 'the last ones came while it read');
}

export function a_peek_looks_on_through_all_ranges_and_takes_nothing(): void {
  defaults();
  build();
  const p = connection();
  for (let i: u32 = 0; i < 60; i++) store<u8>(<usize>user() + i, <u8>i);
  for (let i: u32 = 0; i < 3; i++) assert(call(__NR_sendto, p >> 32, user() + i * 20, 20) == 20, 'taken');
  const iov = <usize>user() + 4096;
  const to = <u64>user() + FAR;
  for (let i: u32 = 0; i < 3; i++) {
    store<u64>(iov + (i << 4), to + i * 100);
    store<u64>(iov + (i << 4), i == 0 ? 7 : 25, 8);
  }
  const header = iov + 256;
  memory.fill(header, 0, 56);
  store<u64>(header, iov, 16);
  store<u64>(header, 3, 24);
  for (let round: u32 = 0; round < 2; round++) {
    assert(call(__NR_recvmsg, p & 0xffffffff, header, MSG_PEEK) == 57, 'all three ranges are full');
    assert(load<u8>(<usize>to) == 0 && load<u8>(<usize>to + 100) == 7 && load<u8>(<usize>to + 200) == 32, 'each goes on behind the other');
  }
  assert(call(__NR_recvmsg, p & 0xffffffff, header, 0) == 57 && load<u8>(<usize>to + 224) == 56, 'it is all still there');
  assert(load<u64>(header, 40) == 0, 'and there is nothing else to be said');
}

export function a_read_tells_what_is_left_beside_the_bytes(): void {
  defaults();
  build();
  const p = connection();
  const one = <usize>user() + 8192;
  store<u32>(one, 1);
  assert(call5(__NR_setsockopt, p & 0xffffffff, IPPROTO_TCP, TCP_INQ, one, 4) == 0, 'asked for');
  assert(call(__NR_sendto, p >> 32, user(), 50) == 50, 'taken');
  const header = messageOf(one + 512, 20);
  assert(call(__NR_recvmsg, p & 0xffffffff, header, 0) == 20, 'a part');
  assert(load<u64>(header, 40) == 24 && load<u32>(one + 1024 + 16) == 30, 'thirty are left');
  store<u64>(header, 8, 40);
  assert(call(__NR_recvmsg, p & 0xffffffff, header, 0) == 20 && load<u64>(header, 40) == 0, 'no room to say so');
  assert(load<u32>(header, 48) == MSG_CTRUNC, 'which is said');
}

/** struct msghdr with one range, and room for control messages 512 bytes behind it. */
function messageOf(at: usize, len: u64): usize {
  memory.fill(at, 0, 56);
  store<u64>(at + 64, user() + FAR);
  store<u64>(at + 64, len, 8);
  store<u64>(at, at + 64, 16);
  store<u64>(at, 1, 24);
  store<u64>(at, at + 512, 32);
  store<u64>(at, 64, 40);
  return at;
}
function call5(nr: u32, a: u64, b: u64, c: u64, d: u64, e: u64): i64 {
  return callSystem(0, nr, a, b, c, d, e, 0);
}

export function the_error_queue_of_a_connection_is_read_with_a_flag(): void {
  defaults();
  build();
  const p = connection();
  const header = messageOf(<usize>user() + 8192, 20);
  assert(call(__NR_recvmsg, p >> 32, header, MSG_ERRQUEUE) == -EAGAIN, 'it is empty, and nobody waits for it');
}

/** The page that the last packet of a socket's receive queue lies in. */
function pageOf(fd: u64): u32 {
  return skbFrag(sock(fdSock(0, <i32>fd)).receive_tail, 0).netmem;
}

export function each_thread_fills_pages_of_its_own(): void {
  defaults();
  build();
  const p = connection();
  call(__NR_sendto, p >> 32, user(), 10);
  const first = pageOf(p & 0xffffffff);
  call(__NR_recvfrom, p & 0xffffffff, user() + FAR, 100);
  const q = connectionOn(PORT + 1);
  call(__NR_sendto, q >> 32, user(), 10);
  assert(pageOf(q & 0xffffffff) == first, 'one thread goes on with its page, whatever the connection');
  assert(callSystem(HOSTS_MAX, __NR_sendto, p >> 32, user(), 10, 0, 0, 0) == 10, 'another thread');
  assert(pageOf(p & 0xffffffff) != first, 'has another page');
}
