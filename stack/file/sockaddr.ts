/** struct sockaddr_in and sockaddr_in6 between user memory and sockets. */
import { FILE_ADDR, loadBe16, storeBe16 } from '../../sim/core';
import { AF_INET, AF_INET6, EAFNOSUPPORT, EFAULT, EINVAL, SOCKADDR_IN6_BYTES, SOCKADDR_IN_BYTES } from '../../uring-model/uapi.gen';
import { userOk } from '../3-pool';
import { Sock } from '../6-socket';

/** sizeof(struct sockaddr_storage) */
const STORAGE_BYTES: u32 = 128;
/** The kernel takes an IPv6 address without its scope (SIN6_LEN_RFC2133). */
const SIN6_LEN_RFC2133: u32 = 24;

/** Copies a socket address in (move_addr_to_kernel): as much as there is room for at `to`, zeroed behind its end. 0 or -errno. */
export function sockaddrIn(to: usize, addr: u64, len: u64, room: u32 = 32): i32 {
  const n = <i32>len;
  if (n < 0 || n > <i32>STORAGE_BYTES) return -EINVAL;
  memory.fill(to, 0, room);
  if (n == 0) return 0;
  if (!userOk(addr, n)) return -EFAULT;
  memory.copy(to, <usize>addr, min(<u32>n, room));
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
  const len = writeName(sk, peer, NAME);
  return sockaddrToUser(NAME, len, addr, len_addr);
}
/** The same for a name that lies in the kernel; what does not fit is cut off, and the length says so. */
export function sockaddrToUser(name: usize, len: u32, addr: u64, len_addr: u64): i32 {
  if (!userOk(len_addr, 4)) return -EFAULT;
  const room = load<i32>(<usize>len_addr);
  if (room < 0) return -EINVAL;
  const n = min(<u32>room, len);
  if (!userOk(addr, n)) return -EFAULT;
  memory.copy(<usize>addr, name, n);
  store<u32>(<usize>len_addr, len);
  return 0;
}
/** Where a name or an error lies for a moment. */
export const NAME: usize = FILE_ADDR + 0x100;

/** Writes the name of a socket or of its peer; how long it is (inet_getname, inet6_getname). */
export function writeName(sk: Sock, peer: bool, to: usize): u32 {
  const port = <u32>(peer ? sk.rport : sk.lport);
  storeBe16(to + 2, port);
  if (sk.family == 6) {
    store<u16>(to, <u16>AF_INET6);
    store<u32>(to, 0, 4);
    store<u64>(to, peer ? sk.raddr0 : sk.laddr0, 8);
    store<u64>(to, peer ? sk.raddr1 : sk.laddr1, 16);
    store<u32>(to, 0, 24);
    return SOCKADDR_IN6_BYTES;
  }
  store<u16>(to, <u16>AF_INET);
  store<u32>(to, <u32>(peer ? sk.raddr0 : sk.laddr0), 4);
  store<u64>(to, 0, 8);
  return SOCKADDR_IN_BYTES;
}
