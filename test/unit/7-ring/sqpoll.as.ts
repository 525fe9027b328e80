/**
 * Description: threads of submission queues: whose queue one reads, when it sleeps, whom it tells, who may share it, and what of its
 * core it takes (Linux: io_uring/sqpoll.c, io_sq_thread, io_sq_offload_create, io_attach_sq_data, io_sqd_update_thread_idle).
 */
import { coreBooked, coreIndex, coreState, hostConfig, nextEventTime, NONE } from '../../../sim/core';
import { fdSock } from '../../../stack/file';
import {
  AF_INET, EINVAL, ENXIO, IORING_ENTER_SQ_WAIT, IORING_ENTER_SQ_WAKEUP, IORING_OFF_SQES, IORING_OFF_SQ_RING, IORING_OP_CLOSE,
  IORING_OP_NOP, IORING_OP_RECV, IORING_OP_SOCKET, IORING_OP_TIMEOUT, IORING_REGISTER_ENABLE_RINGS, IORING_SETUP_ATTACH_WQ,
  IORING_SETUP_CQSIZE, IORING_SETUP_NO_SQARRAY, IORING_SETUP_R_DISABLED, IORING_SETUP_SQPOLL, IORING_SETUP_SQ_AFF, IORING_SQ_NEED_WAKEUP,
  IO_URING_PARAMS_BYTES, SOCK_STREAM, io_uring_params,
} from '../../../uring-model/uapi.gen';
import { sqpollSpin, sqThreadsSpun, sysClose, sysMmap, sysSetup, taskPark } from '../../../uring-model/7-ring';
import {
  bench, build, cqe, cqes, elapse, enter, getEvents, HOST, isCqe, linearPacket, register, ring, seen, settle, socket, sqe, sqFlags, user,
  verify,
} from '../config_ring.as';

const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;
const POLLED: u32 = IORING_SETUP_SQPOLL | IORING_SETUP_NO_SQARRAY;
const MS: u64 = 1000000;

/** io_uring_setup with what a thread is told: the descriptor, or -errno. */
function setup(flags: u32, idle_ms: u32 = 0, wq_fd: u32 = 0, cpu: u32 = 0): i32 {
  memory.fill(bench().params, 0, IO_URING_PARAMS_BYTES);
  const p = changetype<io_uring_params>(<usize>bench().params);
  p.flags = flags | IORING_SETUP_CQSIZE;
  p.cq_entries = 64;
  p.sq_thread_idle = idle_ms;
  p.wq_fd = wq_fd;
  p.sq_thread_cpu = cpu;
  return sysSetup(HOST, 32, bench().params);
}
/** The ring that the bench is about from now on. */
function use(fd: u32): void {
  const b = bench();
  b.fd = fd;
  b.rings = <u32>sysMmap(HOST, fd, IORING_OFF_SQ_RING, 4096);
  b.sqes = <u32>sysMmap(HOST, fd, IORING_OFF_SQES, 4096);
  b.sq_tail = load<u32>(b.rings, 4);
  b.sq_mask = load<u32>(b.rings, 24) - 1;
  b.cq_mask = load<u32>(b.rings, 28) - 1;
  b.cqe_shift = 4;
}
function polled(idle_ms: u32, flags: u32 = 0, wq_fd: u32 = 0): u32 {
  const fd = setup(POLLED | flags, idle_ms, wq_fd);
  assert(fd >= 3, 'a ring with a thread');
  use(fd);
  return fd;
}
function nops(n: u32): void {
  for (let i: u32 = 0; i < n; i++) sqe(IORING_OP_NOP, i + 1);
  taskPark(HOST);
}
function sleeps(fd: u32): bool {
  use(fd);
  return (sqFlags() & IORING_SQ_NEED_WAKEUP) != 0;
}
/** Time goes by while nobody does anything. */
function pause(ns: u64): void {
  const at = user(16);
  store<u64>(at, ns, 8);
  const s = sqe(IORING_OP_TIMEOUT, 99);
  s.addr = at;
  s.len = 1;
  const from = coreState().clock_ns;
  enter(1, 0, 0);
  elapse(2 * ns);
  assert(coreState().clock_ns - from >= ns, 'it has gone by');
}
function core(): u32 {
  return coreIndex(HOST, hostConfig(HOST).cpu_app_core);
}

