/** Reading, writing, polling, epoll, descriptors and provided buffers. Addresses are of user memory; `offset` -1: the file's own. */
import {
  IORING_FILE_INDEX_ALLOC, IORING_OP_CLOSE, IORING_OP_EPOLL_CTL, IORING_OP_EPOLL_WAIT, IORING_OP_FILES_UPDATE,
  IORING_OP_FIXED_FD_INSTALL, IORING_OP_FSYNC, IORING_OP_PIPE, IORING_OP_POLL_ADD, IORING_OP_POLL_REMOVE, IORING_OP_PROVIDE_BUFFERS,
  IORING_OP_READ, IORING_OP_READ_FIXED, IORING_OP_READ_MULTISHOT, IORING_OP_READV, IORING_OP_READV_FIXED, IORING_OP_REMOVE_BUFFERS,
  IORING_OP_SPLICE, IORING_OP_TEE, IORING_OP_WRITE, IORING_OP_WRITE_FIXED, IORING_OP_WRITEV, IORING_OP_WRITEV_FIXED,
  IORING_POLL_ADD_MULTI, IOSQE_BUFFER_SELECT, IOSQE_FIXED_FILE,
} from '../uapi.gen.ts';
import { prepRw, type Sqe, setTargetFixedFile, setTargetSlot } from './queue.ts';

/** read(2), or pread(2) (io_uring_prep_read). */
export function prepRead(sqe: Sqe, fd: number, address: number, len: number, offset: number | bigint): void {
  prepRw(IORING_OP_READ, sqe, fd, address, len, offset);
}
/** A completion for each read, in buffers of a group (io_uring_prep_read_multishot). */
export function prepReadMultishot(sqe: Sqe, fd: number, len: number, offset: number | bigint, buf_group: number): void {
  prepRw(IORING_OP_READ_MULTISHOT, sqe, fd, 0, len, offset);
  sqe.buf_group = buf_group;
  sqe.flags = IOSQE_BUFFER_SELECT;
}
/** Reads into a registered buffer (io_uring_prep_read_fixed). */
export function prepReadFixed(sqe: Sqe, fd: number, address: number, len: number, offset: number | bigint, buf_index: number): void {
  prepRw(IORING_OP_READ_FIXED, sqe, fd, address, len, offset);
  sqe.buf_index = buf_index;
}
/** readv(2); `iovecs` is the address of `count` struct iovec (io_uring_prep_readv). */
export function prepReadv(sqe: Sqe, fd: number, iovecs: number, count: number, offset: number | bigint): void {
  prepRw(IORING_OP_READV, sqe, fd, iovecs, count, offset);
}
/** preadv2(2): with RWF_* flags (io_uring_prep_readv2). */
export function prepReadv2(sqe: Sqe, fd: number, iovecs: number, count: number, offset: number | bigint, flags: number): void {
  prepReadv(sqe, fd, iovecs, count, offset);
  sqe.rw_flags = flags;
}
/** As prepReadv2, into pieces of a registered buffer (io_uring_prep_readv_fixed). */
export function prepReadvFixed(
  sqe: Sqe, fd: number, iovecs: number, count: number, offset: number | bigint, flags: number, buf_index: number,
): void {
  prepReadv2(sqe, fd, iovecs, count, offset, flags);
  sqe.opcode = IORING_OP_READV_FIXED;
  sqe.buf_index = buf_index;
}
/** write(2), or pwrite(2) (io_uring_prep_write). */
export function prepWrite(sqe: Sqe, fd: number, address: number, len: number, offset: number | bigint): void {
  prepRw(IORING_OP_WRITE, sqe, fd, address, len, offset);
}
/** Writes out of a registered buffer (io_uring_prep_write_fixed). */
export function prepWriteFixed(sqe: Sqe, fd: number, address: number, len: number, offset: number | bigint, buf_index: number): void {
  prepRw(IORING_OP_WRITE_FIXED, sqe, fd, address, len, offset);
  sqe.buf_index = buf_index;
}
/** writev(2) (io_uring_prep_writev). */
export function prepWritev(sqe: Sqe, fd: number, iovecs: number, count: number, offset: number | bigint): void {
  prepRw(IORING_OP_WRITEV, sqe, fd, iovecs, count, offset);
}
/** pwritev2(2) (io_uring_prep_writev2). */
export function prepWritev2(sqe: Sqe, fd: number, iovecs: number, count: number, offset: number | bigint, flags: number): void {
  prepWritev(sqe, fd, iovecs, count, offset);
  sqe.rw_flags = flags;
}
/** As prepWritev2, out of pieces of a registered buffer (io_uring_prep_writev_fixed). */
export function prepWritevFixed(
  sqe: Sqe, fd: number, iovecs: number, count: number, offset: number | bigint, flags: number, buf_index: number,
): void {
  prepWritev2(sqe, fd, iovecs, count, offset, flags);
  sqe.opcode = IORING_OP_WRITEV_FIXED;
  sqe.buf_index = buf_index;
}
/** fsync(2) (io_uring_prep_fsync). */
export function prepFsync(sqe: Sqe, fd: number, flags: number): void {
  prepRw(IORING_OP_FSYNC, sqe, fd, 0, 0, 0);
  sqe.fsync_flags = flags;
}
/** splice(2) (io_uring_prep_splice); offsets -1 for pipes. */
export function prepSplice(
  sqe: Sqe, fd_in: number, off_in: number | bigint, fd_out: number, off_out: number | bigint, len: number, flags: number,
): void {
  prepRw(IORING_OP_SPLICE, sqe, fd_out, 0, len, off_out);
  sqe.splice_off_in = BigInt.asUintN(64, BigInt(off_in));
  sqe.splice_fd_in = fd_in;
  sqe.splice_flags = flags;
}
/** tee(2) (io_uring_prep_tee). */
export function prepTee(sqe: Sqe, fd_in: number, fd_out: number, len: number, flags: number): void {
  prepRw(IORING_OP_TEE, sqe, fd_out, 0, len, 0);
  sqe.splice_off_in = 0n;
  sqe.splice_fd_in = fd_in;
  sqe.splice_flags = flags;
}

