/** Description: sockets are found by their four-tuple, however many there are, and a freed one is found no more. */
import { arenaInit, HOSTS_MAX, NONE, prngInit } from '../../../sim/core';
import {
  bindConflict, bindInsert, bindRemove, ehashInsert, ehashLookup, ehashRemove, isMini, KEY_OFFSET, listenerLookup, mini, miniAlloc,
  miniFree, sock, sockAlloc, SOCK_ANY_ADDRESS, sockCount, SOCK_DESTROYED, socketInit, socketState, sockHold, sockLive, sockPut, TCP_LISTEN,
  TCP_TIME_WAIT, tupleKey,
} from '../../../stack/6-socket';
import { AT_LIMITS_SOCKS, setDefaults, setRun } from '../config.gen.as';

function start(socks: u64): void {
  setDefaults();
  setRun(AT_LIMITS_SOCKS, socks);
  arenaInit();
  prngInit(1, HOSTS_MAX);
  socketInit();
}
function connect(idx: u32, lport: u32, rport: u32): void {
  const sk = sock(idx);
  sk.laddr0 = 0x0200000a;
  sk.raddr0 = 0x0100000a;
  store<u64>(changetype<usize>(sk), tupleKey(1, 4, lport, rport), KEY_OFFSET);
  ehashInsert(sk);
}
function find(lport: u32, rport: u32): u32 {
  return ehashLookup(0x0200000a, 0, 0x0100000a, 0, tupleKey(1, 4, lport, rport));
}

export function each_of_ten_thousand_connections_is_found(): void {
  start(10000);
  for (let i: u32 = 0; i < 10000; i++) connect(sockAlloc(1), 80, 1024 + i);
  for (let i: u32 = 0; i < 10000; i++) assert(find(80, 1024 + i) == i, 'itself');
  assert(find(81, 1024) == NONE && find(80, 1023) == NONE, 'and no other');
  assert(ehashLookup(0x0200000a, 0, 0x0100000a, 0, tupleKey(0, 4, 80, 1024)) == NONE, 'not on the other host');
  assert(ehashLookup(0x0200000a, 0, 0x0100000a, 0, tupleKey(1, 6, 80, 1024)) == NONE, 'not in the other family');
  for (let i: u32 = 0; i < 10000; i += 2) ehashRemove(sock(i));
  for (let i: u32 = 0; i < 10000; i++) assert(find(80, 1024 + i) == (i % 2 == 0 ? NONE : i), 'removed ones are gone');
}

/** Longest chain and mean number of comparisons say whether the hash is any good. */
export function chains_are_short(): void {
  start(20000);
  for (let i: u32 = 0; i < 20000; i++) connect(sockAlloc(1), 9999, 32768 + i);
  const s = socketState();
  let longest: u32 = 0;
  let squares: u32 = 0;
  for (let b: u32 = 0; b <= s.ehash_mask; b++) {
    let n: u32 = 0;
    for (let h = load<u32>(<usize>s.ehash_base + (<usize>b << 2)); h != NONE; h = sock(h).hash_next) n++;
    if (n > longest) longest = n;
    squares += n * n;
  }
  assert(longest <= 6, 'no long chain');
  assert(squares < 20000 * 3 / 2, 'hardly more than one comparison each');
}

export function a_mini_socket_shares_the_table(): void {
  start(16);
  const handle = miniAlloc(1);
  const m = mini(handle);
  m.state = <u8>TCP_TIME_WAIT;
  m.laddr0 = 0x0200000a;
  m.raddr0 = 0x0100000a;
  store<u64>(changetype<usize>(m), tupleKey(1, 4, 80, 5), KEY_OFFSET);
  ehashInsert(m);
  assert(find(80, 5) == handle && isMini(handle), 'found as what it is');
  ehashRemove(m);
  miniFree(handle);
  assert(find(80, 5) == NONE && socketState().mini_used == 0, 'and gone');
}

export function a_socket_lives_as_long_as_it_is_held(): void {
  start(2);
  const a = sockAlloc(0);
  sockHold(a);
  sock(a).flags |= SOCK_DESTROYED;
  sockPut(a);
  assert(sockLive(a), 'held');
  sockPut(a);
  assert(!sockLive(a), 'freed');
  assert(sockAlloc(0) == a && sockAlloc(0) != NONE && sockAlloc(0) == NONE, 'and used again; two in all');
  assert(sockCount() == 2, 'counted');
}

export function a_packet_in_the_device_keeps_a_socket(): void {
  start(2);
  const a = sockAlloc(0);
  sock(a).flags |= SOCK_DESTROYED;
  sock(a).wmem_alloc = 100;
  sockPut(a);
  assert(sockAlloc(0) != a, 'its index is not given away while the device may name it');
}

function listen(port: u32, address: u64): u32 {
  const idx = sockAlloc(1);
  const sk = sock(idx);
  sk.family = 4;
  sk.lport = <u16>port;
  sk.laddr0 = address;
  if (address == 0) sk.flags |= SOCK_ANY_ADDRESS;
  sk.state = <u8>TCP_LISTEN;
  bindInsert(sk);
  return idx;
}

export function a_listener_on_the_address_comes_before_one_on_any(): void {
  start(16);
  const any = listen(80, 0);
  const one = listen(80, 0x0200000a);
  assert(listenerLookup(1, 4, 0x0200000a, 0, 80) == one, 'the address itself');
  assert(listenerLookup(1, 4, 0x0300000a, 0, 80) == any, 'any other address');
  assert(listenerLookup(1, 4, 0x0200000a, 0, 81) == NONE && listenerLookup(0, 4, 0x0200000a, 0, 80) == NONE, 'port and host count');
  bindRemove(sock(one));
  assert(listenerLookup(1, 4, 0x0200000a, 0, 80) == any, 'removed');
}

export function bound_ports_collide(): void {
  start(16);
  listen(80, 0x0200000a);
  assert(bindConflict(1, 80, 0x0200000a, 0, false) && bindConflict(1, 80, 0, 0, true), 'the same address, or any');
  assert(!bindConflict(1, 80, 0x0300000a, 0, false) && !bindConflict(1, 81, 0x0200000a, 0, false), 'another address or port');
  assert(!bindConflict(0, 80, 0x0200000a, 0, false), 'another host');
}
