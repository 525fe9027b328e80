/**
 * A send that opens the connection (net/ipv4/tcp.c: tcp_sendmsg_fastopen): with MSG_FASTOPEN and the peer's address, or the
 * first one after a connect() that TCP_FASTOPEN_CONNECT put off. As much as fits goes with the SYN; who waits for the
 * connection sends the rest when there is one.
 *
 * Differs from Linux: without a call that waits, a request is over when its call is, so no other call ever finds one.
 */
import { hostConfig, TCP_ADDR } from '../../sim/core';
import { Sock, SOCK_CONNECTING, TCP_CLOSE, TCP_SYN_RECV, TCP_SYN_SENT } from '../6-socket';
import { connectDone, connectFailed, streamConnect } from './calls';
import { connectSyn } from './connect';
import { EAGAIN, EALREADY, EINPROGRESS, EINVAL, EOPNOTSUPP } from './errno';
import { TFO_CLIENT_ENABLE } from './fastopen_cookie';
import { MSG_DONTWAIT, SendMessage } from './send_message';
import { stateIn, transition } from './state';

export const MSG_FASTOPEN: u32 = 0x20000000;
/** SendMessage.begun: the message has opened its connection, and goes on like any other. */
const OPENED: u32 = 2;

/** Whom the next send on any socket is to: kind 0 says nobody, 1 the address, 2 AF_UNSPEC. */
@unmanaged
class SendName {
  kind: u32;
  port: u32;
  addr0: u64;
  addr1: u64;
}
const NAME_AT: usize = 0x6c0;

function sendName(): SendName {
  return changetype<SendName>(TCP_ADDR + NAME_AT);
}
/** msg_name of the next send; sixteen bytes at `addr`. */
export function tcpSendName(addr: usize, port: u32, kind: u32): void {
  const name = sendName();
  name.kind = kind;
  name.port = port;
  name.addr0 = load<u64>(addr);
  name.addr1 = load<u64>(addr, 8);
}
/** A send forgets whom it was to. */
export function forgetSendName(): void {
  sendName().kind = 0;
}

/** Does this call open a connection, or wait for one that it opened? */
export function opensFast(sk: Sock, m: SendMessage): bool {
  return m.begun != OPENED && ((m.flags & MSG_FASTOPEN) != 0 || sk.defer_connect != 0 || isRequest(sk, m));
}
function isRequest(sk: Sock, m: SendMessage): bool {
  return sk.fastopen_req != 0 && sk.fastopen_message == <u32>changetype<usize>(m);
}

/** The request is answered, one way or another (tcp_free_fastopen_req). */
function freeRequest(sk: Sock, err: i32): i32 {
  sk.fastopen_req = 0;
  sk.fastopen_message = 0;
  sk.defer_connect = 0;
  sk.write_pending = 0;
  return err;
}

/** What the call says while the connection is not there: `err`, or -EAGAIN when it waits. */
function pending(sk: Sock, m: SendMessage, err: i32): i32 {
  if ((m.flags & MSG_DONTWAIT) != 0) return freeRequest(sk, err);
  // There is more to send: the SYN-ACK need not be acknowledged before.
  sk.write_pending = m.total != 0 ? 1 : 0;
  return -<i32>EAGAIN;
}

/** How it stands with the connection: 0 it is there, -EAGAIN the call waits, or what the call returns. */
function outcome(sk: Sock, m: SendMessage, err: i32): i32 {
  if (stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV))) return pending(sk, m, err);
  if (sk.state == <u8>TCP_CLOSE) return connectFailed(sk);
  connectDone(sk);
  m.begun = OPENED;
  return freeRequest(sk, 0);
}

/** 0: the bytes that are left may be queued. Sock.fastopen_copied says how many went with the SYN. */
export function sendFast(sk: Sock, m: SendMessage): i32 {
  if (isRequest(sk, m)) return outcome(sk, m, -<i32>EINPROGRESS);
  const name = sendName();
  if ((hostConfig(sk.host).tcp_fastopen & TFO_CLIENT_ENABLE) == 0 || name.kind == 2) return -<i32>EOPNOTSUPP;
  if (sk.fastopen_req != 0) return -<i32>EALREADY;
  sk.fastopen_req = 1;
  sk.fastopen_message = <u32>changetype<usize>(m);
  sk.fastopen_copied = 0;
  if (sk.defer_connect != 0) {
    const err = connectSyn(sk);
    if (err != 0) {
      transition(sk, TCP_CLOSE);
      return freeRequest(sk, err);
    }
  }
  if (name.kind == 0 && !sk.hasFlag(SOCK_CONNECTING) && sk.state == <u8>TCP_CLOSE) return freeRequest(sk, -<i32>EINVAL);
  const err = streamConnect(sk, changetype<usize>(name) + offsetof<SendName>('addr0'), name.port, true);
  if (err == 0) m.begun = OPENED;
  if (err != -<i32>EINPROGRESS && err != -<i32>EALREADY) return freeRequest(sk, err);
  return outcome(sk, m, err);
}
