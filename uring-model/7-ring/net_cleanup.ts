/** What is left of a network request that failed, or has ended (io_uring/net.c: io_sendrecv_fail, io_send_zc_cleanup). */
import { NONE } from '../../sim/core';
import {
  IORING_CQE_F_MORE, IORING_OP_RECV, IORING_OP_RECVMSG, IORING_OP_SEND, IORING_OP_SEND_ZC, IORING_OP_SENDMSG, IORING_OP_SENDMSG_ZC,
} from '../uapi.gen';
import { asyncFree } from './async_msg';
import { legacyDrop } from './kbuf_legacy';
import { notifFlush } from './notif';
import { Req, REQ_F_BUFFER_SELECTED, REQ_F_NEED_CLEANUP } from './request';

/** A request that failed outside of its operation says what it did before, and that a notification will come. */
export function netFail(req: Req): void {
  switch (<u32>req.opcode) {
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
    case IORING_OP_RECV:
    case IORING_OP_RECVMSG:
    case IORING_OP_SEND_ZC:
    case IORING_OP_SENDMSG_ZC: break;
    default: return;
  }
  if (req.done_io != 0) req.res = <i32>req.done_io;
  const zc = <u32>req.opcode == IORING_OP_SEND_ZC || <u32>req.opcode == IORING_OP_SENDMSG_ZC;
  if (zc && (req.flags & REQ_F_NEED_CLEANUP) != 0) req.cflags |= IORING_CQE_F_MORE;
}

/** io_clean_op, for what network requests and provided buffers hold. */
export function netClean(req: Req): void {
  if ((req.flags & REQ_F_BUFFER_SELECTED) != 0) legacyDrop(req);
  asyncFree(req);
  if (req.notif == NONE) return;
  notifFlush(req.notif);
  req.notif = NONE;
}
