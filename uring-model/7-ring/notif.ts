/**
 * Notifications of zero-copy sends (io_uring/notif.c). A notification is a request of its own, whose Ubuf the packets hold;
 * when the last of them is gone it completes by task work. Those whose bytes share a packet complete together:
 *
 *     packet ──► Ubuf of the first ──next──► second ──► third        each one's head is the first
 */
import { charge, COST_PIN_CALL, COST_ZC_NOTIF, NONE } from '../../sim/core';
import { memCharge, memUncharge, skb, Ubuf, UBUF_BYTES, zcopyGet } from '../../stack/3-pool';
import { EEXIST, ENOMEM, IORING_CQE_F_MORE, IORING_CQE_F_NOTIF, IORING_NOTIF_USAGE_ZC_COPIED, IORING_OP_NOP } from '../uapi.gen';
import { completeDefer } from './complete';
import { Req, reqAlloc, reqAt, REQ_INIT, REQ_ISSUED, transition, TW_NOTIF } from './request';
import { Ring, ringAt } from './state';
import { taskWorkAdd } from './work_list';

/** struct io_notif_data, in the request's room for data of its operation. */
@unmanaged
class Notif extends Ubuf {
  /** Addresses of others: the next that completes with this one, 0 for none, and whose references count. */
  next: u32;
  head: u32;
  /** Does the application want to know what became of the bytes: were some lent, and were some copied? */
  report: u8;
  used: u8;
  copied: u8;
  pad: u8;
  /** Pages that are counted as locked while it lasts. */
  pages: u32;
}

function notifAt(uarg: u32): Notif {
  return changetype<Notif>(<usize>uarg);
}
/** Address of a notification's Ubuf. */
export function notifUarg(req_idx: u32): u32 {
  return uargOf(reqAt(req_idx));
}
function uargOf(req: Req): u32 {
  return <u32>changetype<usize>(req) + <u32>offsetof<Req>('cmd0');
}
function notifReq(uarg: u32): Req {
  return changetype<Req>(<usize>uarg - offsetof<Req>('cmd0'));
}

/** A notification with one reference, the sender's; NONE at the limit (io_alloc_notif). */
export function notifAlloc(r: Ring, task: u32, user_data: u64): u32 {
  const idx = reqAlloc(r, task);
  if (idx == NONE) return NONE;
  charge(COST_ZC_NOTIF);
  assert(UBUF_BYTES <= 16 && offsetof<Notif>() <= 32, 'a notification has no room in a request');
  const req = reqAt(idx);
  transition(req, REQ_INIT);
  transition(req, REQ_ISSUED);
  req.opcode = <u8>IORING_OP_NOP;
  req.notif = idx;
  req.user_data = user_data;
  req.cflags = IORING_CQE_F_NOTIF;
  req.big0 = 0;
  req.big1 = 0;
  const n = notifAt(notifUarg(idx));
  n.complete = txUbufComplete.index;
  n.link_skb = linkSkb.index;
  n.refs = 1;
  n.next = 0;
  n.head = notifUarg(idx);
  n.report = 0;
  n.used = 0;
  n.copied = 0;
  n.pages = 0;
  return idx;
}
/** Zero-copy sends share a notification, and there is none at the moment. */
const NOTIF_SLOT_EMPTY: u32 = 0xfffffffe;

/**
 * From now on all zero-copy sends of the ring complete with one notification, when it is flushed: the notification slots of the
 * patches of 2021 and 2022 before they were merged, for what was measured with them. Differs from Linux: no kernel has them.
 */
