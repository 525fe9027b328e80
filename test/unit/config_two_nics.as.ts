/**
 * Two hosts without rings and applications, for tests of stages 1, 2 and 4: the frames that they exchange, and the trace
 * that says what became of them. No socket is open, so that whatever reaches TCP is dropped there, with a record, and
 * answered with a RST.
 */
import {
  arenaAlloc, arenaInit, coreState, cpuInit, DROP_COUNT, dropInit, enterHardware, eventQueueInit, EVENT_IRQ, EVENT_KSOFTIRQD, EVENT_SOFTIRQ,
  EVENT_TURN, EVENT_TX, EVENT_WIRE, HOSTS_MAX, hrtimersInit, nextEventTime, nextTurn, NONE, popEvent, prngInit, QUEUES_MAX, runConfig,
  storeBe16, storeBe32, timerWheelInit, traceCursor,
} from '../../sim/core';
import { netmem, netmemInit, poolsInit, skb, skbAddFrag, skbAlloc, skbFree, skbsInit, txPageAlloc } from '../../stack/3-pool';
import { napiKsoftirqd, napiSoftirq } from '../../stack/4-napi';
import { frame, frameCopy, wireInit, wireNextArrival, wireTakeArrived, wireTimeArrival, wireVerify } from '../../nic-model/1-wire';
import { nicInit, nicInterrupt, nicReceive, nicTransmitNext } from '../../nic-model/2-nic';
import { tcpInit } from '../../stack/5-tcp';
import { startXmit } from '../../stack/5-tcp/port';
import { socketInit } from '../../stack/6-socket';
import {
  AT_LIMITS_FRAMES, AT_LIMITS_RX_PAGES, AT_LIMITS_SKBS, AT_LIMITS_TX_PAGES, AT_NIC_RX_QUEUES, AT_NIC_RX_RING, setDefaults, setHost, setRun,
} from './config.gen.as';

export const FIN: u32 = 1;
export const SYN: u32 = 2;
export const PSH: u32 = 8;
export const ACK: u32 = 16;
/** Ethernet, IPv4, TCP without options. */
export const HEADERS: u32 = 54;
const SCRATCH: usize = 0x7000;
const TRACE_RECORDS: u32 = 16384;

/** Defaults for small worlds; a test changes what it is about and then calls build. */
export function small(): void {
  setDefaults();
  setRun(AT_LIMITS_FRAMES, 1024);
  setRun(AT_LIMITS_SKBS, 2048);
  setRun(AT_LIMITS_RX_PAGES, 2048);
  setRun(AT_LIMITS_TX_PAGES, 64);
  for (let host: u32 = 0; host < HOSTS_MAX; host++) {
    setHost(host, AT_NIC_RX_RING, 64);
    setHost(host, AT_NIC_RX_QUEUES, 4);
  }
}

export function build(): void {
  const c = runConfig();
  arenaInit();
  prngInit(c.run_seed, HOSTS_MAX);
  eventQueueInit(1024);
  timerWheelInit();
  hrtimersInit(HOSTS_MAX * QUEUES_MAX);
  cpuInit();
  dropInit();
  netmemInit(c.limits_rx_pages, c.limits_tx_pages, 1024);
  poolsInit();
  skbsInit(c.limits_skbs);
  wireInit();
  socketInit();
  tcpInit();
  for (let host: u32 = 0; host < HOSTS_MAX; host++) nicInit(host);
  const cursor = traceCursor();
  cursor.base = <u32>arenaAlloc(TRACE_RECORDS << 5);
  cursor.next = cursor.base;
  cursor.end = cursor.base + (TRACE_RECORDS << 5);
  cursor.stop = cursor.end;
  enterHardware(0);
}

/** Records of a kind so far; `where` is a word of the record: 12 packet, 16 buffer, 20 a, 24 b, 28 c. */
export function traced(kind: u32): u32 {
  let n: u32 = 0;
  const cursor = traceCursor();
  for (let at = cursor.base; at < cursor.next; at += 32) if ((load<u32>(<usize>at, 8) & 0xff) == kind) n++;
  return n;
}
export function lastTraced(kind: u32, where: usize): u32 {
  const cursor = traceCursor();
  for (let at = cursor.next - 32; at >= cursor.base; at -= 32) {
    if ((load<u32>(<usize>at, 8) & 0xff) == kind) return load<u32>(<usize>at + where);
  }
  return NONE;
}

/** The same of one host alone: TCP answers what it drops with a RST, which the other host receives. */
export function tracedAt(host: u32, kind: u32): u32 {
  let n: u32 = 0;
  const cursor = traceCursor();
  for (let at = cursor.base; at < cursor.next; at += 32) if ((load<u32>(<usize>at, 8) & 0xffff) == (kind | (host << 8))) n++;
  return n;
}
export function lastTracedAt(host: u32, kind: u32, where: usize): u32 {
  const cursor = traceCursor();
  for (let at = cursor.next - 32; at >= cursor.base; at -= 32) {
    if ((load<u32>(<usize>at, 8) & 0xffff) == (kind | (host << 8))) return load<u32>(<usize>at + where);
  }
  return NONE;
}
/** Empties the trace, as the host does between slices. */
export function forgetTrace(): void {
  const cursor = traceCursor();
  cursor.next = cursor.base;
}
/** Packets that a host dropped for a reason. */
export function drops(host: u32, reason: u32): u64 {
  return load<u64>(<usize>coreState().drops_base + (<usize>(host * DROP_COUNT + reason) << 3));
}

