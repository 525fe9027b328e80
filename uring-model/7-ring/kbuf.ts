/**
 * Provided buffers: rings of buffers that receives pick from (io_uring/kbuf.c).
 *
 *     struct io_uring_buf_ring:  entries of { addr u64, len u32, bid u16, resv u16 }; the tail is the resv of entry 0
 *
 * Differs from Linux: the older IORING_OP_PROVIDE_BUFFERS is not there, and neither are bundles.
 */
import { arenaAlloc, NONE, PAGE_SIZE, PBUF_GROUPS_MAX } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import {
  EEXIST, EFAULT, EINVAL, ENOBUFS, ENOENT, ENOMEM, io_uring_buf, io_uring_buf_reg, IO_URING_BUF_BYTES, IO_URING_BUF_REG_BYTES,
  io_uring_buf_status, IO_URING_BUF_STATUS_BYTES, io_uring_region_desc, IO_URING_REGION_DESC_BYTES, IORING_CQE_BUFFER_SHIFT,
  IORING_CQE_F_BUF_MORE, IORING_CQE_F_BUFFER, IORING_MEM_REGION_TYPE_USER, IORING_OFF_PBUF_SHIFT, IOU_PBUF_RING_INC, IOU_PBUF_RING_MMAP,
} from '../uapi.gen';
import { Req, REQ_F_BL_EMPTY, REQ_F_BUF_MORE, REQ_F_BUFFER_RING, REQ_F_BUFFERS_COMMIT } from './request';
import { ringState } from './state';
import { accessOk, regionCreate, regionFree } from './user_memory';

@unmanaged
export class Group {
  /** Ring that has it, or NONE. */
  ring: u32;
  bgid: u32;
  /** Address of the buffer ring. */
  bufs: u32;
  mask: u32;
  head: u32;
  inc: u32;
  /** min_left - 1, as the kernel keeps it; 0 without. */
  min_left_sub_one: u32;
  bytes: u32;
  user_provided: u32;
  unused: u32;
  // Scratch for regionCreate: struct io_uring_region_desc
  desc0: u64;
  desc1: u64;
  desc2: u64;
  desc3: u64;
  desc4: u64;
  desc5: u64;
  desc6: u64;
  desc7: u64;
}
const GROUP_BYTES: usize = 104;

export function groupsInit(): void {
  assert(offsetof<Group>() <= GROUP_BYTES, 'GROUP_BYTES is too small');
  ringState().groups_base = <u32>arenaAlloc(<u64>PBUF_GROUPS_MAX * GROUP_BYTES);
  for (let i: u32 = 0; i < PBUF_GROUPS_MAX; i++) groupAt(i).ring = NONE;
}
export function groupAt(i: u32): Group {
  return changetype<Group>(<usize>ringState().groups_base + <usize>i * GROUP_BYTES);
}

/** A ring's group, or NONE. */
export function groupFind(ring: u32, bgid: u32): u32 {
  for (let i: u32 = 0; i < PBUF_GROUPS_MAX; i++) {
    const g = groupAt(i);
    if (g.ring == ring && g.bgid == bgid) return i;
  }
  return NONE;
}

function bufAt(g: Group, at: u32): io_uring_buf {
  return changetype<io_uring_buf>(<usize>(g.bufs + (at & g.mask) * IO_URING_BUF_BYTES));
}

/**
 * Takes a look at the next buffer for a receive (io_ring_buffer_select). Sets Req.buf, and Req.len to what fits. 0, or
 * -ENOBUFS. The buffer is used up only by kbufPut.
 */
export function kbufSelect(req: Req, group: u32): i32 {
  if (group == NONE) return -ENOBUFS;
  const g = groupAt(group);
  const head = g.head & 0xffff;
  const tail = <u32>bufAt(g, 0).resv;
  if (tail == head) return -ENOBUFS;
  if (((head + 1) & 0xffff) == tail) req.flags |= REQ_F_BL_EMPTY;
  const buf = bufAt(g, head);
  const len = buf.len;
  if (req.len == 0 || req.len > len) req.len = len;
  req.buf = buf.addr;
  if (!accessOk(req.buf, req.len)) return -ENOBUFS;
  req.flags |= REQ_F_BUFFER_RING | REQ_F_BUFFERS_COMMIT;
  req.buf_index = buf.bid;
  return 0;
}

/** The receive found nothing: the buffer stays where it is (io_kbuf_recycle). */
export function kbufRecycle(req: Req): void {
  req.flags &= ~(REQ_F_BUFFER_RING | REQ_F_BUFFERS_COMMIT);
}

/** Uses up what was received into the buffer. False: an incremental buffer has room left (io_kbuf_commit). */
function kbufCommit(req: Req, g: Group, len: i32): bool {
  if ((req.flags & REQ_F_BUFFERS_COMMIT) == 0) return true;
  req.flags &= ~REQ_F_BUFFERS_COMMIT;
  if (len < 0) return true;
  if (g.inc == 0) {
    g.head++;
    return true;
  }
  if (len == 0) return false;
  let left = <u32>len;
  while (left != 0) {
    const buf = bufAt(g, g.head);
    const buf_len = buf.len;
    const part = left < buf_len ? left : buf_len;
    if (buf_len - part > g.min_left_sub_one || part == 0) {
      buf.addr = buf.addr + part;
      buf.len = buf_len - part;
      return false;
    }
    buf.len = 0;
    g.head++;
    left -= part;
  }
  return true;
}

