/** Sending and receiving. `address` is of user memory; `flags` are MSG_*; lengths are bytes. */
import {
  IORING_OP_RECV, IORING_OP_RECV_ZC, IORING_OP_RECVMSG, IORING_OP_SEND, IORING_OP_SEND_ZC, IORING_OP_SENDMSG, IORING_OP_SENDMSG_ZC,
  IORING_RECV_MULTISHOT, IORING_RECVSEND_BUNDLE, IORING_RECVSEND_FIXED_BUF,
} from '../uapi.gen.ts';
import { prepRw, type Sqe } from './queue.ts';

/** send(2) (io_uring_prep_send). */
export function prepSend(sqe: Sqe, fd: number, address: number, len: number, flags: number): void {
  prepRw(IORING_OP_SEND, sqe, fd, address, len, 0);
  sqe.msg_flags = flags;
}
/** Sends many buffers of a group with one request; wants IOSQE_BUFFER_SELECT (io_uring_prep_send_bundle). */
export function prepSendBundle(sqe: Sqe, fd: number, len: number, flags: number): void {
  prepSend(sqe, fd, 0, len, flags);
  sqe.ioprio |= IORING_RECVSEND_BUNDLE;
}
/** Where a send goes (io_uring_prep_send_set_addr). */
export function prepSendSetAddr(sqe: Sqe, destination: number, destination_bytes: number): void {
  sqe.addr2 = BigInt(destination);
  sqe.addr_len = destination_bytes;
}
/** sendto(2) (io_uring_prep_sendto). */
export function prepSendto(
  sqe: Sqe, fd: number, address: number, len: number, flags: number, destination: number, destination_bytes: number,
): void {
  prepSend(sqe, fd, address, len, flags);
  prepSendSetAddr(sqe, destination, destination_bytes);
}
/**
 * Sends without a copy: a completion with IORING_CQE_F_MORE, then one with IORING_CQE_F_NOTIF when the memory may be used again
 * (io_uring_prep_send_zc). The first one is always there, also after an error.
 * @param zc_flags IORING_RECVSEND_*, IORING_SEND_ZC_REPORT_USAGE
 */
export function prepSendZc(sqe: Sqe, fd: number, address: number, len: number, flags: number, zc_flags: number): void {
  prepRw(IORING_OP_SEND_ZC, sqe, fd, address, len, 0);
  sqe.msg_flags = flags;
  sqe.ioprio = zc_flags;
}
/** As prepSendZc, out of a registered buffer (io_uring_prep_send_zc_fixed). */
export function prepSendZcFixed(
  sqe: Sqe, fd: number, address: number, len: number, flags: number, zc_flags: number, buf_index: number,
): void {
  prepSendZc(sqe, fd, address, len, flags, zc_flags);
  sqe.ioprio |= IORING_RECVSEND_FIXED_BUF;
  sqe.buf_index = buf_index;
}
/** sendmsg(2); `msg` is the address of a struct msghdr (io_uring_prep_sendmsg). */
export function prepSendmsg(sqe: Sqe, fd: number, msg: number, flags: number): void {
  prepRw(IORING_OP_SENDMSG, sqe, fd, msg, 1, 0);
  sqe.msg_flags = flags;
}
/** As prepSendZc, of a struct msghdr (io_uring_prep_sendmsg_zc). */
export function prepSendmsgZc(sqe: Sqe, fd: number, msg: number, flags: number): void {
  prepSendmsg(sqe, fd, msg, flags);
  sqe.opcode = IORING_OP_SENDMSG_ZC;
}
/** As prepSendmsgZc; its pieces lie in a registered buffer (io_uring_prep_sendmsg_zc_fixed). */
export function prepSendmsgZcFixed(sqe: Sqe, fd: number, msg: number, flags: number, buf_index: number): void {
  prepSendmsgZc(sqe, fd, msg, flags);
  sqe.ioprio |= IORING_RECVSEND_FIXED_BUF;
  sqe.buf_index = buf_index;
}

/** recv(2) (io_uring_prep_recv). */
export function prepRecv(sqe: Sqe, fd: number, address: number, len: number, flags: number): void {
  prepRw(IORING_OP_RECV, sqe, fd, address, len, 0);
  sqe.msg_flags = flags;
}
/** A completion for each piece that arrives, in buffers of a group: wants IOSQE_BUFFER_SELECT (io_uring_prep_recv_multishot). */
export function prepRecvMultishot(sqe: Sqe, fd: number, address: number, len: number, flags: number): void {
  prepRecv(sqe, fd, address, len, flags);
  sqe.ioprio |= IORING_RECV_MULTISHOT;
}
/** recvmsg(2) (io_uring_prep_recvmsg). */
export function prepRecvmsg(sqe: Sqe, fd: number, msg: number, flags: number): void {
  prepRw(IORING_OP_RECVMSG, sqe, fd, msg, 1, 0);
  sqe.msg_flags = flags;
}
/** Many messages; each buffer begins with a struct io_uring_recvmsg_out: recvmsgValidate (io_uring_prep_recvmsg_multishot). */
export function prepRecvmsgMultishot(sqe: Sqe, fd: number, msg: number, flags: number): void {
  prepRecvmsg(sqe, fd, msg, flags);
  sqe.ioprio |= IORING_RECV_MULTISHOT;
}
/**
 * Zero-copy receive, always multishot: each completion names bytes in an area. liburing has no function of this name; its programs
 * write io_uring_prep_rw(IORING_OP_RECV_ZC, …) and the two fields.
 * @param len bytes after which it ends with res 0; 0: at the end of the stream
 */
export function prepRecvZc(sqe: Sqe, fd: number, zcrx_id: number, len: number): void {
  prepRw(IORING_OP_RECV_ZC, sqe, fd, 0, len, 0);
  sqe.ioprio |= IORING_RECV_MULTISHOT;
  sqe.zcrx_ifq_idx = zcrx_id;
}
