/**
 * A sink: accepts connections and reads them to their end, by RECV_ZC, RECV, or multishot RECV with provided buffers. It
 * proves every byte, works on each completion for `app.work_ns`, and gives buffers back by its policy.
 */
import {
  APP_REARM_CLOSE, APP_REARM_OFF, APP_RECEIVE_BUNDLE, APP_RECEIVE_SELECT, APP_RECEIVE_ZC, charge, chargeNs, COST_APP_CQE, COST_APP_TIME,
  hostConfig, NONE, now, traceAppRead,
} from '../../../sim/core';
import { NIC_IFINDEX, RQ_RQES_MAX } from '../../9-refill';
import {
  EAGAIN, ENOBUFS, ENOMEM, ENOSPC, io_uring_cqe, IO_URING_ZCRX_RQE_BYTES, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE, IORING_ZCRX_AREA_MASK,
  MSG_WAITALL, SHUT_RDWR,
} from '../../uapi.gen';
import { checkBytes } from './check';
import { CONN_OPEN, CONN_STOPPING, connClose, learnPeer, LSN_ACCEPT, LSN_CLOSE, LSN_NAME, onAccept, onClosed } from './listener';
import { opRecv, opRecvMultishot, opRecvSelect, opRecvZc, opShutdown } from './ops';
import { onProvided, usesProvided } from './provided';
import { refillLater } from './refill_policy';
import { App, NO_FLOW, stream, Stream } from './state';
import { rqFlush, zcrxCreate } from './user_ring';
import { waitsAdd, waitsTake } from './waits';

export const SNK_RECV: u32 = 32;
export const SNK_SHUTDOWN: u32 = 33;
/** A receive that ended without any data tries again after this. */
export const RETRY_NS: u64 = 1000000;

/** Bytes of one receive. */
export function recvBytes(host: u32): u32 {
  const c = hostConfig(host);
  return c.app_recv_bytes != 0 ? c.app_recv_bytes : c.app_chunk;
}

/** Area and refill ring. 0 or -errno. */
export function sinkZcInit(a: App, area: u32, region: u32, region_bytes: u32): i32 {
  const c = hostConfig(a.host);
  return zcrxCreate(a, area, c.refill_area_bytes, rqEntriesOf(a), c.refill_rx_buf_len, NIC_IFINDEX, c.refill_queue, c.refill_nodev, region,
    region_bytes);
}
/** Entries of the refill ring: as asked for, or one for each buffer. */
export function rqEntriesOf(a: App): u32 {
  const c = hostConfig(a.host);
  if (c.refill_rq_entries != 0) return c.refill_rq_entries;
  const niovs = c.refill_area_bytes / c.refill_rx_buf_len;
  const entries = niovs <= 8 ? <u32>8 : (<u32>1) << (32 - clz<u32>(niovs - 1));
  return entries < 32768 ? entries : 32768;
}
export function rqRegionBytes(a: App): u32 {
  const entries = rqEntriesOf(a);
  const rounded = entries <= 1 ? <u32>1 : (<u32>1) << (32 - clz<u32>(entries - 1));
  return (RQ_RQES_MAX + rounded * IO_URING_ZCRX_RQE_BYTES + 4095) & ~4095;
}

/** A buffer of the stream's own, or 0: from the free ones, which are linked through their first words. */
export function bufTake(a: App): u32 {
  const at = a.buf_free;
  if (at != 0) a.buf_free = load<u32>(at);
  return at;
}
export function bufPut(a: App, at: u32): void {
  store<u32>(at, a.buf_free);
  a.buf_free = at;
}
/** Cuts user memory into buffers of buf_size. */
export function bufsCut(a: App, base: u32, bytes: u32): void {
  for (let off: u32 = 0; off + a.buf_size <= bytes; off += a.buf_size) bufPut(a, base + off);
}

function arm(a: App, i: u32, s: Stream): void {
  s.mark = s.bytes;
  const receive = a.receive;
  const c = hostConfig(a.host);
  if (receive == APP_RECEIVE_ZC) opRecvZc(a, s.fd, c.app_recv_bytes, SNK_RECV, i);
  else if (receive == APP_RECEIVE_SELECT) opRecvSelect(a, s.fd, a.buf_size, c.app_waitall ? MSG_WAITALL : 0, SNK_RECV, i);
  else if (usesProvided(a)) opRecvMultishot(a, s.fd, receive == APP_RECEIVE_BUNDLE, SNK_RECV, i);
  else {
    if (s.buffer == 0) s.buffer = bufTake(a);
    if (s.buffer == 0) {
      s.res = -ENOMEM;
      connClose(a, i, s);
    } else opRecv(a, s.fd, s.buffer, a.buf_size, SNK_RECV, i, c.app_waitall ? MSG_WAITALL : 0);
  }
}