/** Completion flags for the buffer that a receive used (io_put_kbuf); 0 when it used none. */
export function kbufPut(req: Req, group: u32, len: i32): u32 {
  if ((req.flags & REQ_F_BUFFER_RING) == 0) return 0;
  let cflags = IORING_CQE_F_BUFFER | ((<u32>req.buf_index) << IORING_CQE_BUFFER_SHIFT);
  let done = group == NONE || kbufCommit(req, groupAt(group), len);
  if ((req.flags & REQ_F_BUF_MORE) != 0) done = false;
  req.flags &= ~(REQ_F_BUFFER_RING | REQ_F_BUF_MORE);
  if (!done) cflags |= IORING_CQE_F_BUF_MORE;
  return cflags;
}

function resvIsZero(at: usize, bytes: usize): bool {
  for (let i: usize = 0; i < bytes; i += 4) if (load<u32>(at + i) != 0) return false;
  return true;
}

/** IORING_REGISTER_PBUF_RING (io_register_pbuf_ring) */
export function registerPbufRing(ring: u32, arg: u64): i32 {
  if (!userOk(arg, IO_URING_BUF_REG_BYTES)) return -EFAULT;
  const reg = changetype<io_uring_buf_reg>(<usize>arg);
  const flags = <u32>reg.flags;
  if (!resvIsZero(<usize>arg + 20, 20)) return -EINVAL;
  if ((flags & ~(IOU_PBUF_RING_MMAP | IOU_PBUF_RING_INC)) != 0) return -EINVAL;
  if (popcnt<u32>(reg.ring_entries) != 1 || reg.ring_entries >= 65536) return -EINVAL;
  if ((flags & IOU_PBUF_RING_INC) == 0 && reg.min_left != 0) return -EINVAL;
  if (groupFind(ring, reg.bgid) != NONE) return -EEXIST;
  const idx = groupFreeSlot();
  if (idx == NONE) return -ENOMEM;
  const g = groupAt(idx);
  const desc = changetype<usize>(g) + offsetof<Group>('desc0');
  memory.fill(desc, 0, IO_URING_REGION_DESC_BYTES);
  const rd = changetype<io_uring_region_desc>(desc);
  g.bytes = (reg.ring_entries * IO_URING_BUF_BYTES + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  rd.size = g.bytes;
  g.user_provided = 0;
  if ((flags & IOU_PBUF_RING_MMAP) == 0) {
    rd.user_addr = reg.ring_addr;
    rd.flags = IORING_MEM_REGION_TYPE_USER;
    g.user_provided = 1;
  }
  const ret = regionCreate(<u32>desc, <u64>reg.bgid << IORING_OFF_PBUF_SHIFT);
  if (ret < 0) return <i32>ret;
  g.ring = ring;
  g.bgid = reg.bgid;
  g.bufs = <u32>ret;
  g.mask = reg.ring_entries - 1;
  g.head = 0;
  g.inc = flags & IOU_PBUF_RING_INC;
  g.min_left_sub_one = reg.min_left != 0 ? reg.min_left - 1 : 0;
  return 0;
}

function groupFreeSlot(): u32 {
  for (let i: u32 = 0; i < PBUF_GROUPS_MAX; i++) if (groupAt(i).ring == NONE) return i;
  return NONE;
}

function groupFree(g: Group): void {
  regionFree(g.bufs, g.bytes, g.user_provided);
  g.ring = NONE;
}

/** IORING_UNREGISTER_PBUF_RING (io_unregister_pbuf_ring) */
export function unregisterPbufRing(ring: u32, arg: u64): i32 {
  if (!userOk(arg, IO_URING_BUF_REG_BYTES)) return -EFAULT;
  const reg = changetype<io_uring_buf_reg>(<usize>arg);
  if (!resvIsZero(<usize>arg + 20, 20) || reg.flags != 0) return -EINVAL;
  const idx = groupFind(ring, reg.bgid);
  if (idx == NONE) return -ENOENT;
  groupFree(groupAt(idx));
  return 0;
}

/** IORING_REGISTER_PBUF_STATUS (io_register_pbuf_status) */
export function pbufStatus(ring: u32, arg: u64): i32 {
  if (!userOk(arg, IO_URING_BUF_STATUS_BYTES)) return -EFAULT;
  const status = changetype<io_uring_buf_status>(<usize>arg);
  if (!resvIsZero(<usize>arg + 8, 32)) return -EINVAL;
  const idx = groupFind(ring, status.buf_group);
  if (idx == NONE) return -ENOENT;
  status.head = groupAt(idx).head & 0xffff;
  return 0;
}

/** The ring has gone (io_destroy_buffers). */
export function groupsRelease(ring: u32): void {
  for (let i: u32 = 0; i < PBUF_GROUPS_MAX; i++) {
    const g = groupAt(i);
    if (g.ring == ring) groupFree(g);
  }
}
