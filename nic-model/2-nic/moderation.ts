/**
 * Interrupt moderation (ethtool -C rx-usecs, rx-frames): the interrupt comes rx_usecs after the first unpolled frame is in
 * memory, or when rx_frames are. While the NAPI is scheduled the interrupt is masked; the poll that empties the queue
 * unmasks it (napi_complete_done, then the doorbell that arms the queue).
 *
 * Somebody who polls the queue all the time comes instead of the interrupt, as soon as a frame is in memory (nicBusyPoll).
 *
 * irq_at is when the interrupt is wanted; u64.MAX_VALUE: not at all. The event queue cannot cancel, so an event that comes
 * too early looks again. timer_at and fast_at are the events that are known to come: one for the time limit, one for the
 * frame limit, which lies before it.
 */
import { coreState, EVENT_IRQ, NICQ_RX_IRQS, now, schedule } from '../../sim/core';
import { bump } from './counters';
import { completion, rxQueue, RxQueue } from './rx_ring';
import { Nic, nicOf } from './state';

/** Sees to it that irqDue looks at the queue at `at` or before. */
function wakeAt(q: RxQueue, at: u64): void {
  if (q.timer_at <= at || q.fast_at <= at) return;
  schedule(at, EVENT_IRQ, q.napi_idx);
  if (q.timer_at == u64.MAX_VALUE) q.timer_at = at;
  else q.fast_at = at;
}

function wantIrq(q: RxQueue, wanted: u64): void {
  const at = max(wanted, q.held_until_ns);
  if (at >= q.irq_at) return;
  q.irq_at = at;
  wakeAt(q, at);
}

/** A frame was written to memory, and its completion is the queue's last. */
export function moderate(q: RxQueue, nic: Nic, ready_ns: u64): void {
  if (q.masked != 0) return;
  const pending = q.done - q.taken;
  if (q.busy_until_ns > ready_ns || (nic.rx_frames != 0 && pending >= nic.rx_frames)) wantIrq(q, ready_ns);
  else if (q.irq_at == u64.MAX_VALUE) wantIrq(q, ready_ns + nic.rx_usecs_ns);
}

/** A frame found no descriptor: the driver must come and post some, or the queue would stay dead. */
export function moderateStarved(q: RxQueue, nic: Nic): void {
  if (q.masked == 0 && q.irq_at == u64.MAX_VALUE) wantIrq(q, coreState().clock_ns + nic.dma_ns + nic.rx_usecs_ns);
}

/** The driver arms the queue again. What came in while it was masked counts. */
export function unmaskIrq(q: RxQueue): void {
  q.masked = 0;
  const pending = q.done - q.taken;
  if (pending == 0) return;
  const nic = nicOf(q.host);
  const limit = nic.rx_frames;
  const many = limit != 0 && pending >= limit;
  const first_ns = completion(q, q.taken).ready_ns;
  if (q.busy_until_ns > max(first_ns, now())) return wantIrq(q, max(first_ns, now()));
  const at = many ? completion(q, q.taken + limit - 1).ready_ns : first_ns + nic.rx_usecs_ns;
  wantIrq(q, max(at, now()));
}

/** No interrupt of a queue before `until_ns`. */
export function holdIrq(q: RxQueue, until_ns: u64): void {
  q.held_until_ns = until_ns;
  if (q.irq_at != u64.MAX_VALUE && q.irq_at < until_ns) {
    q.irq_at = until_ns;
    wakeAt(q, until_ns);
  }
}

/** EVENT_IRQ has come for a queue. True: the interrupt is due, and masked from here on. */
export function irqDue(q: RxQueue): bool {
  const clock = coreState().clock_ns;
  if (q.fast_at == clock) q.fast_at = u64.MAX_VALUE;
  if (q.timer_at == clock) q.timer_at = u64.MAX_VALUE;
  if (q.irq_at > clock) {
    if (q.irq_at != u64.MAX_VALUE) wakeAt(q, q.irq_at);
    return false;
  }
  assert(q.masked == 0, 'N3 a masked queue raises no interrupt');
  q.irq_at = u64.MAX_VALUE;
  q.masked = 1;
  if (q.busy_until_ns <= clock) bump(q.counters, NICQ_RX_IRQS);
  return true;
}

/** Port BusyPoll. Who polls finds what is there already, and from now on each frame as soon as it is in memory. */
export function nicBusyPoll(napi_idx: u32, core: u32, until_ns: u64): void {
  const q = rxQueue(napi_idx);
  q.busy_core = core;
  q.busy_until_ns = until_ns;
  if (until_ns != 0 && q.masked == 0) unmaskIrq(q);
}
