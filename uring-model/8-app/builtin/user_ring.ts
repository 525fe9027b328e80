/**
 * User space's half of the rings, in liburing's words (src/queue.c, src/include/liburing.h). Nothing here looks behind the
 * system calls: it reads and writes the memory that they mapped.
 */
import { bug, hostConfig, indexSeenAt, loadIndex, NONE, now, RUN_BUG_RQ_OVERRUN, traceRqePush } from '../../../sim/core';
import { sqpollLook, sqpollSpin, sysEnter, sysMmap, sysRegister, sysSetup } from '../../7-ring';
import {
  __kernel_timespec, ERESTARTSYS, io_uring_cqe, io_uring_getevents_arg, IO_URING_GETEVENTS_ARG_BYTES, io_uring_params,
  IO_URING_PARAMS_BYTES, io_uring_region_desc, IO_URING_REGION_DESC_BYTES, io_uring_sqe, IO_URING_SQE_BYTES, io_uring_zcrx_area_reg,
  IO_URING_ZCRX_AREA_REG_BYTES, io_uring_zcrx_ifq_reg, IO_URING_ZCRX_IFQ_REG_BYTES, IO_URING_ZCRX_RQE_BYTES, IORING_ENTER_EXT_ARG,
  IORING_ENTER_GETEVENTS, IORING_ENTER_SQ_WAIT, IORING_ENTER_SQ_WAKEUP, IORING_OFF_SQ_RING, IORING_OFF_SQES, IORING_REGISTER_BUFFERS,
  IORING_REGISTER_ZCRX_CTRL, IORING_REGISTER_ZCRX_IFQ, IORING_SETUP_CQE32, IORING_SETUP_CQSIZE, IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_SQPOLL, IORING_SETUP_SUBMIT_ALL, IORING_SQ_NEED_WAKEUP, zcrx_ctrl, ZCRX_CTRL_BYTES, ZCRX_CTRL_FLUSH_RQ, ZCRX_REG_NODEV,
} from '../../uapi.gen';
import { ringMode, ringRegister } from './ring_modes';
import { App } from './state';

/** Places in the application's page of arguments. */
const ARG_PARAMS: u32 = 0;
const ARG_EXT: u32 = 128;
const ARG_TS: u32 = 160;
const ARG_REG: u32 = 256;
const ARG_DESC: u32 = 384;
const ARG_AREA: u32 = 512;
const ARG_CTRL: u32 = 640;
// At 704: slots of fixed files (ring_modes.ts).
/** Room for what nobody looks at. */
export const ARG_JUNK: u32 = 1024;
export const JUNK_BYTES: u32 = 3072;
export const ARG_BYTES: u32 = 4096;
/** Offsets that the kernel told, kept as addresses; these lie where struct io_rings has them. */
const SQ_HEAD: usize = 0;
const SQ_TAIL: usize = 4;
const CQ_HEAD: usize = 8;
const CQ_TAIL: usize = 12;

/** io_uring_queue_init_params. 0 or -errno. */
export function ringCreate(a: App, entries: u32, cq_entries: u32, cqe32: bool): i32 {
  const at = <usize>(a.scratch + ARG_PARAMS);
  memory.fill(at, 0, IO_URING_PARAMS_BYTES);
  const p = changetype<io_uring_params>(at);
  p.flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_NO_SQARRAY | IORING_SETUP_CQSIZE | (cqe32 ? IORING_SETUP_CQE32 : 0);
  p.cq_entries = cq_entries;
  ringMode(a, p);
  const fd = sysSetup(a.host, entries, at);
  if (fd < 0) return fd;
  a.fd = <u32>fd;
  a.rings = <u32>sysMmap(a.host, a.fd, IORING_OFF_SQ_RING, 4096);
  a.sqes = <u32>sysMmap(a.host, a.fd, IORING_OFF_SQES, p.sq_entries * IO_URING_SQE_BYTES);
  a.sq_entries = p.sq_entries;
  a.sq_mask = p.sq_entries - 1;
  a.sq_tail = 0;
  a.sq_published = 0;
  a.cqes = a.rings + p.cq_off.cqes;
  a.cq_mask = p.cq_entries - 1;
  a.cqe_shift = cqe32 ? 5 : 4;
  a.sq_flags_at = (p.flags & IORING_SETUP_SQPOLL) != 0 ? a.rings + p.sq_off.flags : 0;
  assert(p.sq_off.head == <u32>SQ_HEAD && p.sq_off.tail == <u32>SQ_TAIL && p.cq_off.head == <u32>CQ_HEAD && p.cq_off.tail == <u32>CQ_TAIL,
    'the rings lie where the kernel said');
  return ringRegister(a, a.scratch + ARG_REG);
}

