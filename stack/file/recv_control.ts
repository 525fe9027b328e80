/** Receiving from a connection with what is to be said beside the bytes (net/ipv4/tcp.c: tcp_recvmsg; net/core/scm.c: put_cmsg). */
import { FILE_ADDR } from '../../sim/core';
import { userOk } from '../3-pool';
import { MSG_ERRQUEUE, tcpRecvControl, tcpRecvError, tcpRecvMsg } from '../5-tcp';
import { iovBase, iovLen, Msg, msgOut } from '../6-socket';
import { EFAULT } from '../../uring-model/uapi.gen';

/** A MsgOut and room behind it, in which the messages are made. */
const OUT: usize = FILE_ADDR + 0x200;
const OUT_HEAD: u32 = 16;
const OUT_ROOM: u32 = 0x200 - OUT_HEAD;

/** The oldest of the error queue: the packet goes to the first range. Bytes, or -errno. */
function receiveError(sock_idx: u32, m: Msg, room: u32): i32 {
  const len = m.iov_count != 0 ? <u32>iovLen(m.iov, 0) : 0;
  const base = len != 0 ? iovBase(m.iov, 0) : 0;
  if (len != 0 && !userOk(base, len)) return -EFAULT;
  return tcpRecvError(sock_idx, <usize>base, len, OUT, room);
}

/** As tcpRecvMsg; of the messages there are those of TCP_INQ, of timestamps and of the error queue (MSG_ERRQUEUE). */
export function receiveTcp(sock_idx: u32, m: Msg, skip: u32, room: u32): i32 {
  const errors = (m.flags & MSG_ERRQUEUE) != 0;
  const made = min(room, OUT_ROOM);
  const ret = errors ? receiveError(sock_idx, m, made) : tcpRecvMsg(sock_idx, m, skip);
  if (ret < 0) return ret;
  if (!errors) {
    if (room == 0) return ret;
    tcpRecvControl(sock_idx, OUT, made);
  }
  const out = msgOut(OUT);
  m.out_flags |= out.msg_flags;
  const len = out.msg_controllen;
  if (len == 0 || !userOk(m.control, len)) return ret;
  memory.copy(m.control, OUT + OUT_HEAD, len);
  m.control_len = len;
  return ret;
}
