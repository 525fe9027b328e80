/**
 * Description: io_uring_enter and mmap at their edges: rings that poll, waits whose times lie in registered memory, the result of a wait
 * that somebody fetches or does not, and completions that were lost: the application must be told of those, once.
 */
import { coreState, nextEventTime, popEvent } from '../../../sim/core';
import { fdFile, fileAt } from '../../../stack/file';
import { ringAt, sysClose, sysEnter, sysMmap, sysSetup, taskAt, taskDeadline, taskResume, taskWork } from '../../../uring-model/7-ring';
import { cqWithhold } from '../../../uring-model/7-ring/cq';
import { Ring } from '../../../uring-model/7-ring/state';
import {
  EBADF, EEXIST, EFAULT, EINVAL, ERESTARTSYS, io_uring_buf_reg, io_uring_getevents_arg, IO_URING_GETEVENTS_ARG_BYTES,
  io_uring_mem_region_reg, io_uring_params, IO_URING_PARAMS_BYTES, io_uring_reg_wait, IO_URING_REG_WAIT_BYTES, io_uring_region_desc,
  IORING_ENTER_ABS_TIMER, IORING_ENTER_EXT_ARG, IORING_ENTER_EXT_ARG_REG, IORING_ENTER_GETEVENTS, IORING_ENTER_SQ_WAIT,
  IORING_ENTER_SQ_WAKEUP, IORING_MEM_REGION_REG_WAIT_ARG, IORING_NOP_TW, IORING_OFF_CQ_RING, IORING_OFF_PBUF_RING, IORING_OFF_SQ_RING,
  IORING_OFF_SQES, IORING_OP_MSG_RING, IORING_OP_NOP, IORING_REG_WAIT_TS, IORING_REGISTER_ENABLE_RINGS, IORING_REGISTER_MEM_REGION,
  IORING_REGISTER_PBUF_RING, IORING_SETUP_IOPOLL, IORING_SETUP_NO_MMAP, IORING_SETUP_NO_SQARRAY, IORING_SETUP_R_DISABLED,
  IORING_SETUP_SQPOLL, IORING_SQ_NEED_WAKEUP, IOU_PBUF_RING_MMAP, ETIME,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, cqe, cqes, DEFER, DEFER32, enter, getEvents, HOST, isCqe, linearPacket, prepareZcrx, register, registerZcrx, ring, seen,
  settle, sqe, sqFlags, user, verify,
} from '../config_ring.as';
import { connected, nop, recv } from '../config_requests.as';

const GET: u32 = IORING_ENTER_GETEVENTS;
const EXT: u32 = GET | IORING_ENTER_EXT_ARG;
const PAGE: u32 = 4096;
const EBADR: i32 = 53;
const ENODEV: i32 = 19;
/** CQ_OVERFLOW_MAX: completions that wait for room, of all rings together. */
const OVERFLOW_MAX: u32 = 16384;

function ringOf(fd: u32): Ring {
  return ringAt(fileAt(fdFile(HOST, <i32>fd)).obj);
}
function here(): Ring {
  return ringOf(bench().fd);
}
/** So many completions, 32 at a time. */
function nops(n: u32): void {
  for (let done: u32 = 0; done < n; ) {
    const part = min<u32>(n - done, 4);
    for (let i: u32 = 0; i < part; i++) nop(done + i);
    enter(part, 0, 0);
    done += part;
  }
}

