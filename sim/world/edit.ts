/**
 * What somebody changes by hand in a world that runs, between two events: a knob that may change (sim/schema/scenario.ts: live), or a
 * fault. Each leaves a record in the trace (event edit), and is part of the run from there on.
 */
import { cqWithhold, RING_OPEN, ringAt, RINGS_CQ_HEAD, RINGS_CQ_TAIL, taskAt, taskCore, TASKS_MAX } from '../../uring-model/7-ring';
import { appTold } from '../../uring-model/8-app/builtin';
import { ifqAt, zcrxFind, zcrxLoseEntry } from '../../uring-model/9-refill';
import { wireCarries, wireEditFlying, wireEditLater, wirePacketAt, wireReconfigure } from '../../nic-model/1-wire';
import { nicDropReceived, nicHoldIrq, nicReconfigure, nicWaitsToSend } from '../../nic-model/2-nic';
import { tcpAbort, tcpCloseWindow } from '../../stack/5-tcp';
import { sock, sockCount, sockLive, TCP_CLOSE, TCP_LISTEN } from '../../stack/6-socket';
import {
  CONTEXT_HARDWARE, CONTEXT_SOFTIRQ, CONTEXT_TASK_WORK, coreState, enterContext, holdCore, hostConfig, HOSTS_MAX, IFQS_MAX, leaveContext,
  NONE, pricesReconfigure, RINGS_MAX, staleIndex, traceEdit,
} from '../core';
import { FORGERIES, forge } from './forge';

/** As sim/schema/edits.ts numbers them. */
const KNOB: u32 = 0;
const DROP: u32 = 1;
const DUPLICATE: u32 = 2;
const DELAY: u32 = 3;
const CORRUPT: u32 = 4;
const MARK: u32 = 5;
const HOLD_IRQ: u32 = 6;
const HOLD_SOFTIRQ: u32 = 7;
const STALL: u32 = 8;
const LOSE_RQE: u32 = 9;
const SHRINK_CQ: u32 = 10;
const CLOSE_WINDOW: u32 = 11;
const RESET: u32 = 12;
const STALE_CQ_TAIL: u32 = 13;
const STALE_CQ_HEAD: u32 = 14;
const STALE_RQ_TAIL: u32 = 15;
const STALE_RQ_HEAD: u32 = 16;
const FORGE: u32 = 17;

/** A target is counted from the first that there is: ~target. */
const BY_ORDER: u32 = 0x80000000;

/** It is not there; something else is waited for already; not while an application has its turn; there is no such edit. */
const ENOENT: i32 = 2;
const EAGAIN: i32 = 11;
const EBUSY: i32 = 16;
const EINVAL: i32 = 22;

/** 0 or -errno. `b` and `c` are one number of 64 bits, low half first, where a time is wanted. */
export function editWorld(op: u32, host: u32, a: u32, b: u32, c: u32): i32 {
  if (host >= HOSTS_MAX) return -EINVAL;
  // Somebody's context is open while an application outside of the core has its turn.
  if (op >= HOLD_SOFTIRQ && coreState().context != CONTEXT_HARDWARE) return -EAGAIN;
  const ns = (<u64>c << 32) | <u64>b;
  switch (op) {
    case KNOB: return reconfigure(host, a, b);
    case DROP:
    case DUPLICATE:
    case DELAY:
    case CORRUPT:
    case MARK: return editPacket(op, a >= BY_ORDER ? wirePacketAt(host, ~a) : a, ns);
    case HOLD_IRQ: {
      if (!nicHoldIrq(host, a, ns)) return -ENOENT;
      return told(op, host, 0, NONE, a, b);
    }
    case HOLD_SOFTIRQ: {
      if (a >= hostConfig(host).cpu_cores) return -ENOENT;
      told(op, host, 0, NONE, a, b);
      holdCore(host, a, CONTEXT_SOFTIRQ, ns);
      return 0;
    }
    case STALL: return stall(host, ns);
    case LOSE_RQE: return loseEntry(host, a);
    case SHRINK_CQ: return shrinkCq(a, b);
    case CLOSE_WINDOW:
    case RESET: return editSock(op, a, host);
    case STALE_CQ_TAIL:
    case STALE_CQ_HEAD:
    case STALE_RQ_TAIL:
    case STALE_RQ_HEAD: return readStale(op, a, ns);
    default: return op < FORGE + FORGERIES ? editForge(op, host, a, <i32>b) : -EINVAL;
  }
}

/** The record that says so. It is nobody's work: hardware's time, no core. */
function told(op: u32, host: u32, pkt_id: u32, niov_idx: u32, what: u32, amount: u32): i32 {
  const s = coreState();
  const who = s.who;
  s.who = (host << 8) | (CONTEXT_HARDWARE << 16) | (0xff << 24);
  traceEdit(pkt_id, niov_idx, op, what, amount);
  s.who = who;
  return 0;
}

/** Knob `a` of the configuration block is another one: what stages took of it at the beginning they take again. */
function reconfigure(host: u32, a: u32, b: u32): i32 {
  wireReconfigure(host);
  nicReconfigure(host);
  pricesReconfigure(host);
  if (coreState().context == CONTEXT_HARDWARE) appTold(host);
  return told(KNOB, host, 0, NONE, a, b);
}