/** The next free SQE, cleared; what is waiting is submitted when the queue is full (io_uring_get_sqe). */
export function getSqe(a: App): io_uring_sqe {
  sqRoom(a, 1);
  const at = <usize>(a.sqes + (a.sq_tail & a.sq_mask) * IO_URING_SQE_BYTES);
  a.sq_tail++;
  memory.fill(at, 0, IO_URING_SQE_BYTES);
  return changetype<io_uring_sqe>(at);
}

/** Makes room for `n` SQEs that the kernel has to read at once. */
export function sqRoom(a: App, n: u32): void {
  if (a.sq_tail - load<u32>(<usize>a.rings, SQ_HEAD) + n <= a.sq_entries) return;
  submit(a);
  if (a.sq_flags_at == 0) return;
  // A thread that reads the queue has not yet done so (io_uring_sqring_wait). That waits for one entry only.
  if (a.sq_tail - load<u32>(<usize>a.rings, SQ_HEAD) == a.sq_entries) sysEnter(a.host, a.fd, 0, 0, IORING_ENTER_SQ_WAIT, 0, 0);
  else sqpollSpin(a.host);
}

/** Makes new SQEs visible to the kernel (__io_uring_flush_sq). Their number. */
function flushSq(a: App): u32 {
  store<u32>(<usize>a.rings, a.sq_tail, SQ_TAIL);
  const n = a.sq_tail - a.sq_published;
  a.sq_published = a.sq_tail;
  return n;
}

/** A thread reads the queue: it is called when it sleeps, and else there is nothing to do (sq_ring_needs_enter). */
function tellSqThread(a: App, n: u32): void {
  if ((load<u32>(<usize>a.sq_flags_at) & IORING_SQ_NEED_WAKEUP) != 0) sysEnter(a.host, a.fd, n, 0, IORING_ENTER_SQ_WAKEUP, 0, 0);
  else sqpollLook(a.host);
}

/** io_uring_submit. */
export function submit(a: App): void {
  const n = flushSq(a);
  if (n == 0) return;
  if (a.sq_flags_at != 0) return tellSqThread(a, n);
  const ret = sysEnter(a.host, a.fd, n, 0, 0, 0, 0);
  assert(ret == <i32>n, 'limits.reqs is too small for what an application submits at once');
}

/**
 * io_uring_submit_and_wait_min_timeout for ring.wait_batch completions, or for one when ring.wait_ns have passed, at most until
 * `deadline_ns` (u64.MAX_VALUE: for ever). False: the task sleeps, and waitResult() is to be called when it runs again.
 */
export function submitAndWait(a: App, deadline_ns: u64): bool {
  const c = hostConfig(a.host);
  let n: u32 = 0;
  if (a.sq_flags_at != 0) {
    submit(a);
    // What is there is taken without a call.
    if (cqReady(a) >= c.ring_wait_batch) return true;
  } else n = flushSq(a);
  let flags = IORING_ENTER_GETEVENTS;
  let arg: u32 = 0;
  if (c.ring_wait_batch > 1) {
    arg = a.scratch + ARG_EXT;
    memory.fill(arg, 0, IO_URING_GETEVENTS_ARG_BYTES);
    changetype<io_uring_getevents_arg>(<usize>arg).min_wait_usec = <u32>((c.ring_wait_ns + 999) / 1000);
    flags |= IORING_ENTER_EXT_ARG;
  }
  if (deadline_ns != u64.MAX_VALUE) {
    const time = now();
    const left = deadline_ns > time ? deadline_ns - time : 0;
    const ts = changetype<__kernel_timespec>(<usize>(a.scratch + ARG_TS));
    ts.tv_sec = <i64>(left / 1000000000);
    ts.tv_nsec = <i64>(left % 1000000000);
    if (arg == 0) memory.fill(a.scratch + ARG_EXT, 0, IO_URING_GETEVENTS_ARG_BYTES);
    arg = a.scratch + ARG_EXT;
    changetype<io_uring_getevents_arg>(<usize>arg).ts = a.scratch + ARG_TS;
    flags |= IORING_ENTER_EXT_ARG;
  }
  return sysEnter(a.host, a.fd, n, c.ring_wait_batch, flags, arg, arg != 0 ? IO_URING_GETEVENTS_ARG_BYTES : 0) != -ERESTARTSYS;
}
/** The wait that put the task to sleep is over. */
export function waitResult(a: App): void {
  sysEnter(a.host, a.fd, 0, hostConfig(a.host).ring_wait_batch, IORING_ENTER_GETEVENTS, 0, 0);
}