export function a_ring_that_polls_takes_no_times_but_looks_at_them(): void {
  build();
  ring(8, IORING_SETUP_IOPOLL | IORING_SETUP_NO_SQARRAY);
  const at = user(64);
  const fd = bench().fd;
  assert(sysEnter(HOST, fd, 0, 1, EXT, at, IO_URING_GETEVENTS_ARG_BYTES) == 0, 'nothing to poll for');
  assert(sysEnter(HOST, fd, 0, 1, EXT, at, 8) == -EINVAL, 'size (io_validate_ext_arg)');
  assert(sysEnter(HOST, fd, 0, 1, EXT, 64, IO_URING_GETEVENTS_ARG_BYTES) == -EFAULT, 'no memory of a task\'s');
  assert(sysEnter(HOST, fd, 0, 1, EXT | IORING_ENTER_EXT_ARG_REG, 0, IO_URING_GETEVENTS_ARG_BYTES) == -EINVAL, 'nor registered ones');
  assert(sysEnter(HOST, fd, 0, 1, GET, 64, 8) == 0, 'without the flag they are nothing');
}

export function a_ring_that_polls_is_polled_by_its_own_task(): void {
  build();
  ring(8, DEFER | IORING_SETUP_IOPOLL);
  assert(sysEnter(HOST + 2, bench().fd, 0, 0, GET, 0, 0) == -EEXIST && getEvents() == 0, 'DEFER_TASKRUN');
}

export function a_ring_that_polls_runs_its_work_when_nothing_is_there(): void {
  build();
  ring(8, DEFER | IORING_SETUP_IOPOLL);
  sqe(IORING_OP_NOP, 1).nop_flags = IORING_NOP_TW;
  assert(enter(1, 0, 0) == 1 && cqes() == 0, 'task work');
  assert(getEvents() == 0 && cqes() == 1 && isCqe(0, 1, 0, 0), 'now');
  sqe(IORING_OP_NOP, 2).nop_flags = IORING_NOP_TW;
  enter(1, 0, 0);
  assert(getEvents() == 0 && cqes() == 1, 'a completion that was not read keeps it from looking (io_iopoll_check)');
  sqe(IORING_OP_NOP, 3).nop_flags = IORING_NOP_TW;
  assert(enter(1, 1, GET) == 1 && cqes() == 1, 'also at the end of a submission');
  seen(1);
  assert(getEvents() == 0 && cqes() == 2 && isCqe(0, 2, 0, 0) && isCqe(1, 3, 0, 0), 'then both come');
  verify();
}

export function a_ring_that_polls_moves_what_waits_for_room(): void {
  build();
  ring(4, IORING_SETUP_IOPOLL | IORING_SETUP_NO_SQARRAY);
  nops(7);
  assert(cqes() == 4, 'three wait');
  seen(2);
  assert(getEvents() == 0 && cqes() == 4 && cqe(2).user_data == 4 && cqe(3).user_data == 5, 'two of them have room');
  seen(4);
  assert(getEvents() == 0 && cqes() == 1, 'and the last');
  store<u32>(bench().rings, 0xdead, 12);
  getEvents();
  assert(load<u32>(bench().rings, 12) == 0xdead, 'when none waits the kernel publishes nothing');
}

export function a_ring_that_polls_is_told_of_lost_completions_once(): void {
  build();
  ring(4, IORING_SETUP_IOPOLL | IORING_SETUP_NO_SQARRAY);
  nops(4 + OVERFLOW_MAX + 1);
  assert(load<u32>(bench().rings, 44) == 1, 'one found neither room nor memory');
  assert(getEvents() == -EBADR && getEvents() == 0, 'told');
}

export function lost_completions_are_told_once_when_there_is_nothing_else(): void {
  build();
  ring(4, DEFER);
  nops(4 + OVERFLOW_MAX + 2);
  assert(load<u32>(bench().rings, 44) == 2 && cqes() == 4, 'two are lost');
  let read: u32 = 0;
  while (cqes() > 0) {
    read += cqes();
    seen(cqes());
    const ret = enter(0, 4, GET);
    assert(ret == (cqes() != 0 ? 0 : -EBADR), 'as long as some come nothing is said');
  }
  assert(read == 4 + OVERFLOW_MAX && (sqFlags() & 2) == 0, 'all the others came');
}

