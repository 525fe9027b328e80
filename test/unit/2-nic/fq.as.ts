/** Description: the fair queue lets packets go at their time, flows in turn, and drops what is too much. */
import {
  coreState, EVENT_HRTIMERS, EVENT_TX, enterHardware, loadBe32, nextDueHrtimer, nextEventTime, NONE, popEvent,
} from '../../../sim/core';
import { frame, frameFree, frameHead, wireNextArrival, wireTakeArrived, wireTimeArrival } from '../../../nic-model/1-wire';
import { nicQdiscWatchdog, nicTransmitNext } from '../../../nic-model/2-nic';
import { startXmit } from '../../../stack/5-tcp/port';
import { AT_LIMITS_SOCKS, AT_NIC_QDISC, AT_NIC_TX_QUEUES, AT_NIC_TX_RING, setHost, setRun } from '../config.gen.as';
import { ACK, build, headers, HEADERS, small } from '../config_two_nics.as';

function fair(tx_ring: u64): void {
  small();
  setRun(AT_LIMITS_SOCKS, 64);
  setHost(0, AT_NIC_TX_QUEUES, 1);
  setHost(0, AT_NIC_TX_RING, tx_ring);
  setHost(0, AT_NIC_QDISC, 1);
  build();
}

function send(flow: u32, seq: u32, edt_ns: u64): u32 {
  return startXmit(0, <u32>headers(0, seq, 0, ACK), HEADERS, NONE, NONE, flow << 20, flow, edt_ns);
}

/** Runs until a time; the sequence numbers of the frames that left, in base 64, the last one lowest. */
function left(until_ns: u64): u64 {
  let out: u64 = 0;
  for (;;) {
    while (wireNextArrival(0) <= coreState().clock_ns) {
      const f = wireTakeArrived(0);
      out = (out << 6) | loadBe32(frameHead(frame(f)) + 38);
      frameFree(f);
    }
    wireTimeArrival(0);
    if (nextEventTime() > until_ns) break;
    const event = popEvent();
    enterHardware(0);
    if (<u32>event == EVENT_TX) nicTransmitNext(0);
    else if (<u32>event == EVENT_HRTIMERS) {
      for (let t = nextDueHrtimer(); t != null; t = nextDueHrtimer()) nicQdiscWatchdog(t.arg);
    }
  }
  coreState().clock_ns = until_ns;
  return out;
}

export function a_packet_leaves_at_its_time(): void {
  fair(64);
  send(1, 1, 0);
  send(1, 2, 5000000);
  send(1, 3, 2000000000);
  assert(left(4900000) == 1, 'the first at once');
  assert(left(5100000) == 2, 'the second at its time, and a little slack');
  assert(left(1999000000) == 0 && left(2001000000) == 3, 'and the third');
}

export function a_flow_that_waits_holds_no_other_back(): void {
  fair(64);
  send(1, 1, 3000000);
  send(2, 2, 1000000);
  send(3, 3, 0);
  assert(left(2000000) == (3 << 6 | 2) && left(4000000) == 1, 'by their times');
}

export function packets_of_a_flow_stay_in_order(): void {
  fair(64);
  for (let i: u32 = 1; i < 6; i++) send(1, i, 1000000);
  assert(left(2000000) == ((((1 << 6 | 2) << 6 | 3) << 6 | 4) << 6 | 5), 'as they came');
}

export function what_is_too_much_or_too_far_ahead_is_refused(): void {
  fair(64);
  assert(send(1, 1, 11000000000) == 1, 'more than ten seconds ahead');
  let taken: u32 = 0;
  for (let i: u32 = 0; i < 200; i++) if (send(2, i, 1000000000) == 0) taken++;
  assert(taken == 100, 'a flow has a hundred packets');
  assert(send(3, 1, 1000000000) == 0, 'another flow has room');
}
