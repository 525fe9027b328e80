/** Submission entries. */
import * as U from '../../../uring-model/8-app/uapi.gen.ts';
import type { Genes } from './genes.ts';
import type { Machine, OpenRing } from './machine.ts';
import { anyAddress, anyFd, INTS, IOVECS, LENGTHS, MSGS, nameLen, NAMES, SCRATCH, TIMES, TIMESPECS, u32 } from './world.ts';

export const OPS = [
  U.IORING_OP_NOP, U.IORING_OP_RECV, U.IORING_OP_SEND, U.IORING_OP_POLL_ADD, U.IORING_OP_TIMEOUT, U.IORING_OP_ASYNC_CANCEL,
  U.IORING_OP_LINK_TIMEOUT, U.IORING_OP_READ, U.IORING_OP_WRITE, U.IORING_OP_RECVMSG, U.IORING_OP_SENDMSG, U.IORING_OP_ACCEPT,
  U.IORING_OP_CONNECT, U.IORING_OP_SEND_ZC, U.IORING_OP_SENDMSG_ZC, U.IORING_OP_MSG_RING, U.IORING_OP_PROVIDE_BUFFERS,
  U.IORING_OP_REMOVE_BUFFERS, U.IORING_OP_RECV_ZC, U.IORING_OP_CLOSE, U.IORING_OP_READ_MULTISHOT, U.IORING_OP_POLL_REMOVE,
  U.IORING_OP_TIMEOUT_REMOVE, U.IORING_OP_FILES_UPDATE, U.IORING_OP_SOCKET, U.IORING_OP_SHUTDOWN, U.IORING_OP_EPOLL_CTL,
  U.IORING_OP_EPOLL_WAIT, U.IORING_OP_URING_CMD, U.IORING_OP_FIXED_FD_INSTALL, U.IORING_OP_BIND, U.IORING_OP_LISTEN,
  U.IORING_OP_READV, U.IORING_OP_WRITEV, U.IORING_OP_READ_FIXED, U.IORING_OP_WRITE_FIXED, U.IORING_OP_READV_FIXED,
  U.IORING_OP_WRITEV_FIXED, U.IORING_OP_NOP128, U.IORING_OP_URING_CMD128, U.IORING_OP_PIPE, 255,
];
export const IOVEC_OPS = new Set<number>([U.IORING_OP_READV, U.IORING_OP_WRITEV, U.IORING_OP_READV_FIXED, U.IORING_OP_WRITEV_FIXED]);
export const MSG_OPS = new Set<number>([U.IORING_OP_RECVMSG, U.IORING_OP_SENDMSG, U.IORING_OP_SENDMSG_ZC]);
export const TIME_OPS = new Set<number>([U.IORING_OP_TIMEOUT, U.IORING_OP_LINK_TIMEOUT]);
export const NAME_OPS = new Set<number>([U.IORING_OP_CONNECT, U.IORING_OP_BIND]);
export const FLAG_BITS: Record<number, number> = {
  [U.IORING_OP_POLL_ADD]: 0x8020201f, [U.IORING_OP_TIMEOUT]: 0xff, [U.IORING_OP_ASYNC_CANCEL]: 0x3f, [U.IORING_OP_TIMEOUT_REMOVE]: 0x1f,
};

