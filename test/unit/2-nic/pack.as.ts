/** Description: frames share a buffer, each with a reference of its own, and the buffer goes home when the last of them is done with. */
import { EV_NIC_DMA } from '../../../sim/core';
import { netmem, poolState } from '../../../stack/3-pool';
import { nicControl, nicOf, nicVerify, rxQueue } from '../../../nic-model/2-nic';
import { AT_NIC_PACK_BUFFERS, AT_NIC_RX_GRO_HW, AT_NIC_RX_QUEUES, setHost } from '../config.gen.as';
import { bufferIs, build, forgetTrace, lastTraced, runUntil, send, small } from '../config_two_nics.as';

const QUEUE: u32 = 16;
/** Operations of control.ts. */
const PACK: u32 = 8;

function world(): void {
  small();
  setHost(1, AT_NIC_RX_QUEUES, 1);
  setHost(1, AT_NIC_PACK_BUFFERS, 1);
}

export function frames_share_a_buffer_and_may_straddle_two(): void {
  world();
  build();
  const q = rxQueue(QUEUE);
  const first = load<u32>(<usize>q.desc_base);
  const next = load<u32>(<usize>q.desc_base, 4);
  for (let i: u32 = 0; i < 3; i++) send(0, i * 1448, 1448);
  runUntil(100000, false);
  assert(bufferIs(first, 0, 0, 1448), 'the first frame begins the buffer');
  assert(bufferIs(first, 1472, 1448, 1448), 'the second stands behind it, on a cache line');
  assert(bufferIs(first, 2944, 2896, 1152) && bufferIs(next, 0, 2896 + 1152, 296), 'the third goes on in the next buffer');
  assert(q.filled - q.freed == 1 && q.pack_off == 320, 'one is full, and a piece of the next');
  nicVerify();
}

export function buffers_come_home_when_all_their_frames_are_done_with(): void {
  world();
  build();
  const pages = poolState().pages_used;
  for (let round: u32 = 0; round < 40; round++) {
    for (let i: u32 = 0; i < 5; i++) send(0, (round * 5 + i) * 700, 700);
    runUntil((round + 1) * 1000000, true);
    forgetTrace();
    nicVerify();
  }
  // Nobody listens: TCP drops every frame.
  assert(poolState().pages_used <= pages + 64, 'no more pages are in use than a refill takes');
  const q = rxQueue(QUEUE);
  assert(q.posted - q.freed == q.mask + 1, 'and the ring is full');
}

export function a_buffer_that_is_not_full_is_given_up_when_frames_share_no_more(): void {
  world();
  build();
  const q = rxQueue(QUEUE);
  const shared = load<u32>(<usize>q.desc_base);
  send(0, 0, 1000);
  runUntil(1000000, true);
  assert(q.pack_off != 0 && netmem(shared).pp_ref == 1, 'the NIC has it still');
  assert(nicControl(1, PACK, 0, 0, 0) == 0, 'switched off');
  assert(q.pack_off == 0 && q.freed == 1 && netmem(shared).pp_ref == 0, 'and has it no more');
  nicVerify();
  send(0, 1000, 1000);
  runUntil(2000000, false);
  assert(bufferIs(lastTraced(EV_NIC_DMA, 16), 0, 1000, 1000), 'the next frame is alone in its buffer');
  nicVerify();
}

export function the_last_frame_takes_it_over_when_it_was_not_polled_yet(): void {
  world();
  build();
  const q = rxQueue(QUEUE);
  const shared = load<u32>(<usize>q.desc_base);
  send(0, 0, 1000);
  send(0, 1000, 1000);
  for (let t: u64 = 0; q.done < 2; t += 100) runUntil(t, true);
  assert(q.taken == 0 && nicControl(1, PACK, 0, 0, 0) == 0, 'switched off before the driver looked');
  assert(q.filled == 1 && q.freed == 0 && netmem(shared).pp_ref == 1, 'still at the NIC');
  nicVerify();
  runUntil(2000000, true);
  assert(q.freed == 1 && netmem(shared).pp_ref == 0, 'both frames are gone, and so is the buffer');
  nicVerify();
}

export function where_the_nic_merges_segments_frames_do_not_share(): void {
  world();
  setHost(1, AT_NIC_RX_GRO_HW, 1);
  build();
  assert(nicOf(1).pack == 0, 'one or the other');
}