/** Completions that are there. */
export function cqReady(a: App): u32 {
  return loadIndex(<usize>a.rings + CQ_TAIL) - load<u32>(<usize>a.rings, CQ_HEAD);
}
/** The oldest one; there is one. */
export function cqPeek(a: App): io_uring_cqe {
  const head = load<u32>(<usize>a.rings, CQ_HEAD);
  return changetype<io_uring_cqe>(<usize>(a.cqes + ((head & a.cq_mask) << a.cqe_shift)));
}
/** io_uring_cq_advance */
export function cqAdvance(a: App, n: u32): void {
  store<u32>(<usize>a.rings, load<u32>(<usize>a.rings, CQ_HEAD) + n, CQ_HEAD);
}

/** Registers an area for zero-copy receive, with a refill ring (io_uring_register_ifq). 0 or -errno. */
export function zcrxCreate(
  a: App, area: u32, area_bytes: u32, rq_entries: u32, rx_buf_len: u32, if_idx: u32, queue: u32, nodev: bool, region: u32,
  region_bytes: u32,
): i32 {
  const reg_at = <usize>(a.scratch + ARG_REG);
  memory.fill(reg_at, 0, ARG_CTRL - ARG_REG);
  const rd = changetype<io_uring_region_desc>(<usize>(a.scratch + ARG_DESC));
  rd.user_addr = region;
  rd.size = region_bytes;
  rd.flags = 1;
  const ar = changetype<io_uring_zcrx_area_reg>(<usize>(a.scratch + ARG_AREA));
  ar.addr = area;
  ar.len = area_bytes;
  const reg = changetype<io_uring_zcrx_ifq_reg>(reg_at);
  reg.if_idx = nodev ? 0 : if_idx;
  reg.if_rxq = nodev ? 0 : queue;
  reg.rq_entries = rq_entries;
  reg.flags = nodev ? ZCRX_REG_NODEV : 0;
  reg.rx_buf_len = rx_buf_len == 4096 ? 0 : rx_buf_len;
  reg.area_ptr = a.scratch + ARG_AREA;
  reg.region_ptr = a.scratch + ARG_DESC;
  assert(ARG_DESC - ARG_REG >= IO_URING_ZCRX_IFQ_REG_BYTES && ARG_AREA - ARG_DESC >= IO_URING_REGION_DESC_BYTES
    && ARG_CTRL - ARG_AREA >= IO_URING_ZCRX_AREA_REG_BYTES, 'the page of arguments is laid out wrong');
  const ret = sysRegister(a.host, a.fd, IORING_REGISTER_ZCRX_IFQ, reg_at, 1);
  if (ret < 0) return ret;
  a.zcrx_id = reg.zcrx_id;
  a.rq_entries = reg.rq_entries;
  a.rq_mask = reg.rq_entries - 1;
  a.rq_head_at = region + reg.offsets.head;
  a.rq_tail_at = region + reg.offsets.tail;
  a.rqes = region + reg.offsets.rqes;
  a.rq_tail = 0;
  a.area_addr = area;
  return 0;
}

/** Free entries of the refill ring. */
export function rqSpace(a: App): u32 {
  if (bug(RUN_BUG_RQ_OVERRUN)) return a.rq_entries;
  return a.rq_entries - (a.rq_tail - loadIndex(<usize>a.rq_head_at));
}
/** When both sides see the refill ring as it is, if one of them does not now; else u64.MAX_VALUE. */
export function rqSeenAt(a: App): u64 {
  return min(indexSeenAt(a.rq_head_at), indexSeenAt(a.rq_tail_at));
}
/** Puts a buffer into the refill ring, which has room. */
export function rqPush(a: App, off: u64, len: u32): void {
  const at = <usize>(a.rqes + (a.rq_tail & a.rq_mask) * IO_URING_ZCRX_RQE_BYTES);
  store<u64>(at, off);
  store<u32>(at, len, 8);
  store<u32>(at, 0, 12);
  a.rq_tail++;
  store<u32>(<usize>a.rq_tail_at, a.rq_tail);
  traceRqePush(0, NONE, <u32>off, len, a.rq_tail);
}
/** One registered buffer (io_uring_register_buffers). 0 or -errno. */
export function buffersRegister(a: App, addr: u32, len: u32): i32 {
  const at = <usize>(a.scratch + ARG_REG);
  store<u64>(at, addr);
  store<u64>(at, len, 8);
  return sysRegister(a.host, a.fd, IORING_REGISTER_BUFFERS, at, 1);
}

/** ZCRX_CTRL_FLUSH_RQ */
export function rqFlush(a: App): i32 {
  const at = <usize>(a.scratch + ARG_CTRL);
  memory.fill(at, 0, ZCRX_CTRL_BYTES);
  const ctrl = changetype<zcrx_ctrl>(at);
  ctrl.zcrx_id = a.zcrx_id;
  ctrl.op = ZCRX_CTRL_FLUSH_RQ;
  return sysRegister(a.host, a.fd, IORING_REGISTER_ZCRX_CTRL, at, 0);
}
