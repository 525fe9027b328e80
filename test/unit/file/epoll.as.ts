/** Description: epoll sets: by level, by edge, once, exclusively, and within each other. */
import {
  __NR_epoll_create1, __NR_epoll_ctl, __NR_epoll_pwait, __NR_openat, EEXIST, EINVAL, ELOOP, ENOENT, EPERM, POLLHUP, POLLIN, POLLOUT,
  POLLRDHUP, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { argument, buffers, call, close, fd, incoming, outgoing, pair, poll, recv, send } from '../config_files.as';
import { build } from '../config_ring.as';

const ADD: u32 = 1;
const DEL: u32 = 2;
const MOD: u32 = 3;
const EDGE: u32 = 0x80000000;
const ONESHOT: u32 = 1 << 30;
const EXCLUSIVE: u32 = 1 << 28;

function begin(): i32 {
  build();
  buffers();
  pair(SOCK_STREAM);
  return create();
}
function create(): i32 {
  return call(__NR_epoll_create1, 0);
}
function ctl(ep: i32, op: u32, which: i32, events: u32): i32 {
  store<u32>(argument() + 32, events);
  store<u64>(argument() + 36, <u64>which + 1000);
  return call(__NR_epoll_ctl, ep, op, which, argument() + 32);
}
/** Events of the set; the first is in at(). */
function wait(ep: i32, most: u32 = 8): i32 {
  return call(__NR_epoll_pwait, ep, incoming() + 4096, most, 0);
}
function isEvent(i: u32, which: i32, events: u32): bool {
  const at = incoming() + 4096 + i * 12;
  return load<u32>(at) == events && load<u64>(at, 4) == <u64>which + 1000;
}

export function by_level_it_is_told_as_long_as_it_is_true(): void {
  const ep = begin();
  assert(ctl(ep, ADD, fd(0), POLLIN) == 0 && wait(ep) == 0, 'nothing yet');
  send(fd(1), 1);
  assert(wait(ep) == 1 && isEvent(0, fd(0), POLLIN) && wait(ep) == 1, 'again and again');
  recv(fd(0), 9);
  assert(wait(ep) == 0, 'until it is read');
}

export function by_edge_it_is_told_once_for_each_thing_that_happens(): void {
  const ep = begin();
  ctl(ep, ADD, fd(0), POLLIN | EDGE);
  send(fd(1), 1);
  send(fd(1), 1);
  assert(wait(ep) == 1 && wait(ep) == 0, 'two in one');
  send(fd(1), 1);
  assert(wait(ep) == 1, 'although nothing was read');
}

export function once_means_until_it_is_changed(): void {
  const ep = begin();
  ctl(ep, ADD, fd(0), POLLIN | ONESHOT);
  send(fd(1), 1);
  assert(wait(ep) == 1 && wait(ep) == 0, 'once');
  assert(ctl(ep, MOD, fd(0), POLLIN | ONESHOT) == 0 && wait(ep) == 1, 'armed again, and still true');
}

export function what_is_true_when_it_is_added_is_told(): void {
  const ep = begin();
  ctl(ep, ADD, fd(0), POLLOUT);
  assert(wait(ep) == 1 && isEvent(0, fd(0), POLLOUT), 'writable');
  close(fd(1));
  assert(wait(ep) == 1 && isEvent(0, fd(0), POLLOUT | POLLHUP), 'a hang-up is always told');
  assert(ctl(ep, MOD, fd(0), POLLRDHUP) == 0 && wait(ep) == 1 && isEvent(0, fd(0), POLLRDHUP | POLLHUP), 'and what is asked for');
}

export function those_that_did_not_fit_come_first_next_time(): void {
  const ep = begin();
  ctl(ep, ADD, fd(0), POLLOUT);
  ctl(ep, ADD, fd(1), POLLOUT);
  assert(wait(ep, 1) == 1 && isEvent(0, fd(0), POLLOUT), 'in the order in which they became ready');
  assert(wait(ep, 1) == 1 && isEvent(0, fd(1), POLLOUT) && wait(ep, 1) == 1 && isEvent(0, fd(0), POLLOUT), 'round and round');
}

export function a_closed_file_leaves_the_set(): void {
  const ep = begin();
  ctl(ep, ADD, fd(0), POLLIN | POLLOUT);
  close(fd(0));
  assert(wait(ep) == 0 && ctl(ep, DEL, fd(1), 0) == -ENOENT, 'nothing is watched');
}

export function a_set_in_a_set_is_readable_when_it_has_events(): void {
  const ep = begin();
  const outer = create();
  ctl(ep, ADD, fd(0), POLLIN);
  assert(ctl(outer, ADD, ep, POLLIN) == 0 && wait(outer) == 0, 'not yet');
  send(fd(1), 1);
  assert(wait(outer) == 1 && isEvent(0, ep, POLLIN) && (poll(ep) & POLLIN) != 0, 'through both');
  assert(ctl(ep, ADD, outer, POLLIN) == -ELOOP && ctl(ep, ADD, ep, POLLIN) == -EINVAL, 'no loops');
}

export function errors_of_epoll_ctl(): void {
  const ep = begin();
  ctl(ep, ADD, fd(0), POLLIN);
  assert(ctl(ep, ADD, fd(0), POLLIN) == -EEXIST && ctl(ep, MOD, fd(1), POLLIN) == -ENOENT, 'twice, and not at all');
  assert(ctl(fd(0), ADD, fd(1), POLLIN) == -EINVAL && ctl(ep, 7, fd(0), 0) == -EINVAL, 'no set; no such operation');
  assert(ctl(ep, MOD, fd(0), EXCLUSIVE) == -EINVAL && ctl(ep, ADD, fd(1), EXCLUSIVE | ONESHOT) == -EINVAL, 'exclusive only when added');
  store<u64>(outgoing(), 0x6164762f7665642f);
  store<u8>(outgoing() + 8, 0);
  const block = call(__NR_openat, 0, outgoing(), 0);
  assert(block > 0 && ctl(ep, ADD, block, POLLIN) == -EPERM, 'a block device is never waited for');
}
