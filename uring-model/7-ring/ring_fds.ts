/** Ring descriptors that a task has registered, so that it can name its rings without the table (io_uring/tctx.c). */
import { arenaAlloc, NONE } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { fdFile, fileAt, fileGet, filePut, FILE_RING } from '../../stack/file';
import {
  EBADF, EBUSY, EFAULT, EINVAL, EOPNOTSUPP, io_uring_rsrc_update, IO_URING_RSRC_UPDATE_BYTES,
} from '../uapi.gen';
import { ringState } from './state';
import { taskAt, TASKS_MAX } from './task';

export const IO_RINGFD_REG_MAX: u32 = 16;

export function ringFdsInit(): void {
  const bytes = TASKS_MAX * IO_RINGFD_REG_MAX * 4;
  ringState().ring_fds_base = <u32>arenaAlloc(bytes);
  memory.fill(<usize>ringState().ring_fds_base, 0xff, bytes);
}
function slotAt(task: u32, i: u32): usize {
  return <usize>ringState().ring_fds_base + (<usize>(task * IO_RINGFD_REG_MAX + i) << 2);
}

/** The file behind a number, which is a descriptor or a registered ring: -errno if it is no ring (io_uring_ctx_get_file). */
export function ringFile(task: u32, fd: i32, registered: bool): i32 {
  if (registered && <u32>fd >= IO_RINGFD_REG_MAX) return -EINVAL;
  const file_idx = registered ? load<u32>(slotAt(task, <u32>fd)) : fdFile(taskAt(task).host, fd);
  if (file_idx == NONE) return -EBADF;
  return fileAt(file_idx).kind == FILE_RING ? <i32>file_idx : -EOPNOTSUPP;
}
/** Ring behind such a number: its index, or -errno. */
export function ringOfFd(task: u32, fd: i32, registered: bool): i32 {
  const file_idx = ringFile(task, fd, registered);
  return file_idx < 0 ? file_idx : <i32>fileAt(<u32>file_idx).obj;
}

/** Puts a file, whose reference it takes over, into the first free slot of [start, end): its number, or -EBUSY and no file. */
export function addRegisteredFile(task: u32, file_idx: u32, start: u32, end: u32): i32 {
  for (let i = start; i < end; i++) {
    if (load<u32>(slotAt(task, i)) != NONE) continue;
    store<u32>(slotAt(task, i), file_idx);
    return <i32>i;
  }
  filePut(file_idx);
  return -EBUSY;
}

/** One row. 0 or -errno. */
function registerOne(task: u32, at: u64): i32 {
  if (!userOk(at, IO_URING_RSRC_UPDATE_BYTES)) return -EFAULT;
  const reg = changetype<io_uring_rsrc_update>(<usize>at);
  if (reg.resv != 0) return -EINVAL;
  const any = reg.offset == 0xffffffff;
  if (!any && reg.offset >= IO_RINGFD_REG_MAX) return -EINVAL;
  const file_idx = ringFile(task, <i32>reg.data, false);
  if (file_idx < 0) return file_idx;
  fileGet(<u32>file_idx);
  const ret = addRegisteredFile(task, <u32>file_idx, any ? 0 : reg.offset, any ? IO_RINGFD_REG_MAX : reg.offset + 1);
  if (ret < 0) return ret;
  reg.offset = <u32>ret;
  return 0;
}
function unregisterOne(task: u32, at: u64): i32 {
  if (!userOk(at, IO_URING_RSRC_UPDATE_BYTES)) return -EFAULT;
  const reg = changetype<io_uring_rsrc_update>(<usize>at);
  if (reg.resv != 0 || reg.data != 0 || reg.offset >= IO_RINGFD_REG_MAX) return -EINVAL;
  const file_idx = load<u32>(slotAt(task, reg.offset));
  if (file_idx == NONE) return 0;
  store<u32>(slotAt(task, reg.offset), NONE);
  filePut(file_idx);
  return 0;
}

/** IORING_REGISTER_RING_FDS and its opposite: how many rows, or -errno when that is none. */
export function registerRingFds(task: u32, arg: u64, nr: u32, remove: bool): i32 {
  if (nr == 0 || nr > IO_RINGFD_REG_MAX) return -EINVAL;
  for (let i: u32 = 0; i < nr; i++) {
    const at = arg + <u64>(i * IO_URING_RSRC_UPDATE_BYTES);
    const ret = remove ? unregisterOne(task, at) : registerOne(task, at);
    if (ret != 0) return i != 0 ? <i32>i : ret;
  }
  return <i32>nr;
}
