/** The result of a run, as `--json` prints it and `expect` lines see it. Nothing in it depends on the machine it ran on. */
import { HOST_KNOBS } from '../schema/scenario.ts';
import { byAccount, type Charge, chargesOf } from './charges.ts';
import type { Engine, StopReason } from './engine.ts';
import type { EventCounts } from './event_counts.ts';
import { evaluateExpects, type ExpectOutcome, type Scenario } from './scenario.ts';
import type { ScriptStreams } from './script_streams.ts';
import type { StepResult } from './steps/step_results.ts';
import { ended, readStreams, type StreamRow } from './streams.ts';
import {
  applicationErrno, areaPlaces, type Counts, drops, memoryCounters, nicCounters, pools, queueCounters, tcpCounters, udpCounters, zcrxAreas,
  zcrxCounters,
  zcrxInstances,
} from './tables.ts';

export interface CopiedWhy {
  readonly linear: number;
  readonly page: number;
  readonly recv: number;
}

export interface StreamResult {
  readonly id: number;
  readonly family: number;
  readonly localPort: number;
  readonly peer: string;
  readonly peerPort: number;
  readonly bytes: number;
  readonly sha256: string;
  /** It ended, and not with an error; where the source is known, every byte that it wanted to send came, unchanged. */
  readonly complete: boolean;
  readonly zeroCopyBytes: number;
  readonly copiedBytes: number;
  /** linear: not split; page: not in the area; recv: the application received without zero copy. */
  readonly copiedWhy: CopiedWhy;
  readonly cqes: number;
  /** Receives of the application that brought data; of RECV_ZC with app.recv_bytes, those that brought all of it. */
  readonly requests: number;
  readonly segments: number;
  readonly outOfOrder: number;
  readonly duplicates: number;
  readonly buffersHeldMax: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly endResult: number;
  /** What an application in TypeScript sent on it; built-in ones do not say. */
  readonly sentBytes: number;
  readonly sentSha256: string;
}

/** What the built-in application is, the errno of what it could not have, and what it did. */
export interface ApplicationResult {
  readonly role: string;
  readonly errno: number;
  /** Requests that completed and brought or took bytes, or did nothing because they are to. */
  readonly requests: number;
  /** Notifications of zero-copy sends, and those of them that say that the bytes were copied after all. */
  readonly notifications: number;
  readonly copied: number;
}

export interface HostResult {
  readonly drops: Counts;
  readonly nic: Counts;
  readonly nicq: readonly Counts[];
  readonly tcp: Counts;
  readonly udp: Counts;
  readonly zcrx: readonly Counts[];
  readonly area: readonly Counts[];
  readonly pool: readonly Counts[];
  /** Cycles of each core by account. */
  readonly cores: readonly Counts[];
  /** What those are sums of. */
  readonly charges: readonly Charge[];
  readonly app: ApplicationResult;
  readonly events: Counts;
  /** Bytes over the memory bus, in all and by why, and what caches had. */
  readonly dram: Counts;
}

export interface RunResult {
  readonly scenario: string;
  readonly seed: number;
  readonly stateHash: string;
  readonly virtualTimeNs: number;
  readonly eventCount: number;
  readonly stopped: StopReason;
  /** Streams at receiving applications. */
  readonly streams: readonly StreamResult[];
  readonly drops: Counts;
  /** All drops together. */
  readonly dropped: number;
  readonly client: HostResult;
  readonly server: HostResult;
  /** What the program of a step scenario saw. */
  readonly steps?: StepResult;
  readonly expect: readonly ExpectOutcome[];
}

const SOURCE = 'source';
/** They open connections, and know how much they want to send on each. */
const OPENERS = [SOURCE, 'rpc'];

/** What a run came to, without its hash. */
export type RunFacts = Omit<RunResult, 'stateHash' | 'stopped' | 'expect'>;

export function collectFacts(
  engine: Engine, scenario: Scenario, counts: EventCounts, scripts: ReadonlyMap<number, ScriptStreams> = new Map(),
): RunFacts {
  const client = hostResult(engine, scenario, 0, counts);
  const server = hostResult(engine, scenario, 1, counts);
  const all_drops: Counts = {};
  for (const [reason, n] of [...Object.entries(client.drops), ...Object.entries(server.drops)])
    all_drops[reason] = (all_drops[reason] ?? 0) + n;
  return {
    scenario: scenario.name,
    seed: engine.seed,
    virtualTimeNs: engine.clockNs(),
    eventCount: engine.eventCount(),
    streams: [0, 1]
      .flatMap((host) => [...receivedStreams(engine, scenario, host), ...(scripts.get(host)?.results() ?? [])])
      .map((stream, id) => ({ ...stream, id })),
    drops: all_drops,
    dropped: Object.values(all_drops).reduce((a, b) => a + b, 0),
    client,
    server,
  };
}