function editPacket(op: u32, pkt_id: u32, ns: u64): i32 {
  const action = op - DROP;
  const link = wireCarries(pkt_id);
  if (link != NONE) {
    told(op, link, pkt_id, NONE, pkt_id, <u32>ns);
    return wireEditFlying(link, pkt_id, action, ns) ? 0 : -EBUSY;
  }
  for (let host: u32 = 0; host < HOSTS_MAX; host++) {
    if (nicWaitsToSend(host, pkt_id)) {
      if (!wireEditLater(host, pkt_id, action, ns)) return -EBUSY;
      return told(op, host, pkt_id, NONE, pkt_id, <u32>ns);
    }
    if (op == DROP && nicDropReceived(host, pkt_id)) return told(op, host, pkt_id, NONE, pkt_id, 0);
  }
  return -ENOENT;
}

/** Something else has the cores that the application's threads run on. */
function stall(host: u32, ns: u64): i32 {
  told(STALL, host, 0, NONE, host, <u32>ns);
  let cores: u32 = 0;
  for (let task = host; task < TASKS_MAX; task += HOSTS_MAX) cores |= 1 << taskCore(taskAt(task));
  for (let core: u32 = 0; core < hostConfig(host).cpu_cores; core++) {
    if ((cores & (1 << core)) != 0) holdCore(host, core, CONTEXT_TASK_WORK, ns);
  }
  return 0;
}

function loseEntry(host: u32, netmem_idx: u32): i32 {
  for (let i: u32 = 0; i < IFQS_MAX; i++) {
    const q = ifqAt(i);
    if (q.used == 0 || q.host != host || q.rqes == 0) continue;
    const lost = zcrxLoseEntry(i, netmem_idx);
    if (lost != NONE) return told(LOSE_RQE, host, 0, lost, i, 1);
  }
  return -ENOENT;
}

function shrinkCq(ring: u32, entries: u32): i32 {
  if (ring >= RINGS_MAX || ringAt(ring).used != RING_OPEN) return -ENOENT;
  const r = ringAt(ring);
  if (entries == 0 || r.cq_withheld + 1 >= r.cq_entries) return -EINVAL;
  cqWithhold(r, entries);
  return told(SHRINK_CQ, r.host, 0, NONE, ring, entries);
}

function isConnection(sock_idx: u32): bool {
  if (sock_idx >= sockCount() || !sockLive(sock_idx)) return false;
  return sock(sock_idx).state != <u8>TCP_CLOSE && sock(sock_idx).state != <u8>TCP_LISTEN;
}

/** The connection that is meant, by its number or by its order among those of the host; NONE: there is none. */
function connection(host: u32, target: u32): u32 {
  if (target < BY_ORDER) return isConnection(target) ? target : NONE;
  let count: u32 = 0;
  for (let i: u32 = 0; i < sockCount(); i++) if (isConnection(i) && <u32>sock(i).host == host) count++;
  let left = count == 0 ? 0 : ~target % count;
  for (let i: u32 = 0; count != 0; i++) {
    if (!isConnection(i) || <u32>sock(i).host != host) continue;
    if (left-- == 0) return i;
  }
  return NONE;
}

/** A segment arrives at a connection that its peer has not sent. */
function editForge(op: u32, host: u32, target: u32, by: i32): i32 {
  const sock_idx = connection(host, target);
  if (sock_idx == NONE) return -ENOENT;
  const ret = forge(op - FORGE, sock(sock_idx), by);
  return ret != 0 ? ret : told(op, <u32>sock(sock_idx).host, coreState().next_pkt_id, NONE, sock_idx, <u32>by);
}

/** One side of a ring reads an index late. */
function readStale(op: u32, ring: u32, ns: u64): i32 {
  if (ring >= RINGS_MAX || ringAt(ring).used != RING_OPEN) return -ENOENT;
  const r = ringAt(ring);
  let at: u32 = 0;
  if (op == STALE_CQ_TAIL) at = r.rings + <u32>RINGS_CQ_TAIL;
  else if (op == STALE_CQ_HEAD) at = r.rings + <u32>RINGS_CQ_HEAD;
  else {
    const q = zcrxFind(ring, 0);
    if (q == NONE || ifqAt(q).rqes == 0) return -ENOENT;
    at = op == STALE_RQ_TAIL ? ifqAt(q).rq_tail : ifqAt(q).rq_head;
  }
  staleIndex(at, ns);
  return told(op, r.host, 0, NONE, ring, <u32>ns);
}

function editSock(op: u32, target: u32, of_host: u32): i32 {
  const sock_idx = connection(of_host, target);
  if (sock_idx == NONE) return -ENOENT;
  const sk = sock(sock_idx);
  const host = <u32>sk.host;
  told(op, host, 0, NONE, sock_idx, 0);
  enterContext(host, hostConfig(host).cpu_irq_core, CONTEXT_SOFTIRQ);
  if (op == RESET) tcpAbort(sk);
  else tcpCloseWindow(sk);
  leaveContext();
  return 0;
}
