/** Description: what is changed in a NIC while it runs takes effect at the next frame, and loses no buffer. */
import { DROP_SIM_NIC_DOWN, DROP_SIM_WIRE_FAULT, EV_NIC_DMA, EV_NIC_STEER, NICQ_RX_RESTARTS, NONE } from '../../../sim/core';
import { nicControl, nicOf, nicqCounter, nicVerify, rxQueue } from '../../../nic-model/2-nic';
import { poolState } from '../../../stack/3-pool';
import { AT_NIC_RX_QUEUES, AT_NIC_RX_RING_MAX, setHost } from '../config.gen.as';
import { build, drops, forgetTrace, headers, HEADERS, lastTraced, lastTracedAt, runUntil, send, small } from '../config_two_nics.as';
import { wireInject } from '../../../nic-model/1-wire';

const QUEUE: u32 = 16;
const EINVAL: i32 = 22;
const ENOENT: i32 = 2;
/** Operations of control.ts. */
const RING: u32 = 0;
const LINK: u32 = 1;
const RSS: u32 = 2;
const RULE: u32 = 3;
const UNRULE: u32 = 4;
const SPLIT: u32 = 5;
const COPYBREAK: u32 = 7;
const DROP: u32 = 9;

function world(): void {
  small();
  setHost(1, AT_NIC_RX_QUEUES, 4);
  setHost(1, AT_NIC_RX_RING_MAX, 256);
  build();
}

/** Queue that a segment to a port is steered to. */
function queueOf(time_ns: u64, port: u32): u32 {
  forgetTrace();
  assert(wireInject(0, time_ns, headers(0, 1, 0, 16, 1000, port), HEADERS, 1) == 0, 'sent');
  runUntil(time_ns, false);
  return lastTraced(EV_NIC_STEER, 20);
}

export function a_ring_changes_its_size_and_keeps_its_buffers(): void {
  world();
  const pages = poolState().pages_used;
  assert(nicControl(1, RING, 256, 0, 0) == 0, 'larger');
  const q = rxQueue(QUEUE);
  assert(q.mask == 255 && q.posted - q.freed == 256, 'full');
  nicVerify();
  send(0, 0, 1000);
  runUntil(1000000, true);
  assert(nicControl(1, RING, 33, 0, 0) == 0 && q.mask == 63, 'rounded up to a power of two');
  assert(nicControl(1, RING, 512, 0, 0) == -EINVAL, 'more than the device has');
  assert(nicqCounter(QUEUE, NICQ_RX_RESTARTS) == 2, 'two restarts');
  assert(poolState().pages_used <= pages + 64 * 4, 'what the larger ring had is free again');
  nicVerify();
}

export function a_device_that_is_down_has_no_buffers_and_loses_what_comes(): void {
  world();
  const q = rxQueue(QUEUE);
  assert(nicControl(1, LINK, 0, 0, 0) == 0 && q.posted == q.freed, 'empty');
  send(0, 0, 1000);
  runUntil(1000000, true);
  assert(drops(1, DROP_SIM_NIC_DOWN) == 1, 'lost');
  assert(send(1, 0, 1000) == 1, 'and nothing leaves');
  assert(nicControl(1, LINK, 1, 0, 0) == 0 && q.posted - q.freed == 64, 'up again');
  nicVerify();
  forgetTrace();
  send(0, 1000, 1000);
  runUntil(2000000, false);
  assert(lastTraced(EV_NIC_DMA, 16) != NONE, 'and receives');
  nicVerify();
}

export function rules_and_hash_steer_from_the_next_frame_on(): void {
  world();
  assert(nicControl(1, RSS, 3, 1, 0) == 0 && queueOf(1000, 80) == 3, 'one queue alone');
  assert(nicControl(1, RULE, 2 | (1 << 16), 80, 0) == 0 && queueOf(2000, 80) == 1, 'a rule comes first');
  assert(queueOf(3000, 81) == 3, 'for its port');
  assert(nicControl(1, UNRULE, 1, 0, 0) == -ENOENT && nicControl(1, UNRULE, 2, 0, 0) == 0, 'deleted where it stands');
  assert(queueOf(4000, 80) == 3 && nicOf(1).rules == 0, 'and gone');
  assert(nicControl(1, RSS, 2, 3, 0) == -EINVAL && nicControl(1, RULE, 9 << 16, 80, 0) == -EINVAL, 'no such queues');
}

export function small_frames_are_copied_before_they_are_split(): void {
  world();
  send(0, 0, 100);
  runUntil(1000000, true);
  assert(lastTracedAt(1, EV_NIC_DMA, 16) != NONE, 'split');
  assert(nicControl(1, COPYBREAK, 256, 1, 0) == 0, 'changed');
  send(0, 100, 100);
  runUntil(2000000, true);
  assert(lastTracedAt(1, EV_NIC_DMA, 16) == NONE, 'not split');
  assert(nicControl(1, COPYBREAK, 257, 0, 0) < 0, 'longer than the header buffer allows');
}

export function split_is_switched_where_no_queue_is_bound(): void {
  world();
  assert(nicControl(1, SPLIT, 0, 0, 0) == 0 && nicOf(1).header_split == 0, 'off');
  assert(nicControl(1, SPLIT, 1, 0, 0) == 0 && nicOf(1).header_split == 1, 'on');
}

export function every_third_frame_is_lost_from_then_on(): void {
  world();
  send(0, 0, 100);
  assert(nicControl(0, DROP, 3, 0, 0) == 0, 'told the sender');
  for (let i: u32 = 1; i <= 7; i++) {
    send(0, i * 100, 100);
    runUntil(i * 1000000, true);
  }
  assert(drops(0, DROP_SIM_WIRE_FAULT) == 2, 'two of seven');
  assert(nicControl(0, DROP, 0, 0, 0) == 0, 'none any more');
  for (let i: u32 = 8; i <= 12; i++) {
    send(0, i * 100, 100);
    runUntil(i * 1000000, true);
  }
  assert(drops(0, DROP_SIM_WIRE_FAULT) == 2, 'none');
}