/** Waits until the file is ready; the result is the events (io_uring_prep_poll_add). `mask`: POLL*. */
export function prepPollAdd(sqe: Sqe, fd: number, mask: number): void {
  prepRw(IORING_OP_POLL_ADD, sqe, fd, 0, 0, 0);
  sqe.poll32_events = mask;
}
/** A completion each time (io_uring_prep_poll_multishot). */
export function prepPollMultishot(sqe: Sqe, fd: number, mask: number): void {
  prepPollAdd(sqe, fd, mask);
  sqe.len = IORING_POLL_ADD_MULTI;
}
/** Takes the poll with that user_data away (io_uring_prep_poll_remove). */
export function prepPollRemove(sqe: Sqe, user_data: bigint): void {
  prepRw(IORING_OP_POLL_REMOVE, sqe, -1, user_data, 0, 0);
}
/** Gives a poll another user_data or mask (io_uring_prep_poll_update). `flags`: IORING_POLL_UPDATE_*, IORING_POLL_ADD_MULTI. */
export function prepPollUpdate(sqe: Sqe, old_user_data: bigint, new_user_data: bigint, mask: number, flags: number): void {
  prepRw(IORING_OP_POLL_REMOVE, sqe, -1, old_user_data, flags, new_user_data);
  sqe.poll32_events = mask;
}

/** epoll_ctl(2); `event` is the address of a struct epoll_event (io_uring_prep_epoll_ctl). */
export function prepEpollCtl(sqe: Sqe, epfd: number, fd: number, op: number, event: number): void {
  prepRw(IORING_OP_EPOLL_CTL, sqe, epfd, event, op, fd >>> 0);
}
/** epoll_wait(2) without a time (io_uring_prep_epoll_wait). */
export function prepEpollWait(sqe: Sqe, fd: number, events: number, max: number, flags: number): void {
  prepRw(IORING_OP_EPOLL_WAIT, sqe, fd, events, max, 0);
  sqe.rw_flags = flags;
}

/** close(2) (io_uring_prep_close). */
export function prepClose(sqe: Sqe, fd: number): void {
  prepRw(IORING_OP_CLOSE, sqe, fd, 0, 0, 0);
}
/** Empties a slot of the registered files (io_uring_prep_close_direct). */
export function prepCloseDirect(sqe: Sqe, file_index: number): void {
  prepClose(sqe, 0);
  setTargetFixedFile(sqe, file_index);
}
/** Changes registered files: `fds` is the address of `count` i32 (io_uring_prep_files_update). */
export function prepFilesUpdate(sqe: Sqe, fds: number, count: number, offset: number): void {
  prepRw(IORING_OP_FILES_UPDATE, sqe, -1, fds, count, offset);
}
/** Gives a registered file a descriptor (io_uring_prep_fixed_fd_install). */
export function prepFixedFdInstall(sqe: Sqe, fd: number, flags: number): void {
  prepRw(IORING_OP_FIXED_FD_INSTALL, sqe, fd, 0, 0, 0);
  sqe.flags = IOSQE_FIXED_FILE;
  sqe.install_fd_flags = flags;
}
/** pipe2(2); `fds` is the address of two i32 (io_uring_prep_pipe). */
export function prepPipe(sqe: Sqe, fds: number, flags: number): void {
  prepRw(IORING_OP_PIPE, sqe, 0, fds, 0, 0);
  sqe.pipe_flags = flags;
}
/** A pipe in slots of the registered files (io_uring_prep_pipe_direct); IORING_FILE_INDEX_ALLOC picks them. */
export function prepPipeDirect(sqe: Sqe, fds: number, flags: number, file_index: number = IORING_FILE_INDEX_ALLOC): void {
  prepPipe(sqe, fds, flags);
  setTargetSlot(sqe, file_index);
}

/** `count` buffers of `len` bytes in a row from `address` on become a group's, numbered from `bid` (io_uring_prep_provide_buffers). */
export function prepProvideBuffers(sqe: Sqe, address: number, len: number, count: number, bgid: number, bid: number): void {
  prepRw(IORING_OP_PROVIDE_BUFFERS, sqe, count, address, len, bid);
  sqe.buf_group = bgid;
}
/** Takes buffers out of a group again; the result is how many (io_uring_prep_remove_buffers). */
export function prepRemoveBuffers(sqe: Sqe, count: number, bgid: number): void {
  prepRw(IORING_OP_REMOVE_BUFFERS, sqe, count, 0, 0, 0);
  sqe.buf_group = bgid;
}
