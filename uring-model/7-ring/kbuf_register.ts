/** Groups of provided buffers come and go (io_uring/kbuf.c: io_register_pbuf_ring and below). */
import { behaves, BEHAVES_PBUF_MIN_LEFT, NONE, PAGE_SIZE, slabPut, slabTake } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import {
  EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM, io_uring_buf_reg, IO_URING_BUF_BYTES, IO_URING_BUF_REG_BYTES, io_uring_buf_status,
  IO_URING_BUF_STATUS_BYTES, io_uring_region_desc, IO_URING_REGION_DESC_BYTES, IORING_MEM_REGION_TYPE_USER, IORING_OFF_PBUF_SHIFT,
  IOU_PBUF_RING_INC, IOU_PBUF_RING_MMAP,
} from '../uapi.gen';
import { Group, groupAt, groupFind, IOBL_BUF_RING, IOBL_INC } from './kbuf';
import { legacyRemove } from './kbuf_legacy';
import { ringAt, ringState } from './state';
import { regionCreate, regionFree } from './user_memory';
import { witnessGroup, witnessGroupGone } from './witness';

/** A group of a ring, an empty list so far; NONE at the limit. */
export function groupNew(ring: u32, bgid: u32): u32 {
  const idx = slabTake(ringState().groups);
  if (idx == NONE) return NONE;
  const g = groupAt(idx);
  g.next = ringAt(ring).groups;
  ringAt(ring).groups = idx;
  g.ring = ring;
  g.bgid = bgid;
  g.flags = 0;
  g.list_head = NONE;
  g.list_tail = NONE;
  g.nbufs = 0;
  witnessGroup(g);
  return idx;
}

/** io_destroy_bl, io_put_bl */
function groupDestroy(idx: u32): void {
  const g = groupAt(idx);
  witnessGroupGone(g);
  const r = ringAt(g.ring);
  if (r.groups == idx) r.groups = g.next;
  else {
    let prev = r.groups;
    while (groupAt(prev).next != idx) prev = groupAt(prev).next;
    groupAt(prev).next = g.next;
  }
  if ((g.flags & IOBL_BUF_RING) != 0) regionFree(NONE, g.bufs, g.bytes, g.user_provided);
  else legacyRemove(g, u32.MAX_VALUE);
  slabPut(ringState().groups, idx);
}

function isZero(at: usize, bytes: usize): bool {
  for (let i: usize = 0; i < bytes; i += 4) if (load<u32>(at + i) != 0) return false;
  return true;
}
/** The words of io_uring_buf_reg that must be zero: min_left was one of them once. */
function resvIsZero(ring: u32, reg: usize): bool {
  const at: usize = behaves(ringAt(ring).host, BEHAVES_PBUF_MIN_LEFT) ? 20 : 16;
  return isZero(reg + at, <usize>IO_URING_BUF_REG_BYTES - at);
}

/** Gives a group its ring of buffers: the user's own memory, or new. 0 or -errno. */
function ringCreate(g: Group, reg: io_uring_buf_reg): i32 {
  const desc = changetype<usize>(g) + offsetof<Group>('desc0');
  memory.fill(desc, 0, IO_URING_REGION_DESC_BYTES);
  const rd = changetype<io_uring_region_desc>(desc);
  const own = (<u32>reg.flags & IOU_PBUF_RING_MMAP) == 0;
  g.bytes = (reg.ring_entries * IO_URING_BUF_BYTES + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  g.user_provided = own ? 1 : 0;
  rd.size = g.bytes;
  if (own) {
    rd.user_addr = reg.ring_addr;
    rd.flags = IORING_MEM_REGION_TYPE_USER;
  }
  const ret = regionCreate(NONE, <u32>desc, <u64>reg.bgid << IORING_OFF_PBUF_SHIFT);
  if (ret < 0) return <i32>ret;
  g.bufs = <u32>ret;
  g.mask = reg.ring_entries - 1;
  g.head = 0;
  g.flags = IOBL_BUF_RING | ((<u32>reg.flags & IOU_PBUF_RING_INC) != 0 ? IOBL_INC : 0);
  g.min_left_sub_one = reg.min_left != 0 ? reg.min_left - 1 : 0;
  g.verify_seen = 0;
  witnessGroup(g);
  return 0;
}

/** IORING_REGISTER_PBUF_RING (io_register_pbuf_ring) */
export function registerPbufRing(ring: u32, arg: u64): i32 {
  if (!userOk(arg, IO_URING_BUF_REG_BYTES)) return -EFAULT;
  const reg = changetype<io_uring_buf_reg>(<usize>arg);
  const flags = <u32>reg.flags;
  if (!resvIsZero(ring, <usize>arg)) return -EINVAL;
  if ((flags & ~(IOU_PBUF_RING_MMAP | IOU_PBUF_RING_INC)) != 0) return -EINVAL;
  if (popcnt<u32>(reg.ring_entries) != 1 || reg.ring_entries >= 65536) return -EINVAL;
  if ((flags & IOU_PBUF_RING_INC) == 0 && reg.min_left != 0) return -EINVAL;
  const old = groupFind(ring, reg.bgid);
  if (old != NONE) {
    if ((groupAt(old).flags & IOBL_BUF_RING) != 0 || groupAt(old).nbufs != 0) return -EEXIST;
    groupDestroy(old);
  }
  const idx = groupNew(ring, reg.bgid);
  if (idx == NONE) return -ENOMEM;
  const ret = ringCreate(groupAt(idx), reg);
  if (ret != 0) groupDestroy(idx);
  return ret;
}

/** IORING_UNREGISTER_PBUF_RING (io_unregister_pbuf_ring) */
export function unregisterPbufRing(ring: u32, arg: u64): i32 {
  if (!userOk(arg, IO_URING_BUF_REG_BYTES)) return -EFAULT;
  const reg = changetype<io_uring_buf_reg>(<usize>arg);
  if (!resvIsZero(ring, <usize>arg) || reg.flags != 0) return -EINVAL;
  const idx = groupFind(ring, reg.bgid);
  if (idx == NONE) return -ENOENT;
  if ((groupAt(idx).flags & IOBL_BUF_RING) == 0) return -EINVAL;
  groupDestroy(idx);
  return 0;
}

/** IORING_REGISTER_PBUF_STATUS (io_register_pbuf_status) */
export function pbufStatus(ring: u32, arg: u64): i32 {
  if (!userOk(arg, IO_URING_BUF_STATUS_BYTES)) return -EFAULT;
  const status = changetype<io_uring_buf_status>(<usize>arg);
  if (!isZero(<usize>arg + 8, 32)) return -EINVAL;
  const idx = groupFind(ring, status.buf_group);
  if (idx == NONE) return -ENOENT;
  if ((groupAt(idx).flags & IOBL_BUF_RING) == 0) return -EINVAL;
  status.head = groupAt(idx).head;
  return 0;
}

/** Where user space finds the ring of a group that the kernel made; 0: there is none (io_pbuf_get_region). */
export function pbufRegion(ring: u32, bgid: u32): u32 {
  const idx = groupFind(ring, bgid);
  if (idx == NONE || (groupAt(idx).flags & IOBL_BUF_RING) == 0 || groupAt(idx).user_provided != 0) return 0;
  return groupAt(idx).bufs;
}

/** The ring has gone (io_destroy_buffers). */
export function groupsRelease(ring: u32): void {
  while (ringAt(ring).groups != NONE) groupDestroy(ringAt(ring).groups);
}
