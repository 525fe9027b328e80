/** mmap(2), munmap(2), madvise(2) and getsockopt(2) of TCP_ZEROCOPY_RECEIVE: memory of the kernel's that user space sees. */
import { NONE, PAGE_SIZE } from '../core';
import { pagesUnmap, userOk, vmaAdd, vmaEnd, vmaRemove } from '../../stack/3-pool';
import { fileAt, fileGet, filePut, FILE_RING, FILE_SOCKET, socketGetsockopt } from '../../stack/file';
import { sysMmap, Task, userAlloc, userFree } from '../../uring-model/7-ring';
import {
  EBADF, EFAULT, EINVAL, ENODEV, ENOMEM, EPERM, MADV_DONTNEED, PROT_READ, TCP_ZEROCOPY_RECEIVE,
} from '../../uring-model/uapi.gen';
import { CALL_VALUE } from './call_memory';
import { fileOf } from './call_wait';

const PAGE_MASK: u64 = PAGE_SIZE - 1;
const ZC_BYTES: u32 = 64;
const SOL_TCP: u32 = 6;

function pages(len: u64): u64 {
  return (len + PAGE_MASK) & ~PAGE_MASK;
}

/** tcp_mmap, or the memory of a ring. Differs from Linux: the address is never the caller's choice, and other files cannot be mapped. */
export function callMmap(t: Task, len: u64, prot: u32, fd: i32, offset: u64): i64 {
  const file_idx = fileOf(t, fd);
  if (file_idx == NONE) return -EBADF;
  const kind = fileAt(file_idx).kind;
  if (kind == FILE_RING) return sysMmap(t.idx, <u32>fd, offset, <u32>len);
  if (kind != FILE_SOCKET) return -ENODEV;
  if (len == 0) return -EINVAL;
  if ((prot & ~PROT_READ) != 0) return -EPERM;
  const bytes = pages(len);
  const addr = bytes > <u64>i32.MAX_VALUE ? 0 : userAlloc(t.idx, <u32>bytes);
  if (addr == 0) return -ENOMEM;
  if (vmaAdd(t.host, addr, <u32>bytes, file_idx)) {
    fileGet(file_idx);
    return addr;
  }
  userFree(addr, <u32>bytes);
  return -ENOMEM;
}

/** Differs from Linux: only whole areas of sockets are unmapped; whatever else there is stays. */
export function callMunmap(t: Task, addr: u64, len: u64): i64 {
  if ((addr & PAGE_MASK) != 0 || len == 0) return -EINVAL;
  const file_idx = vmaRemove(t.host, addr, pages(len));
  if (file_idx == NONE) return -EINVAL;
  userFree(<u32>addr, <u32>pages(len));
  filePut(file_idx);
  return 0;
}

/** Differs from Linux: the only advice that is taken is MADV_DONTNEED, for areas of sockets. */
export function callMadvise(t: Task, addr: u64, len: u64, advice: u32): i64 {
  if ((addr & PAGE_MASK) != 0 || advice != MADV_DONTNEED) return -EINVAL;
  const end = vmaEnd(t.host, addr);
  if (end == 0 || pages(len) > <u64>end - addr) return -ENOMEM;
  pagesUnmap(<u32>addr, <u32>pages(len));
  return 0;
}

export function isZerocopyReceive(level: u32, name: u32): bool {
  return level == SOL_TCP && name == TCP_ZEROCOPY_RECEIVE;
}
/** The struct is read and written; a longer one of the future must have zeros where this kernel has nothing. */
export function callZerocopyReceive(file_idx: u32, addr: u64, len_addr: u64, room: u32): i64 {
  if (!userOk(addr, room)) return -EFAULT;
  for (let i = ZC_BYTES; i < room; i++) if (load<u8>(<usize>addr + i) != 0) return -EINVAL;
  const len = min(room, ZC_BYTES);
  memory.fill(CALL_VALUE, 0, ZC_BYTES);
  memory.copy(CALL_VALUE, <usize>addr, len);
  const ret = socketGetsockopt(file_idx, SOL_TCP, TCP_ZEROCOPY_RECEIVE, CALL_VALUE, len);
  if (ret < 0) return ret;
  memory.copy(<usize>addr, CALL_VALUE, len);
  store<u32>(<usize>len_addr, len);
  return 0;
}
