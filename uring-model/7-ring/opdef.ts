/** One row for each opcode (io_uring/opdef.c): how it is prepared, issued and waited for. */
import {
  EINVAL, io_uring_sqe, IORING_OP_ACCEPT, IORING_OP_ASYNC_CANCEL, IORING_OP_BIND, IORING_OP_CLOSE, IORING_OP_CONNECT,
  IORING_OP_FILES_UPDATE, IORING_OP_FIXED_FD_INSTALL, IORING_OP_LINK_TIMEOUT, IORING_OP_LISTEN, IORING_OP_MSG_RING, IORING_OP_NOP,
  IORING_OP_NOP128, IORING_OP_POLL_ADD, IORING_OP_POLL_REMOVE, IORING_OP_PROVIDE_BUFFERS, IORING_OP_RECV, IORING_OP_RECV_ZC,
  IORING_OP_RECVMSG, IORING_OP_REMOVE_BUFFERS, IORING_OP_SEND, IORING_OP_SEND_ZC, IORING_OP_SENDMSG, IORING_OP_SENDMSG_ZC,
  IORING_OP_SHUTDOWN, IORING_OP_SOCKET, IORING_OP_TIMEOUT, IORING_OP_TIMEOUT_REMOVE, IORING_OP_URING_CMD, IORING_OP_READ, IORING_OP_READV,
  IORING_OP_READ_FIXED, IORING_OP_READV_FIXED, IORING_OP_READ_MULTISHOT, IORING_OP_WRITE, IORING_OP_WRITEV, IORING_OP_WRITE_FIXED,
  IORING_OP_WRITEV_FIXED, IORING_OP_EPOLL_CTL, IORING_OP_EPOLL_WAIT,
} from '../uapi.gen';
import { cancelIssue, cancelPrep } from './cancel';
import { epollCtlIssue, epollCtlPrep, epollWaitIssue, epollWaitPrep } from './epoll_ops';
import { readIssue, readMshotIssue, readMshotPrep, rwFixedPrep, rwPrep, rwvFixedPrep, rwvPrep, writeIssue } from './rw';
import { cmdIssue, cmdPrep } from './uring_cmd';
import { manageBuffersIssue, provideBuffersPrep, removeBuffersPrep } from './kbuf_legacy';
import { filesUpdateIssue, filesUpdatePrep, fixedInstallIssue, fixedInstallPrep } from './files_ops';
import { acceptIssue, acceptPrep } from './accept';
import {
  addressPrep, bindIssue, closeIssue, closePrep, connectIssue, listenIssue, listenPrep,
  shutdownIssue, shutdownPrep, socketIssue, socketPrep,
} from './net';
import { msgCleanup, msgRingIssue, msgRingPrep } from './msg_ring';
import { netClean } from './net_cleanup';
import { nopIssue, nopPrep } from './nop';
import { pollAddIssue, pollAddPrep, pollRemoveIssue, pollRemovePrep } from './poll_add';
import { recvZcIssue, recvZcPrep } from './recv_zc';
import { Req } from './request';
import { recvIssue, recvPrep } from './recv';
import { recvmsgIssue } from './recvmsg';
import { sendIssue, sendmsgIssue, sendPrep } from './send';
import { sendZcIssue, sendZcPrep } from './send_zc';
import { linkTimeoutPrep, timeoutIssue, timeoutPrep, timeoutRemoveIssue, timeoutRemovePrep } from './timeout';

export const OP_NEEDS_FILE: u32 = 1;
export const OP_POLLIN: u32 = 2;
export const OP_POLLOUT: u32 = 4;
export const OP_POLL_EXCLUSIVE: u32 = 8;
/** sqe->ioprio holds flags. */
export const OP_IOPRIO: u32 = 16;
export const OP_BUFFER_SELECT: u32 = 32;
export const OP_SUPPORTED: u32 = 64;
/** May be submitted to a ring with IORING_SETUP_IOPOLL. */
export const OP_IOPOLL: u32 = 128;
/** Its SQE has 128 bytes. */
export const OP_128: u32 = 256;