export function sqe(m: Machine, g: Genes): void {
  if (m.rings.length === 0) return;
  const r = m.rings[g.rare(4) ? g.below(m.rings.length) : m.rings.length - 1] as OpenRing;
  const v = m.view;
  const tail = v.getUint32(r.at.sq_tail, true);
  const at = r.at.sqes + (tail & r.at.sq_mask) * r.at.sqe_bytes;
  if (tail - v.getUint32(r.at.sq_head, true) >= r.at.sq_entries && !g.rare(10)) return;
  m.engine.bytes.fill(0, at, at + r.at.sqe_bytes);
  writeSqe(m, g, at);
  v.setUint32(r.at.sq_tail, tail + 1, true);
}
export function writeSqe(m: Machine, g: Genes, at: number): void {
  const v = m.view;
  const op = g.pick(OPS);
  const flags = g.bits(0xff) & ~(g.rare(3) ? 0 : U.IOSQE_FIXED_FILE | U.IOSQE_BUFFER_SELECT);
  v.setUint8(at, op);
  v.setUint8(at + 1, flags);
  v.setUint16(at + 2, g.bits(0x3f), true);
  v.setInt32(at + 4, flags & U.IOSQE_FIXED_FILE ? g.below(6) : anyFd(m, g), true);
  v.setBigUint64(at + 8, g.rare(3) ? g.pick([1n, 2n, 0xffff_ffff_ffff_ffffn, 512n, 100n]) : 0n, true);
  v.setUint32(at + 24, g.pick(LENGTHS), true);
  v.setBigUint64(at + 16, anyAddress(m, g), true);
  v.setUint32(at + 28, g.bits(FLAG_BITS[op] ?? 0x0400c162), true);
  v.setBigUint64(at + 32, BigInt(g.below(8)), true);
  v.setUint16(at + 40, g.below(4), true);
  if (g.rare(12)) v.setUint16(at + 42, g.below(4), true);
  if (g.rare(6)) v.setUint32(at + 44, g.pick([1, 2, 0xffffffff, 99]), true);
  if (g.rare(8)) v.setBigUint64(at + 48, BigInt(g.next()), true);
  special(m, g, op, at);
  if (m.verbose) m.log.push(`  sqe ${Array.from(m.engine.bytes.subarray(at, at + 64), (b) => b.toString(16).padStart(2, '0')).join('')}`);
}
export function special(m: Machine, g: Genes, op: number, at: number): void {
  const v = m.view;
  const addr = (a: number) => v.setBigUint64(at + 16, BigInt(m.base + a), true);
  if (g.rare(16)) return;
  if (IOVEC_OPS.has(op)) {
    addr(IOVECS + g.below(16) * 128);
    v.setUint32(at + 24, g.pick([1, 2, 8, 0, 3]), true);
  } else if (MSG_OPS.has(op)) {
    addr(MSGS + g.below(16) * 64);
    v.setUint32(at + 24, 1, true);
  } else if (TIME_OPS.has(op)) {
    addr(TIMES + g.below(TIMESPECS.length) * 16);
    v.setUint32(at + 24, 1, true);
  } else if (op === U.IORING_OP_TIMEOUT_REMOVE || op === U.IORING_OP_POLL_REMOVE || op === U.IORING_OP_ASYNC_CANCEL) {
    v.setBigUint64(at + 16, BigInt(g.below(8)), true);
    const time = m.base + TIMES + g.below(TIMESPECS.length) * 16;
    v.setBigUint64(at + 8, BigInt(op === U.IORING_OP_TIMEOUT_REMOVE ? time : g.below(2) * 3), true);
    v.setUint32(at + 24, g.bits(0xf), true);
    if (op === U.IORING_OP_POLL_REMOVE && g.below(2)) v.setUint32(at + 28, g.pick([1, 4, 5, 0x2000]), true);
  } else if (op === U.IORING_OP_POLL_ADD) {
    v.setUint32(at + 24, g.pick([0, 1, 8, 9]), true);
    v.setUint32(at + 28, g.pick([1, 4, 5, 0x2001, 0x80000001]), true);
    v.setBigUint64(at + 16, 0n, true);
    v.setBigUint64(at + 8, 0n, true);
  } else if (NAME_OPS.has(op)) {
    const n = g.below(16);
    addr(NAMES + n * 128);
    v.setUint32(at + 24, 0, true);
    v.setBigUint64(at + 8, BigInt(nameLen(n)), true);
  } else if (op === U.IORING_OP_MSG_RING) {
    v.setBigUint64(at + 16, BigInt(g.below(2)), true);
    if (m.rings.length) v.setInt32(at + 4, g.pick(m.rings).fd, true);
    v.setBigUint64(at + 48, BigInt(g.below(4)), true);
    v.setUint32(at + 28, g.bits(3), true);
  } else if (op === U.IORING_OP_PROVIDE_BUFFERS || op === U.IORING_OP_REMOVE_BUFFERS) {
    v.setInt32(at + 4, g.pick([4, 1, 8, 65535, 0]), true);
    v.setUint32(at + 24, op === U.IORING_OP_PROVIDE_BUFFERS ? g.pick([256, 16, 4096]) : 0, true);
    v.setBigUint64(at + 8, BigInt(g.below(8)), true);
  } else other(m, g, op, at);
}
function other(m: Machine, g: Genes, op: number, at: number): void {
  const v = m.view;
  const addr = (a: number) => v.setBigUint64(at + 16, BigInt(m.base + a), true);
  if (op === U.IORING_OP_SOCKET) {
    v.setInt32(at + 4, g.pick([U.AF_INET, U.AF_UNIX, U.AF_INET6, 99]), true);
    v.setBigUint64(at + 8, BigInt(g.pick([U.SOCK_STREAM, U.SOCK_DGRAM, U.SOCK_SEQPACKET]) | g.bits(U.SOCK_NONBLOCK)), true);
    v.setUint32(at + 24, 0, true);
    v.setUint32(at + 28, 0, true);
    v.setBigUint64(at + 16, 0n, true);
  } else if (op === U.IORING_OP_FILES_UPDATE) {
    v.setInt32(at + 4, 0, true);
    addr(INTS + 64);
    u32(m, INTS + 64, anyFd(m, g));
    u32(m, INTS + 68, g.pick([-1, -2, anyFd(m, g)]));
    v.setUint32(at + 24, g.pick([1, 2]), true);
    v.setUint32(at + 28, 0, true);
    v.setBigUint64(at + 8, g.rare(4) ? 0xffffffffn : BigInt(g.below(4)), true);
  } else if (op === U.IORING_OP_EPOLL_CTL) {
    v.setUint32(at + 24, g.pick([1, 2, 3]), true);
    v.setBigUint64(at + 8, BigInt(anyFd(m, g) >>> 0), true);
    addr(SCRATCH + 0x700);
    u32(m, SCRATCH + 0x700, g.pick([1, 4, 5, 0x80000001, 0x40000001, 0x10000001]));
    v.setUint32(at + 28, 0, true);
  } else if (op === U.IORING_OP_EPOLL_WAIT) {
    v.setUint32(at + 24, g.pick([1, 4, 0]), true);
    v.setUint32(at + 28, 0, true);
  } else if (op === U.IORING_OP_URING_CMD || op === U.IORING_OP_URING_CMD128) {
    v.setBigUint64(at + 8, BigInt(g.below(7)), true);
    v.setUint32(at + 16, g.pick([1, 6, 0]), true);
    v.setUint32(at + 20, g.pick([2, 7, 8, 1, 37]), true);
    v.setUint32(at + 44, g.pick([4, 8, 0]), true);
    v.setBigUint64(at + 48, BigInt(m.base + INTS), true);
    v.setUint32(at + 28, g.bits(3), true);
    v.setUint32(at + 24, 0, true);
  } else if (op === U.IORING_OP_RECV_ZC) {
    v.setUint16(at + 2, U.IORING_RECV_MULTISHOT | g.bits(1), true);
    v.setUint32(at + 24, g.pick([0, 0, 100, 5000]), true);
    v.setBigUint64(at + 16, 0n, true);
    v.setBigUint64(at + 8, 0n, true);
    v.setUint32(at + 28, 0, true);
    v.setUint32(at + 44, m.zcrxs.length ? g.pick(m.zcrxs).id : 0, true);
  } else if (op === U.IORING_OP_ACCEPT || op === U.IORING_OP_SHUTDOWN || op === U.IORING_OP_LISTEN || op === U.IORING_OP_CLOSE
    || op === U.IORING_OP_FIXED_FD_INSTALL) {
    v.setBigUint64(at + 16, 0n, true);
    v.setBigUint64(at + 8, 0n, true);
    v.setUint32(at + 28, g.bits(U.SOCK_NONBLOCK), true);
    v.setUint32(at + 24, op === U.IORING_OP_SHUTDOWN || op === U.IORING_OP_LISTEN ? g.below(3) : 0, true);
    if (op === U.IORING_OP_ACCEPT && m.fds.length > 1 && g.below(2)) v.setInt32(at + 4, m.fds[1] as number, true);
    if (op === U.IORING_OP_CLOSE && g.below(3)) {
      v.setInt32(at + 4, 0, true);
      v.setUint32(at + 44, 1 + g.below(6), true);
    }
  }
}