export function who_wants_to_share_a_thread_names_a_ring_that_has_one(): void {
  build();
  ring(8, PLAIN);
  const plain = bench().fd;
  const other = socket();
  assert(setup(POLLED | IORING_SETUP_ATTACH_WQ, 0, 999) == -ENXIO, 'no descriptor');
  assert(setup(POLLED | IORING_SETUP_ATTACH_WQ, 0, other) == -EINVAL, 'a socket');
  assert(setup(POLLED | IORING_SETUP_ATTACH_WQ, 0, plain) == -EINVAL, 'a ring without a thread');
  assert(setup(PLAIN | IORING_SETUP_ATTACH_WQ, 0, 999) == -ENXIO && setup(PLAIN | IORING_SETUP_ATTACH_WQ, 0, plain) >= 3, 'workers');
  assert(setup(PLAIN | IORING_SETUP_SQ_AFF) == -EINVAL, 'a core, and no thread to put on it');
  const cores = hostConfig(HOST).cpu_cores;
  assert(setup(POLLED | IORING_SETUP_SQ_AFF, 0, 0, cores) == -EINVAL && setup(POLLED | IORING_SETUP_SQ_AFF, 0, 0, cores - 1) >= 3, 'cores');
  verify();
}

export function a_thread_that_spins_sees_what_is_written_to_its_queue(): void {
  build();
  polled(1000);
  elapse(MS);
  const from = coreState().clock_ns;
  nops(3);
  assert(cqes() == 0 && elapse(MS) != 0 && cqes() == 3 && isCqe(2, 3, 0, 0), 'without a call');
  assert(coreState().clock_ns - from < MS, 'at once');
  verify();
}

export function a_thread_reads_the_queues_of_its_own_rings_alone(): void {
  build();
  const a = polled(10);
  const b = polled(500);
  elapse(100 * MS);
  assert(sleeps(a) && !sleeps(b), 'the longer idle time is that of the other thread');
  use(a);
  nops(1);
  use(b);
  nops(1);
  elapse(MS);
  use(b);
  assert(cqes() == 1, 'the one that is awake has read its queue');
  use(a);
  assert(cqes() == 0, 'and not that of the other, which sleeps');
  enter(0, 0, IORING_ENTER_SQ_WAKEUP);
  elapse(MS);
  assert(cqes() == 1 && !sleeps(a), 'until it is woken');
  elapse(1000 * MS);
  assert(sleeps(a) && sleeps(b), 'in the end both sleep');
  verify();
}

export function rings_that_share_a_thread_share_its_longest_idle_time(): void {
  build();
  const a = polled(10);
  const b = polled(200, IORING_SETUP_ATTACH_WQ, a);
  elapse(100 * MS);
  assert(!sleeps(a) && !sleeps(b), 'two hundred milliseconds');
  elapse(200 * MS);
  assert(sleeps(a) && sleeps(b), 'both are told');
  enter(0, 0, IORING_ENTER_SQ_WAKEUP);
  elapse(MS);
  assert(!sleeps(a) && !sleeps(b), 'of its waking too');
  sysClose(HOST, b);
  settle();
  use(a);
  enter(0, 0, IORING_ENTER_SQ_WAKEUP);
  const from = coreState().clock_ns;
  settle();
  assert(sleeps(a) && coreState().clock_ns - from < 100 * MS, 'ten, when the other is gone');
  nops(2);
  enter(0, 0, IORING_ENTER_SQ_WAKEUP);
  settle();
  assert(cqes() == 2, 'and the thread goes on');
  verify();
}

export function no_idle_time_at_all_is_a_second(): void {
  build();
  const a = polled(0);
  const from = coreState().clock_ns;
  elapse(900 * MS);
  assert(!sleeps(a), 'not yet');
  settle();
  assert(sleeps(a) && coreState().clock_ns - from < 1100 * MS, 'then');
}