/** Ethernet, IPv4 and TCP headers of a segment between the two hosts, at a fixed place. */
export function headers(from: u32, seq: u32, len: u32, flags: u32, src_port: u32 = 1000, dst_port: u32 = 9999): usize {
  memory.fill(SCRATCH, 0, 128);
  store<u8>(SCRATCH, 2);
  store<u8>(SCRATCH, <u8>(2 - from), 5);
  store<u8>(SCRATCH, 2, 6);
  store<u8>(SCRATCH, <u8>(1 + from), 11);
  storeBe16(SCRATCH + 12, 0x0800);
  const ip = SCRATCH + 14;
  store<u8>(ip, 0x45);
  storeBe16(ip + 2, 40 + len);
  storeBe16(ip + 6, 0x4000);
  store<u8>(ip, 64, 8);
  store<u8>(ip, 6, 9);
  storeBe32(ip + 12, 0x0a000001 + from);
  storeBe32(ip + 16, 0x0a000002 - from);
  const th = ip + 20;
  storeBe16(th, src_port);
  storeBe16(th + 2, dst_port);
  storeBe32(th + 4, seq);
  storeBe32(th + 8, 77);
  store<u8>(th, 0x50, 12);
  store<u8>(th, <u8>flags, 13);
  storeBe16(th + 14, 500);
  return SCRATCH;
}

/** An skb with `len` payload bytes in a TX page: byte i of the stream from `seq` on is (seq + i) * 7. */
export function payload(host: u32, seq: u32, len: u32): u32 {
  const idx = skbAlloc(host);
  const page = txPageAlloc(host);
  const at = <usize>netmem(page).addr;
  for (let i: u32 = 0; i < len; i++) store<u8>(at + i, <u8>((seq + i) * 7));
  skbAddFrag(idx, page, 0, len, len);
  return idx;
}

/** Sends a segment; the packet id is that of the last one in the core. */
export function send(from: u32, seq: u32, len: u32, flags: u32 = 0x10): u32 {
  const b = len == 0 ? NONE : payload(from, seq, len);
  const dropped = startXmit(from, <u32>headers(from, seq, len, flags), HEADERS, b, NONE, 0);
  if (b != NONE) skbFree(b, false);
  return dropped;
}

/** The next frame that has arrived by now; NONE when there is none, and then the next arrival has an event. */
function takeArrived(link: u32): u32 {
  if (wireNextArrival(link) <= coreState().clock_ns) return wireTakeArrived(link);
  wireTimeArrival(link);
  return NONE;
}

/** Handles events up to a time. Softirqs, and so GRO and TCP, only where asked for. */
export function runUntil(time_ns: u64, softirqs: bool): void {
  while (nextEventTime() <= time_ns) {
    const event = popEvent();
    const arg = <u32>(event >> 32);
    switch (<u32>event) {
      case EVENT_TX: {
        enterHardware(arg);
        nicTransmitNext(arg);
        break;
      }
      case EVENT_WIRE: {
        enterHardware(1 - arg);
        for (let f = takeArrived(arg); f != NONE; f = takeArrived(arg)) nicReceive(1 - arg, f);
        break;
      }
      case EVENT_IRQ: {
        if (softirqs) nicInterrupt(arg);
        break;
      }
      case EVENT_SOFTIRQ: {
        napiSoftirq(arg);
        break;
      }
      case EVENT_KSOFTIRQD: {
        napiKsoftirqd(arg);
        break;
      }
      case EVENT_TURN: {
        const turn = nextTurn(arg);
        if (<u32>turn == EVENT_KSOFTIRQD) napiKsoftirqd(<u32>(turn >> 32));
        break;
      }
      default: assert(false, 'no other event in this world');
    }
  }
  coreState().clock_ns = time_ns;
}

/** The next frame that reaches the far end of a link, without its NIC. */
export function arrival(link: u32): u32 {
  let f = takeArrived(link);
  while (f == NONE && nextEventTime() != u64.MAX_VALUE) {
    wireVerify();
    const event = popEvent();
    enterHardware(<u32>(event >> 32));
    if (<u32>event == EVENT_TX) nicTransmitNext(<u32>(event >> 32));
    f = takeArrived(link);
  }
  return f;
}

/** Whether payload bytes of a frame are those that payload() wrote. */
export function framePayloadIs(frame_idx: u32, seq: u32): bool {
  const f = frame(frame_idx);
  const at = arenaAlloc(f.len);
  frameCopy(f, 0, at, f.len);
  for (let i: u32 = HEADERS; i < f.len; i++) if (load<u8>(at + i) != <u8>((seq + i - HEADERS) * 7)) return false;
  return true;
}

/** Whether a buffer holds the bytes of the stream from `seq` on. */
export function bufferIs(netmem_idx: u32, off: u32, seq: u32, len: u32): bool {
  const at = <usize>netmem(netmem_idx).addr + off;
  for (let i: u32 = 0; i < len; i++) if (load<u8>(at + i) != <u8>((seq + i) * 7)) return false;
  return true;
}

export function packetOf(skb_idx: u32): u32 {
  return skb(skb_idx).pkt_id;
}
