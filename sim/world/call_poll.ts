/** poll(2) (fs/select.c: do_poll). */
import { NONE, now } from '../core';
import { userOk } from '../../stack/3-pool';
import { filePoll } from '../../stack/file';
import { POLLERR, POLLHUP } from '../../stack/6-socket';
import { NEVER, sleepOnFile, Task } from '../../uring-model/7-ring';
import { EFAULT, EINTR, EINVAL, ENOMEM, ERESTARTSYS, POLLNVAL } from '../../uring-model/uapi.gen';
import { sleepUntil } from './call_time';
import { fileOf } from './call_wait';

/** struct pollfd: fd, events, revents. */
const POLLFD_BYTES: usize = 8;
const FDS_MAX: u32 = 1024;
const MS: u64 = 1000000;

function look(t: Task, fds: usize, count: u32): u32 {
  let ready: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at = fds + <usize>i * POLLFD_BYTES;
    const fd = load<i32>(at);
    let mask: u32 = 0;
    if (fd >= 0) {
      const file_idx = fileOf(t, fd);
      const events = <u32>load<u16>(at, 4) | POLLERR | POLLHUP;
      mask = file_idx == NONE ? POLLNVAL : filePoll(file_idx) & events;
    }
    store<u16>(at, <u16>mask, 6);
    if (mask != 0) ready++;
  }
  return ready;
}

/** `timeout` in milliseconds; below 0: as long as it takes. */
export function callPoll(t: Task, fds: u64, count: u32, timeout: i32): i64 {
  if (count > FDS_MAX) return -EINVAL;
  if (!userOk(fds, <u64>count * POLLFD_BYTES)) return -EFAULT;
  const ready = look(t, <usize>fds, count);
  if (ready != 0 || timeout == 0) return ready;
  if (t.deadline_ns == 0) t.deadline_ns = timeout < 0 ? NEVER : now() + <u64>timeout * MS;
  if (now() >= t.deadline_ns) return 0;
  if (t.sig_pending != 0) return -EINTR;
  for (let i: u32 = 0; i < count; i++) {
    const at = <usize>fds + <usize>i * POLLFD_BYTES;
    const fd = load<i32>(at);
    if (fd < 0) continue;
    if (!sleepOnFile(t, fileOf(t, fd), <u32>load<u16>(at, 4) | POLLERR | POLLHUP, false)) return -ENOMEM;
  }
  sleepUntil(t, t.deadline_ns);
  return -ERESTARTSYS;
}