/** The receive has ended: of itself, by an error, or because there was no room. */
function onEnd(a: App, i: u32, s: Stream, res: i32): void {
  const c = hostConfig(a.host);
  const starved = res == -ENOSPC || res == -ENOMEM || res == -ENOBUFS || res == -EAGAIN || res > 0;
  if (starved && s.state == CONN_OPEN && c.app_rearm != APP_REARM_CLOSE) {
    if (c.app_rearm == APP_REARM_OFF) return;
    if (res == -ENOMEM && c.refill_flush) rqFlush(a);
    if (res > 0 || res == -ENOSPC || s.bytes != s.mark) arm(a, i, s);
    else waitsAdd(a, now() + RETRY_NS, i);
    return;
  }
  if (res < 0 && s.res == 0) s.res = res;
  if (s.buffer != 0) {
    bufPut(a, s.buffer);
    s.buffer = 0;
  }
  connClose(a, i, s);
}

/** Payload: [at, at + len). */
export function sinkBytes(a: App, s: Stream, at: u32, len: u32): void {
  if (s.flow == NO_FLOW) learnPeer(s);
  checkBytes(a, s, at, len);
  traceAppRead(0, NONE, <u32>s.flow, a.receive == APP_RECEIVE_ZC ? at - a.area_addr : at, len);
  s.bytes += len;
}
/** All the payload of a completion was looked at. True: the application has had enough, and the connection is to be shut down. */
export function sinkWork(a: App, s: Stream): bool {
  s.cqes++;
  const c = hostConfig(a.host);
  if (c.app_work_ns != 0) chargeNs(COST_APP_TIME, c.app_work_ns);
  if (c.app_stop_after == 0 || s.bytes < c.app_stop_after || s.state != CONN_OPEN) return false;
  s.state = CONN_STOPPING;
  return true;
}
function onCqe(a: App, i: u32, s: Stream): void {
  if (sinkWork(a, s)) opShutdown(a, s.fd, SHUT_RDWR, SNK_SHUTDOWN, i);
}

function onRecv(a: App, i: u32, cqe: io_uring_cqe): void {
  const s = stream(a, i);
  const res = cqe.res;
  const flags = cqe.flags;
  const receive = a.receive;
  const more = (flags & IORING_CQE_F_MORE) != 0;
  if (receive == APP_RECEIVE_ZC) {
    // The last completion of RECV_ZC has no buffer, whatever its result.
    const piece = hostConfig(a.host).app_recv_bytes;
    const whole = piece != 0 && s.bytes - s.mark == <u64>piece;
    if (!more && whole) s.requests++;
    if (!more && whole && res == 0 && s.state == CONN_OPEN) return arm(a, i, s);
    if (!more) return onEnd(a, i, s, res > 0 ? 0 : res);
    if (piece == 0) s.requests++;
    const off = load<u64>(changetype<usize>(cqe), 16);
    if (++s.loans > <u32>s.loan_max) s.loan_max = s.loans;
    sinkBytes(a, s, a.area_addr + <u32>(off & ~IORING_ZCRX_AREA_MASK), <u32>res);
    onCqe(a, i, s);
    refillLater(a, i, off, <u32>res);
    return;
  }
  if (usesProvided(a)) {
    if (res > 0 && (flags & IORING_CQE_F_BUFFER) != 0) {
      onProvided(a, s, <u32>res, flags);
      s.requests++;
      onCqe(a, i, s);
    }
    if (!more) onEnd(a, i, s, res);
    return;
  }
  if (res > 0) {
    s.requests++;
    sinkBytes(a, s, s.buffer, <u32>res);
    onCqe(a, i, s);
    arm(a, i, s);
  } else onEnd(a, i, s, res);
}

export function sinkCqe(a: App, kind: u32, i: u32, cqe: io_uring_cqe): void {
  charge(COST_APP_CQE);
  switch (kind) {
    case SNK_RECV: return onRecv(a, i, cqe);
    case LSN_ACCEPT: {
      const conn = onAccept(a, i, cqe.res, cqe.flags);
      if (conn != NONE) arm(a, conn, stream(a, conn));
      return;
    }
    case LSN_NAME: return learnPeer(stream(a, i));
    case LSN_CLOSE: return onClosed(a, i);
    default: return;
  }
}

/** Receives that wait to be tried again. */
export function sinkTick(a: App): void {
  const time = now();
  for (;;) {
    const i = waitsTake(a, time);
    if (i == NONE) return;
    const s = stream(a, i);
    if (s.state == CONN_OPEN) arm(a, i, s);
    else connClose(a, i, s);
  }
}
