/** Applications: made with the world, run by EVENT_TASK a turn at a time. */
import {
  APP_CHECK_SHA256, APP_PROTOCOL_UDP, APP_RECEIVE_RECV, APP_RECEIVE_ZC, APP_ROLE_NONE, APP_ROLE_NOP, APP_ROLE_RPC, APP_ROLE_SCRIPT,
  APP_ROLE_SINK, APP_ROLE_SOURCE, arenaAlloc, CONTEXT_TASK_WORK, CONTEXT_USER, coreState, enterContext, EVENT_TASK, hostConfig,
  leaveContext, NONE, now, RLIMIT_NOFILE, runConfig, schedule, setTask, SHA256_BYTES, switchContext, switchTo, takeCore, traceAppWake,
  TURN_CQES,
} from '../../../sim/core';
import {
  TASK_ALARM, taskCore, TASK_DEADLINE, taskAt, taskDeadline, taskHandedOut, taskHandOut, taskResume, taskSignal, taskWake,
} from '../../7-ring';
import { checkEnd, checkInit, opensFlows } from './check';
import { datagramBegin, datagramCqe } from './datagram_sink';
import { echoCqe } from './echo';
import { listenAll, streamRefresh } from './listener';
import { sinkMemory, sourceMemory, user } from './app_memory';
import { openerDue } from './opener';
import { nopCqe, nopTick } from './nop';
import { payloadInit } from './payload';
import { plainStart, plainTurn } from './plain_sink';
import { plainSourceStart, plainSourceTurn } from './plain_source';
import { refillDue, refillHolds, refillRun } from './refill_policy';
import { rpcCqe, rpcTick } from './rpc';
import { providedStart, usesProvided } from './provided';
import { bufsCut, rqRegionBytes, sinkCqe, sinkTick, sinkZcInit } from './sink';
import { sourceBegin, sourceCqe, sourceTick } from './source';
import {
  App, APP_ENDED, APP_NEW, APP_RUNS, app, isPlain, stream, Stream, STREAM_BYTES, streamNew, USER_DATA_INDEX_MASK, USER_DATA_KIND_SHIFT,
} from './state';
import { ARG_BYTES, cqAdvance, cqPeek, cqReady, ringCreate, submit, submitAndWait, waitResult } from './user_ring';
import { waitsDue, waitsInit } from './waits';

/** Completions of one turn; then others get their turn. */

function tables(a: App): void {
  const c = hostConfig(a.host);
  const opens = opensFlows(a.host);
  a.streams_max = opens ? c.app_flows : a.role == APP_ROLE_NOP ? 1 : runConfig().limits_socks;
  a.streams = <u32>arenaAlloc(<u64>a.streams_max * STREAM_BYTES + STREAM_BYTES);
  waitsInit(a, a.streams_max);
  checkInit(a);
  if (a.check == APP_CHECK_SHA256) a.shas_base = <u32>arenaAlloc(<u64>a.streams_max * SHA256_BYTES);
  a.scratch = user(a, ARG_BYTES);
  if (c.ring_fixed_files) a.fixed_base = <u32>arenaAlloc(RLIMIT_NOFILE);
  const sq_entries = c.ring_sq_entries <= 1 ? <u32>1 : (<u32>1) << (32 - clz<u32>(c.ring_sq_entries - 1));
  a.sockaddrs = user(a, sq_entries * 32);
  if (opens || a.compare != 0) payloadInit();
  if (opens || a.role == APP_ROLE_NOP) return;
  let names: u32 = 256;
  while (names < c.ring_cq_entries) names <<= 1;
  a.names_base = user(a, names * 32);
  a.names_mask = names - 1;
}

export function appInit(host: u32): void {
  const c = hostConfig(host);
  if (c.app_role == APP_ROLE_NONE) return;
  const a = app(host);
  a.host = host;
  a.role = c.app_role;
  a.state = APP_NEW;
  a.receive = a.role == APP_ROLE_SINK ? c.app_receive : APP_RECEIVE_RECV;
  a.protocol = c.app_protocol;
  a.next_start_ns = c.app_start_ns;
  if (a.role != APP_ROLE_SCRIPT) {
    tables(a);
    if (a.role == APP_ROLE_SOURCE) sourceMemory(a);
    else if (a.role != APP_ROLE_NOP) sinkMemory(a);
  }
  taskAt(host).run_pending = 1;
  schedule(c.app_start_ns, EVENT_TASK, host);
}

