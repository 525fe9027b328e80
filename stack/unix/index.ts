/**
 * AF_UNIX: sockets of one host, as streams, messages, or messages in order.
 *
 * Linux 7.3   net/unix/af_unix.c
 * Owns        the sockets, their names, the messages that wait
 * Does not    pass descriptors or credentials; know files, which belong to stack/file
 * Invariants  X1 a socket is freed once, when nobody holds it and nothing that it sent is left.  X2 a socket is released once.
 *             X3 queues are counted, and what senders have outstanding waits in them.
 *
 * Differs from Linux: there are no descriptors and credentials in messages (SCM_RIGHTS, SCM_CREDENTIALS).
 */
import { setWaiter, WAIT_UNIX, waitArg } from '../../sim/core';
import { Msg } from '../6-socket';
import { SOCK_STREAM } from '../../uring-model/uapi.gen';
import { dgramRecv, dgramSend } from './dgram';
import { peerWakeRelay, unixSock, unixTablesInit, unixWaiters } from './sock';
import { streamRecv, streamSend } from './stream';

export { unixAccept, unixConnect, unixListen, unixPair, unixRelease, unixShutdown, unixSocket } from './life';
export { unixBind, unixGetname } from './name';
export { unixGetsockopt, unixPoll, unixSetsockopt } from './poll';
export { unixVerify } from './verify';

/** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
export function unixType(idx: u32): u32 {
  return unixSock(idx).type;
}
/** Head of the socket's wait queue. */
export function unixWaitHead(idx: u32): usize {
  return unixWaiters(unixSock(idx));
}
/** Sends the message, a stream what is behind its first `skip` bytes. Bytes, or -errno. */
export function unixSend(idx: u32, m: Msg, skip: u32): i32 {
  const u = unixSock(idx);
  return u.type == <u8>SOCK_STREAM ? streamSend(u, m, skip) : dgramSend(u, m);
}
/** Receives; a stream into what is behind the first `skip` bytes. Bytes, or -errno. */
export function unixRecv(idx: u32, m: Msg, skip: u32): i32 {
  const u = unixSock(idx);
  return u.type == <u8>SOCK_STREAM ? streamRecv(u, m, skip) : dgramRecv(u, m);
}

function relay(entry: u32, mask: u32): bool {
  peerWakeRelay(entry, mask, unixSock(waitArg(entry)));
  return false;
}

/** Makes the tables. */
export function unixInit(): void {
  unixTablesInit();
  setWaiter(WAIT_UNIX, relay);
}
