/** SOCK_STREAM (net/unix/af_unix.c: unix_stream_sendmsg, unix_stream_read_generic). */
import { behaves, BEHAVES_UNIX_INQ, BEHAVES_UNIX_INQ_WHOLE, NONE } from '../../sim/core';
import { iovTotal, Msg, msgFromChain, pageAlign, RCV_SHUTDOWN, SEND_SHUTDOWN, SKB_MAX_HEAD, TCP_ESTABLISHED } from '../6-socket';
import {
  EAGAIN, ECONNRESET, EFAULT, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPIPE, MSG_OOB, MSG_PEEK, MSG_WAITALL,
} from '../../uring-model/uapi.gen';
import { copyName } from './name';
import { sendSkb, UNIX_SKB_FRAGS_SZ } from './alloc';
import { dataReady, queueSkb, skbFree, takeError, unixSkb, UnixSock, unixSock, unqueueSkb } from './sock';

/** Sends what is behind the first `skip` bytes. Bytes, or -errno. Differs from Linux: there is no urgent data, and no MSG_OOB. */
export function streamSend(u: UnixSock, m: Msg, skip: u32): i32 {
  if ((m.flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  if (m.name_len != 0) return u.state == <u8>TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
  if (u.peer == NONE) return -ENOTCONN;
  if ((<u32>u.shutdown & SEND_SHUTDOWN) != 0) return -EPIPE;
  const other = unixSock(u.peer);
  const len = <u32>iovTotal(m.iov, m.iov_count);
  let sent = skip;
  let err: i32 = 0;
  while (sent < len) {
    // Two messages at least fit into the send buffer.
    let size = min(len - sent, (u.sndbuf >> 1) - 64);
    size = min(size, SKB_MAX_HEAD + UNIX_SKB_FRAGS_SZ);
    const data = size > SKB_MAX_HEAD ? min(size, pageAlign(size - SKB_MAX_HEAD)) : 0;
    err = sendSkb(u, m, sent, size, data);
    if (err < 0) break;
    if (other.dead != 0 || (<u32>other.shutdown & RCV_SHUTDOWN) != 0) {
      skbFree(<u32>err);
      err = -EPIPE;
      break;
    }
    queueSkb(other, <u32>err);
    dataReady(other);
    sent += size;
    err = 0;
  }
  return sent != skip ? <i32>(sent - skip) : err;
}

/** Why an empty queue ends a read: 0, or -errno. */
function nothing(u: UnixSock): i32 {
  const err = takeError(u);
  if (err != 0) return err;
  return (<u32>u.shutdown & RCV_SHUTDOWN) != 0 ? 0 : -EAGAIN;
}

/** Receives into what is behind the first `skip` bytes. Bytes, 0 at the end of the stream, or -errno. */
export function streamRecv(u: UnixSock, m: Msg, skip: u32): i32 {
  if (u.state != <u8>TCP_ESTABLISHED) return -EINVAL;
  // Nothing urgent can have been sent (unix_stream_recv_urg).
  if ((m.flags & MSG_OOB) != 0) return -EINVAL;
  const peek = (m.flags & MSG_PEEK) != 0;
  const all = <u32>iovTotal(m.iov, m.iov_count);
  // sock_rcvlowat is never 0.
  const target: u32 = (m.flags & MSG_WAITALL) != 0 ? max(all - skip, 1) : 1;
  let size = all - skip;
  let copied: u32 = 0;
  let err: i32 = 0;
  let idx = u.queue_head;
  do {
    if (u.dead != 0) {
      err = -ECONNRESET;
      break;
    }
    if (idx == NONE) {
      if (copied < target) err = nothing(u);
      break;
    }
    const b = unixSkb(idx);
    if (m.name != 0) copyName(m, unixSock(b.sock));
    const chunk = min(b.len - b.consumed, size);
    if (!msgFromChain(m, skip + copied, chunk, b.chain, b.consumed)) {
      if (copied == 0) err = -EFAULT;
      break;
    }
    copied += chunk;
    size -= chunk;
    if (peek) {
      idx = b.next;
      // Peeking ends with the queue.
      if (idx == NONE) break;
      continue;
    }
    b.consumed += chunk;
    u.inq_len -= chunk;
    if (b.consumed < b.len) break;
    unqueueSkb(u);
    skbFree(idx);
    idx = u.queue_head;
  } while (size != 0);
  if ((copied != 0 || err >= 0) && behaves(u.host, BEHAVES_UNIX_INQ)) {
    m.inq = <i32>u.inq_len;
    if (u.queue_head != NONE && behaves(u.host, BEHAVES_UNIX_INQ_WHOLE)) m.inq += <i32>unixSkb(u.queue_head).consumed;
  }
  return copied != 0 ? <i32>copied : err;
}