/** The kernel may refuse zero-copy receive: no header split, the queue is taken … Then the sink receives into what was to be the area. */
function zcOrCopies(a: App): void {
  a.error = sinkZcInit(a, a.area_addr, a.bufs_base, rqRegionBytes(a));
  if (a.error == 0) return;
  const c = hostConfig(a.host);
  a.receive = APP_RECEIVE_RECV;
  const flows = hostConfig(1 - a.host).app_flows;
  const most = (c.refill_area_bytes / ((flows > 56 ? flows : 56) + 8)) & ~63;
  a.buf_size = c.app_chunk < most ? (c.app_chunk + 63) & ~63 : most > 64 ? most : 64;
  bufsCut(a, a.area_addr, c.refill_area_bytes);
}

/** The application's first turn: ring, buffers, sockets. 0 or -errno. */
function start(a: App): i32 {
  const c = hostConfig(a.host);
  if (isPlain(a)) return a.role == APP_ROLE_SOURCE ? plainSourceStart(a) : plainStart(a);
  const zc = a.role == APP_ROLE_SINK && c.app_receive == APP_RECEIVE_ZC;
  const ret = ringCreate(a, c.ring_sq_entries, c.ring_cq_entries > c.ring_sq_entries ? c.ring_cq_entries : c.ring_sq_entries, zc);
  if (ret < 0 || a.role == APP_ROLE_NOP) return ret;
  if (opensFlows(a.host)) return a.role == APP_ROLE_SOURCE ? sourceBegin(a) : 0;
  if (a.protocol == APP_PROTOCOL_UDP) return datagramBegin(a);
  let registered: i32 = 0;
  if (zc) zcOrCopies(a);
  else if (a.role == APP_ROLE_SINK && usesProvided(a)) registered = providedStart(a);
  return registered < 0 ? registered : listenAll(a);
}

function begin(a: App): void {
  a.state = APP_RUNS;
  const ret = start(a);
  if (ret >= 0) return;
  // It cannot begin: its only stream says why.
  a.error = ret;
  a.state = APP_ENDED;
  const i = streamNew(a);
  if (i == NONE) return;
  a.streams_open--;
  stream(a, i).res = ret;
  stream(a, i).done = 1;
}

/**
 * So far may a turn run ahead of the clock and call the kernel: what it does there has later times than what others do after it, and the
 * clock of a socket does not go back (stack/5-tcp/clock.ts).
 */
const AHEAD_NS: u64 = 10000000;
function farAhead(): bool {
  return now() - coreState().clock_ns >= AHEAD_NS;
}

/** Handles completions that are there, at most TURN_CQES, or those of a batch with their notifications; fewer when they take long. */
function drain(a: App): u32 {
  let n: u32 = 0;
  const most = max(TURN_CQES, 2 * hostConfig(a.host).app_batch);
  while (n < most && cqReady(a) > 0 && !farAhead()) {
    const cqe = cqPeek(a);
    const user_data = <u32>cqe.user_data;
    const kind = user_data >> USER_DATA_KIND_SHIFT;
    const i = user_data & USER_DATA_INDEX_MASK;
    if (a.role == APP_ROLE_SOURCE) sourceCqe(a, kind, i, cqe.res, cqe.flags);
    else if (a.role == APP_ROLE_SINK && a.protocol == APP_PROTOCOL_UDP) datagramCqe(a, kind, i, cqe);
    else if (a.role == APP_ROLE_SINK) sinkCqe(a, kind, i, cqe);
    else if (a.role == APP_ROLE_NOP) nopCqe(a, cqe.res);
    else if (a.role == APP_ROLE_RPC) rpcCqe(a, kind, i, cqe.res);
    else echoCqe(a, kind, i, cqe);
    cqAdvance(a, 1);
    n++;
  }
  return n;
}

