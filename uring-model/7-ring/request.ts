/**
 * Requests (struct io_kiocb): one table for the world. A request's life:
 *
 *              +--------------------------------------------------+
 *              v                                                  |
 *     FREE -> INIT -> ISSUED -> ARMED <-> WORK --> COMPLETE ------+
 *              |  \     |  ^               ^  |      ^  ^
 *              |   \    |  +---------------|--+      |  |
 *              |    \   +------------------+---------+  |
 *              |     +--> LINKED ----------+------------+
 *              +----------------------------------------+
 *
 * Behind a drain it is DEFERRED before it has WORK. Whoever would issue it may hand it to a worker instead: IOWQ, and then
 * ISSUED there. TIMER takes the place of ARMED for a TIMEOUT. COMPLETE becomes HELD when somebody still refers to the
 * request, and comes back to it by WORK.
 */
import { arenaAlloc, NONE, runConfig } from '../../sim/core';
import { IOSQE_ASYNC, IOSQE_IO_DRAIN } from '../uapi.gen';
import { Ring, ringState } from './state';
import { witnessReqEnd } from './witness';

export const REQ_FREE: u8 = 0;
/** Being prepared from its SQE. */
export const REQ_INIT: u8 = 1;
/** Behind another in a link. */
export const REQ_LINKED: u8 = 2;
/** Its operation runs. */
export const REQ_ISSUED: u8 = 3;
/** Waits in the wait queue of a file. */
export const REQ_ARMED: u8 = 4;
/** Waits in task work; a multishot one stays in the wait queue meanwhile. */
export const REQ_WORK: u8 = 5;
/** Has its result; the completion is posted at the end of the batch. */
export const REQ_COMPLETE: u8 = 6;
/** Waits for a worker thread. */
export const REQ_IOWQ: u8 = 7;
/** Waits behind a request that drains the ring. */
export const REQ_DEFERRED: u8 = 8;
/** Its time runs (TIMEOUT). */
export const REQ_TIMER: u8 = 9;
/** Its completion is posted; a linked timeout that has fired still refers to it. */
export const REQ_HELD: u8 = 10;

/** Flags: the low byte is that of the SQE. */
export const REQ_F_FAIL: u32 = 1 << 8;
export const REQ_F_APOLL_MULTISHOT: u32 = 1 << 9;
export const REQ_F_POLLED: u32 = 1 << 10;
export const REQ_F_NOWAIT: u32 = 1 << 11;
export const REQ_F_SKIP_LINK_CQES: u32 = 1 << 12;
export const REQ_F_BUFFER_RING: u32 = 1 << 13;
export const REQ_F_BUFFERS_COMMIT: u32 = 1 << 14;
export const REQ_F_BL_NO_RECYCLE: u32 = 1 << 15;
export const REQ_F_POLL_NO_LAZY: u32 = 1 << 16;
/** Stands in the wait queue of its file. */
export const REQ_F_SINGLE_POLL: u32 = 1 << 17;
export const REQ_F_BUF_MORE: u32 = 1 << 18;
export const REQ_F_CONNECTING: u32 = 1 << 19;
export const REQ_F_BL_EMPTY: u32 = 1 << 20;
/** The SQE's bit: it goes to a worker thread. A ring that drains sets it too. */
export const REQ_F_FORCE_ASYNC: u32 = IOSQE_ASYNC;
export const REQ_F_IO_DRAIN: u32 = IOSQE_IO_DRAIN;
export const REQ_F_LINK_TIMEOUT: u32 = 1 << 21;
export const REQ_F_ARM_LTIMEOUT: u32 = 1 << 22;
/** Posts more than one completion by itself, without a poll of a file. */
export const REQ_F_MULTISHOT: u32 = 1 << 23;
/** Its operation holds something that has to be given back. */
export const REQ_F_NEED_CLEANUP: u32 = 1 << 24;
/** Stands in a second wait queue too. */
export const REQ_F_DOUBLE_POLL: u32 = 1 << 25;
/** A buffer of a list was picked: Req.kbuf. */
export const REQ_F_BUFFER_SELECTED: u32 = 1 << 26;
export const REQ_F_IMPORT_BUFFER: u32 = 1 << 27;
/** Its completion was posted by a worker; what is left of it is freed by task work. */
export const REQ_F_POSTED: u32 = 1 << 28;
/** Waits for the error queue of a socket: readable data does not count. */
export const REQ_F_CLEAR_POLLIN: u32 = 1 << 29;
/** Req.refs counts its references. */
export const REQ_F_REFCOUNT: u32 = 1 << 30;
/** A cancellation has already matched it: cancel_seq says which. */
export const REQ_F_CANCEL_SEQ: u32 = 1 << 31;