export function a_wait_for_more_is_told_of_lost_completions(): void {
  build();
  ring(4, DEFER);
  nops(4 + OVERFLOW_MAX + 1);
  while (here().overflow_head != u32.MAX_VALUE) {
    seen(cqes());
    enter(0, 0, GET);
  }
  seen(cqes());
  nop(1);
  assert(enter(1, 2, GET) == 1, 'one was submitted, and that comes first');
  assert(enter(0, 2, GET) == 0, 'one is there: the wait is over, and says nothing');
  seen(1);
  assert(enter(0, 1, GET) == -EBADR, 'nothing is');
  assert(enter(0, 1, GET) == -ERESTARTSYS, 'told once');
}

export function a_sleeper_is_told_of_lost_completions_and_the_next_one_is_not(): void {
  build();
  const flags = IORING_SETUP_NO_SQARRAY;
  ring(4, flags);
  // All the memory for completions that wait is used by another ring.
  nops(4 + OVERFLOW_MAX);
  ring(4, flags);
  const target = bench().fd;
  const r = here();
  const rings = bench().rings;
  const mask = bench().cq_mask;
  cqWithhold(r, 3);
  nop(1);
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'the only entry is taken');
  assert(enter(0, 2, GET) == -ERESTARTSYS, 'asleep, for two');
  ring(4, flags);
  message(target, 77);
  assert(r.check_cq == 2, 'a message to it is lost');
  store<u32>(rings, 1, 8);
  message(target, 78);
  assert(load<u32>(rings, 12) == 2 && mask == 3, 'the next one has room');
  store<u32>(rings, 2, 8);
  bench().fd = target;
  popEvent();
  taskAt(HOST).run_pending = 0;
  assert(taskResume(HOST), 'awake; others have read everything');
  assert(enter(0, 2, GET) == -EBADR && r.check_cq == 0, 'told');
  assert(enter(0, 2, GET) == -ERESTARTSYS, 'once');
}
function message(fd: u32, len: u32): void {
  const s = sqe(IORING_OP_MSG_RING, 5);
  s.fd = <i32>fd;
  s.len = len;
  assert(sysEnter(HOST + 2, bench().fd, 1, 0, 0, 0, 0) == 1, 'another thread sends it');
}

/** A wait of half a millisecond that is over. */
function overslept(): void {
  const at = user(64);
  const ext = changetype<io_uring_getevents_arg>(<usize>at);
  store<u64>(at + 32, 0);
  store<u64>(at + 40, 500000);
  ext.ts = at + 32;
  assert(sysEnter(HOST, bench().fd, 0, 1, EXT, at, IO_URING_GETEVENTS_ARG_BYTES) == -ERESTARTSYS, 'asleep');
  popEvent();
  taskDeadline(HOST);
  popEvent();
  taskAt(HOST).run_pending = 0;
  assert(taskResume(HOST), 'too late');
}

export function the_result_of_a_wait_is_for_who_asks_for_it(): void {
  build();
  ring(8, DEFER);
  overslept();
  assert(enter(0, 1, GET) == -ETIME && enter(0, 1, GET) == -ERESTARTSYS, 'once');
}
export function another_call_does_not_get_the_result_of_a_wait(): void {
  build();
  ring(8, DEFER);
  overslept();
  assert(enter(0, 0, 0) == 0, 'it waits for nothing');
  assert(enter(0, 1, GET) == -ERESTARTSYS, 'and then it has gone');
}
export function a_call_that_submits_does_not_either(): void {
  build();
  ring(8, DEFER);
  overslept();
  nop(1);
  assert(enter(1, 1, GET) == 1 && cqes() == 1, 'it submits');
}

