/**
 * A message on its way from user memory (struct msghdr, lib/iov_iter.c): segments, flags, and how far a call has come. It
 * outlives a call that waits for room: calling again goes on with it.
 */
export const MSG_OOB: u32 = 0x01;
export const MSG_DONTWAIT: u32 = 0x40;
export const MSG_EOR: u32 = 0x80;
export const MSG_MORE: u32 = 0x8000;
export const MSG_ZEROCOPY: u32 = 0x4000000;

/** struct iovec: address and length, eight bytes each. */
const IOVEC_BYTES: u32 = 16;

@unmanaged
export class SendMessage {
  /** iovecs that are left, behind the segment in hand. */
  iov: u32;
  iov_nr: u32;
  flags: u32;
  /** Bits SOF_TIMESTAMPING_TX_* of a control message, which count instead of the socket's if there was one. */
  tsflags: u32;
  has_tsflags: u32;
  /** The Ubuf of a caller in the kernel, who holds a reference throughout (msg_ubuf); 0: none. */
  msg_ubuf: u32;
  /** That caller's memory is registered: its pages are pinned already. */
  fixed: u32;
  /** A system call that waited goes on: the message has its number already (MSG_ZEROCOPY). */
  again: u32;
  // What the call keeps
  /** The segment in hand: where, and bytes left of it. */
  at: u32;
  left: u32;
  /** Bytes left of the message, and bytes queued. */
  total: u32;
  copied: u32;
  /** The Ubuf that packets get; with zerocopy they get the pages too. */
  uarg: u32;
  zerocopy: u32;
  begun: u32;
}
export const SEND_MESSAGE_BYTES: u32 = 60;

/** A message of one segment. */
export function messageOf(m: SendMessage, user: usize, len: u32, flags: u32): void {
  memory.fill(changetype<usize>(m), 0, offsetof<SendMessage>());
  m.flags = flags;
  m.at = <u32>user;
  m.left = len;
  m.total = len;
  m.begun = 1;
}

/** Adds up the segments of a message that a process made; nothing happens when that was done. */
export function messageBegin(m: SendMessage): void {
  if (m.begun != 0) return;
  m.begun = 1;
  let total: u32 = 0;
  for (let i: u32 = 0; i < m.iov_nr; i++) total += load<u32>(<usize>m.iov + <usize>i * IOVEC_BYTES, 8);
  m.left = 0;
  m.total = total;
  m.copied = 0;
  m.uarg = 0;
  m.zerocopy = 0;
}

/** Makes sure that the segment in hand has bytes; the message must have some. */
export function messageSegment(m: SendMessage): void {
  while (m.left == 0) {
    assert(m.iov_nr != 0, 'T11 a message is as long as its segments');
    m.at = load<u32>(m.iov);
    m.left = load<u32>(m.iov, 8);
    m.iov += IOVEC_BYTES;
    m.iov_nr--;
  }
}

/** Goes on behind `len` bytes of the segment in hand. */
export function messagePass(m: SendMessage, len: u32): void {
  m.at += len;
  m.left -= len;
  m.total -= len;
}
