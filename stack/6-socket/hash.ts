/**
 * Lookup: connections by four-tuple (net/ipv4/inet_hashtables.c: __inet_lookup_established), listeners and bound sockets
 * by port. Chains of handles; at most one connection for four buckets, so a lookup is one or two comparisons however
 * many connections there are.
 *
 * Differs from Linux: one table serves both hosts and both families; the key holds them.
 */
import { NONE } from '../../sim/core';
import { Sock } from './sock';
import { KEY_OFFSET, SockCommon } from './sock_common';
import { SOCK_ANY_ADDRESS, SOCK_BOUND, SOCK_HASHED, TCP_LISTEN } from './sock_flags';
import { socketState } from './state';
import { isMini, sock, sockCommon } from './table';

export const BHASH_SIZE: u32 = 1024;

export function ehashInsertEmpty(): void {
  const s = socketState();
  memory.fill(<usize>s.ehash_base, 0xff, <usize>(s.ehash_mask + 1) << 2);
  memory.fill(<usize>s.bhash_base, 0xff, <usize>BHASH_SIZE << 2);
}

/** The last word of a key, as it lies in SockCommon. Ports in host order. */
export function tupleKey(host: u32, family: u32, lport: u32, rport: u32): u64 {
  return <u64>lport | (<u64>rport << 16) | (<u64>family << 32) | (<u64>host << 40);
}

/** Mixes a four-tuple; fixed, so that runs repeat (Linux salts inet_ehashfn with a secret). */
export function ehashFn(laddr0: u64, laddr1: u64, raddr0: u64, raddr1: u64, key: u64): u32 {
  let h = (raddr0 ^ rotl<u64>(raddr1, 29)) * 0x9e3779b97f4a7c15;
  h ^= (laddr0 ^ rotl<u64>(laddr1, 17)) + key;
  h *= 0xbf58476d1ce4e5b9;
  h ^= h >> 32;
  h *= 0x94d049bb133111eb;
  return <u32>(h >> 32);
}

function commonKey(c: SockCommon): u64 {
  return load<u64>(changetype<usize>(c), KEY_OFFSET);
}

/** The connection with exactly this four-tuple: a handle, or NONE. */
export function ehashLookup(laddr0: u64, laddr1: u64, raddr0: u64, raddr1: u64, key: u64): u32 {
  const s = socketState();
  const hash = ehashFn(laddr0, laddr1, raddr0, raddr1, key);
  let handle = load<u32>(<usize>s.ehash_base + (<usize>(hash & s.ehash_mask) << 2));
  while (handle != NONE) {
    const c = sockCommon(handle);
    if (commonKey(c) == key && c.raddr0 == raddr0 && c.laddr0 == laddr0 && c.raddr1 == raddr1 && c.laddr1 == laddr1) return handle;
    handle = c.hash_next;
  }
  return NONE;
}

/** Puts a connection, half-open connection or TIME-WAIT into the table; its key is complete. */
export function ehashInsert(c: SockCommon): void {
  const s = socketState();
  const hash = ehashFn(c.laddr0, c.laddr1, c.raddr0, c.raddr1, commonKey(c));
  const at = <usize>s.ehash_base + (<usize>(hash & s.ehash_mask) << 2);
  c.hash = hash;
  c.hash_next = load<u32>(at);
  store<u32>(at, c.handle);
  if (!isMini(c.handle)) sock(c.handle).flags |= SOCK_HASHED;
}

export function ehashRemove(c: SockCommon): void {
  const s = socketState();
  const at = <usize>s.ehash_base + (<usize>(c.hash & s.ehash_mask) << 2);
  let handle = load<u32>(at);
  if (handle == c.handle) store<u32>(at, c.hash_next);
  else {
    for (;;) {
      assert(handle != NONE, 'K4 a hashed socket is in its chain');
      const before = sockCommon(handle);
      handle = before.hash_next;
      if (handle == c.handle) {
        before.hash_next = c.hash_next;
        break;
      }
    }
  }
  c.hash_next = NONE;
  if (!isMini(c.handle)) sock(c.handle).flags &= ~SOCK_HASHED;
}

function bhashAt(host: u32, port: u32): usize {
  return <usize>socketState().bhash_base + (<usize>((port * 2 + host) & (BHASH_SIZE - 1)) << 2);
}

/** Binds a socket whose host, family, laddr and lport are set. */
export function bindInsert(sk: Sock): void {
  const at = bhashAt(sk.host, sk.lport);
  sk.bind_next = load<u32>(at);
  store<u32>(at, sk.handle);
  sk.flags |= SOCK_BOUND;
}

export function bindRemove(sk: Sock): void {
  if (!sk.hasFlag(SOCK_BOUND)) return;
  let at = bhashAt(sk.host, sk.lport);
  while (load<u32>(at) != sk.handle) {
    assert(load<u32>(at) != NONE, 'K4 a bound socket is in its chain');
    at = changetype<usize>(sock(load<u32>(at))) + offsetof<Sock>('bind_next');
  }
  store<u32>(at, sk.bind_next);
  sk.bind_next = NONE;
  sk.flags &= ~SOCK_BOUND;
}

/** Would binding to this address and port collide with a bound socket? `any`: the unspecified address. */
export function bindConflict(host: u32, port: u32, laddr0: u64, laddr1: u64, any: bool): bool {
  let idx = load<u32>(bhashAt(host, port));
  while (idx != NONE) {
    const sk = sock(idx);
    if (sk.lport == <u16>port && sk.host == <u8>host) {
      if (any || sk.hasFlag(SOCK_ANY_ADDRESS) || (sk.laddr0 == laddr0 && sk.laddr1 == laddr1)) return true;
    }
    idx = sk.bind_next;
  }
  return false;
}

/** The listener for a destination: one bound to the address before one bound to any. A family 6 listener takes both. */
export function listenerLookup(host: u32, family: u32, laddr0: u64, laddr1: u64, lport: u32): u32 {
  let idx = load<u32>(bhashAt(host, lport));
  let best = NONE;
  while (idx != NONE) {
    const sk = sock(idx);
    if (sk.lport == <u16>lport && sk.host == <u8>host && sk.state == <u8>TCP_LISTEN) {
      if (sk.hasFlag(SOCK_ANY_ADDRESS)) {
        if (sk.family == <u8>family) best = idx;
        else if (sk.family == 6 && best == NONE) best = idx;
      } else if (sk.family == <u8>family && sk.laddr0 == laddr0 && sk.laddr1 == laddr1) return idx;
    }
    idx = sk.bind_next;
  }
  return best;
}
