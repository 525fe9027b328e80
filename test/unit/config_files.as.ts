/** System calls of the one host of config_ring, for tests of files: a few of them by name, and memory for their arguments. */
import { callSystem } from '../../sim/world/syscalls';
import { fdFile, filePoll } from '../../stack/file';
import {
  __NR_close, __NR_getsockopt, __NR_read, __NR_recvfrom, __NR_sendto, __NR_shutdown, __NR_socketpair, __NR_write, AF_UNIX, MSG_DONTWAIT,
} from '../../uring-model/uapi.gen';
import { HOST, user } from './config_ring.as';

/** Memory that the tests use. */
@unmanaged
class Memory {
  out: u32;
  inn: u32;
  pair: u32;
}
const MEMORY: usize = 0x7a00;
function memory_(): Memory {
  return changetype<Memory>(MEMORY);
}
export const BYTES: u32 = 1 << 18;

/** After build(): where what is written lies (bytes count up), and where what is read goes. */
export function buffers(): void {
  const m = memory_();
  m.out = user(BYTES);
  m.inn = user(BYTES);
  m.pair = user(64);
  for (let i: u32 = 0; i < BYTES; i++) store<u8>(m.out + i, <u8>i);
}
export function outgoing(): u32 {
  return memory_().out;
}
export function incoming(): u32 {
  return memory_().inn;
}
/** 64 bytes for arguments. */
export function argument(): u32 {
  return memory_().pair;
}

export function call(nr: u32, a0: u64 = 0, a1: u64 = 0, a2: u64 = 0, a3: u64 = 0, a4: u64 = 0, a5: u64 = 0): i32 {
  return <i32>callSystem(HOST, nr, a0, a1, a2, a3, a4, a5);
}
/** Two connected sockets: fd(0) and fd(1). */
export function pair(type: u32): void {
  assert(call(__NR_socketpair, AF_UNIX, type, 0, argument()) == 0, 'a pair');
}
export function fd(i: u32): i32 {
  return load<i32>(argument() + (i << 2));
}
export function send(to: i32, len: u32, flags: u32 = 0): i32 {
  return call(__NR_sendto, to, outgoing(), len, flags | MSG_DONTWAIT);
}
export function recv(from: i32, len: u32, flags: u32 = 0): i32 {
  return call(__NR_recvfrom, from, incoming(), len, flags | MSG_DONTWAIT);
}
export function write(to: i32, len: u32): i32 {
  return call(__NR_write, to, outgoing(), len);
}
export function read(from: i32, len: u32): i32 {
  return call(__NR_read, from, incoming(), len);
}
export function close(which: i32): i32 {
  return call(__NR_close, which);
}
export function shutdown(which: i32, how: u32): i32 {
  return call(__NR_shutdown, which, how);
}
/** Are the `len` bytes that were read those from `from` on? */
export function isBytes(from: u32, len: u32): bool {
  return memory.compare(incoming(), outgoing() + from, len) == 0;
}
export function poll(which: i32): u32 {
  return filePoll(fdFile(HOST, which));
}
/** SO_ERROR */
export function socketError(which: i32): i32 {
  store<u32>(argument() + 16, 4);
  assert(call(__NR_getsockopt, which, 1, 4, argument() + 20, argument() + 16) == 0, 'getsockopt');
  return load<i32>(argument() + 20);
}