export function a_thread_of_several_rings_takes_eight_entries_of_each_and_comes_again(): void {
  build();
  const a = polled(100);
  const b = polled(100, IORING_SETUP_ATTACH_WQ, a);
  use(a);
  nops(20);
  use(b);
  nops(1);
  const from = coreState().clock_ns;
  use(a);
  let turns: u32 = 0;
  for (let before = cqes(); cqes() < 20; before = cqes()) {
    elapse(nextEventTime() - coreState().clock_ns);
    assert(cqes() - before <= 8, 'eight in a turn');
    if (cqes() != before) turns++;
  }
  assert(turns == 3 && cqes() == 20 && coreState().clock_ns - from < MS, 'all of them, soon');
  use(b);
  assert(cqes() == 1, 'the other ring had its turn');
  polled(100);
  nops(20);
  while (cqes() == 0) elapse(nextEventTime() - coreState().clock_ns);
  assert(cqes() == 20, 'who has one takes all that is there');
  verify();
}

export function a_ring_that_is_disabled_is_not_read(): void {
  build();
  polled(50, IORING_SETUP_R_DISABLED);
  nops(1);
  elapse(20 * MS);
  assert(cqes() == 0, 'not yet');
  elapse(100 * MS);
  assert((sqFlags() & IORING_SQ_NEED_WAKEUP) != 0, 'the thread has gone to sleep');
  assert(register(IORING_REGISTER_ENABLE_RINGS, 0, 0) == 0, 'enabled');
  elapse(20 * MS);
  assert(cqes() == 1 && (sqFlags() & IORING_SQ_NEED_WAKEUP) == 0, 'which wakes it');
  verify();
}

export function a_thread_has_the_descriptors_of_its_process(): void {
  build();
  polled(1000);
  const s = sqe(IORING_OP_SOCKET, 1);
  s.fd = AF_INET;
  s.off = SOCK_STREAM;
  taskPark(HOST);
  elapse(MS);
  const fd = cqe(0).res;
  assert(fd > <i32>bench().fd && fdSock(HOST, fd) != NONE, 'a socket that it makes is the process\'s');
  sqe(IORING_OP_CLOSE, 2).fd = fd;
  taskPark(HOST);
  elapse(MS);
  assert(isCqe(1, 2, 0, 0) && fdSock(HOST, fd) == NONE, 'and it closes what the process has');
  verify();
}

export function who_waits_for_room_in_the_queue_has_it_read_at_once(): void {
  build();
  polled(1000);
  elapse(MS);
  for (let i: u32 = 0; i < 31; i++) sqe(IORING_OP_NOP, i);
  assert(enter(0, 0, IORING_ENTER_SQ_WAIT) == 0 && cqes() == 0, 'there is room');
  sqe(IORING_OP_NOP, 31);
  assert(enter(0, 0, IORING_ENTER_SQ_WAIT) == 0 && cqes() == 32, 'there was none');
  verify();
}

export function an_application_that_spins_has_its_queues_read(): void {
  build();
  ring(8, PLAIN);
  const plain = bench().fd;
  sqe(IORING_OP_NOP, 1);
  const a = polled(1000);
  elapse(MS);
  sqe(IORING_OP_NOP, 2);
  sqpollSpin(HOST + 1);
  assert(cqes() == 0, 'not by one of another host');
  sqpollSpin(HOST);
  assert(cqes() == 1 && isCqe(0, 2, 0, 0), 'by the thread');
  use(plain);
  assert(cqes() == 0 && load<u32>(bench().rings) == 0, 'a ring without one is left alone');
  use(a);
  seen(1);
  sqpollSpin(HOST);
  assert(cqes() == 0, 'nothing is there');
  verify();
}

export function what_was_asked_for_is_returned_whatever_was_read(): void {
  build();
  polled(100);
  assert(enter(5, 0, 0) == 5 && enter(0, 0, 0) == 0, 'a number');
  assert(getEvents() == 0 && cqes() == 0, 'and nothing was done');
  verify();
}