/** A ring with a page of registered arguments: its address. */
function waitMemory(flags: u32): u32 {
  ring(8, flags | IORING_SETUP_R_DISABLED);
  const desc = changetype<io_uring_region_desc>(<usize>user(64));
  const reg = changetype<io_uring_mem_region_reg>(<usize>user(64));
  desc.size = PAGE;
  reg.region_uptr = changetype<usize>(desc);
  reg.flags = IORING_MEM_REGION_REG_WAIT_ARG;
  assert(register(IORING_REGISTER_MEM_REGION, <u32>changetype<usize>(reg), 1) == 0, 'registered');
  const at = sysMmap(HOST, bench().fd, desc.mmap_offset, PAGE);
  assert(at > 0 && register(IORING_REGISTER_ENABLE_RINGS, 0, 0) == 0, 'mapped');
  return <u32>at;
}

export function a_registered_wait_may_have_a_least_time(): void {
  build();
  const mem = waitMemory(DEFER);
  const w = changetype<io_uring_reg_wait>(<usize>mem);
  w.flags = IORING_REG_WAIT_TS;
  w.min_wait_usec = 300;
  w.ts.tv_nsec = 900000;
  const clock = coreState().clock_ns;
  assert(sysEnter(HOST, bench().fd, 0, 4, EXT | IORING_ENTER_EXT_ARG_REG, 0, IO_URING_REG_WAIT_BYTES) == -ERESTARTSYS, 'asleep');
  const at = nextEventTime();
  assert(at >= clock + 300000 && at < clock + 400000, 'three hundred microseconds, then one completion is enough');
  popEvent();
  taskDeadline(HOST);
  assert(nextEventTime() >= clock + 900000 && nextEventTime() < clock + 1000000, 'and the end');
}

export function without_its_flag_the_time_of_a_registered_wait_is_none(): void {
  build();
  const mem = waitMemory(DEFER);
  const w = changetype<io_uring_reg_wait>(<usize>mem);
  w.ts.tv_nsec = 900000;
  w.sigmask = 64;
  w.sigmask_sz = 7;
  const flags = EXT | IORING_ENTER_EXT_ARG_REG;
  assert(sysEnter(HOST, bench().fd, 0, 4, flags, 0, IO_URING_REG_WAIT_BYTES) == -EINVAL, 'the size of its mask');
  w.sigmask_sz = 8;
  assert(sysEnter(HOST, bench().fd, 0, 4, flags, 0, IO_URING_REG_WAIT_BYTES) == -EFAULT, 'its address');
  w.sigmask = user(64);
  assert(sysEnter(HOST, bench().fd, 0, 4, flags, 0, IO_URING_REG_WAIT_BYTES) == -ERESTARTSYS, 'right');
  assert(nextEventTime() == u64.MAX_VALUE, 'for ever');
}

export function the_end_of_a_wait_may_be_a_time_of_the_clock(): void {
  build();
  ring(8, DEFER);
  const at = user(64);
  const ext = changetype<io_uring_getevents_arg>(<usize>at);
  store<u64>(at + 32, 3);
  store<u64>(at + 40, 500);
  ext.ts = at + 32;
  const fd = bench().fd;
  const clock = coreState().clock_ns;
  const abs = EXT | IORING_ENTER_ABS_TIMER;
  assert(sysEnter(HOST, fd, 0, 1, abs, at, IO_URING_GETEVENTS_ARG_BYTES) == -ERESTARTSYS, 'three seconds after the start');
  assert(taskAt(HOST).deadline_ns == 3000000500, 'of all time');
  assert(sysEnter(HOST, fd, 0, 1, EXT, at, IO_URING_GETEVENTS_ARG_BYTES) == -ERESTARTSYS, 'or from now on');
  const end = taskAt(HOST).deadline_ns;
  assert(end > clock + 3000000500 && end < clock + 3001000000, 'a little later');
  store<u64>(at + 32, 0);
  store<u64>(at + 40, 0);
  assert(sysEnter(HOST, fd, 0, 1, abs, at, IO_URING_GETEVENTS_ARG_BYTES) == -ETIME, 'long ago');
}

