/** Preparing an entry, and requests about the rings themselves: NOP, timeouts, cancellation, messages between rings. */
import {
  IORING_ASYNC_CANCEL_FD, IORING_FILE_INDEX_ALLOC, IORING_MSG_RING_FLAGS_PASS, IORING_MSG_SEND_FD, IORING_OP_ASYNC_CANCEL,
  IORING_OP_LINK_TIMEOUT, IORING_OP_MSG_RING, IORING_OP_NOP, IORING_OP_NOP128, IORING_OP_TIMEOUT, IORING_OP_TIMEOUT_REMOVE,
  IORING_TIMEOUT_UPDATE, type io_uring_sqe,
} from '../uapi.gen.ts';

/** An entry that getSqe gave out. */
export type Sqe = io_uring_sqe;

/** Sets what comes back in the completion (io_uring_sqe_set_data64). An entry keeps the user_data of whoever used its place before. */
export function sqeSetData64(sqe: Sqe, data: bigint): void {
  sqe.user_data = data;
}
/** Sets IOSQE_* flags, all at once: call it after a prep function that sets some (io_uring_sqe_set_flags). */
export function sqeSetFlags(sqe: Sqe, flags: number): void {
  sqe.flags = flags;
}
/** The group that IOSQE_BUFFER_SELECT picks from (io_uring_sqe_set_buf_group). */
export function sqeSetBufGroup(sqe: Sqe, bgid: number): void {
  sqe.buf_group = bgid;
}
/** The result goes into slot `file_index` of the registered files (__io_uring_set_target_fixed_file). */
export function setTargetFixedFile(sqe: Sqe, file_index: number): void {
  sqe.file_index = (file_index + 1) >>> 0;
}
/** As setTargetFixedFile, and IORING_FILE_INDEX_ALLOC lets the kernel pick the slot. */
export function setTargetSlot(sqe: Sqe, file_index: number): void {
  setTargetFixedFile(sqe, file_index === IORING_FILE_INDEX_ALLOC ? file_index - 1 : file_index);
}

/** Clears what prep functions do not set (io_uring_initialize_sqe); getSqe has done it. */
export function initializeSqe(sqe: Sqe): void {
  sqe.flags = 0;
  sqe.ioprio = 0;
  sqe.rw_flags = 0;
  sqe.buf_index = 0;
  sqe.personality = 0;
  sqe.file_index = 0;
  sqe.addr3 = 0n;
  sqe.view.setBigUint64(sqe.base + 56, 0n, true);
}

/** The fields that every request has (io_uring_prep_rw). `address` is of user memory; `offset` means what the opcode says. */
export function prepRw(opcode: number, sqe: Sqe, fd: number, address: number | bigint, len: number, offset: number | bigint): void {
  sqe.opcode = opcode;
  sqe.fd = fd;
  sqe.off = BigInt.asUintN(64, BigInt(offset));
  sqe.addr = BigInt(address);
  sqe.len = len;
}

/** Completes with 0 (io_uring_prep_nop). */
export function prepNop(sqe: Sqe): void {
  prepRw(IORING_OP_NOP, sqe, -1, 0, 0, 0);
}
/** A NOP of 128 bytes, for getSqe128 (io_uring_prep_nop128). */
export function prepNop128(sqe: Sqe): void {
  prepRw(IORING_OP_NOP128, sqe, -1, 0, 0, 0);
}

/**
 * Completes with -ETIME when the time is over, or with 0 after `count` other completions (io_uring_prep_timeout).
 * @param timespec address of a struct __kernel_timespec, read when the entry is submitted
 * @param count 0: no such limit; with IORING_TIMEOUT_MULTISHOT how often it fires, 0 for ever
 * @param flags IORING_TIMEOUT_*
 */
