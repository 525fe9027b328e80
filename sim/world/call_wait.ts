/** What calls on files have in common: finding the file, and what becomes of a call that cannot go on. */
import { fdFile, fileAt } from '../../stack/file';
import { sleepOnFile, Task } from '../../uring-model/7-ring';
import { EINTR, ENOMEM, ERESTARTSYS, O_NONBLOCK } from '../../uring-model/uapi.gen';

/** The file behind a descriptor, or NONE. */
export function fileOf(t: Task, fd: i32): u32 {
  return fdFile(t.idx, fd);
}
/** May calls on the file wait? */
export function blocks(file_idx: u32): bool {
  return (fileAt(file_idx).f_flags & O_NONBLOCK) == 0;
}

/**
 * Nothing can be done now, and the call waits for `events` of the file: -ERESTARTSYS. After a signal it returns what it has done
 * so far, or -EINTR.
 */
export function waitFor(t: Task, file_idx: u32, events: u32, exclusive: bool): i64 {
  if (t.sig_pending != 0) return t.call_done != 0 ? <i64>t.call_done : -EINTR;
  // Differs from Linux: at the limit of wait entries a call that would have to wait fails with -ENOMEM.
  return sleepOnFile(t, file_idx, events, exclusive) ? -ERESTARTSYS : -ENOMEM;
}
