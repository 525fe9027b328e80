/**
 * A source: opens `app.flows` connections, sends `app.bytes` on each in pieces of `app.chunk`, shuts down and waits for the
 * peer's end of stream. `app.depth` pieces are in flight as a chain of linked sends that wait for all of their bytes; one
 * piece alone may be sent short, and the rest follows.
 */
import { hostConfig, NONE, now, portOf, sha256Update, traceAppDone, traceAppWrite } from '../../../sim/core';
import { IOSQE_IO_LINK, MSG_WAITALL, SHUT_WR } from '../../uapi.gen';
import { checkEnd, checkFlow, checkStart } from './check';
import { opBind, opClose, opConnect, opRecv, opSend, opShutdown, opSocket, usesV6 } from './ops';
import { patternAdvance, TAIL_BYTES } from './payload';
import { App, APP_ENDED, patternAddr, stream, Stream, streamNew } from './state';
import { ARG_JUNK, JUNK_BYTES, sqRoom } from './user_ring';
import { waitsAdd, waitsDue, waitsTake } from './waits';

export const SRC_SOCKET: u32 = 1;
export const SRC_BIND: u32 = 2;
export const SRC_CONNECT: u32 = 3;
export const SRC_SEND: u32 = 4;
export const SRC_SHUTDOWN: u32 = 5;
export const SRC_RECV: u32 = 6;
export const SRC_CLOSE: u32 = 7;
/** First port of the flows: flow f is bound to this + f. */
export const SOURCE_PORT: u32 = 10000;
/** Flows that begin in one turn. */
const STARTS_MAX: u32 = 64;

function portFor(host: u32, flow: u32): u32 {
  const c = hostConfig(host);
  return c.port_count > 1 ? portOf(host, flow % c.port_count) : c.app_port;
}

function startFlow(a: App, flow: u32): void {
  const i = streamNew(a);
  const s = stream(a, i);
  checkStart(a, s, i);
  checkFlow(s, flow);
  s.start_ns = now();
  s.own_port = SOURCE_PORT + flow;
  s.peer_port = portFor(a.host, flow);
  s.family = usesV6(a.host) ? 6 : 4;
  opSocket(a, usesV6(a.host), SRC_SOCKET, i);
}

/** Queues the next sends of a stream that has none under way; ends it when all is sent. */
function sendMore(a: App, i: u32, s: Stream): void {
  const c = hostConfig(a.host);
  let left = c.app_bytes - s.bytes;
  if (left == 0) {
    opShutdown(a, s.fd, SHUT_WR, SRC_SHUTDOWN, i);
    return;
  }
  const depth: u32 = c.app_gap_ns != 0 ? 1 : c.app_depth;
  const piece_max = c.app_chunk < TAIL_BYTES ? c.app_chunk : TAIL_BYTES;
  let pos = s.table_pos;
  sqRoom(a, depth);
  for (let k: u32 = 0; k < depth && left > 0; k++) {
    const piece = left < <u64>piece_max ? <u32>left : piece_max;
    left -= piece;
    const link = k + 1 < depth && left > 0 ? IOSQE_IO_LINK : 0;
    opSend(a, s.fd, patternAddr() + pos, piece, depth > 1 ? MSG_WAITALL : 0, link, SRC_SEND, i);
    traceAppWrite(0, NONE, <u32>s.flow, <u32>(c.app_bytes - left - piece), piece);
    pos = patternAdvance(pos, piece);
    s.inflight++;
  }
}

function onSend(a: App, i: u32, s: Stream, res: i32): void {
  s.inflight--;
  if (res > 0) {
    if (s.sha != 0) sha256Update(s.sha, patternAddr() + s.table_pos, <u32>res);
    s.table_pos = patternAdvance(s.table_pos, <u32>res);
    s.bytes += res;
    s.cqes++;
  } else if (s.res == 0) s.res = res;
  if (s.inflight != 0) return;
  if (s.res != 0) return finish(a, i, s);
  const gap = hostConfig(a.host).app_gap_ns;
  if (gap != 0 && s.bytes < hostConfig(a.host).app_bytes) waitsAdd(a, now() + gap, i);
  else sendMore(a, i, s);
}

/** The stream is over: closes its socket, if it has one. */
function finish(a: App, i: u32, s: Stream): void {
  s.end_ns = now();
  if (s.fd >= 0) opClose(a, s.fd, SRC_CLOSE, i);
  else closed(a, s);
}
function closed(a: App, s: Stream): void {
  checkEnd(s);
  s.fd = -1;
  s.done = 1;
  a.streams_open--;
  traceAppDone(0, NONE, a.host, <u32>s.flow, <u32>s.res);
  if (a.streams_open == 0 && a.next_flow == hostConfig(a.host).app_flows) a.state = APP_ENDED;
}

export function sourceCqe(a: App, kind: u32, i: u32, res: i32): void {
  const s = stream(a, i);
  if (kind == SRC_SEND) return onSend(a, i, s, res);
  if (kind == SRC_CLOSE) return closed(a, s);
  if (res < 0) {
    s.res = res;
    return finish(a, i, s);
  }
  switch (kind) {
    case SRC_SOCKET: {
      s.fd = res;
      return opBind(a, res, s.family == 6, <u32>s.own_port, SRC_BIND, i);
    }
    case SRC_BIND: return opConnect(a, s.fd, s.family == 6, 1 - a.host, s.peer_port, SRC_CONNECT, i);
    case SRC_CONNECT: return sendMore(a, i, s);
    case SRC_RECV: {
      if (res == 0) return finish(a, i, s);
    }
    default: return opRecv(a, s.fd, a.scratch + ARG_JUNK, JUNK_BYTES, SRC_RECV, i);
  }
}

/** What is due by the clock: flows to begin, pauses that are over. */
export function sourceTick(a: App): void {
  const c = hostConfig(a.host);
  const flows = c.app_flows;
  const time = now();
  for (let k: u32 = 0; k < STARTS_MAX && a.next_flow < flows && a.next_start_ns <= time; k++) {
    startFlow(a, a.next_flow++);
    a.next_start_ns += c.app_stagger_ns;
  }
  for (;;) {
    const i = waitsTake(a, time);
    if (i == NONE) break;
    sendMore(a, i, stream(a, i));
  }
  if (flows == 0) a.state = APP_ENDED;
}
export function sourceDue(a: App): u64 {
  const due = waitsDue(a);
  return a.next_flow < hostConfig(a.host).app_flows && a.next_start_ns < due ? a.next_start_ns : due;
}