/** Differs from Linux: opcodes that are no row here are refused with -EINVAL, like those that no kernel knows. */
export function opDef(opcode: u32): u32 {
  switch (opcode) {
    case IORING_OP_NOP: return OP_SUPPORTED | OP_IOPOLL;
    case IORING_OP_NOP128: return OP_SUPPORTED | OP_IOPOLL | OP_128;
    case IORING_OP_FILES_UPDATE: return OP_SUPPORTED | OP_IOPOLL;
    case IORING_OP_FIXED_FD_INSTALL: return OP_SUPPORTED | OP_NEEDS_FILE;
    case IORING_OP_MSG_RING: return OP_SUPPORTED | OP_NEEDS_FILE | OP_IOPOLL;
    case IORING_OP_READ:
    case IORING_OP_READV: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLIN | OP_BUFFER_SELECT | OP_IOPRIO | OP_IOPOLL;
    case IORING_OP_READ_FIXED:
    case IORING_OP_READV_FIXED: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLIN | OP_IOPRIO | OP_IOPOLL;
    case IORING_OP_READ_MULTISHOT: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLIN | OP_BUFFER_SELECT;
    case IORING_OP_WRITE:
    case IORING_OP_WRITEV:
    case IORING_OP_WRITE_FIXED:
    case IORING_OP_WRITEV_FIXED: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLOUT | OP_IOPRIO | OP_IOPOLL;
    case IORING_OP_EPOLL_CTL: return OP_SUPPORTED;
    case IORING_OP_EPOLL_WAIT: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLIN;
    case IORING_OP_POLL_ADD: return OP_SUPPORTED | OP_NEEDS_FILE;
    case IORING_OP_POLL_REMOVE: return OP_SUPPORTED;
    case IORING_OP_TIMEOUT: return OP_SUPPORTED;
    case IORING_OP_TIMEOUT_REMOVE: return OP_SUPPORTED;
    case IORING_OP_ASYNC_CANCEL: return OP_SUPPORTED;
    case IORING_OP_LINK_TIMEOUT: return OP_SUPPORTED;
    case IORING_OP_ACCEPT: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLIN | OP_POLL_EXCLUSIVE | OP_IOPRIO;
    case IORING_OP_CONNECT: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLOUT;
    case IORING_OP_CLOSE: return OP_SUPPORTED;
    case IORING_OP_PROVIDE_BUFFERS:
    case IORING_OP_REMOVE_BUFFERS: return OP_SUPPORTED;
    case IORING_OP_SENDMSG:
    case IORING_OP_SEND_ZC:
    case IORING_OP_SENDMSG_ZC: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLOUT | OP_IOPRIO;
    case IORING_OP_SEND: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLOUT | OP_IOPRIO | OP_BUFFER_SELECT;
    case IORING_OP_RECVMSG:
    case IORING_OP_RECV: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLIN | OP_IOPRIO | OP_BUFFER_SELECT;
    case IORING_OP_SHUTDOWN: return OP_SUPPORTED | OP_NEEDS_FILE;
    case IORING_OP_SOCKET: return OP_SUPPORTED;
    case IORING_OP_URING_CMD: return OP_SUPPORTED | OP_NEEDS_FILE | OP_BUFFER_SELECT | OP_IOPOLL;
    case IORING_OP_BIND: return OP_SUPPORTED | OP_NEEDS_FILE;
    case IORING_OP_LISTEN: return OP_SUPPORTED | OP_NEEDS_FILE;
    case IORING_OP_RECV_ZC: return OP_SUPPORTED | OP_NEEDS_FILE | OP_POLLIN | OP_IOPRIO;
    default: return 0;
  }
}

