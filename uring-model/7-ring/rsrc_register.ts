/** Registering files and buffers (io_uring/rsrc.c, io_uring/filetable.c), with the checks in their order. */
import { NONE, RLIMIT_NOFILE } from '../../sim/core';
import { memCharge, userOk } from '../../stack/3-pool';
import {
  EBADF, EBUSY, EFAULT, EINVAL, EMFILE, ENOMEM, ENXIO, EOVERFLOW, io_uring_file_index_range, IO_URING_FILE_INDEX_RANGE_BYTES,
  io_uring_rsrc_register, IO_URING_RSRC_REGISTER_BYTES, io_uring_rsrc_update2, IO_URING_RSRC_UPDATE2_BYTES, IO_URING_RSRC_UPDATE_BYTES,
  iovec, IORING_REGISTER_DST_REPLACE, IORING_REGISTER_FILES_SKIP, IORING_RSRC_REGISTER_SPARSE,
} from '../uapi.gen';
import { fdFile, fileAt, fileGet, FILE_RING } from '../../stack/file';
import {
  bufNode, nodeClone, nodeDrop, NODE_BUFFER, NODE_FILE, nodeAt, nodeNew, nodePut, pagesOf, resetFileSlot, setAllocRange, setFileSlot,
  setSlot, slot, slotsAlloc, tableFree,
} from './rsrc';
import { Ring } from './state';

const IORING_MAX_FIXED_FILES: u32 = 1 << 20;
export const IORING_MAX_REG_BUFFERS: u32 = 1 << 14;
/** Bytes of one registered buffer. */
const SZ_1T: u64 = 1 << 40;

/** Tag i of an array that may not be there; its address was checked. */
function tagAt(tags: u64, i: u32): u64 {
  return tags != 0 ? load<u64>(<usize>tags + (<usize>i << 3)) : 0;
}
function tagOk(tags: u64, i: u32): bool {
  return tags == 0 || userOk(tags + (<u64>i << 3), 8);
}

/** The file of a descriptor that may be registered, with a reference more; NONE for no file, and for rings. */
function fileToRegister(host: u32, fd: i32): u32 {
  const file_idx = fdFile(host, fd);
  if (file_idx == NONE || fileAt(file_idx).kind == FILE_RING) return NONE;
  fileGet(file_idx);
  return file_idx;
}

/** One more file of a new table. 0 or -errno. */
function registerFile(r: Ring, host: u32, fds: u64, tags: u64, i: u32): i32 {
  if (!tagOk(tags, i)) return -EFAULT;
  const at = fds + (<u64>i << 2);
  if (fds != 0 && !userOk(at, 4)) return -EFAULT;
  const fd = fds != 0 ? load<i32>(<usize>at) : -1;
  const tag = tagAt(tags, i);
  if (fd == -1) return tag != 0 ? -EINVAL : 0;
  const file_idx = fileToRegister(host, fd);
  if (file_idx == NONE) return -EBADF;
  return setFileSlot(r, i, file_idx, tag) ? 0 : -ENOMEM;
}

/** io_sqe_files_register. `fds` 0: all slots are empty. */
export function filesRegister(r: Ring, host: u32, fds: u64, nr: u32, tags: u64): i32 {
  if (r.files_nr != 0) return -EBUSY;
  if (nr == 0) return -EINVAL;
  if (nr > IORING_MAX_FIXED_FILES || nr > RLIMIT_NOFILE) return -EMFILE;
  const base = slotsAlloc(nr);
  if (base == NONE) return -ENOMEM;
  r.files_base = base;
  r.files_nr = nr;
  for (let i: u32 = 0; i < nr; i++) {
    const ret = registerFile(r, host, fds, tags, i);
    if (ret == 0) continue;
    clearTags(base, nr);
    filesUnregister(r);
    return ret;
  }
  setAllocRange(r, 0, nr);
  return 0;
}
/** Nobody is told of what never was (io_clear_table_tags). */
function clearTags(base: u32, nr: u32): void {
  for (let i: u32 = 0; i < nr; i++) if (slot(base, i) != NONE) nodeAt(slot(base, i)).tag = 0;
}

/** io_sqe_files_unregister */
export function filesUnregister(r: Ring): i32 {
  if (r.files_nr == 0) return -ENXIO;
  tableFree(r, r.files_base, r.files_nr);
  r.files_nr = 0;
  setAllocRange(r, 0, 0);
  return 0;
}

/** A slot changes (__io_sqe_files_update). 0 or -errno. */
function updateFile(r: Ring, host: u32, i: u32, at: u64, tags: u64, done: u32): i32 {
  if (!tagOk(tags, done) || !userOk(at, 4)) return -EFAULT;
  const fd = load<i32>(<usize>at);
  const tag = tagAt(tags, done);
  if (fd == IORING_REGISTER_FILES_SKIP || fd == -1) {
    if (tag != 0) return -EINVAL;
    if (fd == IORING_REGISTER_FILES_SKIP) return 0;
  }
  if (resetFileSlot(r, i)) r.file_alloc_hint = i;
  if (fd == -1) return 0;
  const file_idx = fileToRegister(host, fd);
  if (file_idx == NONE) return -EBADF;
  return setFileSlot(r, i, file_idx, tag) ? 0 : -ENOMEM;
}

