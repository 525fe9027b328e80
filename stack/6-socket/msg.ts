/**
 * A message between a system call or a request and a socket of any kind (struct msghdr as the kernel has it),
 * and the copies of its bytes (lib/iov_iter.c). Who calls has looked whether the iovecs themselves are user memory.
 */
import { chainAt, chainPart, coreState, memCopied, memCopyPiece, memUser } from '../../sim/core';
import { userOk } from '../3-pool';

@unmanaged
export class Msg {
  /** struct iovec of user space: address and length, eight bytes each. */
  iov: u32;
  iov_count: u32;
  /** Where the address is, in the kernel: of the receiver, or room of 128 bytes for the sender's. 0: none. */
  name: u32;
  name_len: u32;
  /** Control messages in user memory; a receive makes control_len what it wrote. 0: none. */
  control: u32;
  control_len: u32;
  /** MSG_*: of the call. */
  flags: u32;
  /** MSG_*: of the answer (msg_flags). */
  out_flags: u32;
  /** Bytes that are still to be read; -1: unknown (msg_inq). */
  inq: i32;
  /** The Ubuf of a caller in the kernel, whose memory may be lent (msg_ubuf); 0: none. */
  ubuf: u32;
  /** That memory is registered, so that its pages need not be pinned. */
  fixed: u32;
  /** Bytes that earlier calls for the same request have moved. */
  done: u32;
  /** An iovec of its own, for a message of one range. */
  base: u64;
  len: u64;
}
export const MSG_BYTES: u32 = 64;
const IOVEC_BYTES: u32 = 16;

/** An empty message. */
export function msgClear(m: Msg, flags: u32): void {
  memory.fill(changetype<usize>(m), 0, offsetof<Msg>());
  m.flags = flags;
  m.inq = -1;
}
/** A message of one range. */
export function msgRange(m: Msg, addr: u64, len: u32, flags: u32): void {
  msgClear(m, flags);
  m.base = addr;
  m.len = len;
  m.iov = <u32>changetype<usize>(m) + <u32>offsetof<Msg>('base');
  m.iov_count = 1;
}

export function iovBase(iov: usize, i: u32): u64 {
  return load<u64>(iov + <usize>i * IOVEC_BYTES);
}
export function iovLen(iov: usize, i: u32): u64 {
  return load<u64>(iov + <usize>i * IOVEC_BYTES, 8);
}
/** Bytes of all ranges (iov_iter_count). */
export function iovTotal(iov: usize, count: u32): u64 {
  let total: u64 = 0;
  for (let i: u32 = 0; i < count; i++) total += iovLen(iov, i);
  return total;
}

/** Copies `len` bytes between the kernel and the message, from byte `offset` of the message on. False: a range is no memory. */
function copy(m: Msg, offset: u64, len: u32, kernel: usize, out: bool, bytes: bool = true): bool {
  let skip = offset;
  let left = len;
  let at = kernel;
  for (let i: u32 = 0; left > 0 && i < m.iov_count; i++) {
    const size = iovLen(m.iov, i);
    if (skip >= size) {
      skip -= size;
      continue;
    }
    const part = <u32>min<u64>(size - skip, left);
    const user = iovBase(m.iov, i) + skip;
    if (!userOk(user, part)) return false;
    const seen = <usize>memUser(coreState().host, <usize>user, part);
    if (out) {
      if (bytes) memory.copy(<usize>user, at, part);
      memCopyPiece(at, seen, part);
    } else {
      if (bytes) memory.copy(at, <usize>user, part);
      memCopyPiece(seen, at, part);
    }
    at += part;
    left -= part;
    skip = 0;
  }
  memCopied(len);
  return left == 0;
}
/** `bytes` false: only what it takes, for payload that nobody looks at. */
export function msgCopyIn(m: Msg, offset: u64, len: u32, to: usize, bytes: bool = true): bool {
  return copy(m, offset, len, to, false, bytes);
}
export function msgCopyOut(m: Msg, offset: u64, len: u32, from: usize): bool {
  return copy(m, offset, len, from, true);
}
/** The same to and from a chain, from its byte `from` on. */
export function msgToChain(m: Msg, offset: u64, len: u32, chain: u32, from: u32): bool {
  for (let done: u32 = 0; done < len; ) {
    const part = chainPart(from + done, len - done);
    if (!copy(m, offset + done, part, chainAt(chain, from + done), false)) return false;
    done += part;
  }
  return true;
}
export function msgFromChain(m: Msg, offset: u64, len: u32, chain: u32, from: u32): bool {
  for (let done: u32 = 0; done < len; ) {
    const part = chainPart(from + done, len - done);
    if (!copy(m, offset + done, part, chainAt(chain, from + done), true)) return false;
    done += part;
  }
  return true;
}

/** Is all of the message user memory? */
export function msgOk(m: Msg): bool {
  for (let i: u32 = 0; i < m.iov_count; i++) {
    // Of a range without bytes nothing is copied, wherever it lies.
    if (iovLen(m.iov, i) != 0 && !userOk(iovBase(m.iov, i), iovLen(m.iov, i))) return false;
  }
  return true;
}
