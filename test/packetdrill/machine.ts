/**
 * The machine under test: the server host of a world, with a tun device's manners (no cost, no delay, no GRO on the way in).
 * What it sends is read off the wire and lost there; what a script injects arrives past the wire.
 */
import { readWireFrames } from '../../sim/host/capture.ts';
import { REASON_CAPTURE_FULL, REASON_TRACE_FULL } from '../../sim/host/core_exports.ts';
import { Engine } from '../../sim/host/engine.ts';
import { CONFIG_ADDR } from '../../sim/host/memory_map.gen.ts';
import { loadScenario } from '../../sim/host/load_scenario.ts';
import { configLayout } from '../../sim/gen/config_layout.ts';
import { COSTS } from '../../sim/schema/costs.ts';
import { COUNTERS } from '../../sim/schema/counters.ts';
import { HOST_KNOBS } from '../../sim/schema/scenario.ts';
import { VIEW_TCP_MIB } from '../../sim/host/core_exports.ts';
import type { Packet } from './packet.ts';
import { readPacket } from './wire_bytes.ts';

/** The server: link 0 leads to it, link 1 away from it. */
export const HOST = 1;
const LINK_IN = 0;
const LINK_OUT = 1;
const USER_BYTES = 32 * 1024 ** 2;
const MESSAGES_BYTES = 1024 ** 2;
const NS_PER_US = 1000;
/** The flag of an injected frame whose checksum was left to hardware. */
const OFFLOADED = 1;

/** Numbers of socketCall (sim/world/socket_calls.ts). */
export const CALL = {
  socket: 0, bind: 1, listen: 2, accept: 3, connect: 4, send: 5, recv: 6, shutdown: 7, close: 8, poll: 9, setsockopt: 10,
  getsockopt: 11, inq: 12, woken: 13, address: 14, sendMessage: 20, recvError: 21, recvControl: 22,
  disconnect: 30, sendName: 31, metricsFlush: 32,
  recvUrgent: 40, atMark: 41, splice: 42,
} as const;

function worldText(mtu: number): string {
  return `
about: one host whose peer is a script
run: { until_ns: 1h, trace: off, capture: on, payload: on }
limits: { user_bytes: ${USER_BYTES}, socks: 64, capture_bytes: 16MiB, tx_pages: 512, rx_pages: 8192, skbs: 16384, frames: 16384 }
wire: { rate_bps: 1600000000000, delay_ns: 0, queue_packets: 10000 }
nic: { mtu: ${mtu}, rx_queues: 1, tx_queues: 1, header_split: off, rx_usecs: 0, rx_frames: 1, dma_ns: 0, tun: on }
napi: { gro: off }
cost: { ${COSTS.map((c) => `${c.name}: 0`).join(', ')} }
hosts:
  client: { app: { role: none } }
  server: { app: { role: none }, wire: { loss_ppm: 1000000 }, tcp: { anyip: on } }
`;
}

const blocks = new Map<number, { block: Uint8Array; seed: number }>();

/** The compiled world for an MTU; compiled once. */
function blockOf(mtu: number): { block: Uint8Array; seed: number } {
  let found = blocks.get(mtu);
  if (!found) {
    const scenario = loadScenario(worldText(mtu), 'packetdrill', {});
    found = { block: scenario.block, seed: scenario.run['run.seed'] };
    blocks.set(mtu, found);
  }
  return found;
}

export class Machine {
  readonly engine: Engine;
  /** Frames that the host sent and nobody has looked at, oldest first. */
  readonly sent: Packet[] = [];
  /** User memory: the first half to send from, which stays zero, the second to receive into. */
  readonly zeros: number;
  readonly scratch: number;
  readonly half: number = USER_BYTES / 4;
  private readonly argument: number;
  private readonly messages: number;
  private messages_used = 0;
  private readonly layout = configLayout();

  constructor(core: WebAssembly.Module, mtu: number) {
    this.engine = new Engine(core, blockOf(mtu), { onCapture: (bytes) => this.capture(bytes) });
    this.zeros = this.engine.core.userAlloc(HOST, this.half);
    this.scratch = this.engine.core.userAlloc(HOST, this.half);
    this.messages = this.engine.core.userAlloc(HOST, MESSAGES_BYTES);
    this.argument = this.engine.core.callArgument();
  }

