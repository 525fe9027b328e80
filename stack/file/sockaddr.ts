/** struct sockaddr_in and sockaddr_in6 between user memory and sockets. */
import { loadBe16, storeBe16 } from '../../sim/core';
import { AF_INET, AF_INET6, EAFNOSUPPORT, EFAULT, EINVAL, SOCKADDR_IN6_BYTES, SOCKADDR_IN_BYTES } from '../../uring-model/uapi.gen';
import { userOk } from '../3-pool';
import { Sock } from '../6-socket';

/** sizeof(struct sockaddr_storage) */
const STORAGE_BYTES: u32 = 128;
/** The kernel takes an IPv6 address without its scope (SIN6_LEN_RFC2133). */
const SIN6_LEN_RFC2133: u32 = 24;

/** Copies a socket address in (move_addr_to_kernel): 28 bytes at `to`, zeroed behind its end. 0 or -errno. */
export function sockaddrIn(to: usize, addr: u64, len: u64): i32 {
  const n = <i32>len;
  if (n < 0 || n > <i32>STORAGE_BYTES) return -EINVAL;
  memory.fill(to, 0, 32);
  if (n == 0) return 0;
  if (!userOk(addr, n)) return -EFAULT;
  memory.copy(to, <usize>addr, <u32>n < SOCKADDR_IN6_BYTES ? n : SOCKADDR_IN6_BYTES);
  return 0;
}

/** Does a socket address suit a socket? 0 or -errno (inet_bind, inet6_bind, tcp_v4_connect, tcp_v6_connect). */
export function sockaddrCheck(sk: Sock, at: usize, len: u32): i32 {
  const v6 = sk.family == 6 || sk.ipv6_api != 0;
  const least = v6 ? SIN6_LEN_RFC2133 : SOCKADDR_IN_BYTES;
  if (len < least) return -EINVAL;
  return <u32>load<u16>(at) == (v6 ? AF_INET6 : AF_INET) ? 0 : -EAFNOSUPPORT;
}
export function sockaddrPort(at: usize): u32 {
  return loadBe16(at + 2);
}
/** Address of the address's bytes, in network order. */
export function sockaddrHost(sk: Sock, at: usize): usize {
  return sk.family == 6 || sk.ipv6_api != 0 ? at + 8 : at + 4;
}

/** Writes the name of a socket or of its peer to user memory (move_addr_to_user). 0 or -errno. */
export function sockaddrOut(sk: Sock, peer: bool, addr: u64, len_addr: u64): i32 {
  if (!userOk(len_addr, 4)) return -EFAULT;
  const room = load<i32>(<usize>len_addr);
  if (room < 0) return -EINVAL;
  const bytes = sk.family == 6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES;
  const n = <u32>room < bytes ? <u32>room : bytes;
  if (!userOk(addr, n)) return -EFAULT;
  if (n == bytes) writeName(sk, peer, <usize>addr);
  store<u32>(<usize>len_addr, bytes);
  return 0;
}

function writeName(sk: Sock, peer: bool, to: usize): void {
  const port = <u32>(peer ? sk.rport : sk.lport);
  storeBe16(to + 2, port);
  if (sk.family == 6) {
    store<u16>(to, <u16>AF_INET6);
    store<u32>(to, 0, 4);
    store<u64>(to, peer ? sk.raddr0 : sk.laddr0, 8);
    store<u64>(to, peer ? sk.raddr1 : sk.laddr1, 16);
    store<u32>(to, 0, 24);
  } else {
    store<u16>(to, <u16>AF_INET);
    store<u32>(to, <u32>(peer ? sk.raddr0 : sk.laddr0), 4);
    store<u64>(to, 0, 8);
  }
}