export function a_thread_takes_of_its_core_what_others_leave_and_nothing_while_it_sleeps(): void {
  build();
  const mhz = <u64>hostConfig(HOST).cpu_mhz;
  polled(100);
  const before = sqThreadsSpun(core()) + coreBooked(core());
  elapse(50 * MS);
  for (let i = 0; i < 3000; i++) getEvents();
  const booked = coreBooked(core());
  assert(booked > mhz * 100, 'others use it');
  settle();
  const all = sqThreadsSpun(core()) + coreBooked(core()) - before;
  assert(all > mhz * 99000 && all < mhz * 103000, 'a tenth of a second of cycles, theirs among them');
  polled(10, IORING_SETUP_ATTACH_WQ, bench().fd);
  settle();
  const later = sqThreadsSpun(core());
  assert(sqThreadsSpun(coreIndex(HOST, 0)) == 0, 'of the other core nothing');
  nops(1);
  assert(sqThreadsSpun(core()) == later, 'asleep it takes nothing');
  ring(8, PLAIN);
  pause(50 * MS);
  assert(sqThreadsSpun(core()) == later, 'however long it sleeps');
}

export function a_thread_that_begins_later_has_not_spun_before(): void {
  build();
  polled(1000);
  settle();
  const from = coreState().clock_ns;
  const spun = sqThreadsSpun(core());
  setup(POLLED, 10);
  assert(from > 900 * MS && sqThreadsSpun(core()) - spun < from, 'from its beginning on');
  settle();
  const more = sqThreadsSpun(core()) - spun;
  assert(more < 20 * MS * <u64>hostConfig(HOST).cpu_mhz / 1000, 'ten milliseconds');
}

export function the_last_ring_ends_its_thread(): void {
  build();
  const a = polled(1000);
  const b = polled(1000, IORING_SETUP_ATTACH_WQ, a);
  ring(8, PLAIN);
  pause(10 * MS);
  sysClose(HOST, a);
  sysClose(HOST, b);
  settle();
  const spun = sqThreadsSpun(core());
  const most = 100 * MS * <u64>hostConfig(HOST).cpu_mhz / 1000;
  assert(spun < most && spun > most / 11, 'it spins no more, and what it has spun stays');
  const c = polled(10);
  nops(4);
  elapse(5 * MS);
  assert(cqes() == 4 && c >= 3, 'a new one in its place');
  verify();
}

export function what_a_core_did_before_is_not_taken_from_what_a_thread_spins(): void {
  build();
  const mhz = <u64>hostConfig(HOST).cpu_mhz;
  ring(8, PLAIN);
  for (let i = 0; i < 3000; i++) getEvents();
  const booked = coreBooked(core());
  polled(100);
  const from = sqThreadsSpun(core());
  settle();
  const spun = sqThreadsSpun(core()) - from;
  assert(booked > mhz * 200 && spun > mhz * 99950 && spun < mhz * 100500, 'a tenth of a second');
}

export function a_thread_does_the_task_work_of_its_own_requests(): void {
  build();
  ring(8, PLAIN);
  const to = socket();
  polled(1000);
  polled(1000);
  const s = sqe(IORING_OP_RECV, 7);
  s.fd = <i32>to;
  s.addr = user(4096);
  s.len = 4096;
  taskPark(HOST);
  elapse(MS);
  assert(cqes() == 0, 'it waits');
  linearPacket(to, 10, 0);
  elapse(MS);
  assert(cqes() == 1 && isCqe(0, 7, 10, 0), 'the thread of the third ring completed it');
  verify();
}

export function a_core_that_is_booked_for_long_leaves_nothing_to_spin(): void {
  build();
  polled(1000);
  const thread = bench().fd;
  elapse(MS);
  const before = sqThreadsSpun(core());
  ring(8, PLAIN);
  pause(MS / 100);
  for (let i = 0; i < 3000; i++) getEvents();
  const spun = sqThreadsSpun(core()) - before;
  assert(spun < <u64>hostConfig(HOST).cpu_mhz * 100 && thread >= 3, 'not less than nothing');
}
