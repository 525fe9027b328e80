/** Description: pipes: how writes fill their pages, who is told of what, and what is left when an end is closed. */
import { setWaiter, WAIT_RING, waitAdd } from '../../../sim/core';
import { fdFile, fileWaitHead } from '../../../stack/file';
import {
  __NR_pipe2, EAGAIN, EBADF, EINVAL, EPIPE, O_NONBLOCK, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM,
} from '../../../uring-model/uapi.gen';
import { argument, buffers, call, close, fd, isBytes, poll, read, write } from '../config_files.as';
import { build, HOST } from '../config_ring.as';

const PAGE: u32 = 4096;
const O_DIRECT: u32 = 0o40000;
const TOLD: usize = 0x7500;

function begin(flags: u32 = 0): void {
  build();
  buffers();
  assert(call(__NR_pipe2, argument(), O_NONBLOCK | flags) == 0, 'a pipe');
}
function tell(entry: u32, mask: u32): bool {
  store<u32>(TOLD, load<u32>(TOLD) + 1);
  store<u32>(TOLD, mask, 4);
  return true;
}
/** Counts how often the end is told from now on. */
function watch(which: i32): void {
  store<u32>(TOLD, 0);
  setWaiter(WAIT_RING, tell);
  waitAdd(fileWaitHead(fdFile(HOST, which), 0), 0, WAIT_RING, 0, false);
}

export function what_is_written_is_read(): void {
  begin();
  assert(read(fd(0), 16) == -EAGAIN && write(fd(1), 10) == 10 && write(fd(1), 10) == 10, 'two writes');
  assert(read(fd(0), 15) == 15 && read(fd(0), 15) == 5 && read(fd(0), 15) == -EAGAIN, 'one stream');
}

export function small_writes_share_a_page_and_sixteen_pages_are_all(): void {
  begin();
  for (let i: u32 = 0; i < 16 * 4; i++) assert(write(fd(1), PAGE / 4) == <i32>PAGE / 4, 'four to a page');
  assert(write(fd(1), 1) == -EAGAIN && poll(fd(1)) == 0, 'full');
  assert(read(fd(0), PAGE - 1) == <i32>PAGE - 1 && write(fd(1), 1) == -EAGAIN, 'a page with a byte in it is in use');
  assert(read(fd(0), 1) == 1 && poll(fd(1)) == (POLLOUT | POLLWRNORM) && write(fd(1), PAGE + 1) == <i32>PAGE, 'one page is free');
}

export function a_write_that_does_not_fit_into_the_last_page_begins_a_new_one(): void {
  begin();
  for (let i: u32 = 0; i < 16; i++) assert(write(fd(1), 3000) == 3000, 'each has its own');
  assert(write(fd(1), 3000) == -EAGAIN && write(fd(1), 1000) == 1000, 'what fits still goes to the last');
}

export function a_long_write_is_cut_where_the_pipe_is_full(): void {
  begin();
  assert(write(fd(1), 100000) == 65536 && read(fd(0), 100000) == 65536 && isBytes(0, 65536), 'sixteen pages');
}

export function readers_are_told_when_the_pipe_was_empty_and_no_more(): void {
  begin();
  watch(fd(0));
  write(fd(1), 1);
  write(fd(1), 1);
  assert(load<u32>(TOLD) == 1 && load<u32>(TOLD, 4) == (POLLIN | POLLRDNORM), 'once');
  read(fd(0), 2);
  write(fd(1), 1);
  assert(load<u32>(TOLD) == 2, 'and again');
}

export function writers_are_told_when_the_pipe_was_full(): void {
  begin();
  write(fd(1), 65536);
  watch(fd(1));
  read(fd(0), 100);
  assert(load<u32>(TOLD) == 0, 'no page is free yet');
  read(fd(0), PAGE);
  assert(load<u32>(TOLD) == 1 && load<u32>(TOLD, 4) == (POLLOUT | POLLWRNORM), 'now');
  read(fd(0), PAGE);
  assert(load<u32>(TOLD) == 1, 'it was not full');
}

export function without_a_writer_there_is_an_end_and_without_a_reader_no_writing(): void {
  begin();
  write(fd(1), 3);
  watch(fd(0));
  close(fd(1));
  assert(load<u32>(TOLD) == 1 && load<u32>(TOLD, 4) == 0, 'all are told to look');
  assert(poll(fd(0)) == (POLLIN | POLLRDNORM | POLLHUP) && read(fd(0), 9) == 3 && read(fd(0), 9) == 0, 'the end');
  call(__NR_pipe2, argument(), O_NONBLOCK);
  close(fd(0));
  assert(poll(fd(1)) == (POLLOUT | POLLWRNORM | POLLERR) && write(fd(1), 1) == -EPIPE, 'nobody reads');
}

export function each_end_has_its_direction(): void {
  begin();
  assert(write(fd(0), 1) == -EBADF && read(fd(1), 1) == -EBADF, 'the other is a bad descriptor');
  assert(call(__NR_pipe2, argument(), 1) == -EINVAL, 'no such flag');
}

export function packets_are_read_one_by_one(): void {
  begin(O_DIRECT);
  write(fd(1), 10);
  write(fd(1), 10);
  assert(read(fd(0), 4) == 4 && read(fd(0), 99) == 10 && read(fd(0), 99) == -EAGAIN, 'what does not fit is lost');
}