/** What its task work does. */
export const TW_POLL: u8 = 0;
export const TW_SUBMIT: u8 = 1;
export const TW_COMPLETE: u8 = 2;
export const TW_EVENT: u8 = 3;
export const TW_FAIL_LINKS: u8 = 4;
/** The request fails with Req.res. */
export const TW_FAIL: u8 = 5;
/** The request goes to a worker thread of its task. */
export const TW_IOWQ: u8 = 6;
export const TW_TIMEOUT: u8 = 7;
export const TW_LINK_TIMEOUT: u8 = 8;
/** Notifications of zero-copy sends. */
export const TW_NOTIF: u8 = 16;
/** A completion that another ring sent. */
export const TW_MSG: u8 = 9;

@unmanaged
export class Req {
  user_data: u64;
  big0: u64;
  big1: u64;
  /** User address of the data; for ACCEPT and commands that of the socket address. */
  buf: u64;
  /** ACCEPT and commands: address of the address's length. */
  buf2: u64;
  state: u8;
  opcode: u8;
  tw: u8;
  poll_retries: u8;
  flags: u32;
  ring: u32;
  /** Task that submitted it; the thread of the SQ for IORING_SETUP_SQPOLL. */
  task: u32;
  /** File that it uses, or NONE. It holds a reference, unless file_node does. */
  file: u32;
  /** Node of the registered file, and of the registered buffer, that it holds; or NONE. */
  file_node: u32;
  buf_node: u32;
  fd: i32;
  res: i32;
  cflags: u32;
  len: u32;
  done_io: u32;
  /** msg_flags, accept_flags, nop_flags, cmd_op. */
  op_flags: u32;
  /** IORING_RECVSEND_*, IORING_ACCEPT_*: sqe->ioprio. */
  ioprio: u32;
  buf_group: u16;
  buf_index: u16;
  /** Buffer that was picked from a list. */
  kbuf: u32;
  personality: u32;
  /** Room for a message (AsyncMsg), or NONE; and ranges that the ring's vector for it has had. */
  msg: u32;
  vec_nr: u32;
  /** Bytes that the socket had left last, -1: unknown. */
  inq: i32;
  /** Notification of a zero-copy send, or NONE. A notification's is itself. */
  notif: u32;
  /** Slot for a direct descriptor, from 1; 0: none. */
  file_slot: u32;
  mshot_len: u32;
  mshot_total_len: u32;
  mshot_loops: u32;
  /** zcrx instance of RECV_ZC. */
  ifq: u32;
  // Poll
  poll_events: u32;
  poll_refs: u32;
  wait2: u32;
  /** Links of the task-work list, the completion and free lists, and the next of a chain. */
  tw_next: u32;
  comp_next: u32;
  link: u32;
  /** The bucket of the table that cancellation searches, or the ring's list of timeouts (cancel_table.ts, timeout_list.ts). */
  list_next: u32;
  list_prev: u32;
  cancel_seq: u32;
  /** With REQ_F_REFCOUNT: references. */
  refs: u32;
  // What is the operation's own: a timer (timeout_list.ts), a notification (notif.ts)
  cmd0: u64;
  cmd1: u64;
  cmd2: u64;
  cmd3: u64;
  cmd4: u64;
  cmd5: u64;
  cmd6: u64;
  cmd7: u64;
}
const REQ_BYTES: usize = (offsetof<Req>() + 7) & ~7;

export function reqAt(req_idx: u32): Req {
  return changetype<Req>(<usize>ringState().reqs_base + <usize>req_idx * REQ_BYTES);
}
export function reqIdx(req: Req): u32 {
  return <u32>((changetype<usize>(req) - <usize>ringState().reqs_base) / REQ_BYTES);
}
/** What the operation keeps in the request: 64 bytes (io_kiocb_to_cmd). */
export function reqCmd(req: Req): usize {
  return changetype<usize>(req) + offsetof<Req>('cmd0');
}

export function reqsInit(): void {
  const s = ringState();
  const count = runConfig().limits_reqs;
  s.reqs_base = <u32>arenaAlloc(<u64>count * REQ_BYTES);
  s.req_capacity = count;
  s.req_free = NONE;
  for (let i = count; i > 0; i--) {
    reqAt(i - 1).comp_next = s.req_free;
    s.req_free = i - 1;
  }
}

const LEGAL_FREE: u32 = (1 << <u32>REQ_INIT) | (1 << <u32>REQ_WORK);
const LEGAL_INIT: u32 = (1 << <u32>REQ_LINKED) | (1 << <u32>REQ_ISSUED) | (1 << <u32>REQ_COMPLETE) | (1 << <u32>REQ_FREE)
  | (1 << <u32>REQ_WORK) | (1 << <u32>REQ_IOWQ) | (1 << <u32>REQ_DEFERRED);
