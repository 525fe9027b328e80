/**
 * Names of sockets (struct sockaddr_un): abstract ones, and paths.
 *
 * Differs from Linux: there is no file system. A path is a name like any other, and free again when its socket is closed.
 */
import { NONE, UNIX_SOCKS_MAX } from '../../sim/core';
import { Msg } from '../6-socket';
import { AF_UNIX, EADDRINUSE, ECONNREFUSED, EINVAL, ENOENT, ENOSPC, EPROTOTYPE } from '../../uring-model/uapi.gen';
import { SOCKADDR_UN_BYTES, SUN_PATH, unixName, UnixSock, unixSock, unixState } from './sock';

/** Names that are made up have five hexadecimal digits. */
const AUTOBIND_DIGITS: u32 = 5;

/** unix_validate_addr */
export function nameCheck(name: usize, len: u32): i32 {
  if (len <= SUN_PATH || len > SOCKADDR_UN_BYTES) return -EINVAL;
  return <u32>load<u16>(name) == AF_UNIX ? 0 : -EINVAL;
}

function isPath(name: usize, len: u32): bool {
  return len > SUN_PATH && load<u8>(name, SUN_PATH) != 0;
}
/** A path ends with its first zero (unix_mkname_bsd). */
function nameLength(name: usize, len: u32): u32 {
  if (!isPath(name, len)) return len;
  let n = SUN_PATH;
  while (n < len && load<u8>(name + n) != 0) n++;
  return n + 1;
}
function sameName(u: UnixSock, name: usize, len: u32): bool {
  // A path has its zero in the socket's copy, and need not in the caller's.
  const bytes = isPath(name, len) ? len - 1 : len;
  return <u32>u.name_len == len && memory.compare(unixName(u), name, bytes) == 0;
}

/** The socket of a host that is bound to a name: its index, or -errno (unix_find_other). */
export function findName(host: u32, name: usize, name_len: u32, type: u32): i32 {
  const len = nameLength(name, name_len);
  for (let i: u32 = 0; i < UNIX_SOCKS_MAX; i++) {
    const u = unixSock(i);
    if (u.type == 0 || u.dead != 0 || <u32>u.host != host || u.name_len == 0 || !sameName(u, name, len)) continue;
    if (<u32>u.type == type) return <i32>i;
    if (isPath(name, len)) return -EPROTOTYPE;
  }
  return isPath(name, len) ? -ENOENT : -ECONNREFUSED;
}

function setName(u: UnixSock, name: usize, len: u32): void {
  memory.fill(unixName(u), 0, SOCKADDR_UN_BYTES);
  memory.copy(unixName(u), name, min(len, SOCKADDR_UN_BYTES));
  u.name_len = <u16>len;
}

/** A name that nobody has (unix_autobind). */
function autobind(u: UnixSock): i32 {
  if (u.name_len != 0) return 0;
  const s = unixState();
  const name = unixName(u);
  for (let tries: u32 = 0; tries <= UNIX_SOCKS_MAX; tries++) {
    s.autobind = (s.autobind + 1) & 0xfffff;
    store<u16>(name, <u16>AF_UNIX);
    store<u8>(name, 0, SUN_PATH);
    for (let i: u32 = 0; i < AUTOBIND_DIGITS; i++) {
      const digit = (s.autobind >> ((AUTOBIND_DIGITS - 1 - i) << 2)) & 15;
      store<u8>(name + SUN_PATH + 1 + i, <u8>(digit < 10 ? 48 + digit : 87 + digit));
    }
    const len = SUN_PATH + 1 + AUTOBIND_DIGITS;
    if (findName(u.host, name, len, u.type) != -ECONNREFUSED) continue;
    u.name_len = <u16>len;
    return 0;
  }
  return -ENOSPC;
}

/** bind() to the name at `name`. 0 or -errno. */
export function unixBind(idx: u32, name: usize, len: u32): i32 {
  const u = unixSock(idx);
  if (len == SUN_PATH && <u32>load<u16>(name) == AF_UNIX) return autobind(u);
  const bad = nameCheck(name, len);
  if (bad != 0) return bad;
  if (u.name_len != 0) return -EINVAL;
  const found = findName(u.host, name, len, u.type);
  if (found >= 0 || found == -EPROTOTYPE) return -EADDRINUSE;
  setName(u, name, nameLength(name, len));
  return 0;
}

/** A child has the name of its listener. */
export function shareName(u: UnixSock, from: UnixSock): void {
  setName(u, unixName(from), from.name_len);
}

/** Writes the name of a socket; how long it is (unix_getname). */
export function writeName(u: UnixSock, to: usize): u32 {
  if (u.name_len == 0) {
    store<u16>(to, <u16>AF_UNIX);
    return SUN_PATH;
  }
  memory.copy(to, unixName(u), u.name_len);
  return u.name_len;
}
/** Where a message came from; a sender without a name has no address (unix_copy_addr). */
export function copyName(m: Msg, from: UnixSock): void {
  m.name_len = 0;
  if (from.name_len == 0) return;
  memory.copy(<usize>m.name, unixName(from), from.name_len);
  m.name_len = from.name_len;
}
/** getsockname, or getpeername: how long the name at `to` is; -1: there is no peer. */
export function unixGetname(idx: u32, peer: bool, to: usize): i32 {
  const u = unixSock(idx);
  if (!peer) return <i32>writeName(u, to);
  return u.peer == NONE ? -1 : <i32>writeName(unixSock(u.peer), to);
}
