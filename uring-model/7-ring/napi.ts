/**
 * Busy polling of the NIC's queues by whoever waits (io_uring/napi.c): before a task sleeps it asks the queues of its sockets for
 * frames, again and again, on its own core. So a frame is received as soon as it is in memory, without an interrupt and without a
 * wake-up of the task; its core has no other time meanwhile.
 *
 * Differs from Linux: numbers that were found by dynamic tracking do not go stale after a minute, and the threads of submission
 * queues do not poll. NAPI_F_PREFER_BUSY_POLL does nothing, as in Linux without gro_flush_timeout and napi_defer_hard_irqs.
 */
import { coreState, hostConfig, now, QUEUES_MAX } from '../../sim/core';
import { busyPoll, userOk } from '../../stack/3-pool';
import { fileAt, FILE_SOCKET } from '../../stack/file';
import { MIN_NAPI_ID, sock, sockNapiId } from '../../stack/6-socket';
import {
  EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM, io_uring_napi, IO_URING_NAPI_BYTES, IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_STATIC_ADD_ID,
  IO_URING_NAPI_STATIC_DEL_ID, IO_URING_NAPI_TRACKING_DYNAMIC, IO_URING_NAPI_TRACKING_STATIC, IORING_SETUP_IOPOLL, IORING_SETUP_SQPOLL,
} from '../uapi.gen';
import { Ring } from './state';
import { taskAt, taskCore, TASKS_MAX } from './task';

/** Spinning ends after ten milliseconds. */
const BUSY_POLL_MAX_US: u32 = 10000;
const NAPI_IDS_MAX: u32 = 8;

function idAt(r: Ring, i: u32): usize {
  return changetype<usize>(r) + offsetof<Ring>('napi_id0') + (<usize>i << 2);
}

/** Adds an id to those that are polled (__io_napi_add_id). */
function addId(r: Ring, id: u32): i32 {
  if (id < MIN_NAPI_ID) return -EINVAL;
  for (let i: u32 = 0; i < r.napi_ids; i++) if (load<u32>(idAt(r, i)) == id) return -EEXIST;
  // Differs from Linux: a ring polls at most eight queues.
  if (r.napi_ids == NAPI_IDS_MAX) return -ENOMEM;
  store<u32>(idAt(r, r.napi_ids++), id);
  return 0;
}
function delId(r: Ring, id: u32): i32 {
  if (id < MIN_NAPI_ID) return -EINVAL;
  for (let i: u32 = 0; i < r.napi_ids; i++) {
    if (load<u32>(idAt(r, i)) != id) continue;
    r.napi_ids--;
    for (let j = i; j < r.napi_ids; j++) store<u32>(idAt(r, j), load<u32>(idAt(r, j + 1)));
    return 0;
  }
  return -ENOENT;
}

/** Tells what was, and sets what shall be (io_register_napi). */
export function registerNapi(r: Ring, arg: u64): i32 {
  if ((r.flags & IORING_SETUP_IOPOLL) != 0) return -EINVAL;
  if (!userOk(arg, IO_URING_NAPI_BYTES)) return -EFAULT;
  const n = changetype<io_uring_napi>(<usize>arg);
  if (load<u16>(<usize>arg, 6) != 0 || n.resv != 0) return -EINVAL;
  const opcode = <u32>n.opcode;
  const param = n.op_param;
  const us = n.busy_poll_to;
  const prefer: u32 = n.prefer_busy_poll != 0 ? 1 : 0;
  const mode = r.napi_mode;
  writeNapi(r, n, mode);
  if (opcode == IO_URING_NAPI_STATIC_ADD_ID) return mode == IO_URING_NAPI_TRACKING_STATIC ? addId(r, param) : -EINVAL;
  if (opcode == IO_URING_NAPI_STATIC_DEL_ID) return mode == IO_URING_NAPI_TRACKING_STATIC ? delId(r, param) : -EINVAL;
  if (opcode != IO_URING_NAPI_REGISTER_OP) return -EINVAL;
  if (param != IO_URING_NAPI_TRACKING_DYNAMIC && param != IO_URING_NAPI_TRACKING_STATIC) return -EINVAL;
  r.napi_ids = 0;
  r.napi_busy_us = us < BUSY_POLL_MAX_US ? us : BUSY_POLL_MAX_US;
  r.napi_prefer = prefer;
  r.napi_mode = param;
  return 0;
}
function writeNapi(r: Ring, n: io_uring_napi, mode: u32): void {
  memory.fill(changetype<usize>(n), 0, IO_URING_NAPI_BYTES);
  n.busy_poll_to = r.napi_busy_us;
  n.prefer_busy_poll = <u8>r.napi_prefer;
  n.op_param = mode;
}

/** io_unregister_napi */
export function unregisterNapi(r: Ring, arg: u64): i32 {
  if (arg != 0) {
    if (!userOk(arg, IO_URING_NAPI_BYTES)) return -EFAULT;
    writeNapi(r, changetype<io_uring_napi>(<usize>arg), 0);
  }
  r.napi_mode = NAPI_INACTIVE;
  r.napi_busy_us = 0;
  r.napi_prefer = 0;
  r.napi_ids = 0;
  return 0;
}
/** A request waits for a socket, or was told by it: dynamic tracking learns of its queue (io_napi_add). */
export function napiAdd(r: Ring, file_idx: u32): void {
  if (r.napi_mode != IO_URING_NAPI_TRACKING_DYNAMIC || fileAt(file_idx).kind != FILE_SOCKET) return;
  addId(r, sockNapiId(sock(fileAt(file_idx).obj)));
}

/** Somebody begins to poll the queues, until a time; 0: stops. */
function pollQueues(r: Ring, until_ns: u64): void {
  const core = taskCore(taskAt(coreState().task < TASKS_MAX ? coreState().task : r.task));
  const c = hostConfig(r.host);
  for (let i: u32 = 0; i < r.napi_ids; i++) {
    const queue = load<u32>(idAt(r, i)) - MIN_NAPI_ID;
    if (queue < c.nic_rx_queues) busyPoll(r.host * QUEUES_MAX + queue, core, until_ns);
  }
}

/** A wait is about to sleep: until when it polls instead, 0 if it does not (__io_napi_busy_loop). */
export function napiBusyBegin(r: Ring, deadline_ns: u64): u64 {
  if (r.napi_ids == 0 || r.napi_busy_us == 0 || (r.flags & IORING_SETUP_SQPOLL) != 0) return 0;
  const end = min(now() + <u64>r.napi_busy_us * 1000, deadline_ns);
  pollQueues(r, end);
  return end;
}
/** There is something to do, or the wait is over (busy_poll_stop). */
export function napiBusyEnd(r: Ring): void {
  pollQueues(r, 0);
}

/** IO_URING_NAPI_TRACKING_INACTIVE */
export const NAPI_INACTIVE: u32 = 255;