export function a_call_that_submits_and_waits_runs_task_work_twice(): void {
  build();
  ring(64, DEFER);
  for (let i: u32 = 0; i < 45; i++) sqe(IORING_OP_NOP, i).nop_flags = IORING_NOP_TW;
  assert(enter(45, 0, GET) == 45 && cqes() == 40, 'twenty behind the submission, twenty in the wait');
}

export function closing_a_descriptor_runs_the_tasks_work(): void {
  const fd = connected(8, IORING_SETUP_NO_SQARRAY);
  recv(fd, 5);
  enter(1, 0, 0);
  linearPacket(fd, 10, 0);
  assert(cqes() == 0 && sysClose(HOST, 999) == -EBADF && cqes() == 1, 'whatever it was');
}

export function a_thread_is_woken_only_when_the_application_says_so(): void {
  build();
  ring(8, IORING_SETUP_SQPOLL | IORING_SETUP_NO_SQARRAY);
  settle();
  assert((sqFlags() & IORING_SQ_NEED_WAKEUP) != 0, 'asleep');
  nop(1);
  assert(enter(1, 0, 0) == 1, 'what was asked for is returned');
  settle();
  assert(cqes() == 0, 'nobody has read it');
  assert(enter(1, 0, IORING_ENTER_SQ_WAKEUP) == 1, 'now');
  settle();
  assert(cqes() == 1, 'it has');
}

export function who_does_not_wait_for_room_in_the_queue_has_none(): void {
  build();
  ring(4, IORING_SETUP_SQPOLL | IORING_SETUP_NO_SQARRAY);
  for (let i: u32 = 0; i < 4; i++) nop(i);
  assert(enter(4, 0, 0) == 4 && load<u32>(bench().rings) == 0 && cqes() == 0, 'the queue is full');
  assert(enter(0, 0, IORING_ENTER_SQ_WAIT) == 0 && load<u32>(bench().rings) == 4, 'who waits finds room');
  nop(5);
  assert(enter(0, 0, IORING_ENTER_SQ_WAIT) == 0 && load<u32>(bench().rings) == 4, 'with room there is nothing to wait for');
}

export function queues_in_the_applications_memory_are_not_mapped(): void {
  build();
  const p = changetype<io_uring_params>(<usize>bench().params);
  memory.fill(bench().params, 0, IO_URING_PARAMS_BYTES);
  p.flags = IORING_SETUP_NO_MMAP;
  p.sq_off.user_addr = user(PAGE);
  p.cq_off.user_addr = user(PAGE);
  const fd = sysSetup(HOST, 4, bench().params);
  assert(fd >= 3, 'a ring');
  const r = ringOf(<u32>fd);
  assert(<u64>r.rings == p.cq_off.user_addr && <u64>r.sqes == p.sq_off.user_addr, 'where the application wants them');
  assert(sysMmap(HOST, fd, IORING_OFF_SQ_RING, PAGE) == -EINVAL && sysMmap(HOST, fd, IORING_OFF_CQ_RING, PAGE) == -EINVAL, 'neither');
  assert(sysMmap(HOST, fd, IORING_OFF_SQES, PAGE) == -EINVAL, 'nor');
  const b = bench();
  b.fd = <u32>fd;
  b.rings = r.rings;
  b.sqes = r.sqes;
  b.sq_tail = 0;
  b.sq_mask = 3;
  b.cq_mask = 7;
  b.cqe_shift = 4;
  store<u32>(b.rings + p.sq_off.array, 0);
  nop(3);
  assert(enter(1, 0, 0) == 1 && cqes() == 1 && isCqe(0, 3, 0, 0), 'it works');
}

