/** epoll_create1(2), epoll_ctl(2), epoll_pwait(2) (fs/eventpoll.c). Signal masks are not looked at. */
import { NONE, now } from '../core';
import { userOk } from '../../stack/3-pool';
import { epollCheck, epollCtl, epollNew, epollSendEvents, epollWaitHead, EPOLL_CTL_DEL, fileAt } from '../../stack/file';
import { POLLIN } from '../../stack/6-socket';
import { NEVER, sleepOn, Task } from '../../uring-model/7-ring';
import { EBADF, EFAULT, EINTR, EINVAL, ENOMEM, ERESTARTSYS, SOCK_CLOEXEC } from '../../uring-model/uapi.gen';
import { sleepUntil } from './call_time';
import { fileOf, install } from './call_wait';

/** struct epoll_event, packed: events, data. */
const EPOLL_EVENT_BYTES: u32 = 12;
const MS: u64 = 1000000;

export function callEpollCreate(t: Task, flags: u32): i64 {
  if ((flags & ~SOCK_CLOEXEC) != 0) return -EINVAL;
  const ret = epollNew(t.host);
  return ret < 0 ? ret : install(t, <u32>ret);
}

export function callEpollCtl(t: Task, epfd: i32, op: u32, fd: i32, event: u64): i64 {
  let events: u32 = 0;
  let data: u64 = 0;
  if (op != EPOLL_CTL_DEL) {
    if (!userOk(event, EPOLL_EVENT_BYTES)) return -EFAULT;
    events = load<u32>(<usize>event);
    data = load<u64>(<usize>event, 4);
  }
  const epoll_file = fileOf(t, epfd);
  const file_idx = fileOf(t, fd);
  if (epoll_file == NONE || file_idx == NONE) return -EBADF;
  return epollCtl(epoll_file, op, file_idx, fd, events, data);
}

/** `timeout` in milliseconds; below 0: as long as it takes. */
export function callEpollWait(t: Task, epfd: i32, events: u64, most: i32, timeout: i32): i64 {
  const file_idx = fileOf(t, epfd);
  if (file_idx == NONE) return -EBADF;
  const bad = epollCheck(file_idx, events, most);
  if (bad != 0) return bad;
  const ret = epollSendEvents(file_idx, events, most);
  if (ret != 0 || timeout == 0) return ret;
  if (t.deadline_ns == 0) t.deadline_ns = timeout < 0 ? NEVER : now() + <u64>timeout * MS;
  if (now() >= t.deadline_ns) return 0;
  if (t.sig_pending != 0) return -EINTR;
  if (!sleepOn(t, epollWaitHead(fileAt(file_idx).obj), POLLIN, true)) return -ENOMEM;
  sleepUntil(t, t.deadline_ns);
  return -ERESTARTSYS;
}
