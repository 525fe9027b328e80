/**
 * An rpc client: on each of `app.flows` connections it sends requests of `app.chunk` bytes, `app.bytes` in all, to an echo server and
 * proves the answer of the same size; `app.depth` requests are without an answer at most. A stream's `bytes` are those of answers,
 * its `mark` those of requests.
 */
import { charge, COST_APP_CQE, hostConfig, NONE, now, traceAppRead, traceAppWrite } from '../../../sim/core';
import { ENOMEM, MSG_WAITALL, SHUT_WR } from '../../uapi.gen';
import { checkBytes } from './check';
import { finish, onOpener, openFlows } from './opener';
import { opRecv, opSend, opShutdown } from './ops';
import { flowStart, PATTERN_BYTES, tailBytes } from './payload';
import { bufPut, bufTake } from './sink';
import { App, patternAddr, stream, Stream } from './state';
import { waitsAdd, waitsTake } from './waits';

const RPC_SEND: u32 = 4;
const RPC_SHUTDOWN: u32 = 5;
const RPC_RECV: u32 = 6;

/** Bytes of the pattern that one send may have. */
function pieceMax(chunk: u32): u32 {
  return min(chunk, tailBytes());
}

/** Sends what may be sent: the rest of a request, or the next one if not too many are unanswered. One send is under way at a time. */
function sendMore(a: App, i: u32, s: Stream): void {
  const c = hostConfig(a.host);
  if (s.inflight != 0 || s.mark == c.app_bytes) return;
  const chunk = <u64>c.app_chunk;
  const begun = s.mark % chunk;
  if (begun == 0 && s.mark / chunk - s.bytes / chunk >= <u64>c.app_depth) return;
  let piece = chunk - begun;
  if (piece > c.app_bytes - s.mark) piece = c.app_bytes - s.mark;
  if (piece > <u64>pieceMax(c.app_chunk)) piece = pieceMax(c.app_chunk);
  const pos = <u32>((<u64>flowStart(<u32>s.flow) + s.mark) % <u64>PATTERN_BYTES);
  opSend(a, s.fd, patternAddr() + pos, <u32>piece, MSG_WAITALL, 0, RPC_SEND, i);
  traceAppWrite(0, NONE, <u32>s.flow, <u32>s.mark, <u32>piece);
  s.inflight = 1;
}

function receive(a: App, i: u32, s: Stream): void {
  opRecv(a, s.fd, s.buffer, a.buf_size, RPC_RECV, i);
}

function over(a: App, i: u32, s: Stream, res: i32): void {
  if (s.res == 0) s.res = res;
  if (s.buffer != 0) bufPut(a, s.buffer);
  s.buffer = 0;
  finish(a, i, s);
}

function begin(a: App, i: u32, s: Stream): void {
  s.buffer = bufTake(a);
  if (s.buffer == 0) return over(a, i, s, -ENOMEM);
  receive(a, i, s);
  if (hostConfig(a.host).app_bytes == 0) opShutdown(a, s.fd, SHUT_WR, RPC_SHUTDOWN, i);
  else sendMore(a, i, s);
}

function onSend(a: App, i: u32, s: Stream, res: i32): void {
  s.inflight = 0;
  if (s.buffer == 0) return; // over
  // The receive that is armed tells of the end.
  if (res < 0) {
    if (s.res == 0) s.res = res;
    return opShutdown(a, s.fd, SHUT_WR, RPC_SHUTDOWN, i);
  }
  s.mark += res;
  if (hostConfig(a.host).app_gap_ns == 0 || s.mark % <u64>hostConfig(a.host).app_chunk != 0) sendMore(a, i, s);
}

/** The answers that came allow further requests; after the last one the connection ends. */
function onAnswer(a: App, i: u32, s: Stream, res: i32): void {
  const c = hostConfig(a.host);
  if (res <= 0) return over(a, i, s, res);
  const before = s.bytes / <u64>c.app_chunk;
  checkBytes(a, s, s.buffer, <u32>res);
  traceAppRead(0, NONE, <u32>s.flow, s.buffer, <u32>res);
  s.bytes += res;
  s.cqes++;
  s.requests = s.bytes / <u64>c.app_chunk;
  receive(a, i, s);
  if (s.bytes == c.app_bytes) return opShutdown(a, s.fd, SHUT_WR, RPC_SHUTDOWN, i);
  if (s.bytes / <u64>c.app_chunk == before) return;
  if (c.app_gap_ns != 0) waitsAdd(a, now() + c.app_gap_ns, i);
  else sendMore(a, i, s);
}

export function rpcCqe(a: App, kind: u32, i: u32, res: i32): void {
  charge(COST_APP_CQE);
  const s = stream(a, i);
  switch (kind) {
    case RPC_SEND: return onSend(a, i, s, res);
    case RPC_RECV: return onAnswer(a, i, s, res);
    case RPC_SHUTDOWN: return;
    default: if (onOpener(a, kind, i, s, res)) begin(a, i, s);
  }
}

export function rpcTick(a: App): void {
  openFlows(a);
  const time = now();
  for (;;) {
    const i = waitsTake(a, time);
    if (i == NONE) return;
    const s = stream(a, i);
    if (s.buffer != 0) sendMore(a, i, s);
  }
}
