/** URING_CMD, whose only files here are sockets (io_uring/uring_cmd.c, io_uring/cmd_net.c). */
import { behaves, BEHAVES_CMD_GETSOCKNAME, BEHAVES_CMD_TX_TIMESTAMP, charge, COST_SYSCALL } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import {
  fdFile, fileAt, FILE_SOCKET, isSocket, sockaddrToUser, socketGetname, socketGetsockopt, socketInq, socketSetsockopt,
} from '../../stack/file';
import { tcpOutq } from '../../stack/5-tcp';
import {
  EAGAIN, EFAULT, EINVAL, EOPNOTSUPP, io_uring_sqe, IORING_URING_CMD_FIXED, IORING_URING_CMD_MULTISHOT, IOSQE_BUFFER_SELECT,
  SOCKET_URING_OP_GETSOCKNAME, SOCKET_URING_OP_GETSOCKOPT, SOCKET_URING_OP_SETSOCKOPT, SOCKET_URING_OP_SIOCINQ,
  SOCKET_URING_OP_SIOCOUTQ, SOCKET_URING_OP_TX_TIMESTAMP, SOL_SOCKET,
} from '../uapi.gen';
import { cmdTimestamp } from './cmd_timestamp';
import { IOU_ISSUE_SKIP_COMPLETE } from './issue';
import { finish } from './net';
import { Req } from './request';
import { ringAt, ringState } from './state';

/** What commands of sockets find in the SQE: level and optname, optval, optlen; or where the name goes, and its length. */
export function cmdPrep(req: Req, sqe: io_uring_sqe): i32 {
  const flags = sqe.uring_cmd_flags;
  if (sqe.__pad1 != 0 || (flags & ~(IORING_URING_CMD_FIXED | IORING_URING_CMD_MULTISHOT)) != 0) return -EINVAL;
  if ((flags & IORING_URING_CMD_FIXED) != 0) {
    if ((flags & IORING_URING_CMD_MULTISHOT) != 0) return -EINVAL;
    req.buf_index = sqe.buf_index;
  }
  if (((flags & IORING_URING_CMD_MULTISHOT) != 0) != ((req.flags & IOSQE_BUFFER_SELECT) != 0)) return -EINVAL;
  req.op_flags = sqe.cmd_op;
  req.buf = sqe.addr;
  req.buf2 = sqe.addr3;
  req.mshot_len = sqe.optlen;
  req.len = sqe.len | sqe.ioprio | flags;
  return 0;
}

/** Differs from Linux: an option's value is looked at only when all of it is user memory. */
function sockopt(req: Req, set: bool): i32 {
  const level = <u32>req.buf;
  const name = <u32>(req.buf >> 32);
  const len = <i32>req.mshot_len;
  if (!set && level != SOL_SOCKET) return -EOPNOTSUPP;
  if (len < 0) return -EINVAL;
  if (!userOk(req.buf2, len)) return -EFAULT;
  const at = <usize>req.buf2;
  return set ? socketSetsockopt(req.file, level, name, at, <u32>len) : socketGetsockopt(req.file, level, name, at, <u32>len);
}

/** getsockname, or getpeername with optlen 1 (io_uring_cmd_getsockname). */
function getsockname(req: Req): i32 {
  if (req.len != 0 || req.mshot_len > 1) return -EINVAL;
  const name = <usize>ringState().net_name;
  const len = socketGetname(req.file, req.mshot_len == 1, name);
  return len < 0 ? len : sockaddrToUser(name, <u32>len, req.buf, req.buf2);
}

const SOCKADDR_IN6_BYTES: usize = 28;
/** getpeername(2) by an application of the core, into 28 bytes at `to`; without a peer nothing is written. */
export function sysGetpeername(task: u32, fd: i32, to: usize): void {
  charge(COST_SYSCALL);
  const name = <usize>ringState().net_name;
  if (socketGetname(fdFile(task, fd), true, name) > 0) memory.copy(to, name, SOCKADDR_IN6_BYTES);
}

/** io_uring_cmd_sock */
function socketCmd(req: Req): i32 {
  const f = fileAt(req.file);
  switch (req.op_flags) {
    case SOCKET_URING_OP_SIOCINQ: return socketInq(req.file);
    case SOCKET_URING_OP_SIOCOUTQ: return f.kind == FILE_SOCKET ? tcpOutq(f.obj) : -EOPNOTSUPP;
    case SOCKET_URING_OP_GETSOCKOPT: return sockopt(req, false);
    case SOCKET_URING_OP_SETSOCKOPT: return sockopt(req, true);
    case SOCKET_URING_OP_TX_TIMESTAMP: return behaves(ringAt(req.ring).host, BEHAVES_CMD_TX_TIMESTAMP) ? cmdTimestamp(req) : -EOPNOTSUPP;
    case SOCKET_URING_OP_GETSOCKNAME: return behaves(ringAt(req.ring).host, BEHAVES_CMD_GETSOCKNAME) ? getsockname(req) : -EOPNOTSUPP;
    default: return -EOPNOTSUPP;
  }
}

export function cmdIssue(req: Req): i32 {
  if (!isSocket(req.file)) return -EOPNOTSUPP;
  const ret = socketCmd(req);
  return ret == -EAGAIN || ret == IOU_ISSUE_SKIP_COMPLETE ? ret : finish(req, ret);
}
