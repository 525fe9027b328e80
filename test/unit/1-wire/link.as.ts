/** Description: frames leave at the link's rate, arrive after its delay, in order, and once; impairments do what they are called. */
import {
  coreState, DROP_SIM_WIRE_FAULT, EV_DROP, EV_WIRE_FAULT, faultOf, hostConfig, NONE,
} from '../../../sim/core';
import { frame, frameChecksumsOk, frameFree, FRAME_GOOD, frameWriteChecksums } from '../../../nic-model/1-wire';
import {
  AT_RUN_SEED, AT_WIRE_CORRUPT_PPM, AT_WIRE_DELAY_NS, AT_WIRE_DUPLICATE_PPM, AT_WIRE_JITTER_NS, AT_WIRE_LOSS_PPM, AT_WIRE_RATE_BPS,
  AT_WIRE_REORDER_PPM, setHost, setRun,
} from '../config.gen.as';
import { arrival, build, framePayloadIs, lastTraced, send, small, traced } from '../config_two_nics.as';

function addFault(host: u32, nth: u64, action: u64, param_ns: u64): void {
  const count = changetype<usize>(hostConfig(0)) - 8;
  const at = changetype<usize>(faultOf(load<u32>(count)));
  store<u64>(at, host);
  store<u64>(at, nth, 8);
  store<u64>(at, action, 16);
  store<u64>(at, param_ns, 24);
  store<u32>(count, load<u32>(count) + 1);
}

export function frames_arrive_at_the_rate_of_the_link(): void {
  small();
  setHost(0, AT_WIRE_RATE_BPS, 1000000000); // 8 ns a byte
  setHost(0, AT_WIRE_DELAY_NS, 5000);
  build();
  for (let i: u32 = 0; i < 3; i++) send(0, 1 + i * 1000, 1000);
  let time: u64 = 0;
  for (let i: u32 = 0; i < 3; i++) {
    const f = arrival(0);
    if (i == 0) assert(coreState().clock_ns == 5000 + (1054 + 24) * 8, 'serialisation with overhead, then the delay');
    else assert(coreState().clock_ns - time == (1054 + 24) * 8, 'one after the other');
    time = coreState().clock_ns;
    assert(framePayloadIs(f, 1 + i * 1000), 'in order, with their bytes');
    frameFree(f);
  }
  assert(arrival(0) == NONE, 'no more');
}

export function a_short_frame_occupies_the_link_like_the_shortest_one(): void {
  small();
  setHost(0, AT_WIRE_RATE_BPS, 1000000000);
  setHost(0, AT_WIRE_DELAY_NS, 0);
  build();
  send(0, 1, 0);
  frameFree(arrival(0));
  assert(coreState().clock_ns == (60 + 24) * 8, 'padded to 60 bytes');
}

export function fractions_of_a_nanosecond_add_up(): void {
  small();
  setHost(0, AT_WIRE_RATE_BPS, 400000000000); // 0.02 ns a byte
  setHost(0, AT_WIRE_DELAY_NS, 0);
  build();
  for (let i: u32 = 0; i < 500; i++) {
    send(0, 1, 0);
    if (i % 50 == 49) for (let f = arrival(0); f != NONE; f = arrival(0)) frameFree(f);
  }
  // 84 bytes are 1.68 ns: 50 frames take 84 ns.
  assert(coreState().clock_ns >= 839 && coreState().clock_ns <= 840, 'no time is lost in rounding');
}

export function a_frame_that_a_fault_holds_back_is_overtaken(): void {
  small();
  addFault(0, 1, 2, 1000000);
  build();
  for (let i: u32 = 0; i < 3; i++) send(0, i, 100);
  const order: u32 = 2;
  for (let i: u32 = 0; i < 3; i++) {
    const f = arrival(0);
    assert(frame(f).seq == (i == order ? 0 : i + 1), 'the first arrives last');
    frameFree(f);
  }
}

export function a_fault_drops_the_frame_with_its_number(): void {
  small();
  addFault(0, 2, 0, 0);
  addFault(1, 1, 0, 0);
  build();
  for (let i: u32 = 0; i < 3; i++) send(0, i, 100);
  assert(frame(arrival(0)).seq == 0 && frame(arrival(0)).seq == 2 && arrival(0) == NONE, 'number two is gone');
  assert(lastTraced(EV_DROP, 20) == DROP_SIM_WIRE_FAULT, 'with its reason');
}

export function a_link_that_loses_everything_delivers_nothing(): void {
  small();
  setHost(0, AT_WIRE_LOSS_PPM, 1000000);
  build();
  for (let i: u32 = 0; i < 5; i++) send(0, i, 100);
  assert(arrival(0) == NONE && traced(EV_DROP) == 5, 'all lost');
}

export function a_duplicate_is_a_packet_of_its_own_with_the_same_bytes(): void {
  small();
  setHost(0, AT_WIRE_DUPLICATE_PPM, 1000000);
  build();
  send(0, 9, 700);
  const a = arrival(0);
  const b = arrival(0);
  assert(b != NONE && arrival(0) == NONE, 'two');
  assert(frame(a).pkt_id != frame(b).pkt_id, 'with an id each');
  assert(framePayloadIs(a, 9), 'the first');
  frameFree(a);
  assert(framePayloadIs(b, 9), 'the second still has its bytes when the first is gone');
}

export function a_flipped_bit_is_seen_by_a_checksum_that_is_computed(): void {
  let caught: u32 = 0;
  small();
  setRun(AT_RUN_SEED, 7);
  setHost(0, AT_WIRE_CORRUPT_PPM, 1000000);
  build();
  for (let i: u32 = 0; i < 200; i++) {
    send(0, i * 1001, 1001);
    const idx = arrival(0);
    const f = frame(idx);
    assert((f.flags & FRAME_GOOD) == 0, 'nobody vouches for it');
    const bit = lastTraced(EV_WIRE_FAULT, 24);
    const ok = frameChecksumsOk(f);
    // Ethernet addresses are in no checksum, nor is a TCP frame one when the flipped bit says that it is not.
    if (bit >> 3 >= 34 && bit >> 3 != 46) assert(!ok, 'a flip in TCP header or payload is caught');
    if (!ok) caught++;
    frameFree(idx);
  }
  assert(caught > 180, 'nearly all are caught');
}

export function checksums_written_late_are_those_of_the_bytes(): void {
  small();
  build();
  send(0, 5, 333);
  const f = frame(arrival(0));
  assert((f.flags & FRAME_GOOD) != 0 && frameChecksumsOk(f), 'known to be good');
  frameWriteChecksums(f);
  f.flags &= ~FRAME_GOOD;
  assert(frameChecksumsOk(f), 'and good when computed');
}

export function jitter_and_reordering_keep_every_frame_and_the_order_of_time(): void {
  small();
  setHost(0, AT_WIRE_JITTER_NS, 40000);
  setHost(0, AT_WIRE_REORDER_PPM, 300000);
  build();
  let sum: u32 = 0;
  let swaps: u32 = 0;
  let last: u32 = 0;
  let time: u64 = 0;
  for (let i: u32 = 0; i < 60; i++) send(0, i, 10);
  for (let i: u32 = 0; i < 60; i++) {
    const f = arrival(0);
    const seq = frame(f).seq;
    sum += seq;
    if (seq < last) swaps++;
    last = seq;
    assert(coreState().clock_ns >= time, 'time goes on');
    time = coreState().clock_ns;
    frameFree(f);
  }
  assert(sum == (59 * 60) / 2 && arrival(0) == NONE, 'each once');
  assert(swaps > 5, 'not in the order in which they were sent');
}
