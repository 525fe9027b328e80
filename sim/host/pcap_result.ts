/** What became of a capture: a report for each stream, and what was skipped or repaired. */
import type { Engine } from './engine.ts';
import { addressText } from './packet_parse.ts';
import type { ReplayNotes } from './pcap_job.ts';
import type { LoanMeter } from './loan_meter.ts';
import type { PcapPlan } from './pcap_plan.ts';
import type { Capture } from './pcap_read.ts';
import { type StreamResult, streamResult } from './result.ts';
import type { ExpectOutcome } from './scenario_outcome.ts';
import { readStreams, type StreamRow } from './streams.ts';
import { type Counts, drops, nicCounters, queueCounters, tcpCounters, zcrxCounters } from './tables.ts';
import type { Connection, Streams } from './tcp_streams.ts';

export interface PcapStream extends StreamResult {
  readonly client: string;
  readonly server: string;
  readonly srcPort: number;
  /** What the capture holds of the stream, put together without the machine. */
  readonly capturedBytes: number;
  readonly capturedSha256: string;
  /** Why it is not complete, in a sentence; empty when it is. */
  readonly missing: string;
  readonly serverBytesNotReplayed: number;
  /** Most buffers at once between their loan and their way back. */
  readonly buffersInFlightMax: number;
}

export interface PcapResult {
  readonly file: string;
  readonly format: string;
  readonly seed: number;
  readonly stateHash: string;
  readonly virtualTimeNs: number;
  readonly eventCount: number;
  readonly frames: number;
  readonly clientFrames: number;
  readonly streams: readonly PcapStream[];
  /** Drops at the server. */
  readonly drops: Counts;
  readonly server: { readonly nic: Counts; readonly nicq: readonly Counts[]; readonly tcp: Counts; readonly zcrx: readonly Counts[] };
  /** Frames that are no TCP over IP, and why. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Connections that began before the capture. */
  readonly midConnection: readonly { readonly between: string; readonly packets: number }[];
  readonly cutFrames: number;
  readonly badChecksums: number;
  readonly repaired: ReplayNotes;
  readonly remarks: readonly string[];
  readonly expect: readonly ExpectOutcome[];
}

export interface ReplayFacts {
  readonly name: string;
  readonly capture: Capture;
  readonly streams: Streams;
  readonly plan: PcapPlan;
  readonly engine: Engine;
  readonly notes: ReplayNotes;
  readonly loans: LoanMeter;
}

export function collectReplay(f: ReplayFacts): PcapResult {
  const { engine, streams, capture } = f;
  const rows = readStreams(engine, 1);
  const taken = new Set<StreamRow>();
  const in_flight = loansByRow(rows, f.loans);
  const results = streams.connections.map((c) => {
    const row = rows.find((r) => !taken.has(r) && belongs(r, c));
    if (row) taken.add(row);
    return streamReport(c, row, f.plan, row ? (in_flight.get(row) ?? 0) : 0);
  });
  const whole = results.filter((s) => s.complete).length;
  const zcrx = zcrxCounters(engine, 0);
  return {
    file: f.name, format: capture.format, seed: engine.seed, stateHash: engine.stateHash(), virtualTimeNs: engine.clockNs(),
    eventCount: engine.eventCount(), frames: capture.frames.length, clientFrames: streams.packets.length, streams: results,
    drops: drops(engine, 1),
    server: {
      nic: nicCounters(engine, 1),
      nicq: [0, 1].map((q) => queueCounters(engine, 1, q)),
      tcp: tcpCounters(engine, 1),
      zcrx: zcrx ? [zcrx] : [],
    },
    skipped: streams.skipped,
    midConnection: [...streams.midway].map(([between, packets]) => ({ between, packets })),
    cutFrames: streams.cut_frames, badChecksums: streams.bad_checksums, repaired: f.notes, remarks: capture.remarks,
    expect: [{ text: 'every stream arrives whole', ok: whole === results.length, actual: `${whole} of ${results.length}` }],
  };
}

function belongs(row: StreamRow, c: Connection): boolean {
  return row.peer_port === c.client_port && row.own_port === c.server_port && row.peer === addressText(c.client);
}

const NOTHING: StreamRow = {
  id: -1,
  flow: -1,
  own_port: 0,
  peer: '',
  peer_port: 0,
  family: 0,
  bytes: 0,
  zc_bytes: 0,
  copy_linear_bytes: 0,
  copy_page_bytes: 0,
  cqes: 0,
  requests: 0,
  segs_in: 0,
  out_of_order: 0,
  duplicates: 0,
  loan_max: 0,
  notifs: 0,
  copied_notifs: 0,
  start_ns: 0,
  end_ns: 0,
  res: 0,
  bad_offset: 0,
  done: 0,
  sha256: '',
  sock: 0,
};

/** A socket's connections come in the order of its streams. */
function loansByRow(rows: readonly StreamRow[], loans: LoanMeter): Map<StreamRow, number> {
  const seen = new Map<number, number>();
  const out = new Map<StreamRow, number>();
  for (const row of rows) {
    const nth = seen.get(row.sock) ?? 0;
    seen.set(row.sock, nth + 1);
    out.set(row, loans.most(row.sock, nth));
  }
  return out;
}

function streamReport(c: Connection, row: StreamRow | undefined, plan: PcapPlan, buffersInFlightMax: number): PcapStream {
  const base = streamResult(row ?? NOTHING, undefined);
  const captured = c.stream.bytes;
  const sha = c.stream.sha256();
  const missing = missingText(c, row, sha, plan);
  return {
    ...base, id: c.index, family: c.family, localPort: c.server_port, peer: addressText(c.client), peerPort: c.client_port,
    client: `${addressText(c.client)}:${c.client_port}`, server: `${addressText(c.server)}:${c.server_port}`, srcPort: c.client_port,
    complete: missing === '', buffersInFlightMax, capturedBytes: captured, capturedSha256: sha, missing,
    serverBytesNotReplayed: c.server_bytes,
  };
}

function missingText(c: Connection, row: StreamRow | undefined, sha: string, plan: PcapPlan): string {
  if (!plan.ports.includes(c.server_port)) return 'not replayed: the capture has more server ports than a world';
  const [hole] = c.stream.holes();
  if (hole) return `the capture lacks bytes ${hole[0]} to ${hole[1] - 1} of the stream`;
  if (c.stream.missing_bytes > 0) return `the snapshot length cut ${c.stream.missing_bytes} bytes away; zeros stand for them`;
  if (!row) return c.stream.bytes === 0 ? '' : 'the connection never reached the application';
  if (row.bytes < c.stream.bytes) return `the application has ${row.bytes} of ${c.stream.bytes} bytes`;
  if (row.bytes > c.stream.bytes) return `the application has ${row.bytes} bytes, the capture ${c.stream.bytes}`;
  return row.sha256 === sha ? '' : 'the application has other bytes than the capture';
}
