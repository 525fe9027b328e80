/** Description: system calls that sleep: what wakes them, in which order, and what a signal does to them. */
import { coreState, nextEventTime, popEvent } from '../../../sim/core';
import { callSystem } from '../../../sim/world/syscalls';
import { taskAt, taskDeadline, taskResume, taskSignal } from '../../../uring-model/7-ring';
import {
  __NR_nanosleep, __NR_poll, __NR_read, __NR_recvfrom, __NR_sendto, __NR_setitimer, EINTR, ERESTARTSYS, MSG_WAITALL, POLLIN, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { argument, buffers, call, close, fd, incoming, isBytes, outgoing, pair, recv, send, write } from '../config_files.as';
import { build, HOST } from '../config_ring.as';

const MS: u64 = 1000000;
const THREAD: u32 = HOST + 2;

function begin(): void {
  build();
  buffers();
  pair(SOCK_STREAM);
}
/** The next event of a task. True: its call is to be made again. */
function runTask(): bool {
  const arg = <u32>(popEvent() >> 32);
  if ((arg & 0x100) != 0) {
    taskDeadline(arg & 0xff);
    return false;
  }
  if ((arg & 0x200) != 0) {
    taskSignal(arg & 0xff);
    return false;
  }
  taskAt(arg).run_pending = 0;
  return taskResume(arg);
}
/** Events until a call is to be made again. */
function untilWoken(): void {
  for (let i: u32 = 0; i < 100; i++) {
    assert(nextEventTime() != u64.MAX_VALUE, 'something will happen');
    if (runTask()) return;
  }
  assert(false, 'nobody woke');
}
function read(task: u32): i32 {
  return <i32>callSystem(task, __NR_read, fd(0), incoming(), 100, 0, 0, 0);
}

export function a_read_sleeps_until_there_is_something(): void {
  begin();
  assert(read(HOST) == -ERESTARTSYS && nextEventTime() == u64.MAX_VALUE, 'asleep');
  callSystem(THREAD, __NR_sendto, fd(1), outgoing(), 7, 0, 0, 0);
  assert(runTask() && read(HOST) == 7 && isBytes(0, 7), 'woken by the other thread');
}

export function a_read_sleeps_until_the_end(): void {
  begin();
  assert(read(THREAD) == -ERESTARTSYS, 'asleep');
  close(fd(1));
  assert(runTask() && read(THREAD) == 0, 'the end of the stream');
}

export function a_blocking_write_goes_on_until_all_is_written(): void {
  begin();
  const ret = callSystem(THREAD, __NR_sendto, fd(1), outgoing(), 262144, 0, 0, 0);
  assert(ret == -ERESTARTSYS, 'more than there is room for');
  let got: i32 = 0;
  let done: i64 = ret;
  for (let i: u32 = 0; i < 20 && done == -ERESTARTSYS; i++) {
    let n = recv(fd(0), 65536);
    while (n > 0) {
      got += n;
      n = recv(fd(0), 65536);
    }
    assert(runTask(), 'there is room');
    done = callSystem(THREAD, __NR_sendto, fd(1), outgoing(), 262144, 0, 0, 0);
  }
  assert(done == 262144 && got > 200000, 'the whole length is its result');
}

export function waitall_sleeps_until_all_is_there(): void {
  begin();
  send(fd(1), 60);
  assert(callSystem(HOST, __NR_recvfrom, fd(0), incoming(), 100, MSG_WAITALL, 0, 0) == -ERESTARTSYS, 'not all');
  callSystem(THREAD, __NR_sendto, fd(1), outgoing() + 60, 40, 0, 0, 0);
  assert(runTask(), 'woken');
  assert(callSystem(HOST, __NR_recvfrom, fd(0), incoming(), 100, MSG_WAITALL, 0, 0) == 100 && isBytes(0, 100), 'all');
}

function sleepFor(task: u32, ns: u64): i32 {
  store<u64>(argument() + 16, 0);
  store<u64>(argument() + 24, ns);
  return <i32>callSystem(task, __NR_nanosleep, argument() + 16, 0, 0, 0, 0, 0);
}

export function nanosleep_ends_at_its_time(): void {
  begin();
  const begin_ns = coreState().clock_ns;
  assert(sleepFor(HOST, MS) == -ERESTARTSYS, 'asleep');
  untilWoken();
  assert(sleepFor(HOST, MS) == 0 && coreState().clock_ns >= begin_ns + MS && coreState().clock_ns < begin_ns + 2 * MS, 'in time');
}

export function an_alarm_interrupts_a_sleep_once(): void {
  begin();
  memory.fill(argument() + 16, 0, 32);
  store<u64>(argument() + 40, 500);
  assert(call(__NR_setitimer, 0, argument() + 16, 0) == 0, 'in half a millisecond');
  assert(read(HOST) == -ERESTARTSYS, 'asleep');
  untilWoken();
  assert(read(HOST) == -EINTR, 'interrupted');
  assert(read(HOST) == -ERESTARTSYS && nextEventTime() == u64.MAX_VALUE, 'and not again');
}

export function poll_sleeps_on_many_files_and_for_a_time(): void {
  begin();
  const fds = incoming();
  store<i32>(fds, fd(0));
  store<u32>(fds, POLLIN, 4);
  store<i32>(fds, fd(1), 8);
  store<u32>(fds, POLLIN, 12);
  assert(call(__NR_poll, fds, 2, 1) == -ERESTARTSYS, 'asleep');
  untilWoken();
  assert(call(__NR_poll, fds, 2, 1) == 0, 'the time is over');
  assert(call(__NR_poll, fds, 2, 1000) == -ERESTARTSYS, 'asleep');
  callSystem(THREAD, __NR_sendto, fd(0), outgoing(), 1, 0, 0, 0);
  assert(runTask() && call(__NR_poll, fds, 2, 1000) == 1 && load<u16>(fds, 6) == 0 && load<u16>(fds, 14) == <u16>POLLIN, 'the second');
}

export function of_two_readers_both_look_and_one_sleeps_on(): void {
  begin();
  assert(read(HOST) == -ERESTARTSYS && read(THREAD) == -ERESTARTSYS, 'both asleep');
  assert(callSystem(HOST + 4, __NR_sendto, fd(1), outgoing(), 1, 0, 0, 0) == 1 && write(fd(0), 0) == 0, 'a third writes');
  assert(runTask(), 'one is woken');
  const first = read(THREAD);
  assert(first == 1 || read(HOST) == 1, 'and gets it');
}