/** Changes slots; how many, or -errno when that is none. */
export function filesUpdate(r: Ring, host: u32, offset: u32, fds: u64, tags: u64, nr: u32): i32 {
  if (offset + nr < offset) return -EOVERFLOW;
  if (r.files_nr == 0) return -ENXIO;
  if (offset + nr > r.files_nr) return -EINVAL;
  for (let done: u32 = 0; done < nr; done++) {
    const ret = updateFile(r, host, offset + done, fds + (<u64>done << 2), tags, done);
    if (ret != 0) return done != 0 ? <i32>done : ret;
  }
  return <i32>nr;
}

/** A node for the buffer of an iovec, which is there: NONE for an empty one; -errno (io_sqe_buffer_register). `addr` 0: an empty one. */
function bufferRegister(r: Ring, addr: u64): i64 {
  if (addr == 0) return <i64>NONE;
  const iov = changetype<iovec>(<usize>addr);
  const base = iov.iov_base;
  const len = iov.iov_len;
  if (<i64>len < 0) return -EINVAL;
  if (base == 0) return len != 0 ? -EFAULT : <i64>NONE;
  if (len == 0) return -EFAULT;
  if (len > SZ_1T) return -EINVAL;
  if (base + ((len + 4095) & ~4095) < base) return -EOVERFLOW;
  const node = nodeNew(NODE_BUFFER);
  if (node == NONE) return -ENOMEM;
  const ok = userOk(base, len);
  if (!ok || !memCharge(r.host, pagesOf(base, len))) {
    nodeDrop(node);
    return ok ? -ENOMEM : -EFAULT;
  }
  nodeAt(node).ubuf = base;
  nodeAt(node).len = len;
  return <i64>node;
}

/** The buffer of an iovec goes to a slot, with its tag. What was in the slot goes. 0 or -errno. */
function putBuffer(r: Ring, i: u32, addr: u64, tags: u64, nth: u32): i32 {
  // The iovec is read first, then its tag, and then it is looked at.
  if (addr != 0 && !userOk(addr, 16)) return -EFAULT;
  if (!tagOk(tags, nth)) return -EFAULT;
  const node = bufferRegister(r, addr);
  if (node < 0) return <i32>node;
  const tag = tagAt(tags, nth);
  if (tag != 0) {
    if (<u32>node == NONE) return -EINVAL;
    nodeAt(<u32>node).tag = tag;
  }
  const old = bufNode(r, i);
  if (old != NONE) nodePut(r, old);
  setSlot(r.bufs_base, i, <u32>node);
  return 0;
}

/** io_sqe_buffers_register. `iovs` 0: all slots are empty. */
export function buffersRegister(r: Ring, iovs: u64, nr: u32, tags: u64): i32 {
  if (r.bufs_nr != 0) return -EBUSY;
  if (nr == 0 || nr > IORING_MAX_REG_BUFFERS) return -EINVAL;
  const base = slotsAlloc(nr);
  if (base == NONE) return -ENOMEM;
  r.bufs_base = base;
  r.bufs_nr = nr;
  for (let i: u32 = 0; i < nr; i++) {
    const ret = putBuffer(r, i, iovs != 0 ? iovs + (<u64>i << 4) : 0, tags, i);
    if (ret == 0) continue;
    clearTags(base, nr);
    buffersUnregister(r);
    return ret;
  }
  return 0;
}

/** io_sqe_buffers_unregister */
export function buffersUnregister(r: Ring): i32 {
  if (r.bufs_nr == 0) return -ENXIO;
  tableFree(r, r.bufs_base, r.bufs_nr);
  r.bufs_nr = 0;
  return 0;
}

/** Changes slots; how many, or -errno when that is none (__io_sqe_buffers_update). */
function buffersUpdate(r: Ring, offset: u32, iovs: u64, tags: u64, nr: u32): i32 {
  if (offset + nr < offset) return -EOVERFLOW;
  if (r.bufs_nr == 0) return -ENXIO;
  if (offset + nr > r.bufs_nr) return -EINVAL;
  for (let done: u32 = 0; done < nr; done++) {
    const ret = putBuffer(r, offset + done, iovs + (<u64>done << 4), tags, done);
    if (ret != 0) return done != 0 ? <i32>done : ret;
  }
  return <i32>nr;
}

