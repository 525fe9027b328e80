/** splice(2) from a socket into a pipe (net/ipv4/tcp.c: tcp_splice_read): the pages are lent, so that they are only counted here. */
import { sock } from '../6-socket';
import { EAGAIN } from './errno';
import { lockSock, releaseSock } from './lock';
import { emptyResult, tcpReadSock } from './recvmsg';

function lend(sock_idx: u32, skb_idx: u32, offset: u32, len: u32): i32 {
  return <i32>len;
}

/** Bytes, 0 at the end of the stream or before an urgent byte, -EAGAIN when there is nothing yet, or another -errno. */
export function tcpSpliceRead(sock_idx: u32, len: u32): i32 {
  const sk = sock(sock_idx);
  lockSock(sk);
  const got = tcpReadSock(sock_idx, len, lend.index);
  const result = got != 0 ? got : emptyResult(sk);
  releaseSock(sk);
  if (got != 0) return got;
  return result == -<i32>EAGAIN && sk.receive_len != 0 ? 0 : result;
}
