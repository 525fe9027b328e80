/** io_uring_prep_*: fills a submission entry. Names and arguments as in liburing.h; addresses are numbers. */
import {
  IORING_ACCEPT_MULTISHOT, IORING_OP_ACCEPT, IORING_OP_ASYNC_CANCEL, IORING_OP_BIND, IORING_OP_CLOSE, IORING_OP_CONNECT, IORING_OP_LISTEN,
  IORING_OP_NOP, IORING_OP_RECV, IORING_OP_RECV_ZC, IORING_OP_SEND, IORING_OP_SHUTDOWN, IORING_OP_SOCKET, IORING_OP_TIMEOUT,
  IORING_RECV_MULTISHOT, IOSQE_BUFFER_SELECT, type io_uring_sqe,
} from './uapi.gen.ts';

type Sqe = io_uring_sqe;

function rw(sqe: Sqe, opcode: number, fd: number, address: number, len: number, offset: bigint, user_data: bigint): void {
  sqe.opcode = opcode;
  sqe.fd = fd;
  sqe.addr = BigInt(address);
  sqe.len = len;
  sqe.off = offset;
  sqe.user_data = user_data;
}

export function prepNop(sqe: Sqe, user_data: bigint): void {
  rw(sqe, IORING_OP_NOP, -1, 0, 0, 0n, user_data);
}
export function prepSocket(sqe: Sqe, domain: number, type: number, protocol: number, user_data: bigint): void {
  rw(sqe, IORING_OP_SOCKET, domain, 0, protocol, BigInt(type), user_data);
}
export function prepBind(sqe: Sqe, fd: number, address: number, address_bytes: number, user_data: bigint): void {
  rw(sqe, IORING_OP_BIND, fd, address, 0, BigInt(address_bytes), user_data);
}
export function prepListen(sqe: Sqe, fd: number, backlog: number, user_data: bigint): void {
  rw(sqe, IORING_OP_LISTEN, fd, 0, backlog, 0n, user_data);
}
export function prepAccept(sqe: Sqe, fd: number, multishot: boolean, user_data: bigint): void {
  rw(sqe, IORING_OP_ACCEPT, fd, 0, 0, 0n, user_data);
  if (multishot) sqe.ioprio |= IORING_ACCEPT_MULTISHOT;
}
export function prepConnect(sqe: Sqe, fd: number, address: number, address_bytes: number, user_data: bigint): void {
  rw(sqe, IORING_OP_CONNECT, fd, address, 0, BigInt(address_bytes), user_data);
}
export function prepSend(sqe: Sqe, fd: number, address: number, len: number, flags: number, user_data: bigint): void {
  rw(sqe, IORING_OP_SEND, fd, address, len, 0n, user_data);
  sqe.msg_flags = flags;
}
export function prepRecv(sqe: Sqe, fd: number, address: number, len: number, flags: number, user_data: bigint): void {
  rw(sqe, IORING_OP_RECV, fd, address, len, 0n, user_data);
  sqe.msg_flags = flags;
}
/** Multishot receive into buffers of a group. */
export function prepRecvMultishot(sqe: Sqe, fd: number, buf_group: number, user_data: bigint): void {
  prepRecv(sqe, fd, 0, 0, 0, user_data);
  sqe.ioprio |= IORING_RECV_MULTISHOT;
  sqe.flags |= IOSQE_BUFFER_SELECT;
  sqe.buf_group = buf_group;
}
/** Zero-copy receive; `len` 0: until the stream ends. */
export function prepRecvZc(sqe: Sqe, fd: number, zcrx_id: number, len: number, user_data: bigint): void {
  rw(sqe, IORING_OP_RECV_ZC, fd, 0, len, 0n, user_data);
  sqe.ioprio |= IORING_RECV_MULTISHOT;
  sqe.zcrx_ifq_idx = zcrx_id;
}
export function prepShutdown(sqe: Sqe, fd: number, how: number, user_data: bigint): void {
  rw(sqe, IORING_OP_SHUTDOWN, fd, 0, how, 0n, user_data);
}
export function prepClose(sqe: Sqe, fd: number, user_data: bigint): void {
  rw(sqe, IORING_OP_CLOSE, fd, 0, 0, 0n, user_data);
}
/** `timespec` is the address of a struct __kernel_timespec. */
export function prepTimeout(sqe: Sqe, timespec: number, count: number, flags: number, user_data: bigint): void {
  rw(sqe, IORING_OP_TIMEOUT, -1, timespec, 1, BigInt(count), user_data);
  sqe.timeout_flags = flags;
}
export function prepCancel(sqe: Sqe, target: bigint, flags: number, user_data: bigint): void {
  rw(sqe, IORING_OP_ASYNC_CANCEL, -1, 0, 0, 0n, user_data);
  sqe.addr = target;
  sqe.cancel_flags = flags;
}
