/** What calls on files have in common: finding the file, and what becomes of a call that cannot go on. */
import { NONE } from '../core';
import { fdFile, fdInstall, fileAt, filePoll, filePut, FILE_SOCKET, isDatagram, isSocket } from '../../stack/file';
import { POLLIN, POLLRDHUP } from '../../stack/6-socket';
import { sleepOnFile, Task } from '../../uring-model/7-ring';
import { zcrxSockReset } from '../../uring-model/9-refill';
import { EINTR, EMFILE, ENOMEM, ERESTARTSYS, O_NONBLOCK } from '../../uring-model/uapi.gen';

/** The file behind a descriptor, or NONE. */
export function fileOf(t: Task, fd: i32): u32 {
  return fdFile(t.idx, fd);
}
/** A new file gets a descriptor: it, or -EMFILE. */
export function install(t: Task, file_idx: u32): i64 {
  if (fileAt(file_idx).kind == FILE_SOCKET) zcrxSockReset(fileAt(file_idx).obj);
  const fd = fdInstall(t.idx, file_idx);
  if (fd != NONE) return fd;
  filePut(file_idx);
  return -EMFILE;
}
/** Two new files get descriptors, which are written to user memory: 0 or -errno. */
export function installPair(t: Task, a: u32, b: u32, out: u64): i64 {
  const fd = install(t, a);
  const fd2 = fd < 0 ? fd : install(t, b);
  if (fd < 0) filePut(b);
  if (fd2 < 0) return fd2;
  store<u32>(<usize>out, <u32>fd);
  store<u32>(<usize>out, <u32>fd2, 4);
  return 0;
}
/** May calls on the file wait? */
export function blocks(file_idx: u32): bool {
  return (fileAt(file_idx).f_flags & O_NONBLOCK) == 0;
}

/** A read of datagrams from a socket that is shut for reading would wait for ever: it has read nothing (__skb_wait_for_more_packets). */
function endsInsteadOfWaiting(file_idx: u32, events: u32): bool {
  if ((events & POLLIN) == 0 || !isSocket(file_idx) || !isDatagram(file_idx)) return false;
  return (filePoll(file_idx) & POLLRDHUP) != 0;
}

/**
 * Nothing can be done now, and the call waits for `events` of the file: -ERESTARTSYS. After a signal it returns what it has done
 * so far, or -EINTR.
 */
export function waitFor(t: Task, file_idx: u32, events: u32, exclusive: bool): i64 {
  if (endsInsteadOfWaiting(file_idx, events)) return 0;
  if (t.sig_pending != 0) return t.call_done != 0 ? <i64>t.call_done : -EINTR;
  // Differs from Linux: at the limit of wait entries a call that would have to wait fails with -ENOMEM.
  if (!sleepOnFile(t, file_idx, events, exclusive)) return -ENOMEM;
  // What the call itself sent over the loopback device may have been answered before it began to wait: then it looks once more.
  if (t.call_looked != t.call_done + 1 && (filePoll(file_idx) & events) != 0) {
    t.call_looked = t.call_done + 1;
    t.call_woken = 1;
  }
  return -ERESTARTSYS;
}