/** IORING_REGISTER_FILES_UPDATE (io_register_files_update). */
export function registerFilesUpdate(r: Ring, host: u32, arg: u64, nr: u32): i32 {
  if (nr == 0) return -EINVAL;
  if (!userOk(arg, IO_URING_RSRC_UPDATE_BYTES)) return -EFAULT;
  const up = changetype<io_uring_rsrc_update2>(<usize>arg);
  if (up.resv != 0) return -EINVAL;
  return filesUpdate(r, host, up.offset, up.data, 0, nr);
}

/** IORING_REGISTER_FILES_UPDATE2, IORING_REGISTER_BUFFERS_UPDATE (io_register_rsrc_update). */
export function registerRsrcUpdate(r: Ring, host: u32, arg: u64, size: u32, kind: u8): i32 {
  if (size != IO_URING_RSRC_UPDATE2_BYTES) return -EINVAL;
  if (!userOk(arg, size)) return -EFAULT;
  const up = changetype<io_uring_rsrc_update2>(<usize>arg);
  if (up.nr == 0 || up.resv != 0 || up.resv2 != 0) return -EINVAL;
  if (kind == NODE_FILE) return filesUpdate(r, host, up.offset, up.data, up.tags, up.nr);
  return buffersUpdate(r, up.offset, up.data, up.tags, up.nr);
}

/** IORING_REGISTER_FILES2, IORING_REGISTER_BUFFERS2 (io_register_rsrc). */
export function registerRsrc(r: Ring, host: u32, arg: u64, size: u32, kind: u8): i32 {
  if (size != IO_URING_RSRC_REGISTER_BYTES) return -EINVAL;
  if (!userOk(arg, size)) return -EFAULT;
  const rr = changetype<io_uring_rsrc_register>(<usize>arg);
  if (rr.nr == 0 || rr.resv2 != 0) return -EINVAL;
  if ((rr.flags & ~IORING_RSRC_REGISTER_SPARSE) != 0) return -EINVAL;
  if ((rr.flags & IORING_RSRC_REGISTER_SPARSE) != 0 && rr.data != 0) return -EINVAL;
  if (kind == NODE_FILE) return filesRegister(r, host, rr.data, rr.nr, rr.tags);
  return buffersRegister(r, rr.data, rr.nr, rr.tags);
}

/** IORING_REGISTER_FILE_ALLOC_RANGE (io_register_file_alloc_range). */
export function registerAllocRange(r: Ring, arg: u64): i32 {
  if (!userOk(arg, IO_URING_FILE_INDEX_RANGE_BYTES)) return -EFAULT;
  const range = changetype<io_uring_file_index_range>(<usize>arg);
  const end = range.off + range.len;
  if (end < range.off) return -EOVERFLOW;
  if (range.resv != 0 || end > r.files_nr) return -EINVAL;
  setAllocRange(r, range.off, range.len);
  return 0;
}

/** The checks of a clone, all that do not need the flags (io_clone_buffers). 0 or -errno. */
function checkClone(src: Ring, nr: u32, dst_off: u32, src_off: u32): i32 {
  if (src.bufs_nr == 0) return -ENXIO;
  if (nr > src.bufs_nr || nr > IORING_MAX_REG_BUFFERS) return -EINVAL;
  if (nr + src_off < nr || nr + src_off > src.bufs_nr) return -EOVERFLOW;
  if (nr + dst_off < nr) return -EOVERFLOW;
  return nr + dst_off > IORING_MAX_REG_BUFFERS ? -EINVAL : 0;
}

/** Buffers of one ring become another's too; those around them stay (io_clone_buffers). */
export function cloneBuffers(r: Ring, src: Ring, flags: u32, src_off: u32, dst_off: u32, wanted: u32): i32 {
  if (wanted == 0 && (dst_off != 0 || src_off != 0)) return -EINVAL;
  if (r.bufs_nr != 0 && (flags & IORING_REGISTER_DST_REPLACE) == 0) return -EBUSY;
  const nr = wanted == 0 ? src.bufs_nr : wanted;
  const ret = checkClone(src, nr, dst_off, src_off);
  if (ret != 0) return ret;
  const total = nr + dst_off > r.bufs_nr ? nr + dst_off : r.bufs_nr;
  const base = slotsAlloc(total);
  if (base == NONE) return -ENOMEM;
  for (let i: u32 = 0; i < r.bufs_nr; i++) {
    const node = bufNode(r, i);
    if (node == NONE || (i >= dst_off && i < dst_off + nr)) continue;
    nodeAt(node).refs++;
    setSlot(base, i, node);
  }
  for (let i: u32 = 0; i < nr; i++) {
    const node = bufNode(src, src_off + i);
    if (node == NONE) continue;
    const copy = nodeClone(node);
    if (copy == NONE) {
      tableFree(r, base, total);
      return -ENOMEM;
    }
    setSlot(base, dst_off + i, copy);
  }
  tableFree(r, r.bufs_base, r.bufs_nr);
  r.bufs_base = base;
  r.bufs_nr = total;
  return 0;
}
