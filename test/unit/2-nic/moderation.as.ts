/** Description: an interrupt comes after the time or the frames that were asked for, and none while the NAPI polls. */
import {
  coreState, EV_NAPI_POLL, EV_NIC_IRQ, EV_SKB_BUILD, NICQ_RX_ALLOC_FAIL, NICQ_RX_IRQS, NICQ_RX_OUT_OF_BUFFER, NONE,
} from '../../../sim/core';
import { busyPoll, pageAlloc, pageFree } from '../../../stack/3-pool';
import { nicqCounter, nicVerify, rxQueue } from '../../../nic-model/2-nic';
import { napiVerify } from '../../../stack/4-napi';
import {
  AT_NIC_DMA_NS, AT_NIC_RX_FRAMES, AT_NIC_RX_QUEUES, AT_NIC_RX_USECS, AT_WIRE_DELAY_NS, AT_WIRE_RATE_BPS, setHost,
} from '../config.gen.as';
import { build, lastTraced, runUntil, send, small, traced, tracedAt } from '../config_two_nics.as';

const QUEUE: u32 = 16;

function server(usecs: u64, frames: u64): void {
  small();
  setHost(1, AT_NIC_RX_QUEUES, 1);
  setHost(1, AT_NIC_RX_USECS, usecs);
  setHost(1, AT_NIC_RX_FRAMES, frames);
  setHost(1, AT_NIC_DMA_NS, 100);
  setHost(0, AT_WIRE_DELAY_NS, 0);
  setHost(0, AT_WIRE_RATE_BPS, 8000000000); // 1 ns a byte: a frame of 10 bytes of payload takes 88 ns
}

export function the_interrupt_waits_rx_usecs(): void {
  server(10, 0);
  build();
  for (let i: u32 = 0; i < 5; i++) send(0, i, 10);
  runUntil(88 + 100 + 9999, true);
  assert(traced(EV_NIC_IRQ) == 0, 'not yet');
  runUntil(88 + 100 + 10000, true);
  assert(traced(EV_NIC_IRQ) == 1 && lastTraced(EV_NIC_IRQ, 24) == 5, 'one, for five frames');
}

export function enough_frames_raise_it_at_once(): void {
  server(10, 3);
  build();
  for (let i: u32 = 0; i < 3; i++) send(0, i, 10);
  runUntil(3 * 88 + 100 - 1, true);
  assert(traced(EV_NIC_IRQ) == 0, 'the third is not in memory yet');
  runUntil(3 * 88 + 100, true);
  assert(traced(EV_NIC_IRQ) == 1, 'now');
  runUntil(100000, true);
  assert(tracedAt(1, EV_NIC_IRQ) == 1 && tracedAt(1, EV_SKB_BUILD) == 3, 'and the time limit raises no second one');
  nicVerify();
  napiVerify();
}

export function without_moderation_it_comes_with_the_frame(): void {
  server(0, 0);
  build();
  send(0, 1, 10);
  runUntil(88 + 100, true);
  assert(traced(EV_NIC_IRQ) == 1, 'when the DMA is complete');
}

export function every_frame_is_polled_however_they_come(): void {
  server(3, 4);
  build();
  let sent: u32 = 0;
  for (let i: u32 = 0; i < 400; i++) {
    send(0, i, 10);
    sent++;
    runUntil(coreState().clock_ns + ((<u64>i * 7919) % 1500), true);
  }
  runUntil(coreState().clock_ns + 100000, true);
  assert(tracedAt(1, EV_SKB_BUILD) == sent, 'none is left behind');
  assert(nicqCounter(QUEUE, NICQ_RX_IRQS) < sent, 'with fewer interrupts than frames');
  assert(tracedAt(1, EV_NAPI_POLL) >= tracedAt(1, EV_NIC_IRQ), 'each leads to a poll');
  nicVerify();
  napiVerify();
}

export function a_queue_whose_pool_ran_dry_comes_back_to_life(): void {
  server(1, 0);
  build();
  // All buffers are away: those of the ring with somebody who keeps them, the others taken here.
  const q = rxQueue(QUEUE);
  q.filled = q.posted;
  q.freed = q.posted;
  let page = NONE;
  for (let next = pageAlloc(1); next != NONE; next = pageAlloc(1)) page = next;
  send(0, 1, 10);
  runUntil(100000, true);
  assert(nicqCounter(QUEUE, NICQ_RX_OUT_OF_BUFFER) == 1 && nicqCounter(QUEUE, NICQ_RX_ALLOC_FAIL) == 1, 'dropped, and the driver tried');
  pageFree(page);
  runUntil(200000, true);
  assert(nicqCounter(QUEUE, NICQ_RX_ALLOC_FAIL) == 1, 'nobody tells the driver');
  send(0, 2, 10);
  runUntil(300000, true);
  assert(nicqCounter(QUEUE, NICQ_RX_OUT_OF_BUFFER) == 2 && tracedAt(1, EV_SKB_BUILD) == 0, 'the next frame does, and is lost itself');
  send(0, 3, 10);
  runUntil(400000, true);
  assert(tracedAt(1, EV_SKB_BUILD) == 1, 'then the queue lives');
  nicVerify();
}

export function who_polls_all_the_time_gets_a_frame_as_soon_as_it_is_in_memory(): void {
  server(10, 0);
  build();
  busyPoll(QUEUE, 1, 5000);
  send(0, 0, 10);
  runUntil(88 + 100, true);
  assert(traced(EV_NIC_IRQ) == 0 && tracedAt(1, EV_SKB_BUILD) == 1, 'without an interrupt');
  assert(nicqCounter(QUEUE, NICQ_RX_IRQS) == 0, 'and it counts as none');
  send(0, 1, 10);
  runUntil(4999, true);
  assert(tracedAt(1, EV_SKB_BUILD) == 2, 'the next one too');
  busyPoll(QUEUE, 1, 0);
  send(0, 2, 10);
  runUntil(4999 + 88 + 100 + 9999, true);
  assert(tracedAt(1, EV_SKB_BUILD) == 2, 'nobody polls any more');
  runUntil(100000, true);
  assert(tracedAt(1, EV_SKB_BUILD) == 3, 'the frame comes');
  assert(nicqCounter(QUEUE, NICQ_RX_IRQS) == 1, 'by an interrupt, in its time');
}

export function who_begins_to_poll_finds_what_waits(): void {
  server(10, 0);
  build();
  send(0, 0, 10);
  runUntil(1000, true);
  assert(tracedAt(1, EV_SKB_BUILD) == 0, 'the interrupt is still to come');
  busyPoll(QUEUE, 1, 20000);
  runUntil(1001, true);
  assert(tracedAt(1, EV_SKB_BUILD) == 1, 'found');
}
