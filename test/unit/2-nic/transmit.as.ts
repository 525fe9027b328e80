/** Description: what the stack hands to the device leaves once, in order, and its owner is told when it has left. */
import { coreState, DROP_FULL_RING, EV_DROP, NICQ_TX_PACKETS, NICQ_TX_STOPPED, NONE } from '../../../sim/core';
import { netmem, poolState, setSkbDestructor, skb, skbAddFrag, skbAlloc, skbFree, txPageAlloc } from '../../../stack/3-pool';
import { startXmit } from '../../../stack/5-tcp/port';
import { frame, frameFree, wireVerify } from '../../../nic-model/1-wire';
import { nicqCounter } from '../../../nic-model/2-nic';
import {
  AT_LIMITS_FRAMES, AT_NIC_TX_QUEUES, AT_NIC_TX_RING, AT_WIRE_DELAY_NS, AT_WIRE_QUEUE_PACKETS, AT_WIRE_RATE_BPS, setHost, setRun,
} from '../config.gen.as';
import { ACK, arrival, build, framePayloadIs, headers, HEADERS, lastTraced, payload, runUntil, send, small } from '../config_two_nics.as';

/** Where the destructor of these tests writes: socket, truesize, time. */
const TOLD: usize = 0x7900;

function tell(sock: u32, truesize: u32): void {
  store<u32>(TOLD, sock);
  store<u32>(TOLD, truesize, 4);
  store<u64>(TOLD, coreState().clock_ns, 8);
}

export function the_owner_is_told_when_the_last_bit_has_left(): void {
  small();
  setHost(0, AT_WIRE_RATE_BPS, 8000000000);
  setHost(0, AT_WIRE_DELAY_NS, 1000000);
  build();
  setSkbDestructor(tell);
  store<u32>(TOLD, NONE);
  const b = payload(0, 1, 500);
  const truesize = skb(b).truesize;
  assert(startXmit(0, <u32>headers(0, 1, 500, ACK), HEADERS, b, 17, 0) == 0, 'taken');
  runUntil(554 + 24 - 1, false);
  assert(load<u32>(TOLD) == NONE, 'not yet');
  runUntil(554 + 24, false);
  assert(load<u32>(TOLD) == 17 && load<u32>(TOLD, 4) == truesize && load<u64>(TOLD, 8) == 578, 'now, long before it arrives');
}

export function an_skb_is_sent_from_its_fragments(): void {
  small();
  build();
  const b = skbAlloc(0);
  for (let i: u32 = 0; i < 3; i++) {
    const page = txPageAlloc(0);
    const at = <usize>netmem(page).addr + 50;
    for (let k: u32 = 0; k < 100; k++) store<u8>(at + k, <u8>((i * 100 + k) * 7));
    skbAddFrag(b, page, 50, 100, 100);
  }
  assert(startXmit(0, <u32>headers(0, 0, 300, ACK), HEADERS, b, NONE, 0) == 0, 'taken');
  skbFree(b, false);
  const f = arrival(0);
  assert(frame(f).nr_frags == 3 && frame(f).len == HEADERS + 300, 'three pieces');
  assert(framePayloadIs(f, 0), 'the right ones, though the skb is gone');
  frameFree(f);
  assert(poolState().tx_pages_used == 0, 'no page is left behind');
}

export function a_full_ring_makes_frames_wait_and_a_full_queue_drops_them(): void {
  small();
  setHost(0, AT_NIC_TX_QUEUES, 1);
  setHost(0, AT_NIC_TX_RING, 8);
  setHost(0, AT_WIRE_QUEUE_PACKETS, 5);
  build();
  for (let i: u32 = 0; i < 13; i++) assert(send(0, i, 1) == 0, 'eight in the ring, five in the qdisc');
  assert(send(0, 13, 1) == 1 && lastTraced(EV_DROP, 20) == DROP_FULL_RING, 'one too many');
  assert(nicqCounter(0, NICQ_TX_STOPPED) == 5, 'five waited');
  for (let i: u32 = 0; i < 13; i++) {
    const f = arrival(0);
    assert(frame(f).seq == i, 'in order');
    frameFree(f);
  }
  assert(arrival(0) == NONE && nicqCounter(0, NICQ_TX_PACKETS) == 13, 'all sent');
}

export function queues_are_served_in_turn(): void {
  small();
  setHost(0, AT_NIC_TX_QUEUES, 2);
  build();
  // Hashes below and above the middle: queue 0 and queue 1.
  for (let i: u32 = 0; i < 3; i++) startXmit(0, <u32>headers(0, i, 0, ACK), HEADERS, NONE, NONE, 1);
  for (let i: u32 = 10; i < 13; i++) startXmit(0, <u32>headers(0, i, 0, ACK), HEADERS, NONE, NONE, 0xf0000000);
  for (let i: u32 = 0; i < 6; i++) {
    const expected = (i >> 1) + ((i & 1) != 0 ? 10 : 0);
    assert(frame(arrival(0)).seq == expected, 'one of each');
  }
}

export function without_frames_or_pages_a_packet_is_dropped_and_nothing_leaks(): void {
  small();
  setRun(AT_LIMITS_FRAMES, 2);
  build();
  assert(send(0, 1, 100) == 0 && send(0, 101, 100) == 0 && send(0, 201, 100) == 1, 'two frames in this world');
  assert(poolState().tx_pages_used == 2, 'the third holds none');
  frameFree(arrival(0));
  frameFree(arrival(0));
  assert(poolState().tx_pages_used == 0 && poolState().skb_used == 0 && wireVerify() == 0, 'all home');
}
