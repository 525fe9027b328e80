/** Description: of each frame the driver makes the skb that the stack expects: headers linear, payload in fragments. */
import {
  CONTEXT_SOFTIRQ, DROP_NO_SOCKET, DROP_TCP_CSUM, enterContext, EV_POOL_RELEASE, EV_SKB_BUILD, leaveContext, NIC_RX_CSUM_ERRORS,
  NICQ_RX_ALLOC_FAIL, NICQ_RX_PACKETS, NONE,
} from '../../../sim/core';
import { poolState, skb, skbFrag } from '../../../stack/3-pool';
import { napiPollDriver } from '../../../stack/4-napi/port';
import { groBucket, napi } from '../../../stack/4-napi/state';
import { nicCounter, nicqCounter, nicVerify } from '../../../nic-model/2-nic';
import {
  AT_NAPI_GRO, AT_NIC_HEADER_SPLIT, AT_NIC_RX_CHECKSUM, AT_NIC_RX_QUEUES, AT_NIC_TX_CHECKSUM, AT_RUN_PAYLOAD, AT_WIRE_CORRUPT_PPM,
  setHost, setRun,
} from '../config.gen.as';
import {
  ACK, bufferIs, build, drops, forgetTrace, headers, HEADERS, lastTracedAt, runUntil, send, small, tracedAt,
} from '../config_two_nics.as';

const QUEUE: u32 = 16;

function server(header_split: u64): void {
  small();
  setHost(1, AT_NIC_RX_QUEUES, 1);
  setHost(1, AT_NIC_HEADER_SPLIT, header_split);
  setHost(1, AT_NAPI_GRO, 0);
}
/** Sends a segment and looks at the skb: bytes from the IP header on, linear ones among them, fragments. */
function becomes(len: u32, total: u32, linear: u32, frags: u32): void {
  send(0, 1, len);
  runUntil(100000, true);
  assert(lastTracedAt(1, EV_SKB_BUILD, 20) == total, 'bytes from the IP header on');
  assert(lastTracedAt(1, EV_SKB_BUILD, 24) == linear, 'linear bytes');
  assert(lastTracedAt(1, EV_SKB_BUILD, 28) == frags, 'fragments');
  nicVerify();
}

export function a_split_frame_has_its_headers_linear(): void {
  server(1);
  build();
  becomes(1448, 1448 + HEADERS - 14, HEADERS - 14, 1);
}

export function of_an_unsplit_frame_the_headers_are_pulled(): void {
  server(0);
  build();
  becomes(1448, 1448 + HEADERS - 14, HEADERS - 14, 1);
}

/** The youngest skb that GRO holds of a NAPI, or NONE. */
function held(): u32 {
  const n = napi(QUEUE);
  return n.bitmap == 0 ? NONE : groBucket(n, ctz(n.bitmap)).youngest;
}
/** Polls one frame, so that the NAPI does not complete, and looks at the fragment of the skb that GRO holds. */
function holds(off: u32): void {
  setHost(1, AT_NAPI_GRO, 1);
  build();
  send(0, 300, 1448);
  runUntil(100000, false);
  enterContext(1, 0, CONTEXT_SOFTIRQ);
  assert(napiPollDriver(QUEUE, 1) == 1, 'a frame was there');
  leaveContext();
  const idx = held();
  assert(idx != NONE && skb(idx).data_off == 14 && skb(idx).network_off == 14 && skb(idx).ip_summed == 1, 'at the IP header');
  assert(memory.compare(<usize>skb(idx).head, headers(0, 300, 1448, ACK), 24) == 0, 'headers from the first byte on');
  const f = skbFrag(idx, 0);
  assert(f.off == off && f.len == 1448 && bufferIs(f.netmem, f.off, 300, 1448), 'the fragment is the payload');
}

export function the_fragment_of_a_split_frame_is_its_payload(): void {
  server(1);
  holds(0);
}

export function the_fragment_of_an_unsplit_frame_begins_behind_the_headers(): void {
  server(0);
  holds(HEADERS);
}

export function a_page_with_nothing_but_headers_goes_back(): void {
  server(0);
  build();
  becomes(0, HEADERS - 14, HEADERS - 14, 0);
  assert(tracedAt(1, EV_POOL_RELEASE) == 1, 'its page is back');
  assert(poolState().skb_used == 0, 'and the skb too, once TCP has dropped it');
}

export function buffers_go_round(): void {
  server(1);
  build();
  const pages = poolState().pages_used;
  for (let i: u32 = 0; i < 1000; i++) {
    send(0, i, 100);
    if (i % 20 == 19) {
      runUntil(1000000 * (<u64>i + 1), true);
      forgetTrace();
    }
  }
  assert(nicqCounter(QUEUE, NICQ_RX_PACKETS) == 1000 && nicqCounter(QUEUE, NICQ_RX_ALLOC_FAIL) == 0, 'all arrived');
  assert(poolState().pages_used <= pages + 64, 'in a few pages');
  nicVerify();
}

export function wrong_checksums_are_counted_and_the_stack_drops_the_packet(): void {
  server(1);
  setHost(1, AT_NIC_HEADER_SPLIT, 0);
  setHost(0, AT_WIRE_CORRUPT_PPM, 1000000);
  build();
  for (let i: u32 = 0; i < 50; i++) {
    send(0, i, 1448);
    runUntil(<u64>(i + 1) * 100000, true);
  }
  assert(nicCounter(1, NIC_RX_CSUM_ERRORS) > 40, 'most flips lie in what is summed');
  assert(drops(1, DROP_TCP_CSUM) > 40, 'and the stack, which sums again, finds them');
}

/** Sums that nobody offloads are right as well: no packet is dropped for its checksum, with bytes moved or not. */
function softwareChecksums(payload: u64): void {
  server(0);
  setRun(AT_RUN_PAYLOAD, payload);
  setHost(0, AT_NIC_TX_CHECKSUM, 0);
  setHost(1, AT_NIC_RX_CHECKSUM, 0);
  build();
  becomes(1447, 1447 + HEADERS - 14, HEADERS - 14, 1);
  assert(nicCounter(1, NIC_RX_CSUM_ERRORS) == 0 && drops(1, DROP_NO_SOCKET) == 1, 'what drops it is that nobody listens');
}

export function software_computes_the_same_sums(): void {
  softwareChecksums(1);
}
export function software_computes_the_same_sums_without_payload(): void {
  softwareChecksums(0);
}
