/** Requests about sockets: how they come and go, and their options. Addresses are of user memory. */
import {
  IORING_ACCEPT_MULTISHOT, IORING_FILE_INDEX_ALLOC, IORING_OP_ACCEPT, IORING_OP_BIND, IORING_OP_CONNECT, IORING_OP_LISTEN,
  IORING_OP_SHUTDOWN, IORING_OP_SOCKET, IORING_OP_URING_CMD, IORING_OP_URING_CMD128, SOCKET_URING_OP_GETSOCKNAME,
} from '../uapi.gen.ts';
import { prepRw, type Sqe, setTargetSlot } from './queue.ts';

/** Makes a socket; the result is its descriptor (io_uring_prep_socket). `flags` must be 0. */
export function prepSocket(sqe: Sqe, domain: number, type: number, protocol: number, flags: number): void {
  prepRw(IORING_OP_SOCKET, sqe, domain, 0, protocol, type);
  sqe.rw_flags = flags;
}
/** Makes a socket in a slot of the registered files (io_uring_prep_socket_direct). */
export function prepSocketDirect(sqe: Sqe, domain: number, type: number, protocol: number, file_index: number, flags: number): void {
  prepSocket(sqe, domain, type, protocol, flags);
  setTargetSlot(sqe, file_index);
}
/** As prepSocketDirect; the kernel picks the slot, which is the result (io_uring_prep_socket_direct_alloc). */
export function prepSocketDirectAlloc(sqe: Sqe, domain: number, type: number, protocol: number, flags: number): void {
  prepSocketDirect(sqe, domain, type, protocol, IORING_FILE_INDEX_ALLOC, flags);
}

/** bind(2) (io_uring_prep_bind). */
export function prepBind(sqe: Sqe, fd: number, address: number, address_bytes: number): void {
  prepRw(IORING_OP_BIND, sqe, fd, address, 0, address_bytes);
}
/** listen(2) (io_uring_prep_listen). */
export function prepListen(sqe: Sqe, fd: number, backlog: number): void {
  prepRw(IORING_OP_LISTEN, sqe, fd, 0, backlog, 0);
}
/** connect(2) (io_uring_prep_connect). */
export function prepConnect(sqe: Sqe, fd: number, address: number, address_bytes: number): void {
  prepRw(IORING_OP_CONNECT, sqe, fd, address, 0, address_bytes);
}
/** shutdown(2) (io_uring_prep_shutdown). */
export function prepShutdown(sqe: Sqe, fd: number, how: number): void {
  prepRw(IORING_OP_SHUTDOWN, sqe, fd, 0, how, 0);
}

/**
 * accept4(2); the result is the descriptor (io_uring_prep_accept).
 * @param address where the peer's address goes, or 0   @param address_len address of its length, or 0   @param flags SOCK_*
 */
export function prepAccept(sqe: Sqe, fd: number, address: number, address_len: number, flags: number): void {
  prepRw(IORING_OP_ACCEPT, sqe, fd, address, 0, address_len);
  sqe.accept_flags = flags;
}
/** Accepts into a slot of the registered files (io_uring_prep_accept_direct). */
export function prepAcceptDirect(
  sqe: Sqe, fd: number, address: number, address_len: number, flags: number, file_index: number,
): void {
  prepAccept(sqe, fd, address, address_len, flags);
  setTargetSlot(sqe, file_index);
}
/** A completion for each connection, as long as it has IORING_CQE_F_MORE (io_uring_prep_multishot_accept). */
export function prepMultishotAccept(sqe: Sqe, fd: number, address: number, address_len: number, flags: number): void {
  prepAccept(sqe, fd, address, address_len, flags);
  sqe.ioprio |= IORING_ACCEPT_MULTISHOT;
}
/** As prepMultishotAccept, into slots that the kernel picks (io_uring_prep_multishot_accept_direct). */
export function prepMultishotAcceptDirect(sqe: Sqe, fd: number, address: number, address_len: number, flags: number): void {
  prepMultishotAccept(sqe, fd, address, address_len, flags);
  setTargetSlot(sqe, IORING_FILE_INDEX_ALLOC);
}

/** A command that the file understands (io_uring_prep_uring_cmd). */
export function prepUringCmd(sqe: Sqe, cmd_op: number, fd: number): void {
  command(IORING_OP_URING_CMD, sqe, cmd_op, fd);
}
/** The same with an entry of 128 bytes (io_uring_prep_uring_cmd128). */
export function prepUringCmd128(sqe: Sqe, cmd_op: number, fd: number): void {
  command(IORING_OP_URING_CMD128, sqe, cmd_op, fd);
}
function command(opcode: number, sqe: Sqe, cmd_op: number, fd: number): void {
  prepRw(opcode, sqe, fd, 0, 0, 0);
  sqe.cmd_op = cmd_op;
}
/**
 * A socket option (io_uring_prep_cmd_sock).
 * @param cmd_op SOCKET_URING_OP_GETSOCKOPT or SOCKET_URING_OP_SETSOCKOPT   @param optval address of the value   @param optlen its bytes
 */
export function prepCmdSock(
  sqe: Sqe, cmd_op: number, fd: number, level: number, optname: number, optval: number, optlen: number,
): void {
  prepUringCmd(sqe, cmd_op, fd);
  sqe.addr3 = BigInt(optval);
  sqe.optname = optname;
  sqe.optlen = optlen;
  sqe.level = level;
}
/** The socket's own address, or its peer's (io_uring_prep_cmd_getsockname). `address_len` is the address of the length. */
export function prepCmdGetsockname(sqe: Sqe, fd: number, address: number, address_len: number, peer: boolean): void {
  prepUringCmd(sqe, SOCKET_URING_OP_GETSOCKNAME, fd);
  sqe.addr = BigInt(address);
  sqe.addr3 = BigInt(address_len);
  sqe.optlen = peer ? 1 : 0;
}