  /** Virtual time, in whole microseconds. */
  now(): number {
    return Math.floor(this.engine.clockNs() / NS_PER_US);
  }
  /** When something is due next; Infinity: nothing is. */
  nextEvent(): number {
    const ns = BigInt.asUintN(64, this.engine.core.nextEvent());
    return ns === 0xffffffffffffffffn ? Number.POSITIVE_INFINITY : Number(ns) / NS_PER_US;
  }

  /** Lets time go on to `us`, or by one event. */
  private step(us: number, events: number): void {
    for (;;) {
      const reason = this.engine.guard(() => this.engine.core.advance(BigInt(Math.round(us * NS_PER_US)), events));
      this.engine.drain();
      if (reason !== REASON_CAPTURE_FULL && reason !== REASON_TRACE_FULL) return;
    }
  }
  /** Runs everything up to `us`. */
  runUntil(us: number): void {
    while (this.nextEvent() <= us) this.step(us, 1_000_000);
    if (this.engine.clockNs() < us * NS_PER_US) this.step(us, 1);
  }
  /** Runs one event if it is due by `us`; else time moves to `us`. True when an event ran. */
  runOne(us: number): boolean {
    const due = this.nextEvent() <= us;
    this.step(us, 1);
    return due;
  }
  /** Everything that is due now. */
  settle(): void {
    const now_ns = this.engine.clockNs();
    while (this.nextEvent() * NS_PER_US <= now_ns) this.step(now_ns / NS_PER_US, 1_000_000);
  }

  private capture(bytes: Uint8Array): void {
    for (const frame of readWireFrames(bytes)) {
      if (frame.link !== LINK_OUT) continue;
      const packet = readPacket(frame.data, Math.floor(frame.time_ns / NS_PER_US));
      if (packet) this.sent.push(packet);
    }
  }

  /** A frame arrives now; `gso_size`: it counts as so large segments, merged. */
  inject(frame: Uint8Array, gso_size = 0): void {
    this.engine.inject(LINK_IN, this.engine.clockNs(), frame, OFFLOADED | (gso_size << 16));
  }

  call(call: number, what: number, a = 0, b = 0, c = 0): number {
    return this.engine.guard(() => this.engine.core.socketCall(HOST, call, what, a, b, c));
  }
  /** User memory for a message that a call may still be about when it returns; used again after long. */
  messageRoom(bytes: number): number {
    if (this.messages_used + bytes > MESSAGES_BYTES) this.messages_used = 0;
    const at = this.messages + this.messages_used;
    this.messages_used += (bytes + 15) & ~15;
    return at;
  }
  /** Puts the bytes of a call's argument into their place. */
  give(bytes: Uint8Array): void {
    this.engine.bytes.set(bytes, this.argument);
  }
  answer(length: number): Uint8Array {
    return this.engine.bytes.slice(this.argument, this.argument + length);
  }

  /** Sets a knob of the host while it runs, as sysctl does. */
  setKnob(path: string, value: number): void {
    const knob = HOST_KNOBS.find((k) => `${k.section}.${k.name}` === path);
    if (!knob) throw new Error(`no knob ${path}`);
    const at = CONFIG_ADDR + this.layout.host_base + HOST * this.layout.host_bytes + this.layout.offset(knob);
    this.engine.view.setBigUint64(at, BigInt(value), true);
  }
  knob(path: string): number {
    const knob = HOST_KNOBS.find((k) => `${k.section}.${k.name}` === path);
    if (!knob) throw new Error(`no knob ${path}`);
    const at = CONFIG_ADDR + this.layout.host_base + HOST * this.layout.host_bytes + this.layout.offset(knob);
    return Number(this.engine.view.getBigUint64(at, true));
  }

  /** A counter of /proc/net/snmp or netstat; undefined: the model does not count it. */
  counter(name: string): number | undefined {
    const i = COUNTERS.filter((c) => c.group === 'tcp').findIndex((c) => c.name === name);
    if (i < 0) return undefined;
    return Number(this.engine.view.getBigUint64(this.engine.core.view(VIEW_TCP_MIB, HOST) + i * 8, true));
  }
}
