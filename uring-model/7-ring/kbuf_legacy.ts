/**
 * Lists of provided buffers: PROVIDE_BUFFERS and REMOVE_BUFFERS (io_uring/kbuf.c). A buffer leaves its list when it is picked; one
 * that was not filled goes back to the front.
 */
import {
  bug, charge, COST_BUF_PROVIDE, NONE, PBUF_LEGACY_MAX, RUN_BUG_PBUF_WRONG_GROUP, slabAt, slabEmpty, slabNew, slabPut, slabTake,
} from '../../sim/core';
import {
  E2BIG, EFAULT, EINVAL, ENOBUFS, ENOENT, ENOMEM, EOVERFLOW, io_uring_sqe, IORING_OP_PROVIDE_BUFFERS,
} from '../uapi.gen';
import { IOU_COMPLETE } from './issue';
import { Group, groupAt, groupFind, IOBL_BUF_RING, MAX_RW_COUNT } from './kbuf';
import { groupNew } from './kbuf_register';
import { Req, reqSetFail, reqSetRes, REQ_F_BL_EMPTY, REQ_F_BUFFER_SELECTED } from './request';
import { ringState } from './state';
import { accessOk } from './user_memory';
import { witnessDrop, witnessPick, witnessShow } from './witness';

/** struct io_buffer */
@unmanaged
class LegacyBuf {
  addr: u64;
  len: u32;
  bid: u16;
  bgid: u16;
  next: u32;
  unused: u32;
}
/** BIDs are addressed by 16 bits of a completion. */
const MAX_BIDS_PER_BGID: u32 = 1 << 16;

export function legacyInit(): void {
  ringState().legacy = slabNew(PBUF_LEGACY_MAX, offsetof<LegacyBuf>());
}
function legacyAt(i: u32): LegacyBuf {
  return changetype<LegacyBuf>(slabAt(ringState().legacy, i));
}
function legacyFree(i: u32): void {
  slabPut(ringState().legacy, i);
}

/** Takes the first buffer of a list: Req.buf, and Req.len cut to what fits (io_provided_buffer_select). 0 or -ENOBUFS. */
export function legacySelect(req: Req, group: u32): i32 {
  const g = groupAt(group);
  const idx = g.list_head;
  if (idx == NONE) return -ENOBUFS;
  const buf = legacyAt(idx);
  g.list_head = buf.next;
  g.nbufs--;
  witnessPick(g, 0, buf.bid, buf.len);
  if (req.len == 0 || req.len > buf.len) req.len = buf.len;
  if (g.list_head == NONE) req.flags |= REQ_F_BL_EMPTY;
  req.flags |= REQ_F_BUFFER_SELECTED;
  req.kbuf = idx;
  req.buf_index = buf.bid;
  req.buf = buf.addr;
  // The address 0 says that there is none, and the buffer is picked all the same (io_recv_buf_select, io_recvmsg).
  return buf.addr == 0 ? -ENOBUFS : 0;
}

/** The buffer goes back to the front of its list, if that is still there (io_kbuf_recycle_legacy). */
export function legacyRecycle(req: Req): void {
  const idx = req.kbuf;
  const group = groupFind(req.ring, bug(RUN_BUG_PBUF_WRONG_GROUP) ? req.buf_index & 7 : legacyAt(idx).bgid);
  req.flags &= ~REQ_F_BUFFER_SELECTED;
  if (group == NONE || (groupAt(group).flags & IOBL_BUF_RING) != 0) {
    legacyFree(idx);
    return;
  }
  const g = groupAt(group);
  legacyAt(idx).next = g.list_head;
  if (g.list_head == NONE) g.list_tail = idx;
  g.list_head = idx;
  g.nbufs++;
}

/** The request has used its buffer (io_kbuf_drop_legacy). */
export function legacyDrop(req: Req): void {
  assert((req.flags & REQ_F_BUFFER_SELECTED) != 0, 'R15 a buffer that is used was picked');
  req.flags &= ~REQ_F_BUFFER_SELECTED;
  legacyFree(req.kbuf);
}