export function prepTimeout(sqe: Sqe, timespec: number, count: number, flags: number): void {
  prepRw(IORING_OP_TIMEOUT, sqe, -1, timespec, 1, count);
  sqe.timeout_flags = flags;
}
/** Takes the timeout with that user_data away: -ENOENT when there is none (io_uring_prep_timeout_remove). */
export function prepTimeoutRemove(sqe: Sqe, user_data: bigint, flags: number): void {
  prepRw(IORING_OP_TIMEOUT_REMOVE, sqe, -1, user_data, 0, 0);
  sqe.timeout_flags = flags;
}
/** Gives the timeout with that user_data another time (io_uring_prep_timeout_update). */
export function prepTimeoutUpdate(sqe: Sqe, timespec: number, user_data: bigint, flags: number): void {
  prepRw(IORING_OP_TIMEOUT_REMOVE, sqe, -1, user_data, 0, timespec);
  sqe.timeout_flags = (flags | IORING_TIMEOUT_UPDATE) >>> 0;
}
/** A time limit for the request before it, which has IOSQE_IO_LINK (io_uring_prep_link_timeout). */
export function prepLinkTimeout(sqe: Sqe, timespec: number, flags: number): void {
  prepRw(IORING_OP_LINK_TIMEOUT, sqe, -1, timespec, 1, 0);
  sqe.timeout_flags = flags;
}

/**
 * Cancels requests with that user_data (io_uring_prep_cancel64). Result: 0 or how many; -ENOENT none; -EALREADY one that runs.
 * @param flags IORING_ASYNC_CANCEL_*
 */
export function prepCancel64(sqe: Sqe, user_data: bigint, flags: number): void {
  prepRw(IORING_OP_ASYNC_CANCEL, sqe, -1, user_data, 0, 0);
  sqe.cancel_flags = flags;
}
/** As prepCancel64 (io_uring_prep_cancel): user_data is a number here as there. */
export const prepCancel = prepCancel64;
/** Cancels requests on a file (io_uring_prep_cancel_fd). */
export function prepCancelFd(sqe: Sqe, fd: number, flags: number): void {
  prepRw(IORING_OP_ASYNC_CANCEL, sqe, fd, 0, 0, 0);
  sqe.cancel_flags = (flags | IORING_ASYNC_CANCEL_FD) >>> 0;
}

/**
 * Posts a completion on another ring (io_uring_prep_msg_ring).
 * @param fd the other ring   @param len its `res`   @param data its `user_data`   @param flags IORING_MSG_RING_*
 */
export function prepMsgRing(sqe: Sqe, fd: number, len: number, data: bigint, flags: number): void {
  prepRw(IORING_OP_MSG_RING, sqe, fd, 0, len, data);
  sqe.msg_ring_flags = flags;
}
/** As prepMsgRing, and the completion has flags (io_uring_prep_msg_ring_cqe_flags). */
export function prepMsgRingCqeFlags(sqe: Sqe, fd: number, len: number, data: bigint, flags: number, cqe_flags: number): void {
  prepMsgRing(sqe, fd, len, data, (IORING_MSG_RING_FLAGS_PASS | flags) >>> 0);
  sqe.file_index = cqe_flags;
}
/**
 * Gives a registered file of this ring to another ring (io_uring_prep_msg_ring_fd).
 * @param target_fd slot there; IORING_FILE_INDEX_ALLOC picks one   @param data user_data of its completion
 */
export function prepMsgRingFd(sqe: Sqe, fd: number, source_fd: number, target_fd: number, data: bigint, flags: number): void {
  prepRw(IORING_OP_MSG_RING, sqe, fd, IORING_MSG_SEND_FD, 0, data);
  sqe.addr3 = BigInt(source_fd);
  setTargetSlot(sqe, target_fd);
  sqe.msg_ring_flags = flags;
}
/** As prepMsgRingFd; the kernel picks the slot (io_uring_prep_msg_ring_fd_alloc). */
export function prepMsgRingFdAlloc(sqe: Sqe, fd: number, source_fd: number, data: bigint, flags: number): void {
  prepMsgRingFd(sqe, fd, source_fd, IORING_FILE_INDEX_ALLOC, data, flags);
}
