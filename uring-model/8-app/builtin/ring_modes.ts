/**
 * How an application's ring works (liburing: io_uring_queue_init_params, io_uring_register_files_sparse, io_uring_register_napi): who
 * runs task work, whether a thread of the kernel reads the submission queue, files that need no look-up, busy polling.
 */
import { hostConfig, RLIMIT_NOFILE } from '../../../sim/core';
import { sysRegister } from '../../7-ring';
import {
  io_uring_files_update, io_uring_napi, IO_URING_NAPI_BYTES, IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_TRACKING_DYNAMIC, io_uring_params,
  io_uring_rsrc_register, IO_URING_RSRC_REGISTER_BYTES, io_uring_sqe, IORING_REGISTER_FILES2, IORING_REGISTER_FILES_UPDATE,
  IORING_REGISTER_NAPI, IORING_RSRC_REGISTER_SPARSE, IORING_SETUP_COOP_TASKRUN, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SQ_AFF, IORING_SETUP_SQPOLL, IOSQE_FIXED_FILE,
} from '../../uapi.gen';
import { App } from './state';

/** Fills in what the scenario says of the ring (ring.sqpoll, ring.defer_taskrun, ring.coop_taskrun). */
export function ringMode(a: App, p: io_uring_params): void {
  const c = hostConfig(a.host);
  if (c.ring_sqpoll) {
    p.flags |= IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF;
    p.sq_thread_cpu = c.ring_sqpoll_core;
    p.sq_thread_idle = c.ring_sqpoll_idle_ms;
  } else {
    p.flags |= IORING_SETUP_SINGLE_ISSUER;
    if (c.ring_defer_taskrun) p.flags |= IORING_SETUP_DEFER_TASKRUN;
    else if (c.ring_coop_taskrun) p.flags |= IORING_SETUP_COOP_TASKRUN;
  }
}

/** After the ring is made: a table of files, which is empty, and busy polling. `args`: 64 bytes of user memory. 0 or -errno. */
export function ringRegister(a: App, args: u32): i32 {
  const c = hostConfig(a.host);
  a.fixed_files = c.ring_fixed_files ? 1 : 0;
  if (a.fixed_files != 0) {
    memory.fill(args, 0, IO_URING_RSRC_REGISTER_BYTES);
    const r = changetype<io_uring_rsrc_register>(<usize>args);
    r.nr = RLIMIT_NOFILE;
    r.flags = IORING_RSRC_REGISTER_SPARSE;
    const ret = sysRegister(a.host, a.fd, IORING_REGISTER_FILES2, args, IO_URING_RSRC_REGISTER_BYTES);
    if (ret < 0) return ret;
  }
  if (c.ring_napi_busy_poll_ns == 0) return 0;
  memory.fill(args, 0, IO_URING_NAPI_BYTES);
  const n = changetype<io_uring_napi>(<usize>args);
  n.opcode = <u8>IO_URING_NAPI_REGISTER_OP;
  n.op_param = IO_URING_NAPI_TRACKING_DYNAMIC;
  n.busy_poll_to = <u32>((c.ring_napi_busy_poll_ns + 999) / 1000);
  return sysRegister(a.host, a.fd, IORING_REGISTER_NAPI, args, 1);
}

/** Puts a descriptor's file into the slot of the same number, or empties the slot. */
function setFixed(a: App, slot: i32, fd: i32): void {
  const at = <usize>(a.scratch + FIXED_ARGS);
  store<i32>(at, fd, 32);
  const update = changetype<io_uring_files_update>(at);
  update.offset = <u32>slot;
  update.resv = 0;
  update.fds = at + 32;
  const ret = sysRegister(a.host, a.fd, IORING_REGISTER_FILES_UPDATE, at, 1);
  assert(ret == 1, 'an open descriptor can be registered');
}
/** Where in the application's page of arguments (user_ring.ts). */
const FIXED_ARGS: u32 = 704;

/** The request's file is taken from the table: at its first use it is put there. */
export function useFixed(a: App, sqe: io_uring_sqe): void {
  if (a.fixed_files == 0) return;
  const at = a.fixed_base + <u32>sqe.fd;
  if (load<u8>(at) == 0) {
    store<u8>(at, 1);
    setFixed(a, sqe.fd, sqe.fd);
  }
  sqe.flags |= <u8>IOSQE_FIXED_FILE;
}
/** A descriptor is to be closed: is its file in the table? Then it must leave that first (dropFixed). */
export function isFixed(a: App, fd: i32): bool {
  return a.fixed_files != 0 && fd >= 0 && load<u8>(a.fixed_base + <u32>fd) != 0;
}
export function dropFixed(a: App, fd: i32): void {
  store<u8>(a.fixed_base + <u32>fd, 0);
  setFixed(a, fd, -1);
}
