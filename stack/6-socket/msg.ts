/** A message between a system call or a request and a socket of any kind (struct msghdr as the kernel has it). */

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
  /** An iovec of its own, for a message of one range. */
  base: u64;
  len: u64;
}
export const MSG_BYTES: u32 = 56;
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