/** Takes up to `nbufs` buffers out of a list (io_remove_buffers_legacy). Their number. */
export function legacyRemove(g: Group, nbufs: u32): i32 {
  let n: u32 = 0;
  while (n < nbufs && g.list_head != NONE) {
    const idx = g.list_head;
    g.list_head = legacyAt(idx).next;
    witnessDrop(g, legacyAt(idx).bid);
    legacyFree(idx);
    n++;
  }
  g.nbufs -= n;
  return <i32>n;
}

/** io_add_buffers */
function addBuffers(req: Req, g: Group): i32 {
  let addr = req.buf;
  let bid = <u32>req.buf_index;
  const nbufs = <u32>req.fd;
  const legacy = ringState().legacy;
  for (let i: u32 = 0; i < nbufs; i++) {
    const idx = g.nbufs == MAX_BIDS_PER_BGID ? NONE : slabTake(legacy);
    if (idx == NONE) {
      if (i != 0) return 0;
      return slabEmpty(legacy) ? -ENOMEM : -EOVERFLOW;
    }
    charge(COST_BUF_PROVIDE);
    const buf = legacyAt(idx);
    buf.next = NONE;
    if (g.list_head == NONE) g.list_head = idx;
    else legacyAt(g.list_tail).next = idx;
    g.list_tail = idx;
    g.nbufs++;
    buf.addr = addr;
    buf.len = min(req.len, MAX_RW_COUNT);
    buf.bid = <u16>bid;
    buf.bgid = req.buf_group;
    witnessShow(g, 0, buf.bid, buf.len);
    addr += req.len;
    bid++;
  }
  return 0;
}

/** io_remove_buffers_prep: Req.fd is the number of buffers. */
export function removeBuffersPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.rw_flags != 0 || sqe.addr != 0 || sqe.len != 0 || sqe.off != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  if (sqe.fd == 0 || <u32>sqe.fd > MAX_BIDS_PER_BGID) return -EINVAL;
  req.fd = sqe.fd;
  req.buf_group = sqe.buf_group;
  return 0;
}

/** io_provide_buffers_prep: Req.fd is the number of buffers, Req.buf_index the first id. */
export function provideBuffersPrep(req: Req, sqe: io_uring_sqe): i32 {
  if (sqe.rw_flags != 0 || sqe.splice_fd_in != 0) return -EINVAL;
  const nbufs = <u32>sqe.fd;
  if (nbufs == 0 || nbufs > MAX_BIDS_PER_BGID) return -E2BIG;
  req.fd = sqe.fd;
  req.buf = sqe.addr;
  req.len = sqe.len;
  if (req.len == 0) return -EINVAL;
  const size = <u64>req.len * nbufs;
  if (req.buf + size < size) return -EOVERFLOW;
  if (!accessOk(req.buf, size)) return -EFAULT;
  req.buf_group = sqe.buf_group;
  const bid = sqe.off;
  if (bid > 0xffff) return -E2BIG;
  if (<u32>bid + nbufs > MAX_BIDS_PER_BGID) return -EINVAL;
  req.buf_index = <u16>bid;
  return 0;
}

function manage(req: Req): i32 {
  const provide = <u32>req.opcode == IORING_OP_PROVIDE_BUFFERS;
  let group = groupFind(req.ring, req.buf_group);
  if (group == NONE) {
    if (!provide) return -ENOENT;
    group = groupNew(req.ring, req.buf_group);
    if (group == NONE) return -ENOMEM;
  }
  const g = groupAt(group);
  if ((g.flags & IOBL_BUF_RING) != 0) return -EINVAL;
  return provide ? addBuffers(req, g) : legacyRemove(g, <u32>req.fd);
}

/** PROVIDE_BUFFERS and REMOVE_BUFFERS (io_manage_buffers_legacy). */
export function manageBuffersIssue(req: Req): i32 {
  const ret = manage(req);
  if (ret < 0) reqSetFail(req);
  reqSetRes(req, ret, 0);
  return IOU_COMPLETE;
}
