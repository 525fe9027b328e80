/** read(2), write(2) and their vectored forms, fcntl(2) (fs/read_write.c, fs/fcntl.c). */
import { NONE } from '../core';
import { userOk } from '../../stack/3-pool';
import { blockFileNew, eventfdFileNew, fileAt, fileRead, fileWrite, pipePairNew } from '../../stack/file';
import { iovTotal, Msg, msgRange, POLLIN, POLLOUT } from '../../stack/6-socket';
import { Task } from '../../uring-model/7-ring';
import { EAGAIN, EBADF, EFAULT, EINVAL, ENOENT, F_GETFL, F_SETFL, O_NONBLOCK } from '../../uring-model/uapi.gen';
import { CALL_MSG, CALL_PAIR } from './call_memory';
import { blocks, fileOf, install, installPair, waitFor } from './call_wait';

const MAX_RW_COUNT: u64 = 0x7ffff000;
export const UIO_MAXIOV: u64 = 1024;

/** Reads into the message. */
function read(t: Task, file_idx: u32, m: Msg): i64 {
  const ret = fileRead(file_idx, m, u64.MAX_VALUE);
  return ret == -EAGAIN && blocks(file_idx) ? waitFor(t, file_idx, POLLIN, true) : ret;
}

/** Writes the message; a blocking write goes on until all of it is written. */
function write(t: Task, file_idx: u32, m: Msg): i64 {
  const total = iovTotal(m.iov, m.iov_count);
  while (true) {
    const ret = fileWrite(file_idx, m, t.call_done, u64.MAX_VALUE);
    if (ret > 0) t.call_done += <u32>ret;
    if (ret < 0 && ret != -EAGAIN) return t.call_done != 0 ? <i64>t.call_done : ret;
    if (<u64>t.call_done >= total) return t.call_done;
    if (!blocks(file_idx)) return t.call_done != 0 ? <i64>t.call_done : -EAGAIN;
    if (ret <= 0) return waitFor(t, file_idx, POLLOUT, true);
  }
}

function one(t: Task, fd: i32, addr: u64, len: u64): u32 {
  msgRange(changetype<Msg>(CALL_MSG), addr, <u32>min<u64>(len, MAX_RW_COUNT), 0);
  return fileOf(t, fd);
}
/** 0 or -errno; the message is made (import_iovec). */
export function vector(m: Msg, iov: u64, count: u64, flags: u32): i32 {
  if (count > UIO_MAXIOV) return -EINVAL;
  if (!userOk(iov, count << 4)) return -EFAULT;
  msgRange(m, 0, 0, flags);
  m.iov = <u32>iov;
  m.iov_count = <u32>count;
  for (let i: u32 = 0; i < m.iov_count; i++) if (<i64>load<u64>(<usize>iov + (<usize>i << 4), 8) < 0) return -EINVAL;
  return 0;
}

export function callRead(t: Task, fd: i32, addr: u64, len: u64): i64 {
  const file_idx = one(t, fd, addr, len);
  return file_idx == NONE ? -EBADF : read(t, file_idx, changetype<Msg>(CALL_MSG));
}
export function callWrite(t: Task, fd: i32, addr: u64, len: u64): i64 {
  const file_idx = one(t, fd, addr, len);
  return file_idx == NONE ? -EBADF : write(t, file_idx, changetype<Msg>(CALL_MSG));
}
export function callReadv(t: Task, fd: i32, iov: u64, count: u64): i64 {
  const file_idx = fileOf(t, fd);
  if (file_idx == NONE) return -EBADF;
  const ret = vector(changetype<Msg>(CALL_MSG), iov, count, 0);
  return ret != 0 ? ret : read(t, file_idx, changetype<Msg>(CALL_MSG));
}
export function callWritev(t: Task, fd: i32, iov: u64, count: u64): i64 {
  const file_idx = fileOf(t, fd);
  if (file_idx == NONE) return -EBADF;
  const ret = vector(changetype<Msg>(CALL_MSG), iov, count, 0);
  return ret != 0 ? ret : write(t, file_idx, changetype<Msg>(CALL_MSG));
}

/** Differs from Linux: of the commands of fcntl(2) there are F_GETFL and F_SETFL, the latter for O_NONBLOCK alone. */
export function callFcntl(t: Task, fd: i32, command: u32, arg: u32): i64 {
  const file_idx = fileOf(t, fd);
  if (file_idx == NONE) return -EBADF;
  const f = fileAt(file_idx);
  if (command == F_GETFL) return f.f_flags;
  if (command != F_SETFL) return -EINVAL;
  f.f_flags = (f.f_flags & ~O_NONBLOCK) | (arg & O_NONBLOCK);
  return 0;
}

export function callPipe(t: Task, out: u64, flags: u32): i64 {
  if (!userOk(out, 8)) return -EFAULT;
  const ret = pipePairNew(t.host, flags, CALL_PAIR);
  return ret != 0 ? ret : installPair(t, load<u32>(CALL_PAIR), load<u32>(CALL_PAIR, 4), out);
}
export function callEventfd(t: Task, count: u32, flags: u32): i64 {
  const ret = eventfdFileNew(t.host, count, flags);
  return ret < 0 ? ret : install(t, <u32>ret);
}

/** openat(2). Differs from Linux: the one file that can be opened is the host's block device, /dev/vda. */
export function callOpen(t: Task, path: u64, flags: u32): i64 {
  if (!userOk(path, PATH_BYTES)) return -EFAULT;
  // "/dev/vda" and its end
  if (load<u64>(<usize>path) != 0x6164762f7665642f || load<u8>(<usize>path, 8) != 0) return -ENOENT;
  const ret = blockFileNew(t.host, flags);
  return ret < 0 ? ret : install(t, <u32>ret);
}
const PATH_BYTES: u32 = 9;
