/**
 * Description: busy polling: which queues a ring polls, for how long, and that it stops. A task that polls where it should sleep burns a
 * core; one that sleeps where it should poll pays an interrupt for each packet.
 */
import { coreState, hostConfig, QUEUES_MAX } from '../../../sim/core';
import { setBusyPoll } from '../../../stack/3-pool';
import { sock } from '../../../stack/6-socket';
import { eventfdFileNew, fdFile, fdInstall, fdSock, fileAt } from '../../../stack/file';
import { ringAt, sysEnter } from '../../../uring-model/7-ring';
import { napiAdd, napiBusyBegin, NAPI_INACTIVE } from '../../../uring-model/7-ring/napi';
import { Ring } from '../../../uring-model/7-ring/state';
import {
  __kernel_timespec, EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM, ERESTARTSYS, io_uring_getevents_arg, IO_URING_GETEVENTS_ARG_BYTES,
  io_uring_napi, IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_STATIC_ADD_ID, IO_URING_NAPI_STATIC_DEL_ID, IO_URING_NAPI_TRACKING_DYNAMIC,
  IO_URING_NAPI_TRACKING_STATIC, IORING_ENTER_EXT_ARG, IORING_ENTER_GETEVENTS, IORING_OP_RECV, IORING_REGISTER_NAPI, IORING_SETUP_IOPOLL,
  IORING_SETUP_NO_SQARRAY, IORING_SETUP_SQPOLL, IORING_UNREGISTER_NAPI,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, cqes, DEFER, enter, getEvents, HOST, linearPacket, register, ring, socket, sqe, user, verify,
} from '../config_ring.as';
import { AT_NIC_RX_QUEUES, setHost } from '../config.gen.as';

const FIRST_ID: u32 = 8193;
const GET: u32 = IORING_ENTER_GETEVENTS;
/** What was polled: how often a poll began, and ended; the last queue that began, its core, until when. */
const BEGUN: usize = 0x7800;
const ENDED: usize = 0x7804;
const QUEUE: usize = 0x7808;
const CORE: usize = 0x780c;
const UNTIL: usize = 0x7810;

function spy(napi_idx: u32, core: u32, until_ns: u64): void {
  if (until_ns == 0) {
    store<u32>(ENDED, load<u32>(ENDED) + 1);
    return;
  }
  store<u32>(BEGUN, load<u32>(BEGUN) + 1);
  store<u32>(QUEUE, napi_idx);
  store<u32>(CORE, core);
  store<u64>(UNTIL, until_ns);
}
function begin(flags: u32): void {
  build();
  setHost(HOST, AT_NIC_RX_QUEUES, 4);
  setBusyPoll(spy);
  ring(16, flags);
}
function here(): Ring {
  return ringAt(fileAt(fdFile(HOST, <i32>bench().fd)).obj);
}
function arg(): io_uring_napi {
  return changetype<io_uring_napi>(<usize>bench().ctrl);
}
/** An operation with its parameter: 0 or -errno. */
function napi(opcode: u32, param: u32, us: u32 = 0, prefer: u32 = 0): i32 {
  memory.fill(bench().ctrl, 0, 64);
  const n = arg();
  n.opcode = <u8>opcode;
  n.op_param = param;
  n.busy_poll_to = us;
  n.prefer_busy_poll = <u8>prefer;
  return register(IORING_REGISTER_NAPI, bench().ctrl, 1);
}
function tracking(mode: u32, us: u32): i32 {
  return napi(IO_URING_NAPI_REGISTER_OP, mode, us, 0);
}
function add(id: u32): i32 {
  return napi(IO_URING_NAPI_STATIC_ADD_ID, id, 0, 0);
}
function del(id: u32): i32 {
  return napi(IO_URING_NAPI_STATIC_DEL_ID, id, 0, 0);
}

