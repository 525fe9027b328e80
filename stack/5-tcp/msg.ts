/**
 * Messages of any number of ranges, to and from a connection (net/socket.c: sock_sendmsg, sock_recvmsg).
 *
 * Differs from Linux: a message that lies outside of user memory in part is refused as a whole, once bytes of it would be copied.
 */
import { Msg, msgOk, sock } from '../6-socket';
import { EFAULT } from './errno';
import { inqOf, tcpInqHint } from './options';
import { tcpRecvRanges } from './recvmsg';
import { messageBegin, messageOf, messagePass, messageSegment, MSG_DONTWAIT } from './send_message';
import { tcpSendFault, tcpSendMessage } from './sendmsg';
import { sendMessage } from './stage';

/** Sends what is behind the first `skip` bytes of the message; it never waits. Bytes, or -errno. */
export function tcpSendMsg(sock_idx: u32, m: Msg, skip: u32): i32 {
  if (!msgOk(m)) return tcpSendFault(sock_idx);
  const s = sendMessage();
  messageOf(s, 0, 0, m.flags | MSG_DONTWAIT);
  s.begun = 0;
  s.iov = m.iov;
  s.iov_nr = m.iov_count;
  messageBegin(s);
  for (let left = skip; left > 0; ) {
    messageSegment(s);
    const part = min(left, s.left);
    messagePass(s, part);
    left -= part;
  }
  s.msg_ubuf = m.ubuf;
  s.fixed = m.fixed;
  s.again = skip != 0 ? 1 : 0;
  return tcpSendMessage(sock_idx, s);
}

/** Receives into what is behind the first `skip` bytes; it never waits. Bytes, 0 at the end of the stream, or -errno. */
export function tcpRecvMsg(sock_idx: u32, m: Msg, skip: u32): i32 {
  // Without bytes nothing is copied: the end of the stream and errors are told as ever.
  if (inqOf(sock(sock_idx)) != 0 && !msgOk(m)) return -<i32>EFAULT;
  const done = tcpRecvRanges(sock_idx, m.iov, m.iov_count, skip, m.flags);
  if (done >= 0) m.inq = tcpInqHint(sock_idx);
  return done;
}
