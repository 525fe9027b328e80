/**
 * User memory: one region of linear memory for all tasks, whose addresses are user addresses. Applications, rings and
 * refill rings take pages of it; the kernel gives back what it took for a ring.
 *
 * Differs from Linux: tasks share one address space, so that a wrong address is -EFAULT only outside of all user memory.
 */
import { arenaAlloc, PAGE_SIZE, RING_ADDR } from '../../sim/core';
import { mappingsInit, memCharge, memUncharge, physical, userOk, userPagesInit } from '../../stack/3-pool';
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EOVERFLOW, E2BIG, io_uring_region_desc, IORING_MEM_REGION_TYPE_USER } from '../uapi.gen';
import { ringState } from './state';

/** Free extents: {addr, bytes} behind the stage's state. At the limit memory that comes back is lost. */
const EXTENTS: usize = RING_ADDR + 0x800;
const EXTENTS_MAX: u32 = 255;
/** A wider range than any user address: -EFAULT when it is prepared and not when it is used (access_ok). */
const TASK_SIZE_MAX: u64 = 0x7ffffffff000;

/** Makes the region. Called once while the world is built. */
export function userInit(bytes: u32): void {
  const s = ringState();
  const base = <u32>arenaAlloc(<u64>bytes + PAGE_SIZE);
  s.user_base = (base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  s.user_next = s.user_base;
  s.user_end = s.user_base + (bytes & ~(PAGE_SIZE - 1));
  userPagesInit(s.user_base, s.user_end - s.user_base);
  mappingsInit();
}

/** What tasks have, or had, of it: from here ... */
export function userFirst(): usize {
  return ringState().user_base;
}
/** ... to here. Behind it is nothing that only a task wrote: what is given back there is emptied. */
export function userNext(): usize {
  return ringState().user_next;
}

function extent(i: u32): usize {
  return EXTENTS + (<usize>i << 3);
}

/** Zeroed memory for a task, aligned to a page if it has a page or more and to 64 bytes if not; 0 when there is none. */
export function userAlloc(task: u32, bytes: u32): u32 {
  const s = ringState();
  const align = bytes >= PAGE_SIZE ? PAGE_SIZE : 64;
  const want = (bytes + align - 1) & ~(align - 1);
  for (let i: u32 = 0; i < s.extents; i++) {
    const at = extent(i);
    const addr = load<u32>(at);
    const size = load<u32>(at, 4);
    if (size < want) continue;
    if (size == want) {
      s.extents--;
      store<u64>(at, load<u64>(extent(s.extents)));
    } else {
      if (align == PAGE_SIZE) store<u32>(at, addr + want);
      store<u32>(at, size - want, 4);
    }
    // Less than a page is taken from the end: extents begin at a page.
    const taken = align == PAGE_SIZE ? addr : addr + size - want;
    memory.fill(taken, 0, want);
    return taken;
  }
  const addr = (s.user_next + align - 1) & ~(align - 1);
  if (<u64>addr + want > <u64>s.user_end) return 0;
  s.user_next = addr + want;
  return addr;
}

/** Gives memory back that userAlloc gave out in pages. */
export function userFree(addr: u32, bytes: u32): void {
  const s = ringState();
  const size = (bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  if (addr + size == s.user_next) {
    s.user_next = addr;
    memory.fill(addr, 0, size);
    return;
  }
  for (let i: u32 = 0; i < s.extents; i++) {
    const at = extent(i);
    if (load<u32>(at) + load<u32>(at, 4) == addr) {
      store<u32>(at, load<u32>(at, 4) + size, 4);
      return;
    }
    if (addr + size == load<u32>(at)) {
      store<u32>(at, addr);
      store<u32>(at, load<u32>(at, 4) + size, 4);
      return;
    }
  }
  if (s.extents == EXTENTS_MAX) return;
  const at = extent(s.extents++);
  store<u32>(at, addr);
  store<u32>(at, size, 4);
}

/** Where the bytes at a user's address lie: elsewhere if a page of the kernel is mapped to it. Caches see that. */
export function sysPhysical(addr: u32): u32 {
  return physical(addr);
}

/** May it be user memory (access_ok)? */
export function accessOk(addr: u64, len: u64): bool {
  return addr <= TASK_SIZE_MAX && len <= TASK_SIZE_MAX - addr;
}

/** Pages of a region that count against RLIMIT_MEMLOCK: what the kernel allocates is rounded up to a power of two. */
function regionPages(bytes: u64, user_provided: bool): u64 {
  const pages = bytes >> 12;
  return user_provided || pages <= 1 ? pages : (<u64>1) << (64 - clz<u64>(pages - 1));
}

/**
 * Memory that kernel and user space share (io_uring/memmap.c: io_create_region): the user's own, or new. Returns its
 * address or -errno; writes the offset to map it by.
 */
export function regionCreate(host: u32, desc: u32, mmap_offset: u64): i64 {
  const rd = changetype<io_uring_region_desc>(<usize>desc);
  for (let i: usize = 32; i < 64; i += 8) if (load<u64>(<usize>desc + i) != 0) return -EINVAL;
  if ((rd.flags & ~IORING_MEM_REGION_TYPE_USER) != 0) return -EINVAL;
  const user_addr = rd.user_addr;
  const user_provided = user_addr != 0;
  if (((rd.flags & IORING_MEM_REGION_TYPE_USER) != 0) != user_provided) return -EFAULT;
  if (rd.size == 0 || rd.mmap_offset != 0 || rd.id != 0) return -EINVAL;
  if (rd.size >> 12 > <u64>i32.MAX_VALUE) return -E2BIG;
  if (((user_addr | rd.size) & (<u64>PAGE_SIZE - 1)) != 0) return -EINVAL;
  if (user_addr + rd.size < user_addr) return -EOVERFLOW;
  const pages = regionPages(rd.size, user_provided);
  if (!memCharge(host, pages)) return -ENOMEM;
  let addr = user_provided && userOk(user_addr, rd.size) ? <u32>user_addr : 0;
  const s = ringState();
  if (!user_provided && rd.size <= <u64>(s.user_end - s.user_base)) addr = userAlloc(0, <u32>rd.size);
  if (addr == 0) {
    memUncharge(host, pages);
    return user_provided ? -EFAULT : -ENOMEM;
  }
  if (!user_provided) rd.mmap_offset = mmap_offset;
  return <i64>addr;
}
/** io_free_region. Differs from Linux: the memory is used again even while user space still has it mapped. */
export function regionFree(host: u32, addr: u32, bytes: u32, user_provided: u32): void {
  memUncharge(host, regionPages(bytes, user_provided != 0));
  if (user_provided == 0) userFree(addr, bytes);
}
