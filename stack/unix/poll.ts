/** What a poll would say (net/unix/af_unix.c: unix_poll, unix_dgram_poll), and options of sockets. */
import { NONE, wakeUp } from '../../sim/core';
import { POLLHUP, readPoll, sockBuf, SOCK_MIN_SNDBUF, TCP_CLOSE, TCP_LISTEN, WRITE_BITS } from '../6-socket';
import {
  AF_UNIX, EINVAL, ENOPROTOOPT, EOPNOTSUPP, SO_ACCEPTCONN, SO_DOMAIN, SO_ERROR, SO_PROTOCOL, SO_RCVBUF, SO_SNDBUF, SO_TYPE, SOCK_DGRAM,
  SOCK_STREAM, SOL_SOCKET,
} from '../../uring-model/uapi.gen';
import { peerWakeMe, queueFull, takeError, unixSock, unixWaiters, unixWritable } from './sock';

/** net.core.rmem_default. */
const RMEM_DEFAULT: i32 = 212992;

export function unixPoll(idx: u32): u32 {
  const u = unixSock(idx);
  let mask = readPoll(u.err, u.shutdown, u.queue_head != NONE);
  if (u.type != <u8>SOCK_DGRAM && u.state == <u8>TCP_CLOSE) mask |= POLLHUP;
  if (!unixWritable(u)) return mask;
  if (u.type != <u8>SOCK_STREAM && u.peer != NONE) {
    const other = unixSock(u.peer);
    if (other.peer != idx && queueFull(other) && peerWakeMe(u, other)) return mask;
  }
  return mask | WRITE_BITS;
}

/** setsockopt(): 0 or -errno. Differs from Linux: of the options there is SO_SNDBUF, and SO_RCVBUF, which AF_UNIX never looks at. */
export function unixSetsockopt(idx: u32, level: u32, name: u32, at: usize, len: u32): i32 {
  if (level != SOL_SOCKET) return -EOPNOTSUPP;
  if (len < 4) return -EINVAL;
  const u = unixSock(idx);
  if (name == SO_RCVBUF) return 0;
  if (name != SO_SNDBUF) return -ENOPROTOOPT;
  u.sndbuf = sockBuf(load<u32>(at), SOCK_MIN_SNDBUF);
  if (unixWritable(u)) wakeUp(unixWaiters(u), WRITE_BITS);
  return 0;
}
/** getsockopt() of a number: the number, or -errno. */
export function unixGetsockopt(idx: u32, level: u32, name: u32): i32 {
  if (level != SOL_SOCKET) return -EOPNOTSUPP;
  const u = unixSock(idx);
  switch (name) {
    case SO_SNDBUF: return <i32>u.sndbuf;
    case SO_RCVBUF: return RMEM_DEFAULT;
    case SO_ERROR: return -takeError(u);
    case SO_TYPE: return <i32>u.type;
    case SO_DOMAIN: return <i32>AF_UNIX;
    case SO_PROTOCOL: return 0;
    case SO_ACCEPTCONN: return u.state == <u8>TCP_LISTEN ? 1 : 0;
    default: return -ENOPROTOOPT;
  }
}