export function collectResult(
  engine: Engine, scenario: Scenario, stopped: StopReason, counts: EventCounts, scripts?: ReadonlyMap<number, ScriptStreams>,
  steps?: StepResult,
): RunResult {
  const facts = {
    ...collectFacts(engine, scenario, counts, scripts), stateHash: engine.stateHash(), stopped, ...(steps ? { steps } : {}),
  };
  return { ...facts, expect: evaluateExpects(scenario.expects, facts) };
}

function receivedStreams(engine: Engine, scenario: Scenario, host: number): StreamResult[] {
  if (roleOf(scenario, host) === SOURCE) return [];
  const sender = [host, 1 - host].find((h) => OPENERS.includes(roleOf(scenario, h)));
  const want = sender === undefined ? undefined : scenario.hosts[sender]?.values['app.bytes'];
  return readStreams(engine, host).map((row) => streamResult(row, want));
}

const ROLES = HOST_KNOBS.find((k) => k.section === 'app' && k.name === 'role')?.options ?? [];
export const roleOf = (scenario: Scenario, host: number): string => ROLES[scenario.hosts[host]?.values['app.role'] ?? 0] ?? 'none';

export function streamResult(row: StreamRow, want: number | undefined): StreamResult {
  const whole = want === undefined || row.bytes === want;
  const linear = row.copy_linear_bytes;
  const page = row.copy_page_bytes;
  // What no zero-copy receive delivered came by a receive that copies.
  const recv = Math.max(0, row.bytes - row.zc_bytes - linear - page);
  return {
    id: row.id, family: row.family, localPort: row.own_port, peer: row.peer, peerPort: row.peer_port,
    bytes: row.bytes, sha256: row.sha256, complete: ended(row) && row.res >= 0 && row.bad_offset === 0 && whole,
    zeroCopyBytes: row.zc_bytes, copiedBytes: linear + page + recv, copiedWhy: { linear, page, recv },
    cqes: row.cqes, requests: row.requests, segments: row.segs_in,
    outOfOrder: row.out_of_order, duplicates: row.duplicates, buffersHeldMax: row.loan_max,
    startNs: row.start_ns, endNs: row.end_ns, endResult: row.res, sentBytes: 0, sentSha256: '',
  };
}

function applicationResult(engine: Engine, scenario: Scenario, host: 0 | 1): ApplicationResult {
  const rows = readStreams(engine, host);
  const sum = (of: (row: StreamRow) => number) => rows.reduce((a, row) => a + of(row), 0);
  return {
    role: roleOf(scenario, host), errno: applicationErrno(engine, host), requests: sum((r) => r.requests),
    notifications: sum((r) => r.notifs), copied: sum((r) => r.copied_notifs),
  };
}

function hostResult(engine: Engine, scenario: Scenario, host: 0 | 1, counts: EventCounts): HostResult {
  const values = scenario.hosts[host].values;
  const queues = Math.max(values['nic.rx_queues'], values['nic.tx_queues']);
  const own = zcrxInstances(engine, host);
  const charges = chargesOf(engine, host, values['cpu.cores']);
  return {
    drops: drops(engine, host),
    nic: nicCounters(engine, host),
    nicq: Array.from({ length: queues }, (_, q) => queueCounters(engine, host, q)),
    tcp: tcpCounters(engine, host),
    udp: udpCounters(engine, host),
    zcrx: own.map((i) => zcrxCounters(engine, i)).filter((c) => c !== undefined),
    area: own.flatMap((i) => zcrxAreas(engine, i)).map((i) => areaPlaces(engine, i)).filter((c) => c !== undefined),
    app: applicationResult(engine, scenario, host),
    pool: pools(engine, host),
    cores: Array.from({ length: values['cpu.cores'] }, (_, c) => byAccount(charges.filter((r) => r.core === c))),
    charges,
    events: counts.of(host),
    dram: memoryCounters(engine, host),
  };
}

/** JSON with keys in a fixed order, so that equal results are equal texts. */
export function resultJson(result: unknown): string {
  return JSON.stringify(result, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }, 2);
}
