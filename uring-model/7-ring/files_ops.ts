/** Requests that change the registered files: FILES_UPDATE (io_uring/rsrc.c) and FIXED_FD_INSTALL (io_uring/openclose.c). */
import { NONE } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import {
  EBADF, EFAULT, EINVAL, EMFILE, ENXIO, EPERM, io_uring_sqe, IORING_FILE_INDEX_ALLOC, IORING_FIXED_FD_NO_CLOEXEC, IOSQE_BUFFER_SELECT,
  IOSQE_FIXED_FILE,
} from '../uapi.gen';
import { fdFile, fdFree, fdInstall, fileGet } from '../../stack/file';
import { finish } from './net';
import { Req } from './request';
import { fixedFdInstall, fixedFdRemove } from './rsrc';
import { filesUpdate } from './rsrc_register';
import { ringAt } from './state';
import { taskAt } from './task';

export function filesUpdatePrep(req: Req, sqe: io_uring_sqe): i32 {
  if ((req.flags & (IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT)) != 0) return -EINVAL;
  if (sqe.rw_flags != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  req.op_flags = <u32>sqe.off; // the first slot
  req.len = sqe.len;
  if (req.len == 0) return -EINVAL;
  req.buf = sqe.addr;
  return 0;
}

export function filesUpdateIssue(req: Req): i32 {
  const r = ringAt(req.ring);
  const host = taskAt(req.task).host;
  if (req.op_flags == IORING_FILE_INDEX_ALLOC) return finish(req, installAll(req, host));
  return finish(req, filesUpdate(r, host, req.op_flags, req.buf, 0, req.len));
}

/** Each descriptor goes to a free slot, whose number takes its place (io_files_update_with_index_alloc). */
function installAll(req: Req, host: u32): i32 {
  const r = ringAt(req.ring);
  if (r.files_nr == 0) return -ENXIO;
  for (let done: u32 = 0; done < req.len; done++) {
    const at = req.buf + (<u64>done << 2);
    let ret: i32 = -EFAULT;
    if (userOk(at, 4)) {
      const file_idx = fdFile(host, load<i32>(<usize>at));
      if (file_idx == NONE) ret = -EBADF;
      else {
        fileGet(file_idx);
        ret = fixedFdInstall(r, file_idx, IORING_FILE_INDEX_ALLOC);
      }
    }
    if (ret < 0) return done != 0 ? <i32>done : ret;
    store<i32>(<usize>at, ret);
  }
  return <i32>req.len;
}

export function fixedInstallPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.off != 0 || sqe.addr != 0 || sqe.len != 0 || sqe.buf_index != 0 || sqe.splice_fd_in != 0 || sqe.addr3 != 0) return -EINVAL;
  if ((req.flags & IOSQE_FIXED_FILE) == 0) return -EBADF;
  if ((sqe.install_fd_flags & ~IORING_FIXED_FD_NO_CLOEXEC) != 0) return -EINVAL;
  return req.personality != 0 ? -EPERM : 0;
}

/** A registered file gets a descriptor too. */
export function fixedInstallIssue(req: Req): i32 {
  const host = taskAt(req.task).host;
  if (!fdFree(host)) return finish(req, -EMFILE);
  fileGet(req.file);
  return finish(req, <i32>fdInstall(host, req.file));
}

/** CLOSE of a slot, numbered from 1. */
export function closeFixed(req: Req, file_slot: u32): i32 {
  return fixedFdRemove(ringAt(req.ring), file_slot - 1);
}
