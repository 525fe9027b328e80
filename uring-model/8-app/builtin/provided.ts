/**
 * Provided buffers of a sink, group 0, all of buf_size: a ring that user space fills, or a list that PROVIDE_BUFFERS fills. Whatever
 * a completion brought is looked at, and its buffers are given back at once.
 */
import {
  APP_RECEIVE_BUNDLE, APP_RECEIVE_INCREMENTAL, APP_RECEIVE_MULTISHOT, APP_RECEIVE_PBUF, APP_RECEIVE_SELECT, arenaAlloc,
} from '../../../sim/core';
import { sysRegister } from '../../7-ring';
import {
  io_uring_buf, io_uring_buf_reg, IO_URING_BUF_BYTES, IO_URING_BUF_REG_BYTES, IORING_CQE_BUFFER_SHIFT, IORING_CQE_F_BUF_MORE,
  IORING_REGISTER_PBUF_RING, IOU_PBUF_RING_INC,
} from '../../uapi.gen';
import { setupResult } from './listener';
import { opProvide } from './ops';
import { sinkBytes } from './sink';
import { App, Stream } from './state';
import { ARG_BYTES } from './user_ring';

/** PROVIDE_BUFFERS that gives buffers back has no completion unless it fails. */
const SNK_PROVIDE: u32 = 34;

export function usesProvided(a: App): bool {
  const receive = a.receive;
  return receive == APP_RECEIVE_MULTISHOT || receive == APP_RECEIVE_PBUF || receive == APP_RECEIVE_BUNDLE
    || receive == APP_RECEIVE_INCREMENTAL || receive == APP_RECEIVE_SELECT;
}

/** Memory that lies in the arena: how far each incremental buffer is used. */
export function providedInit(a: App): void {
  if (a.receive == APP_RECEIVE_INCREMENTAL) a.buf_used = <u32>arenaAlloc(<u64>(a.buf_mask + 1) << 2);
}

/** Provides all buffers. 0 or -errno. */
export function providedStart(a: App): i32 {
  const entries = a.buf_mask + 1;
  if (a.receive == APP_RECEIVE_PBUF) {
    opProvide(a, a.bufs_base, a.buf_size, entries, 0, false, SNK_PROVIDE);
    return setupResult(a);
  }
  const at = <usize>(a.scratch + ARG_BYTES / 2);
  memory.fill(at, 0, IO_URING_BUF_REG_BYTES);
  const reg = changetype<io_uring_buf_reg>(at);
  reg.ring_addr = a.buf_ring;
  reg.ring_entries = entries;
  reg.flags = <u16>(a.receive == APP_RECEIVE_INCREMENTAL ? IOU_PBUF_RING_INC : 0);
  const ret = sysRegister(a.host, a.fd, IORING_REGISTER_PBUF_RING, at, 1);
  if (ret < 0) return ret;
  for (let bid: u32 = 0; bid < entries; bid++) ringAdd(a, bid);
  return 0;
}

/** io_uring_buf_ring_add and io_uring_buf_ring_advance. The tail lies in the first entry. */
export function ringAdd(a: App, bid: u32): void {
  const buf = changetype<io_uring_buf>(<usize>(a.buf_ring + (a.buf_tail & a.buf_mask) * IO_URING_BUF_BYTES));
  buf.addr = a.bufs_base + bid * a.buf_size;
  buf.len = a.buf_size;
  buf.bid = <u16>bid;
  a.buf_tail++;
  changetype<io_uring_buf>(<usize>a.buf_ring).resv = <u16>a.buf_tail;
}

/** A buffer that is used up little by little: its next piece. It comes back when the kernel is done with it. */
function onPiece(a: App, s: Stream, bid: u32, len: u32, more: bool): void {
  const used = <usize>(a.buf_used + (bid << 2));
  sinkBytes(a, s, a.bufs_base + bid * a.buf_size + load<u32>(used), len);
  store<u32>(used, more ? load<u32>(used) + len : 0);
  if (!more) ringAdd(a, bid);
}

/** A completion brought `len` bytes. Of a bundle they fill several buffers, in the order in which those were given. */
export function onProvided(a: App, s: Stream, len: u32, flags: u32): void {
  let bid = flags >> IORING_CQE_BUFFER_SHIFT;
  if (a.receive == APP_RECEIVE_INCREMENTAL) return onPiece(a, s, bid, len, (flags & IORING_CQE_F_BUF_MORE) != 0);
  for (let left = len; left != 0;) {
    const part = min(left, a.buf_size);
    sinkBytes(a, s, a.bufs_base + bid * a.buf_size, part);
    if (a.receive == APP_RECEIVE_PBUF) opProvide(a, a.bufs_base + bid * a.buf_size, a.buf_size, 1, bid, true, SNK_PROVIDE);
    else ringAdd(a, bid);
    left -= part;
    bid = (bid + 1) & a.buf_mask;
  }
}
