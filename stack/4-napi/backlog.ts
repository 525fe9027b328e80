/**
 * Packets that come from no device's ring (net/core/dev.c: __netif_rx, enqueue_to_backlog, process_backlog): they wait in a
 * queue of the core for its softirq. Who sends one in the context of a process has it received before he goes on, because the
 * softirq runs as soon as it may (local_bh_enable); a softirq that sends one receives it when it has done what it was doing.
 *
 * Differs from Linux: what waits is received in one go, after all other polls of the softirq, without weight or budget.
 */
import {
  charge, CONTEXT_SOFTIRQ, CONTEXT_TASK_WORK, coreAt, coreIndex, coreState, CORES_MAX, COST_COPY_KIB, COST_LO_PACKET, chargeBytes,
  countDrop, DROP_CPU_BACKLOG, DROP_SKB_UCOPY_FAULT, EVENT_SOFTIRQ, hostConfig, HOSTS_MAX, NAPI_ADDR, NONE, now, schedule, STAGE_NAPI,
  switchContext,
} from '../../sim/core';
import { skb, skbCopyUbufs, skbFree } from '../3-pool';
import { ipReceive } from '../5-tcp';

/** softnet_data.input_pkt_queue of a core. */
@unmanaged
class Backlog {
  /** 1 + skb; the others follow through Skb.next. */
  head: u32;
  tail: u32;
  len: u32;
  /** The softirq is at it. */
  running: u32;
}

const BACKLOGS_AT: usize = 0xa00;
const BACKLOG_BYTES: usize = 16;
/** net.core.netdev_max_backlog. */
const BACKLOG_MAX: u32 = 1000;

function backlog(core_idx: u32): Backlog {
  return changetype<Backlog>(NAPI_ADDR + BACKLOGS_AT + <usize>core_idx * BACKLOG_BYTES);
}

/** The core that runs, or that which takes the host's interrupts. */
function runningCore(host: u32): u32 {
  const core = coreState().core;
  return coreIndex(host, core < CORES_MAX ? core : hostConfig(host).cpu_irq_core);
}

/** Packets that wait on the running core. */
export function backlogLen(host: u32): u32 {
  return backlog(runningCore(host)).len;
}

/** A packet that its host shall receive. Takes it over. */
export function netifRx(skb_idx: u32): void {
  const b = skb(skb_idx);
  const host = <u32>b.host;
  const core_idx = runningCore(host);
  const q = backlog(core_idx);
  if (q.len > BACKLOG_MAX) {
    countDrop(DROP_CPU_BACKLOG, STAGE_NAPI, b.pkt_id, b.len);
    return skbFree(skb_idx, false);
  }
  b.next = NONE;
  if (q.head == 0) q.head = skb_idx + 1;
  else skb(q.tail).next = skb_idx;
  q.tail = skb_idx;
  q.len++;
  if (q.running != 0) return;
  const context = coreState().context;
  if (context >= CONTEXT_TASK_WORK) {
    switchContext(CONTEXT_SOFTIRQ);
    backlogPoll(core_idx);
    switchContext(context);
    return;
  }
  const core = coreAt(core_idx);
  if (core.softirq_pending != 0) return;
  core.softirq_pending = 1;
  schedule(now(), EVENT_SOFTIRQ, core_idx);
}

/** Receives what waits on a core, in softirq context (process_backlog, __netif_receive_skb_core). */
export function backlogPoll(core_idx: u32): void {
  const q = backlog(core_idx);
  q.running = 1;
  while (q.head != 0) {
    const idx = q.head - 1;
    const b = skb(idx);
    q.head = b.next + 1; // NONE + 1 is 0
    q.len--;
    b.next = NONE;
    charge(COST_LO_PACKET);
    if (orphanFrags(idx)) ipReceive(b.host, idx, NONE);
  }
  q.running = 0;
}

/** Payload that was lent is copied: its receiver may keep it for ever (skb_orphan_frags_rx). False: it could not be. */
function orphanFrags(skb_idx: u32): bool {
  const b = skb(skb_idx);
  if (b.uarg == 0) return true;
  chargeBytes(COST_COPY_KIB, b.data_len);
  if (skbCopyUbufs(skb_idx)) return true;
  countDrop(DROP_SKB_UCOPY_FAULT, STAGE_NAPI, b.pkt_id, b.len);
  skbFree(skb_idx, false);
  return false;
}

/** Packets wait on a core. */
export function backlogWaits(core_idx: u32): bool {
  return backlog(core_idx).head != 0;
}

/** Checks G4; returns the packets that wait. */
export function backlogVerify(): u32 {
  let waiting: u32 = 0;
  for (let i: u32 = 0; i < HOSTS_MAX * CORES_MAX; i++) {
    const q = backlog(i);
    assert(q.running == 0, 'G4 nothing is received between two events');
    assert(q.len == 0 || coreAt(i).softirq_pending != 0 || coreAt(i).ksoftirqd != 0, 'G4 what waits has its softirq');
    waiting += q.len;
  }
  return waiting;
}