export function a_ring_tells_what_it_was_told_last(): void {
  begin(DEFER);
  assert(napi(IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_TRACKING_STATIC, 50, 7) == 0, 'static');
  assert(arg().busy_poll_to == 0 && arg().prefer_busy_poll == 0 && arg().op_param == NAPI_INACTIVE, 'nothing before');
  assert(napi(IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_TRACKING_DYNAMIC, 20000, 0) == 0, 'dynamic');
  assert(arg().busy_poll_to == 50 && arg().prefer_busy_poll == 1 && arg().op_param == IO_URING_NAPI_TRACKING_STATIC, 'what was');
  assert(register(IORING_UNREGISTER_NAPI, bench().ctrl, 1) == 0, 'away');
  assert(arg().busy_poll_to == 10000 && arg().prefer_busy_poll == 0 && arg().op_param == 0, 'ten milliseconds at most');
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 1) == 0, 'again');
  assert(arg().busy_poll_to == 0 && arg().prefer_busy_poll == 0 && arg().op_param == NAPI_INACTIVE, 'nothing was left');
}

export function wrong_operations_are_refused(): void {
  begin(DEFER);
  assert(register(IORING_REGISTER_NAPI, 64, 1) == -EFAULT && register(IORING_UNREGISTER_NAPI, 64, 1) == -EFAULT, 'no memory of a task\'s');
  assert(add(FIRST_ID) == -EINVAL && del(FIRST_ID) == -EINVAL, 'it does not track');
  assert(tracking(IO_URING_NAPI_TRACKING_DYNAMIC, 50) == 0 && add(FIRST_ID) == -EINVAL && del(FIRST_ID) == -EINVAL, 'by itself');
  assert(napi(9, 0, 0, 0) == -EINVAL && tracking(7, 50) == -EINVAL, 'no such operation, no such mode');
  memory.fill(bench().ctrl, 0, 64);
  store<u16>(bench().ctrl, 1, 6);
  assert(register(IORING_REGISTER_NAPI, bench().ctrl, 1) == -EINVAL, 'a reserved word');
  memory.fill(bench().ctrl, 0, 64);
  arg().resv = 1;
  assert(register(IORING_REGISTER_NAPI, bench().ctrl, 1) == -EINVAL, 'another');
  ring(16, IORING_SETUP_IOPOLL | IORING_SETUP_NO_SQARRAY);
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 50) == -EINVAL, 'a ring that polls otherwise');
}

export function numbers_are_added_and_taken_away(): void {
  begin(DEFER);
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 50) == 0, 'static');
  assert(add(FIRST_ID - 1) == -EINVAL && del(FIRST_ID - 1) == -EINVAL && add(0) == -EINVAL, 'below the first number');
  for (let i: u32 = 0; i < 8; i++) assert(add(FIRST_ID + i) == 0, 'one more');
  assert(add(FIRST_ID + 3) == -EEXIST && add(FIRST_ID + 8) == -ENOMEM && here().napi_ids == 8, 'each once, and eight');
  assert(del(FIRST_ID + 8) == -ENOENT && del(FIRST_ID + 2) == 0 && del(FIRST_ID + 2) == -ENOENT, 'one fewer');
  assert(add(FIRST_ID + 8) == 0 && add(FIRST_ID + 9) == -ENOMEM, 'makes room for one');
  for (let i: u32 = 0; i < 9; i++) assert(del(FIRST_ID + i) == (i == 2 ? -ENOENT : 0), 'all the others were there');
  assert(here().napi_ids == 0, 'none is left');
  assert(add(FIRST_ID) == 0 && tracking(IO_URING_NAPI_TRACKING_STATIC, 50) == 0 && here().napi_ids == 0, 'registering forgets them');
  assert(add(FIRST_ID) == 0 && register(IORING_UNREGISTER_NAPI, 0, 1) == 0 && here().napi_ids == 0, 'unregistering too');
}

/** A wait with half a millisecond: asleep. */
function wait(ns: i64): void {
  const at = user(64);
  const ext = changetype<io_uring_getevents_arg>(<usize>at);
  const ts = changetype<__kernel_timespec>(<usize>(at + 32));
  ts.tv_nsec = ns;
  ext.ts = at + 32;
  const ret = sysEnter(HOST, bench().fd, 0, 1, GET | IORING_ENTER_EXT_ARG, at, IO_URING_GETEVENTS_ARG_BYTES);
  assert(ret == -ERESTARTSYS, 'asleep');
}

