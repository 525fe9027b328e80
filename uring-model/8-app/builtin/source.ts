/**
 * A source: opens `app.flows` connections, sends `app.bytes` on each in pieces of `app.chunk`, shuts down and waits for the
 * peer's end of stream. `app.depth` or `app.batch` pieces, whichever is more, are in flight as a chain of linked sends that wait for
 * all of their bytes; one piece alone may be sent short, and the rest follows. Over UDP the pieces are datagrams, not linked; the last
 * one is empty.
 *
 * A stream's `loans` are the notifications of zero-copy sends that are still to come.
 */
import {
  APP_NOTIFY_NONE, APP_PROTOCOL_UDP, APP_SEND_SEND, APP_SEND_ZC_FIXED, hostConfig, NONE, now, sha256Update, traceAppWrite,
} from '../../../sim/core';
import { ringNotifSlot, ringNotifSlotFlush } from '../../7-ring';
import {
  IORING_CQE_F_MORE, IORING_CQE_F_NOTIF, IORING_NOTIF_USAGE_ZC_COPIED, IOSQE_IO_LINK, MSG_WAITALL, SHUT_WR,
} from '../../uapi.gen';
import { finish, onOpener, openFlows } from './opener';
import { opRecv, opSend, opSendZc, opShutdown } from './ops';
import { PATTERN_BYTES, patternAdvance, tailBytes } from './payload';
import { App, patternAddr, stream, Stream } from './state';
import { touchSent } from './touch';
import { ARG_JUNK, buffersRegister, JUNK_BYTES, sqRoom } from './user_ring';
import { waitsAdd, waitsTake } from './waits';

const SRC_SEND: u32 = 4;
const SRC_SHUTDOWN: u32 = 5;
const SRC_RECV: u32 = 6;
/** Stream.state */
const LAST_SENT: u32 = 1;

/** What a source needs besides its ring: the registered buffer, the notification that all sends share. 0 or -errno. */
export function sourceBegin(a: App): i32 {
  const c = hostConfig(a.host);
  if (c.app_send != APP_SEND_SEND && c.app_notify == APP_NOTIFY_NONE) ringNotifSlot(a.host, a.fd);
  return c.app_send == APP_SEND_ZC_FIXED ? buffersRegister(a, patternAddr(), PATTERN_BYTES + tailBytes()) : 0;
}

/** Datagrams end with one that has no bytes; then nothing is left to wait for. */
function sendLast(a: App, i: u32, s: Stream): void {
  if (s.state == LAST_SENT) return finish(a, i, s);
  s.state = LAST_SENT;
  s.inflight++;
  opSend(a, s.fd, patternAddr(), 0, 0, 0, SRC_SEND, i);
}

function sendOne(a: App, i: u32, s: Stream, at: u32, len: u32, msg_flags: u32, sqe_flags: u32): void {
  const how = hostConfig(a.host).app_send;
  touchSent(a, at, len);
  if (how == APP_SEND_SEND) opSend(a, s.fd, at, len, msg_flags, sqe_flags, SRC_SEND, i);
  else opSendZc(a, s.fd, at, len, how == APP_SEND_ZC_FIXED, msg_flags, sqe_flags, SRC_SEND, i);
}

/** Queues the next sends of a stream that has none under way; ends it when all is sent. */
function sendMore(a: App, i: u32, s: Stream): void {
  const c = hostConfig(a.host);
  let left = c.app_bytes - s.bytes;
  if (left == 0) {
    s.loans += ringNotifSlotFlush(a.host, a.fd);
    if (c.app_protocol == APP_PROTOCOL_UDP) return sendLast(a, i, s);
    opShutdown(a, s.fd, SHUT_WR, SRC_SHUTDOWN, i);
    return;
  }
  const depth: u32 = c.app_gap_ns != 0 ? 1 : max(c.app_depth, c.app_batch);
  const piece_max = min(c.app_chunk, tailBytes());
  const stream_of_bytes = c.app_protocol != APP_PROTOCOL_UDP;
  let pos = s.table_pos;
  sqRoom(a, depth);
  for (let k: u32 = 0; k < depth && left > 0; k++) {
    const piece = left < <u64>piece_max ? <u32>left : piece_max;
    left -= piece;
    const link = stream_of_bytes && k + 1 < depth && left > 0 ? IOSQE_IO_LINK : 0;
    sendOne(a, i, s, patternAddr() + pos, piece, stream_of_bytes && depth > 1 ? MSG_WAITALL : 0, link);
    traceAppWrite(0, NONE, <u32>s.flow, <u32>(c.app_bytes - left - piece), piece);
    pos = patternAdvance(pos, piece);
    s.inflight++;
  }
}

/** Nothing holds the memory of a send any more. */
function onNotif(s: Stream, res: i32): void {
  s.loans--;
  if ((<u32>res & IORING_NOTIF_USAGE_ZC_COPIED) != 0) s.copied_notifs++;
  s.notifs++;
}

function onSend(a: App, i: u32, s: Stream, res: i32, flags: u32): void {
  if ((flags & IORING_CQE_F_NOTIF) != 0) return onNotif(s, res);
  if ((flags & IORING_CQE_F_MORE) != 0 && ++s.loans > <u32>s.loan_max) s.loan_max = s.loans;
  s.inflight--;
  if (res > 0) {
    if (s.sha != 0) sha256Update(s.sha, patternAddr() + s.table_pos, <u32>res);
    s.table_pos = patternAdvance(s.table_pos, <u32>res);
    s.bytes += res;
    s.cqes++;
    s.requests++;
  } else if (s.res == 0) s.res = res;
  if (s.inflight != 0) return;
  if (s.res != 0) return finish(a, i, s);
  const gap = hostConfig(a.host).app_gap_ns;
  if (gap != 0 && s.bytes < hostConfig(a.host).app_bytes) waitsAdd(a, now() + gap, i);
  else sendMore(a, i, s);
}

export function sourceCqe(a: App, kind: u32, i: u32, res: i32, flags: u32): void {
  const s = stream(a, i);
  if (kind == SRC_SEND) return onSend(a, i, s, res, flags);
  if (kind < SRC_SEND || kind > SRC_RECV) {
    if (onOpener(a, kind, i, s, res)) sendMore(a, i, s);
  } else if (res < 0) {
    s.res = res;
    finish(a, i, s);
  } else if (kind == SRC_RECV && res == 0) finish(a, i, s);
  else opRecv(a, s.fd, a.scratch + ARG_JUNK, JUNK_BYTES, SRC_RECV, i);
}

/** What is due by the clock: flows to begin, pauses that are over. */
export function sourceTick(a: App): void {
  openFlows(a);
  const time = now();
  for (;;) {
    const i = waitsTake(a, time);
    if (i == NONE) return;
    sendMore(a, i, stream(a, i));
  }
}
