/**
 * Provided buffers: groups of buffers that receives and sends pick from (io_uring/kbuf.c). A group is a ring that user space
 * fills, or a list that PROVIDE_BUFFERS fills (kbuf_legacy.ts).
 *
 *     struct io_uring_buf_ring:  entries of { addr u64, len u32, bid u16, resv u16 }; the tail is the resv of entry 0
 *
 *            head (kernel)                    tail (user)
 *     ---------|-----------|--------------------|------------
 *       used     selected    free: to be picked
 *
 * A buffer of a ring is used up when the request commits it, so that nothing has to be undone when nothing was received.
 * Functions that pick return 1 + the group that the request goes on with (io_br_sel.buf_list), or 0: nothing is to be committed.
 */
import {
  bug, charge, COST_BUF_SELECT, hasMuseum, NONE, PBUF_GROUPS_MAX, RUN_BUG_BUNDLE_TRUNCATED, RUN_BUG_INC_SHORT_COMMIT, slabAt, slabNew,
} from '../../sim/core';
import {
  EFAULT, ENOBUFS, ENOENT, io_uring_buf, IO_URING_BUF_BYTES, IORING_CQE_BUFFER_SHIFT, IORING_CQE_F_BUF_MORE, IORING_CQE_F_BUFFER,
  IOSQE_BUFFER_SELECT,
} from '../uapi.gen';
import { ISSUE_UNLOCKED } from './issue';
import { legacyDrop, legacyRecycle, legacySelect } from './kbuf_legacy';
import {
  Req, REQ_F_BL_EMPTY, REQ_F_BL_NO_RECYCLE, REQ_F_BUF_MORE, REQ_F_BUFFER_RING, REQ_F_BUFFER_SELECTED, REQ_F_BUFFERS_COMMIT,
} from './request';
import { ringAt, ringState } from './state';
import { accessOk } from './user_memory';
import { witnessPick, witnessShow } from './witness';

/** Bits of Group.flags. */
export const IOBL_BUF_RING: u32 = 1;
export const IOBL_INC: u32 = 2;

