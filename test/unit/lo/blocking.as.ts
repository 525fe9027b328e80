/** Description: calls that may wait do not wait for what the loopback device has brought before they could. */
import { storeBe16 } from '../../../sim/core';
import { callSystem } from '../../../sim/world/syscalls';
import {
  __NR_accept4, __NR_bind, __NR_connect, __NR_listen, __NR_recvfrom, __NR_sendto, __NR_socket, AF_INET, MSG_WAITALL, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { build, defaults, LOCALHOST, user } from '../config_lo.as';

const PORT: u32 = 7100;
const ADDRESS_BYTES: u64 = 16;
const FAR: u32 = 524288;

function call(nr: u32, a: u64 = 0, b: u64 = 0, c: u64 = 0, d: u64 = 0): i64 {
  return callSystem(0, nr, a, b, c, d, 0, 0);
}
function address(): u64 {
  const at = <usize>user();
  store<u64>(at, 0);
  store<u64>(at, 0, 8);
  store<u16>(at, <u16>AF_INET);
  storeBe16(at + 2, PORT);
  store<u32>(at, LOCALHOST, 4);
  return <u64>at;
}
/** Descriptors of two connected sockets: client << 32 | server. */
function connection(): u64 {
  const listener = call(__NR_socket, AF_INET, SOCK_STREAM);
  assert(call(__NR_bind, listener, address(), ADDRESS_BYTES) == 0 && call(__NR_listen, listener, 8) == 0, 'it listens');
  const client = call(__NR_socket, AF_INET, SOCK_STREAM);
  assert(call(__NR_connect, client, address(), ADDRESS_BYTES) == 0, 'connected when the call returns');
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