/** One turn in user space: completions, what is due, then submit and wait. */
function turn(a: App): void {
  if (a.asleep != 0) {
    a.asleep = 0;
    waitResult(a);
  }
  const n = drain(a);
  traceAppWake(0, NONE, a.host, n);
  // It goes on when its work is done.
  if (farAhead()) return taskWake(taskAt(a.host));
  let due = u64.MAX_VALUE;
  if (opensFlows(a.host)) {
    if (a.role == APP_ROLE_RPC) rpcTick(a);
    else sourceTick(a);
    due = openerDue(a);
  } else if (a.role == APP_ROLE_NOP) nopTick(a);
  else if (a.role == APP_ROLE_SINK) {
    sinkTick(a);
    const waits = refillRun(a);
    due = waitsDue(a);
    const refill_due = refillDue(a, waits);
    if (refill_due < due) due = refill_due;
  }
  if (a.state == APP_ENDED) submit(a);
  else if (submitAndWait(a, due)) taskWake(taskAt(a.host));
  else a.asleep = 1;
}

/** Its knobs are others: one that waits with buffers in its hands looks what it is to do with them. */
export function appTold(host: u32): void {
  const a = app(host);
  if (a.asleep != 0 && refillHolds(a)) taskWake(taskAt(host));
}

/** EVENT_TASK: task work, then the application's turn. */
export function taskRun(arg: u32): void {
  if ((arg & TASK_DEADLINE) != 0) return taskDeadline(arg & ~TASK_DEADLINE);
  if ((arg & TASK_ALARM) != 0) return taskSignal(arg & ~TASK_ALARM);
  const t = taskAt(arg);
  const host = t.host;
  const a = app(host);
  const core = taskCore(t);
  if (!takeCore(host, core, arg, EVENT_TASK, arg)) return;
  t.run_pending = 0;
  enterContext(host, core, CONTEXT_TASK_WORK);
  setTask(arg);
  switchTo(arg, t.slept != 0);
  t.slept = 0;
  let runs = taskResume(arg);
  if (a.state == APP_NEW || (a.state == APP_RUNS && a.role != APP_ROLE_SCRIPT && !isPlain(a) && a.asleep == 0)) runs = true;
  if (a.state == APP_RUNS && isPlain(a) && t.waiting == 0) runs = true;
  if (!runs) return leaveContext();
  if (a.role == APP_ROLE_SCRIPT) {
    a.state = APP_RUNS;
    return taskHandOut(t);
  }
  switchContext(CONTEXT_USER);
  if (a.state == APP_NEW) begin(a);
  if (a.state == APP_RUNS && isPlain(a)) {
    if (a.role == APP_ROLE_SOURCE) plainSourceTurn(a, arg);
    else plainTurn(a, arg);
  }
  else if (a.state == APP_RUNS) turn(a);
  leaveContext();
}

/** EVENT_APP_TIMER: the application looks at its clock. Applications wait in their rings, so nobody schedules it. */
export function appTimer(app: u32): void {
  taskWake(taskAt(app));
}

/** The task whose application outside of the core may run, or -1. */
export function taskRunnable(): i32 {
  return taskHandedOut();
}

/** Streams of a host's application so far; their records are made of u64 words (state.ts). */
export function streamCount(host: u32): u32 {
  return app(host).stream_count;
}
/**
 * Copies a stream's record and brings the copy up to date, its digest too: whoever looks changes nothing. Room for a digest's
 * context is taken behind the record.
 */
export function streamCopy(host: u32, i: u32, out: usize): void {
  const a = app(host);
  memory.copy(out, changetype<usize>(stream(a, i)), STREAM_BYTES);
  const s = changetype<Stream>(out);
  if (s.done != 0) return;
  if (a.role != APP_ROLE_SOURCE) streamRefresh(a, s);
  if (s.sha == 0) return;
  const context = out + STREAM_BYTES;
  memory.copy(context, <usize>s.sha, SHA256_BYTES);
  s.sha = <u32>context;
  checkEnd(s);
}
/** 0, or why the application could not begin. */
export function appError(host: u32): i32 {
  return app(host).error;
}
