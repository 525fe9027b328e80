/** Description: eventfds: sums, single steps, and their limits. */
import {
  __NR_eventfd2, __NR_read, __NR_write, EAGAIN, EINVAL, O_NONBLOCK, POLLERR, POLLIN, POLLOUT,
} from '../../../uring-model/uapi.gen';
import { argument, buffers, call, poll } from '../config_files.as';
import { build } from '../config_ring.as';
import { fdFile, fileAt, eventfdSignal } from '../../../stack/file';
import { HOST } from '../config_ring.as';

const EFD_SEMAPHORE: u32 = 1;

function eventfd(count: u32, flags: u32): i32 {
  build();
  buffers();
  return call(__NR_eventfd2, count, O_NONBLOCK | flags);
}
function add(fd: i32, n: u64): i32 {
  store<u64>(argument(), n);
  return call(__NR_write, fd, argument(), 8);
}
function take(fd: i32): u64 {
  const ret = call(__NR_read, fd, argument(), 8);
  return ret == 8 ? load<u64>(argument()) : <u64>(<i64>ret);
}

export function a_read_takes_the_sum_of_all_writes(): void {
  const fd = eventfd(3, 0);
  assert(add(fd, 4) == 8 && poll(fd) == (POLLIN | POLLOUT) && take(fd) == 7, 'the sum');
  assert(poll(fd) == POLLOUT && <i64>take(fd) == -EAGAIN, 'nothing is left');
}

export function a_semaphore_gives_one_at_a_time(): void {
  const fd = eventfd(2, EFD_SEMAPHORE);
  assert(take(fd) == 1 && take(fd) == 1 && <i64>take(fd) == -EAGAIN, 'two');
}

export function the_sum_stops_below_its_greatest(): void {
  const fd = eventfd(0, 0);
  assert(add(fd, u64.MAX_VALUE) == -EINVAL && add(fd, u64.MAX_VALUE - 1) == 8, 'the greatest that can be added');
  assert(add(fd, 1) == -EAGAIN && poll(fd) == POLLIN, 'no more');
  eventfdSignal(fileAt(fdFile(HOST, fd)).obj, 0);
  assert(poll(fd) == (POLLIN | POLLERR), 'a signal of the kernel overflows it');
}

export function only_eight_bytes_will_do(): void {
  const fd = eventfd(1, 0);
  assert(call(__NR_read, fd, argument(), 7) == -EINVAL && call(__NR_write, fd, argument(), 16) == -EINVAL, 'others will not');
  assert(call(__NR_eventfd2, 0, 2) == -EINVAL, 'no such flag');
}
