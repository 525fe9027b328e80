/** Poll bits (include/uapi/asm-generic/poll.h), and what polls and wake-ups of sockets have in common. */
import { RCV_SHUTDOWN, SHUTDOWN_MASK } from './sock_flags';

export const POLLIN: u32 = 0x0001;
export const POLLPRI: u32 = 0x0002;
export const POLLOUT: u32 = 0x0004;
export const POLLERR: u32 = 0x0008;
export const POLLHUP: u32 = 0x0010;
export const POLLRDNORM: u32 = 0x0040;
export const POLLRDBAND: u32 = 0x0080;
export const POLLWRNORM: u32 = 0x0100;
export const POLLWRBAND: u32 = 0x0200;
export const POLLRDHUP: u32 = 0x2000;
/** What wake-ups of sockets say (sock_def_readable, sock_def_write_space). */
export const READ_BITS: u32 = POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND;
export const WRITE_BITS: u32 = POLLOUT | POLLWRNORM | POLLWRBAND;

/** What errors, the end and arrivals make of a poll of a socket with a queue (datagram_poll, unix_poll). */
export function readPoll(err: i32, shutdown: u32, queued: bool): u32 {
  let mask: u32 = 0;
  if (err != 0) mask |= POLLERR;
  if (shutdown == SHUTDOWN_MASK) mask |= POLLHUP;
  if ((shutdown & RCV_SHUTDOWN) != 0) mask |= POLLRDHUP | POLLIN | POLLRDNORM;
  if (queued) mask |= POLLIN | POLLRDNORM;
  return mask;
}