export function each_part_of_a_ring_is_mapped_by_its_own_offset(): void {
  build();
  ring(8, DEFER32);
  const fd = bench().fd;
  const r = here();
  const rings = sysMmap(HOST, fd, IORING_OFF_SQ_RING, PAGE);
  assert(rings == <i64>r.rings && sysMmap(HOST, fd, IORING_OFF_CQ_RING, PAGE) == rings, 'both rings');
  assert(sysMmap(HOST, fd, IORING_OFF_SQES, PAGE) == <i64>r.sqes && sysMmap(HOST, fd, 0x20000000, PAGE) == -EINVAL, 'SQEs; no region');
  assert(sysMmap(HOST, 999, 0, PAGE) == -EBADF && sysMmap(HOST, fd, 0x70000000, PAGE) == -EINVAL, 'nothing');
  const pbuf = changetype<io_uring_buf_reg>(<usize>user(64));
  pbuf.ring_entries = 4;
  pbuf.flags = <u16>IOU_PBUF_RING_MMAP;
  pbuf.bgid = 5;
  assert(register(IORING_REGISTER_PBUF_RING, <u32>changetype<usize>(pbuf), 1) == 0, 'buffers');
  pbuf.bgid = 6;
  assert(register(IORING_REGISTER_PBUF_RING, <u32>changetype<usize>(pbuf), 1) == 0, 'others');
  const five = sysMmap(HOST, fd, IORING_OFF_PBUF_RING | (5 << 16), PAGE);
  const six = sysMmap(HOST, fd, IORING_OFF_PBUF_RING | (6 << 16), PAGE);
  assert(five > 0 && six > 0 && five != six, 'each group by its number');
  assert(sysMmap(HOST, fd, IORING_OFF_PBUF_RING, PAGE) == -EINVAL, 'there is no group 0');
  assert(sysMmap(HOST, fd, IORING_OFF_PBUF_RING | (7 << 16), PAGE) == -EINVAL, 'nor 7');
}

export function a_refill_ring_that_the_kernel_made_is_mapped_by_the_number_of_its_instance(): void {
  build();
  ring(8, DEFER32);
  const fd = bench().fd;
  const desc = changetype<io_uring_region_desc>(<usize>bench().desc);
  for (let id: u32 = 0; id < 2; id++) {
    prepareZcrx(4, 8).if_rxq = id;
    desc.flags = 0;
    desc.user_addr = 0;
    assert(registerZcrx() == 0 && desc.mmap_offset == 0x30000000 + ((<u64>id) << 16), 'an instance, and where it is mapped');
  }
  const first = sysMmap(HOST, fd, 0x30000000, PAGE);
  const second = sysMmap(HOST, fd, 0x30010000, PAGE);
  assert(first > 0 && second > 0 && first != second, 'each its own');
  assert(sysMmap(HOST, fd, 0x30020000, PAGE) == -EINVAL, 'there is no third');
}
export function a_refill_ring_in_the_applications_memory_is_not_mapped(): void {
  build();
  ring(8, DEFER32);
  prepareZcrx(4, 8);
  assert(registerZcrx() == 0 && sysMmap(HOST, bench().fd, 0x30000000, PAGE) == -EINVAL, 'it has it');
}

export function time_that_an_application_takes_is_its_cores(): void {
  const fd = connected(8, DEFER);
  recv(fd, 5);
  enter(1, 0, 0);
  const before = coreState().clock_ns;
  taskWork(HOST, 1000000);
  linearPacket(fd, 10, 0);
  assert(coreState().clock_ns == before && coreState().task == HOST, 'the clock stands, and hardware goes on');
  assert(getEvents() == 0 && cqes() == 1 && isCqe(0, 5, 10, 0), 'the next call comes later');
}

export function closing_says_whether_there_was_anything(): void {
  build();
  ring(8, DEFER);
  assert(sysClose(HOST, 999) == -EBADF && sysClose(HOST, bench().fd) == 0 && sysClose(HOST, bench().fd) == -EBADF, 'once');
  assert(sysEnter(HOST, bench().fd, 0, 0, 0, 0, 0) == -EBADF, 'it is gone');
}