@unmanaged
export class Group {
  /** Ring that has it. */
  ring: u32;
  /** The next group of the ring. */
  next: u32;
  bgid: u32;
  flags: u32;
  /** Address of the buffer ring. */
  bufs: u32;
  mask: u32;
  /** 16 bits, and so is the tail. */
  head: u32;
  /** min_left - 1, as the kernel keeps it; 0 without. */
  min_left_sub_one: u32;
  bytes: u32;
  user_provided: u32;
  // A list: its first and last buffer, and how many there are
  list_head: u32;
  list_tail: u32;
  nbufs: u32;
  /** The fuzzing build's: the tail that it saw last (pbufLook). */
  verify_seen: u32;
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

export function groupsInit(): void {
  ringState().groups = slabNew(PBUF_GROUPS_MAX, offsetof<Group>());
}
export function groupAt(i: u32): Group {
  return changetype<Group>(slabAt(ringState().groups, i));
}

/** A ring's group, or NONE (io_buffer_get_list). */
export function groupFind(ring: u32, bgid: u32): u32 {
  let i = ringAt(ring).groups;
  while (i != NONE && groupAt(i).bgid != bgid) i = groupAt(i).next;
  return i;
}

function bufAt(g: Group, at: u32): io_uring_buf {
  return changetype<io_uring_buf>(<usize>(g.bufs + (at & g.mask) * IO_URING_BUF_BYTES));
}
function tailOf(g: Group): u32 {
  return <u32>bufAt(g, 0).resv;
}

/** The kernel looks at a ring: what user space has put there meanwhile comes to light. More than there are places: the last ones. */
function pbufLook(g: Group): void {
  if (!hasMuseum()) return;
  const tail = tailOf(g);
  const fresh = (tail - g.verify_seen) & 0xffff;
  for (let i = fresh > g.mask + 1 ? tail - g.mask - 1 : g.verify_seen; (i & 0xffff) != tail; i++) {
    witnessShow(g, i & 0xffff, bufAt(g, i).bid, bufAt(g, i).len);
  }
  g.verify_seen = tail;
  if (tail != g.head) witnessPick(g, g.head, bufAt(g, g.head).bid, bufAt(g, g.head).len);
}
/** What the checks remember is no state. */
export function groupsForget(): void {
  for (let i: u32 = 0; i < PBUF_GROUPS_MAX; i++) groupAt(i).verify_seen = 0;
}

/** Are the buffers of a list used up little by little? */
export function groupIsInc(list: u32): bool {
  return list != 0 && (groupAt(list - 1).flags & IOBL_INC) != 0;
}

/** Has the request still to pick a buffer? (io_do_buffer_select) */
export function kbufWanted(req: Req): bool {
  return (req.flags & IOSQE_BUFFER_SELECT) != 0 && (req.flags & (REQ_F_BUFFER_SELECTED | REQ_F_BUFFER_RING)) == 0;
}

/** Uses up what was received into an incremental buffer. False: it has room left (io_kbuf_inc_commit). */
function incCommit(g: Group, len: u32): bool {
  if (len == 0) return false;
  let left = len;
  while (left != 0) {
    const buf = bufAt(g, g.head);
    const buf_len = buf.len;
    const part = min(left, buf_len);
    if (buf_len - part > g.min_left_sub_one || part == 0) {
      buf.addr = buf.addr + part;
      buf.len = buf_len - part;
      return bug(RUN_BUG_INC_SHORT_COMMIT) && part > buf.len;
    }
    buf.len = 0;
    g.head = (g.head + 1) & 0xffff;
    left -= part;
  }
  return true;
}

/** Uses up `nr` buffers, or `len` bytes of incremental ones. False: the last of those has room left (io_kbuf_commit). */
export function kbufCommit(req: Req, list: u32, len: i32, nr: u32): bool {
  if ((req.flags & REQ_F_BUFFERS_COMMIT) == 0) return true;
  req.flags &= ~REQ_F_BUFFERS_COMMIT;
  if (len < 0) return true;
  assert(list != 0, 'R15 a buffer that is used was picked');
  const g = groupAt(list - 1);
  if ((g.flags & IOBL_INC) != 0) return incCommit(g, <u32>len);
  g.head = (g.head + nr) & 0xffff;
  return true;
}

/** io_ring_buffer_select */
function ringSelect(req: Req, group: u32, commit: bool): i32 {
  const g = groupAt(group);
  const head = g.head;
  const tail = tailOf(g);
  pbufLook(g);
  if (tail == head) return -ENOBUFS;
  if (((head + 1) & 0xffff) == tail) req.flags |= REQ_F_BL_EMPTY;
  const buf = bufAt(g, head);
  const len = buf.len;
  if (req.len == 0 || req.len > len) req.len = len;
  // An entry that nobody wrote has the address 0, which says that there is none (io_recv_buf_select, io_recvmsg).
  if (buf.addr == 0 || !accessOk(buf.addr, req.len)) return -ENOBUFS;
  req.buf = buf.addr;
  req.flags |= REQ_F_BUFFER_RING | REQ_F_BUFFERS_COMMIT;
  req.buf_index = buf.bid;
  if (!commit) return <i32>group + 1;
  if (!kbufCommit(req, group + 1, <i32>req.len, 1)) req.flags |= REQ_F_BUF_MORE;
  return 0;
}

/**
 * Picks the next buffer of Req.buf_group: Req.buf, and Req.len cut to what fits (io_buffer_select). `commit`: it is used up at
 * once, for a file that cannot be polled. List or -ENOBUFS.
 */
export function kbufSelect(req: Req, issue_flags: u32, commit: bool = false): i32 {
  const group = groupFind(req.ring, req.buf_group);
  if (group == NONE) return -ENOBUFS;
  charge(COST_BUF_SELECT);
  if ((groupAt(group).flags & IOBL_BUF_RING) == 0) return legacySelect(req, group);
  return ringSelect(req, group, commit || (issue_flags & ISSUE_UNLOCKED) != 0);
}

/** Buffers that one bundle maps at most, when it knows what it wants. */
export const PEEK_MAX_IMPORT: u32 = 256;
const UIO_MAXIOV: u32 = 1024;
/** INT_MAX & PAGE_MASK */
export const MAX_RW_COUNT: u32 = 0x7ffff000;

/** What a bundle picks (struct buf_sel_arg), in the stage's state. */
@unmanaged
export class BufSel {
  /** Out: struct iovec of each buffer. */
  iovs: u32;
  /** In: iovecs that the request has; may it get more? Out: has it got more? */
  nr_iovs: u32;
  expand: u32;
  expanded: u32;
  /** In: bytes that are wanted, 0 if that is not known. */
  max_len: u32;
  out_len: u32;
  /** The last buffer is not mapped whole. */
  partial_map: u32;
  /** Out: buffers that were mapped. */
  nr: u32;
}

/** Maps buffers for a bundle (io_ring_buffers_peek). 0 or -errno. */
function ringPeek(req: Req, arg: BufSel, g: Group): i32 {
  const tail = tailOf(g);
  let head = g.head;
  pbufLook(g);
  let nr_avail = min((tail - head) & 0xffff, UIO_MAXIOV);
  if (nr_avail == 0) return -ENOBUFS;
  let max_len = min(arg.max_len, MAX_RW_COUNT);
  let buf = bufAt(g, head);
  if (max_len != 0) {
    const len = buf.len;
    if (len == 0) return -ENOBUFS;
    const needed = <u32>((<u64>max_len + len - 1) / len);
    nr_avail = min(nr_avail, min(needed, PEEK_MAX_IMPORT));
  }
  arg.expanded = arg.expand != 0 && nr_avail > arg.nr_iovs && max_len != 0 ? 1 : 0;
  let left = arg.expanded != 0 ? nr_avail : min(arg.nr_iovs, nr_avail);
  if (max_len == 0) max_len = MAX_RW_COUNT;
  req.buf_index = buf.bid;
  let nr: u32 = 0;
  arg.out_len = 0;
  arg.partial_map = 0;
  while (true) {
    let len = buf.len;
    if (len > max_len) {
      len = max_len;
      if ((g.flags & IOBL_INC) == 0) {
        if (!bug(RUN_BUG_BUNDLE_TRUNCATED)) arg.partial_map = 1;
        if (nr != 0 && !bug(RUN_BUG_BUNDLE_TRUNCATED)) break;
      }
    }
    const iov = <usize>(arg.iovs + (nr << 4));
    store<u64>(iov, buf.addr);
    store<u64>(iov, <u64>len, 8);
    if (!accessOk(buf.addr, len)) return -EFAULT;
    charge(COST_BUF_SELECT);
    nr++;
    arg.out_len += len;
    max_len -= len;
    head = (head + 1) & 0xffff;
    if (max_len == 0) break;
    buf = bufAt(g, head);
    if (--left == 0) break;
  }
  if (head == tail) req.flags |= REQ_F_BL_EMPTY;
  req.flags |= REQ_F_BUFFER_RING;
  arg.nr = nr;
  return 0;
}

/** A list gives one buffer (io_provided_buffers_select). */
function legacyPeek(req: Req, arg: BufSel, group: u32, max_len: u32): i32 {
  req.len = max_len;
  const ret = legacySelect(req, group);
  if (ret < 0) return ret;
  store<u64>(arg.iovs, req.buf);
  store<u64>(arg.iovs, <u64>req.len, 8);
  arg.out_len = req.len;
  arg.partial_map = 0;
  arg.expanded = 0;
  arg.nr = 1;
  return 0;
}

/** Maps buffers for a receive, which commits what it fills (io_buffers_peek). List or -errno. */
export function kbufPeek(req: Req, arg: BufSel): i32 {
  const group = groupFind(req.ring, req.buf_group);
  if (group == NONE) return -ENOENT;
  const g = groupAt(group);
  if ((g.flags & IOBL_BUF_RING) == 0) return legacyPeek(req, arg, group, arg.max_len);
  const ret = ringPeek(req, arg, g);
  if (ret < 0) return ret;
  req.flags |= REQ_F_BUFFERS_COMMIT;
  return <i32>group + 1;
}

/**
 * Maps buffers for a send, which uses them up at once and for good (io_buffers_select). A list gives a whole buffer, whatever
 * was asked for. 0 or -errno.
 */
export function kbufsSelect(req: Req, arg: BufSel): i32 {
  const group = groupFind(req.ring, req.buf_group);
  if (group == NONE) return -ENOENT;
  const g = groupAt(group);
  if ((g.flags & IOBL_BUF_RING) == 0) return legacyPeek(req, arg, group, 0);
  const ret = ringPeek(req, arg, g);
  if (ret < 0) return ret;
  req.flags |= REQ_F_BUFFERS_COMMIT | REQ_F_BL_NO_RECYCLE;
  if (!kbufCommit(req, group + 1, <i32>arg.out_len, arg.nr)) req.flags |= REQ_F_BUF_MORE;
  return 0;
}

/** Nothing was received: the buffer stays where it is, or goes back (io_kbuf_recycle). */
export function kbufRecycle(req: Req, list: u32): void {
  if ((req.flags & REQ_F_BL_NO_RECYCLE) != 0) return;
  if ((req.flags & REQ_F_BUFFER_RING) != 0) {
    if (list != 0) req.flags &= ~(REQ_F_BUFFER_RING | REQ_F_BUFFERS_COMMIT);
  } else if ((req.flags & REQ_F_BUFFER_SELECTED) != 0) legacyRecycle(req);
}

/** Completion flags for the buffers that a request used; 0 when it used none (io_put_kbuf, io_put_kbufs). */
export function kbufPut(req: Req, list: u32, len: i32, nr: u32 = 1): u32 {
  if ((req.flags & (REQ_F_BUFFER_RING | REQ_F_BUFFER_SELECTED)) == 0) return 0;
  const cflags = IORING_CQE_F_BUFFER | ((<u32>req.buf_index) << IORING_CQE_BUFFER_SHIFT);
  if ((req.flags & REQ_F_BUFFER_RING) == 0) {
    legacyDrop(req);
    return cflags;
  }
  const done = list == 0 || kbufCommit(req, list, len, nr);
  const more = !done || (req.flags & REQ_F_BUF_MORE) != 0;
  req.flags &= ~(REQ_F_BUFFER_RING | REQ_F_BUF_MORE);
  return more ? cflags | IORING_CQE_F_BUF_MORE : cflags;
}