export function notifSlotUse(r: Ring): void {
  r.notif_slot = NOTIF_SLOT_EMPTY;
}
/** The notification of a send, with a reference for it; NONE at the limit. */
export function notifFor(r: Ring, task: u32, user_data: u64): u32 {
  if (r.notif_slot == NONE) return notifAlloc(r, task, user_data);
  if (r.notif_slot == NOTIF_SLOT_EMPTY) {
    const idx = notifAlloc(r, task, user_data);
    if (idx == NONE) return NONE;
    r.notif_slot = idx;
  }
  zcopyGet(notifUarg(r.notif_slot));
  return r.notif_slot;
}
/** The shared notification comes when its sends are done with. Is there one? */
export function notifSlotFlush(r: Ring): bool {
  if (r.notif_slot >= NOTIF_SLOT_EMPTY) return false;
  const idx = r.notif_slot;
  r.notif_slot = NOTIF_SLOT_EMPTY;
  notifFlush(idx);
  return true;
}
/** What the completion of a send says besides: a notification of its own follows. */
export function notifMore(r: Ring): u32 {
  return r.notif_slot == NONE ? IORING_CQE_F_MORE : 0;
}

/** IORING_SEND_ZC_REPORT_USAGE */
export function notifReport(req_idx: u32): void {
  notifAt(notifUarg(req_idx)).report = 1;
}

/** Counts the memory that a send of `len` bytes lends as locked (io_notif_account_mem). 0 or -ENOMEM. */
export function notifAccount(req_idx: u32, host: u32, len: u32): i32 {
  const pages = (len >> 12) + 2;
  if (!memCharge(host, pages)) return -ENOMEM;
  notifAt(notifUarg(req_idx)).pages += pages;
  charge(COST_PIN_CALL);
  return 0;
}

/** ubuf_info_ops.complete (io_tx_ubuf_complete). */
function txUbufComplete(skb_idx: u32, uarg: u32, success: u32): void {
  const n = notifAt(uarg);
  if (n.report != 0) {
    if (success != 0 && skb_idx != NONE) n.used = 1;
    else if (success == 0) n.copied = 1;
  }
  assert(n.refs != 0, 'R16 a notification has the references that were taken');
  if (--n.refs != 0) return;
  if (n.head != uarg) txUbufComplete(skb_idx, n.head, success);
  else taskWorkAdd(notifReq(uarg), TW_NOTIF, n.next == 0);
}

/** The ring exits before the task work of a notification: its memory is nobody's any more. */
export function notifForget(req: Req): void {
  const n = notifAt(uargOf(req));
  memUncharge(ringAt(req.ring).host, n.pages);
  n.pages = 0;
}

/** Do packets hold it, or the one that it completes with? */
export function notifHeld(req: Req): bool {
  return notifAt(notifAt(uargOf(req)).head).refs != 0;
}

/** The sender needs its reference no more (io_notif_flush). */
export function notifFlush(req_idx: u32): void {
  txUbufComplete(NONE, notifUarg(req_idx), 1);
}

/** ubuf_info_ops.link_skb: a packet that another notification waits for may carry this one's bytes too (io_link_skb). */
function linkSkb(skb_idx: u32, uarg: u32): i32 {
  const n = notifAt(uarg);
  const b = skb(skb_idx);
  const prev_uarg = b.uarg;
  if (prev_uarg == 0) {
    zcopyGet(uarg);
    b.uarg = uarg;
    return 0;
  }
  if (prev_uarg == uarg) return 0;
  if (n.head != uarg || n.next != 0) return -EEXIST;
  const prev = notifAt(prev_uarg);
  if (prev.complete != txUbufComplete.index) return -EEXIST;
  // All must complete in one run of task work.
  if (notifReq(uarg).ring != notifReq(prev_uarg).ring || notifReq(uarg).task != notifReq(prev_uarg).task) return -EEXIST;
  n.head = prev.head;
  n.next = prev.next;
  prev.next = uarg;
  zcopyGet(n.head);
  return 0;
}

/** TW_NOTIF (io_notif_tw_complete) */
export function notifTwComplete(req: Req): void {
  let uarg = uargOf(req);
  while (uarg != 0) {
    const n = notifAt(uarg);
    const notif = notifReq(uarg);
    assert(n.refs == 0, 'R16 a notification has the references that were taken');
    if (n.report != 0 && (n.copied != 0 || n.used == 0)) notif.res |= <i32>IORING_NOTIF_USAGE_ZC_COPIED;
    memUncharge(ringAt(notif.ring).host, n.pages);
    uarg = n.next;
    completeDefer(notif);
  }
}