export function a_wait_polls_the_queues_of_its_ring_before_it_sleeps(): void {
  begin(DEFER);
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 50) == 0 && add(FIRST_ID) == 0 && add(FIRST_ID + 2) == 0 && add(FIRST_ID + 4) == 0, 'ids');
  const now = coreState().clock_ns;
  assert(enter(0, 1, GET) == -ERESTARTSYS, 'asleep');
  assert(load<u32>(BEGUN) == 2 && load<u32>(ENDED) == 0, 'two of them are queues of the NIC, which has four');
  assert(load<u32>(QUEUE) == HOST * QUEUES_MAX + 2 && load<u32>(CORE) == hostConfig(HOST).cpu_app_core, 'on its own core');
  assert(load<u64>(UNTIL) >= now + 50000 && load<u64>(UNTIL) < now + 60000, 'for fifty microseconds');
}

export function a_wait_that_is_over_sooner_polls_no_longer(): void {
  begin(DEFER);
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 900) == 0 && add(FIRST_ID) == 0, 'nine hundred microseconds');
  const now = coreState().clock_ns;
  wait(300000);
  assert(load<u64>(UNTIL) >= now + 300000 && load<u64>(UNTIL) < now + 400000, 'three hundred');
}

export function what_is_there_is_not_polled_for(): void {
  begin(DEFER);
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 50) == 0 && add(FIRST_ID) == 0, 'a queue');
  assert(enter(0, 0, GET) == 0 && load<u32>(BEGUN) == 0, 'nothing is wanted');
}

export function without_queues_or_time_or_with_a_thread_there_is_no_polling(): void {
  begin(DEFER);
  const r = here();
  assert(napiBusyBegin(r, u64.MAX_VALUE) == 0, 'nothing');
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 50) == 0 && napiBusyBegin(r, u64.MAX_VALUE) == 0, 'no queues');
  assert(add(FIRST_ID) == 0 && napiBusyBegin(r, u64.MAX_VALUE) != 0 && load<u32>(BEGUN) == 1, 'a queue');
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 0) == 0 && add(FIRST_ID) == 0 && napiBusyBegin(r, u64.MAX_VALUE) == 0, 'no time');
  assert(load<u32>(BEGUN) == 1, 'nobody was asked');
  ring(16, IORING_SETUP_SQPOLL | IORING_SETUP_NO_SQARRAY);
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 50) == 0 && add(FIRST_ID) == 0, 'a ring with a thread');
  assert(napiBusyBegin(here(), u64.MAX_VALUE) == 0 && load<u32>(BEGUN) == 1, 'its tasks do not poll');
}

function recv(fd: u32): void {
  const s = sqe(IORING_OP_RECV, 1);
  s.fd = <i32>fd;
  s.addr = user(64);
  s.len = 64;
  assert(enter(1, 0, 0) == 1, 'submitted');
}

export function a_ring_that_tracks_learns_the_queues_of_its_sockets(): void {
  begin(DEFER);
  assert(tracking(IO_URING_NAPI_TRACKING_DYNAMIC, 50) == 0, 'dynamic');
  const fd = socket();
  sock(fdSock(HOST, <i32>fd)).rx_napi = 3;
  recv(fd);
  assert(here().napi_ids == 1 && here().napi_id0 == FIRST_ID + 2, 'who waits for a socket');
  const other = socket();
  recv(other);
  assert(here().napi_ids == 1, 'one that has received nothing has no queue yet');
  sock(fdSock(HOST, <i32>other)).rx_napi = 2;
  linearPacket(other, 10, 0);
  getEvents();
  assert(cqes() == 1 && here().napi_ids == 2 && here().napi_id1 == FIRST_ID + 1, 'who was told by it');
  recv(fd);
  assert(here().napi_ids == 2, 'each once');
  verify();
}

export function a_ring_that_does_not_track_learns_nothing(): void {
  begin(DEFER);
  const fd = socket();
  sock(fdSock(HOST, <i32>fd)).rx_napi = 3;
  const file = fdFile(HOST, <i32>fd);
  napiAdd(here(), file);
  assert(here().napi_ids == 0, 'inactive');
  assert(tracking(IO_URING_NAPI_TRACKING_STATIC, 50) == 0, 'static');
  napiAdd(here(), file);
  assert(here().napi_ids == 0, 'what it is told alone');
  assert(tracking(IO_URING_NAPI_TRACKING_DYNAMIC, 50) == 0, 'dynamic');
  napiAdd(here(), fdFile(HOST, <i32>fdInstall(HOST, <u32>eventfdFileNew(HOST, 0, 0))));
  assert(here().napi_ids == 0, 'of sockets alone');
  napiAdd(here(), file);
  assert(here().napi_ids == 1, 'this is one');
}
