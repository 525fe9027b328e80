/**
 * Stage 7 of 9 · ring
 * From 6-socket: a wake-up, and bytes to read.   To 8-app: completions.
 *
 * Linux 7.3   io_uring/{io_uring,tw,wait,poll,net,kbuf,register,memmap,opdef,nop,cmd_net}.c
 * Owns        rings, requests, task work, waits, provided buffers, user memory
 * Does not    know what a segment is (5-tcp) or a buffer's references (9-refill); run the application (8-app)
 * Drops       none: a completion without room waits in the overflow list
 * Invariants  R1 a request changes its state as its life allows.  R2 requests are free or used, and a freed one is nowhere.
 *             R3 a ring without an index array has none.  R4 a socket belongs to a host.  R5 a request pins its file.
 *             R6 a ring exits once.  R7 a request belongs to a ring that is there.  R8 an armed request stands in a wait queue.
 *             R9 a completed request waits to be posted.  R10 between events every completion is published.
 *             R11 who waits for a worker stands in its list.  R12 a node of a registered resource is there while it is used.
 *             R15 a buffer that is used was picked.  R16 a notification has the references that were taken.
 *             R17 a linked timeout holds on to the request that it cancels.
 */
import { NONE, setWaiter, WAIT_RING, WAIT_TASK } from '../../sim/core';
import { sock } from '../../stack/6-socket';
import { setZcrxRing } from '../9-refill';
import { cancelTablesInit } from './cancel_table';
import { overflowInit, postZcCqe } from './cq';
import { groupsInit } from './kbuf';
import { asyncMsgsInit } from './async_msg';
import { netMsgInit } from './net_msg';
import { legacyInit } from './kbuf_legacy';
import { pollWake } from './poll';
import { iowqInit } from './iowq';
import { reqAlloc, reqAt, reqsInit, TW_EVENT } from './request';
import { ringFileInit } from './ring_file';
import { restrictionsInit } from './restrictions';
import { ringFdsInit } from './ring_fds';
import { rsrcInit } from './rsrc';
import { sqpollInit } from './sqpoll';
import { ringAt, ringsInit } from './state';
import { taskTold } from './sleep';
import { tasksInit } from './task';
import { regionCreate, regionFree } from './user_memory';
import { taskWorkAdd } from './work_list';

export { cqEventsUser, cqWithhold } from './cq';
export { sysClose, sysEnter, sysMmap, taskWork } from './enter';
export { ringNotifSlot, ringNotifSlotFlush } from './notif_slot';
export { ringExitWork } from './exit';
export { iowqRun } from './iowq';
export { groupsForget } from './kbuf';
export { ringRcu } from './eventfd';
export { sqpollLook, sqpollSpin, sqThreadRun, sqThreadsSpun } from './sqpoll';
export { fdSock } from '../../stack/file';
export { sysRegister } from './register';
export { ringHrtimer } from './ring_timer';
export { sysSetup } from './setup';
export * from './state';
export { callAwake, callWake, sleepOn, sleepOnFile, taskTold } from './sleep';
export {
  syscallBegin, syscallEnd, TASK_ALARM, TASK_DEADLINE, TASK_IN_CALL, Task, taskAlarmSet, taskAt, taskCore, taskHandedOut, taskHandOut,
  taskPark, taskWake, TASKS_MAX,
} from './task';
export { runTaskWork } from './task_work';
export { sysGetpeername } from './uring_cmd';
export { sysPhysical, userAlloc, userFirst, userFree, userInit, userNext } from './user_memory';
export { ringVerify } from './verify';
export { armDeadline, NEVER, ringTimer, taskDeadline, taskResume, taskSignal } from './wait';

/** An event of a zcrx instance: a request that does nothing carries it to the ring (zcrx_send_notif). */
function postEvent(ring: u32, user_data: u64, type: u32): bool {
  const idx = reqAlloc(ringAt(ring), ringAt(ring).task);
  if (idx == NONE) return false;
  const req = reqAt(idx);
  req.user_data = user_data;
  req.res = <i32>type;
  taskWorkAdd(req, TW_EVENT, false);
  return true;
}

export function ringInit(): void {
  ringsInit();
  reqsInit();
  tasksInit();
  iowqInit();
  sqpollInit();
  ringFdsInit();
  restrictionsInit();
  rsrcInit();
  overflowInit();
  cancelTablesInit();
  groupsInit();
  legacyInit();
  asyncMsgsInit();
  netMsgInit();
  ringFileInit();
  setWaiter(WAIT_RING, pollWake);
  setWaiter(WAIT_TASK, taskTold);
  setZcrxRing(postZcCqe, postEvent, regionCreate, regionFree);
}

/** Segments with payload that a socket received, those that came early, and those that brought nothing new: for reports. */
export function sockSegsIn(sock_idx: u32): u64 {
  return sock(sock_idx).data_segs_in;
}
export function sockOutOfOrder(sock_idx: u32): u64 {
  return sock(sock_idx).rcv_ooopack;
}
export function sockDuplicates(sock_idx: u32): u64 {
  return sock(sock_idx).rcv_dup_segs;
}