const LEGAL_LINKED: u32 = (1 << <u32>REQ_ISSUED) | (1 << <u32>REQ_WORK) | (1 << <u32>REQ_COMPLETE) | (1 << <u32>REQ_FREE)
  | (1 << <u32>REQ_IOWQ);
const LEGAL_ISSUED: u32 = (1 << <u32>REQ_ARMED) | (1 << <u32>REQ_WORK) | (1 << <u32>REQ_COMPLETE) | (1 << <u32>REQ_IOWQ)
  | (1 << <u32>REQ_TIMER) | (1 << <u32>REQ_HELD);
const LEGAL_ARMED: u32 = (1 << <u32>REQ_WORK) | (1 << <u32>REQ_ISSUED) | (1 << <u32>REQ_FREE);
const LEGAL_WORK: u32 = (1 << <u32>REQ_ISSUED) | (1 << <u32>REQ_ARMED) | (1 << <u32>REQ_COMPLETE) | (1 << <u32>REQ_FREE)
  | (1 << <u32>REQ_IOWQ) | (1 << <u32>REQ_TIMER) | (1 << <u32>REQ_HELD) | (1 << <u32>REQ_WORK);
const LEGAL_COMPLETE: u32 = (1 << <u32>REQ_FREE) | (1 << <u32>REQ_HELD);
const LEGAL_IOWQ: u32 = (1 << <u32>REQ_ISSUED) | (1 << <u32>REQ_WORK) | (1 << <u32>REQ_FREE);
const LEGAL_DEFERRED: u32 = (1 << <u32>REQ_WORK) | (1 << <u32>REQ_FREE);

function legalFrom(state: u8): u32 {
  switch (state) {
    case REQ_FREE: return LEGAL_FREE;
    case REQ_INIT: return LEGAL_INIT;
    case REQ_LINKED: return LEGAL_LINKED;
    case REQ_ISSUED: return LEGAL_ISSUED;
    case REQ_ARMED: return LEGAL_ARMED;
    case REQ_WORK: return LEGAL_WORK;
    case REQ_IOWQ: return LEGAL_IOWQ;
    case REQ_DEFERRED: return LEGAL_DEFERRED;
    case REQ_TIMER:
    case REQ_HELD: return LEGAL_DEFERRED;
    default: return LEGAL_COMPLETE;
  }
}

/** The one way in which a request changes its state. */
export function transition(req: Req, to: u8): void {
  assert((legalFrom(req.state) & (1 << <u32>to)) != 0, 'R1 an illegal change of a request');
  req.state = to;
}

/** A request of a ring, in state FREE with its links cleared; NONE at the limit (io_alloc_req). */
export function reqAlloc(r: Ring, task: u32): u32 {
  const s = ringState();
  const idx = s.req_free;
  if (idx == NONE) return NONE;
  const req = reqAt(idx);
  s.req_free = req.comp_next;
  s.reqs_used++;
  r.reqs++;
  req.ring = r.idx;
  req.task = task;
  req.file = NONE;
  req.file_node = NONE;
  req.buf_node = NONE;
  req.flags = 0;
  req.res = 0;
  req.cflags = 0;
  req.done_io = 0;
  req.mshot_loops = 0;
  req.poll_retries = 0;
  req.tw_next = NONE;
  req.link = NONE;
  req.list_prev = NONE;
  req.msg = NONE;
  req.notif = NONE;
  return idx;
}

/** Back to the table. Its file was put and it stands in no queue. */
export function reqFree(r: Ring, req_idx: u32): void {
  const s = ringState();
  const req = reqAt(req_idx);
  assert((req.flags & REQ_F_SINGLE_POLL) == 0, 'R2 a freed request stands in no wait queue');
  witnessReqEnd(r, req_idx);
  req.state = REQ_FREE;
  req.ring = NONE;
  req.comp_next = s.req_free;
  s.req_free = req_idx;
  s.reqs_used--;
  r.reqs--;
}

/** req_set_fail: a failed request posts its completion even if success would post none. */
export function reqSetFail(req: Req): void {
  req.flags |= REQ_F_FAIL;
  if ((req.flags & IOSQE_CQE_SKIP) != 0) {
    req.flags = (req.flags & ~IOSQE_CQE_SKIP) | REQ_F_SKIP_LINK_CQES;
  }
}
const IOSQE_CQE_SKIP: u32 = 64;

export function reqSetRes(req: Req, res: i32, cflags: u32): void {
  req.res = res;
  req.cflags = cflags;
}
