/** Files that are no sockets come to be: pipes, eventfds, the block device. */
import { NONE } from '../../sim/core';
import { EINVAL, ENFILE, O_NONBLOCK, SOCK_CLOEXEC } from '../../uring-model/uapi.gen';
import { eventfdNew, eventfdRelease, EFD_SEMAPHORE } from './eventfd';
import { O_DIRECT } from './flags';
import { filePut } from './kinds';
import { pipeNew, pipeRelease } from './pipe';
import { fileNew, FILE_BLOCK, FILE_EVENTFD, FILE_PIPE_READ, FILE_PIPE_WRITE } from './table';

/** O_CLOEXEC is SOCK_CLOEXEC. */
const O_CLOEXEC: u32 = SOCK_CLOEXEC;

/** pipe2(): 0 and two files at `out`, the reader first; or -errno. */
export function pipePairNew(host: u32, flags: u32, out: usize): i32 {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0) return -EINVAL;
  const idx = pipeNew();
  if (idx == NONE) return -ENFILE;
  const r = fileNew(FILE_PIPE_READ, host, idx, flags & O_NONBLOCK);
  const w = r == NONE ? NONE : fileNew(FILE_PIPE_WRITE, host, idx, flags & (O_NONBLOCK | O_DIRECT));
  if (w == NONE) {
    if (r != NONE) filePut(r);
    else pipeRelease(idx, false);
    pipeRelease(idx, true);
    return -ENFILE;
  }
  store<u32>(out, r);
  store<u32>(out, w, 4);
  return 0;
}

/** eventfd2(): a file, or -errno. */
export function eventfdFileNew(host: u32, count: u32, flags: u32): i32 {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE)) != 0) return -EINVAL;
  const idx = eventfdNew(count, (flags & EFD_SEMAPHORE) != 0);
  if (idx == NONE) return -ENFILE;
  const file_idx = fileNew(FILE_EVENTFD, host, idx, flags & O_NONBLOCK);
  if (file_idx != NONE) return <i32>file_idx;
  eventfdRelease(idx);
  return -ENFILE;
}

/** The block device, opened: a file, or -errno. */
export function blockFileNew(host: u32, flags: u32): i32 {
  const file_idx = fileNew(FILE_BLOCK, host, 0, flags & (O_NONBLOCK | O_DIRECT));
  return file_idx == NONE ? -ENFILE : <i32>file_idx;
}
