/**
 * A real capture through the simulated machine: the client's frames go to the server's NIC at their times; the server
 * answers with the captured server's first numbers, so that the captured acknowledgements fit. Its application does not
 * send what the captured one sent: acknowledgements of bytes that were never sent are taken back to what was.
 */
import type { TraceBatch } from './trace.ts';
import { Engine } from './engine.ts';
import { addPreset, sendNext } from './flow_abi.ts';
import { InputError } from './input_error.ts';
import { updateChecksum32 } from './internet_checksum.ts';
import { FLAG_ACK, FLAG_SYN } from './packet_parse.ts';
import { LoanMeter } from './loan_meter.ts';
import { type Repairs, type WireSegment, wireSegments } from './pcap_frames.ts';
import { mssOf, type PcapPlan, planReplay } from './pcap_plan.ts';
import { type Capture, readCapture } from './pcap_read.ts';
import { collectReplay, type PcapResult } from './pcap_result.ts';
import { loadScenario } from './load_scenario.ts';
import { type LoadOptions, type Scenario, worldOf } from './scenario.ts';
import { ended, readStreams } from './streams.ts';
import { areaPlaces } from './tables.ts';
import { type ClientPacket, sortStreams, type Streams } from './tcp_streams.ts';

/** The server has this long to start its application before the first frame comes. */
const LEAD_NS = 1_000_000;
/** Frames that are handed in before the machine runs on. */
const BATCH_FRAMES = 256;
/** The machine gets at most this much further behind the last frame for what is still under way. */
const AFTERMATH_NS = 2_000_000_000;
const PATIENCE_NS = 50_000;
const PATIENCE_TURNS = 400;

export interface PcapOptions {
  readonly name: string;
  readonly sets?: LoadOptions['sets'];
  readonly onProgress?: (done: number, all: number) => void;
}

/** What was done to make the capture fit. */
export interface ReplayNotes extends Repairs {
  /** Acknowledgements taken back. */
  acks: number;
  /** Nanoseconds by which the capture was slowed down, because the server could not keep up. */
  slowed_ns: number;
  injected: number;
}

class Replay {
  readonly engine: Engine;
  readonly loans = new LoanMeter(1);
  readonly notes: ReplayNotes = { split: 0, checksums: 0, padded: 0, stripped: 0, acks: 0, slowed_ns: 0, injected: 0 };
  private readonly streams: Streams;
  private readonly plan: PcapPlan;
  private readonly ring: number;
  private readonly origin_ns: bigint;
  private last_ns = LEAD_NS;
  private ahead = 0;

  constructor(core: WebAssembly.Module, scenario: Scenario, streams: Streams, plan: PcapPlan) {
    const sinks = { onTrace: (batch: TraceBatch) => this.loans.add(batch) };
    this.engine = new Engine(core, worldOf(scenario), sinks);
    this.streams = streams;
    this.plan = plan;
    this.ring = scenario.hosts[1].values['nic.rx_ring'];
    this.origin_ns = streams.packets[0]?.frame.time_ns ?? 0n;
  }

  run(onProgress?: (done: number, all: number) => void): void {
    const { packets } = this.streams;
    this.engine.run(LEAD_NS);
    packets.forEach((p, i) => {
      if (this.plan.ports.includes(p.connection.server_port)) this.feed(p);
      if (i % 1024 === 0) onProgress?.(i, packets.length);
    });
    this.settle();
  }

  private feed(p: ClientPacket): void {
    const captured = Number(p.frame.time_ns - this.origin_ns) + LEAD_NS + this.notes.slowed_ns;
    // A capture of several interfaces may go back in time a little.
    this.last_ns = Math.max(this.last_ns, captured);
    if ((p.tcp.flags & (FLAG_SYN | FLAG_ACK)) === FLAG_SYN) this.greet(p);
    const doubtful = this.acknowledgesMore(p);
    if (doubtful || this.ahead >= BATCH_FRAMES) this.catchUp();
    for (const segment of wireSegments(p, this.plan.mtu, mssOf(p.connection), this.notes)) {
      this.engine.inject(0, this.last_ns, doubtful ? this.clampAck(p, segment) : segment.data);
      this.notes.injected++;
      this.ahead++;
    }
  }

  /** A SYN that opens a connection: its answer is known. */
  private greet(p: ClientPacket): void {
    if (p.tcp.seq !== p.connection.client_iss || this.greeted.has(p.connection.index)) return;
    this.greeted.add(p.connection.index);
    this.catchUp();
    addPreset(this.engine, p.connection);
  }
  private readonly greeted = new Set<number>();

  /** Whether the packet acknowledges more than the SYN-ACK, which our server has sent for sure. */
  private acknowledgesMore(p: ClientPacket): boolean {
    const iss = p.connection.server_iss;
    return iss !== undefined && (p.tcp.flags & FLAG_ACK) !== 0 && p.tcp.ack !== ((iss + 1) >>> 0);
  }

  private clampAck(p: ClientPacket, { data, tcp }: WireSegment): Uint8Array {
    const iss = p.connection.server_iss ?? 0;
    const next = sendNext(this.engine, p.connection) ?? (iss + 1) >>> 0;
    if (((p.tcp.ack - next) | 0) <= 0) return data;
    this.notes.acks++;
    const changed = data.slice();
    const view = new DataView(changed.buffer);
    view.setUint16(tcp + 16, updateChecksum32(view.getUint16(tcp + 16), p.tcp.ack, next));
    view.setUint32(tcp + 8, next);
    return changed;
  }

  /** Lets the machine run up to the last frame, and waits when the NIC is short of buffers: a captured frame comes once. */
  private catchUp(): void {
    this.ahead = 0;
    if (this.last_ns > this.engine.clockNs()) this.engine.run(this.last_ns);
    for (let turn = 0; turn < PATIENCE_TURNS && this.short(); turn++) {
      this.last_ns += PATIENCE_NS;
      this.notes.slowed_ns += PATIENCE_NS;
      this.engine.run(this.last_ns);
    }
  }

  private short(): boolean {
    const places = areaPlaces(this.engine, 0);
    return places !== undefined && (places.posted ?? 0) < this.ring / 2;
  }

  private settle(): void {
    const end = this.last_ns + AFTERMATH_NS;
    for (let at = this.last_ns; at < end; at += AFTERMATH_NS / 100) {
      if (this.engine.run(at) === 'idle') return;
      const rows = readStreams(this.engine, 1);
      if (rows.length > 0 && rows.every(ended)) return;
    }
  }
}

/** Errors of one frame name their file. */
function told<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${name}: ${error.message}`) : error;
  }
}

/** Reads a capture file and replays it. */
export function replayCapture(core: WebAssembly.Module, file: Uint8Array, options: PcapOptions): PcapResult {
  const capture: Capture = readCapture(file, options.name);
  const streams = told(options.name, () => sortStreams(capture));
  const plan = planReplay(streams, capture, options.name);
  const scenario = loadScenario(plan.yaml, options.name, { sets: options.sets ?? [], flows: streams.connections.length });
  const replay = new Replay(core, scenario, streams, plan);
  replay.run(options.onProgress);
  return collectReplay({ name: options.name, capture, streams, plan, engine: replay.engine, notes: replay.notes, loans: replay.loans });
}