export function opPrep(req: Req, sqe: io_uring_sqe): i32 {
  switch (<u32>req.opcode) {
    case IORING_OP_NOP:
    case IORING_OP_NOP128: return nopPrep(req, sqe);
    case IORING_OP_FILES_UPDATE: return filesUpdatePrep(req, sqe);
    case IORING_OP_FIXED_FD_INSTALL: return fixedInstallPrep(req, sqe);
    case IORING_OP_MSG_RING: return msgRingPrep(req, sqe);
    case IORING_OP_READ:
    case IORING_OP_WRITE: return rwPrep(req, sqe);
    case IORING_OP_READV:
    case IORING_OP_WRITEV: return rwvPrep(req, sqe);
    case IORING_OP_READ_FIXED:
    case IORING_OP_WRITE_FIXED: return rwFixedPrep(req, sqe);
    case IORING_OP_READV_FIXED:
    case IORING_OP_WRITEV_FIXED: return rwvFixedPrep(req, sqe);
    case IORING_OP_READ_MULTISHOT: return readMshotPrep(req, sqe);
    case IORING_OP_EPOLL_CTL: return epollCtlPrep(req, sqe);
    case IORING_OP_EPOLL_WAIT: return epollWaitPrep(req, sqe);
    case IORING_OP_POLL_ADD: return pollAddPrep(req, sqe);
    case IORING_OP_POLL_REMOVE: return pollRemovePrep(req, sqe);
    case IORING_OP_TIMEOUT: return timeoutPrep(req, sqe);
    case IORING_OP_TIMEOUT_REMOVE: return timeoutRemovePrep(req, sqe);
    case IORING_OP_ASYNC_CANCEL: return cancelPrep(req, sqe);
    case IORING_OP_LINK_TIMEOUT: return linkTimeoutPrep(req, sqe);
    case IORING_OP_ACCEPT: return acceptPrep(req, sqe);
    case IORING_OP_CONNECT: return addressPrep(req, sqe);
    case IORING_OP_CLOSE: return closePrep(req, sqe);
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG: return sendPrep(req, sqe);
    case IORING_OP_SEND_ZC:
    case IORING_OP_SENDMSG_ZC: return sendZcPrep(req, sqe);
    case IORING_OP_RECV:
    case IORING_OP_RECVMSG: return recvPrep(req, sqe);
    case IORING_OP_PROVIDE_BUFFERS: return provideBuffersPrep(req, sqe);
    case IORING_OP_REMOVE_BUFFERS: return removeBuffersPrep(req, sqe);
    case IORING_OP_SHUTDOWN: return shutdownPrep(req, sqe);
    case IORING_OP_SOCKET: return socketPrep(req, sqe);
    case IORING_OP_URING_CMD: return cmdPrep(req, sqe);
    case IORING_OP_BIND: return addressPrep(req, sqe);
    case IORING_OP_LISTEN: return listenPrep(req, sqe);
    case IORING_OP_RECV_ZC: return recvZcPrep(req, sqe);
    default: return -EINVAL;
  }
}

export function opIssue(req: Req, issue_flags: u32): i32 {
  switch (<u32>req.opcode) {
    case IORING_OP_RECV_ZC: return recvZcIssue(req, issue_flags);
    case IORING_OP_RECV: return recvIssue(req, issue_flags);
    case IORING_OP_SEND: return sendIssue(req, issue_flags);
    case IORING_OP_RECVMSG: return recvmsgIssue(req, issue_flags);
    case IORING_OP_SENDMSG: return sendmsgIssue(req, issue_flags);
    case IORING_OP_SEND_ZC:
    case IORING_OP_SENDMSG_ZC: return sendZcIssue(req, issue_flags);
    case IORING_OP_NOP:
    case IORING_OP_NOP128: return nopIssue(req);
    case IORING_OP_FILES_UPDATE: return filesUpdateIssue(req);
    case IORING_OP_FIXED_FD_INSTALL: return fixedInstallIssue(req);
    case IORING_OP_MSG_RING: return msgRingIssue(req, issue_flags);
    case IORING_OP_READ:
    case IORING_OP_READV:
    case IORING_OP_READ_FIXED:
    case IORING_OP_READV_FIXED: return readIssue(req, issue_flags);
    case IORING_OP_WRITE:
    case IORING_OP_WRITEV:
    case IORING_OP_WRITE_FIXED:
    case IORING_OP_WRITEV_FIXED: return writeIssue(req, issue_flags);
    case IORING_OP_READ_MULTISHOT: return readMshotIssue(req, issue_flags);
    case IORING_OP_EPOLL_CTL: return epollCtlIssue(req);
    case IORING_OP_EPOLL_WAIT: return epollWaitIssue(req);
    case IORING_OP_POLL_ADD: return pollAddIssue(req);
    case IORING_OP_POLL_REMOVE: return pollRemoveIssue(req);
    case IORING_OP_TIMEOUT: return timeoutIssue(req);
    case IORING_OP_TIMEOUT_REMOVE: return timeoutRemoveIssue(req);
    case IORING_OP_ASYNC_CANCEL: return cancelIssue(req);
    case IORING_OP_ACCEPT: return acceptIssue(req);
    case IORING_OP_CONNECT: return connectIssue(req, issue_flags);
    case IORING_OP_CLOSE: return closeIssue(req);
    case IORING_OP_PROVIDE_BUFFERS:
    case IORING_OP_REMOVE_BUFFERS: return manageBuffersIssue(req);
    case IORING_OP_SHUTDOWN: return shutdownIssue(req);
    case IORING_OP_SOCKET: return socketIssue(req);
    case IORING_OP_URING_CMD: return cmdIssue(req);
    case IORING_OP_BIND: return bindIssue(req);
    case IORING_OP_LISTEN: return listenIssue(req);
    default: return -EINVAL;
  }
}

/** Gives back what an operation holds (io_cold_def.cleanup). */
export function opCleanup(req: Req): void {
  if (<u32>req.opcode == IORING_OP_MSG_RING) msgCleanup(req);
  else netClean(req);
}
