/** A job in the simulator: the same lines that the agent prints, so that the two can be laid side by side. */
import {
  errnoName, KIND, readStreams, roleOf, runScenario, type RunOptions, type RunOutcome, type Scenario, type StreamResult, type TraceBatch,
  type TraceLine,
} from '../../sim/host/index.ts';
import { HOST_KNOBS, HOSTS } from '../../sim/schema/scenario.ts';
import { CONSTANTS } from '../../sim/schema/uapi_constants.ts';
import type { Job } from './job.ts';

export interface SimulatedRun {
  readonly lines: readonly TraceLine[];
  /** Why it did not come to its end. */
  readonly failure?: string;
  readonly outcome: RunOutcome;
}

/** What the simulator has to be told for its lines of an application scenario: they are made from its trace. */
export const SIMULATED_SETS: readonly string[] = ['run.trace=on'];

export function simulate(core: WebAssembly.Module, { name, scenario, kind }: Pick<Job, 'name' | 'scenario' | 'kind'>,
  options: RunOptions = {}): SimulatedRun {
  if (kind === 'apps') return simulateApplications(core, scenario, options);
  const lines: TraceLine[] = [];
  const outcome = runScenario(core, scenario, {
    ...options,
    onStep: (line) => {
      lines.push(line);
      options.onStep?.(line);
    },
  });
  const { steps } = outcome.result;
  if (!steps || steps.complete) return { lines, outcome };
  return { lines, outcome, failure: `${name}: the simulator's program did not come to its end: ${steps.why}` };
}

function simulateApplications(core: WebAssembly.Module, scenario: Scenario, options: RunOptions): SimulatedRun {
  const grammars = HOSTS.map(() => new Grammars());
  const outcome = runScenario(core, scenario, {
    ...options,
    sinks: {
      ...options.sinks,
      onTrace: (batch) => {
        for (const [host, grammar] of grammars.entries()) grammar.add(batch, host);
        options.sinks?.onTrace?.(batch);
      },
    },
  });
  return { lines: applicationLines(scenario, outcome, grammars), outcome };
}

const constant = (name: string): number => Number(CONSTANTS.flatMap((g) => g.constants).find((c) => c.name === name)?.value);
/** Operations whose grammar is told, in this order. */
const OPS = ['RECV_ZC', 'RECV', 'SEND', 'SEND_ZC'].map((op) => ({ op, code: constant(`IORING_OP_${op}`) }));
const FLAGS = ['MORE', 'BUFFER', 'NOTIF'].map((name) => ({ name, bit: constant(`IORING_CQE_F_${name}`) }));
const MORE = constant('IORING_CQE_F_MORE');
const NOTIF = constant('IORING_CQE_F_NOTIF');
/** What became of a refill entry (sim/schema/events.ts: rqe_take). */
const NOT_ON_LOAN = 3;

interface Grammar {
  readonly shots: Set<string>;
  readonly ends: Set<string>;
  readonly errors: Set<string>;
  oneEnd: boolean;
}

/** What one host's completions look like, from its trace. */
class Grammars {
  private readonly by_op = new Map<number, Grammar>();
  /** By user_data: the operation that was asked for last, and how many of them are under way. */
  private readonly requests = new Map<number, { op: number; open: number }>();
  lent_bytes = 0;
  lent = 0;
  given = 0;
  twice = false;

  add(batch: TraceBatch, host: number): void {
    for (let i = 0; i < batch.length; i++) {
      if (batch.host(i) !== host) continue;
      const kind = batch.kind(i);
      if (kind === KIND.ring_submit) this.submitted(batch.b(i), batch.c(i));
      else if (kind === KIND.cqe) this.completed(batch.a(i), batch.b(i) | 0, batch.c(i));
      else if (kind === KIND.rqe_push) this.given++;
      else if (kind === KIND.rqe_take && batch.b(i) === NOT_ON_LOAN) this.twice = true;
    }
  }

  private submitted(op: number, user_data: number): void {
    if (!OPS.some((o) => o.code === op)) this.requests.delete(user_data);
    else this.requests.set(user_data, { op, open: (this.requests.get(user_data)?.open ?? 0) + 1 });
  }

  private completed(user_data: number, res: number, flags: number): void {
    const request = this.requests.get(user_data);
    if (!request) return;
    const grammar = this.by_op.get(request.op) ?? { shots: new Set(), ends: new Set(), errors: new Set(), oneEnd: true };
    this.by_op.set(request.op, grammar);
    const more = (flags & MORE) !== 0;
    (more ? grammar.shots : grammar.ends).add(FLAGS.filter((f) => flags & f.bit).map((f) => f.name).join('|'));
    // The result of a notification is no errno.
    if (res < 0 && (flags & NOTIF) === 0) grammar.errors.add(errnoName(-res) ?? String(-res));
    if (!more && --request.open < 0) grammar.oneEnd = false;
    if (more && res > 0 && request.op === OPS[0]?.code) {
      this.lent_bytes += res;
      this.lent++;
    }
  }

  lines(i: number, host: string): TraceLine[] {
    return OPS.flatMap(({ op, code }): TraceLine[] => {
      const grammar = this.by_op.get(code);
      if (!grammar) return [];
      const { shots, ends, errors, oneEnd } = grammar;
      return [{ i, e: 'grammar', host, op, shots: [...shots].sort(), ends: [...ends].sort(), errors: [...errors].sort(), one_end: oneEnd }];
    });
  }

  /** A batch that did not fill up stays with the application. */
  refill(i: number, host: string, batch: number): TraceLine {
    const returned = this.lent - this.given < batch ? 'all' : this.given === 0 ? 'none' : 'some';
    return { i, e: 'refill', host, lent_bytes: this.lent_bytes, returned, twice: this.twice };
  }
}

const RECEIVES = HOST_KNOBS.find((k) => k.section === 'app' && k.name === 'receive')?.options ?? [];
const CHECK_SHA256 = HOST_KNOBS.find((k) => k.section === 'app' && k.name === 'check')?.options?.indexOf('sha256');
const NO_DIGEST = '0'.repeat(64);

interface Receiver {
  readonly host: string;
  readonly role: string;
  /** zc, recv or multishot; what a sink receives with in fact. */
  readonly receive: string;
  readonly refused: string | undefined;
  readonly failed: string | undefined;
}

function receiverOf(scenario: Scenario, outcome: RunOutcome, host: 0 | 1): Receiver {
  const { values } = scenario.hosts[host];
  const role = roleOf(scenario, host);
  const asked = RECEIVES[values['app.receive']] ?? '';
  const { errno } = outcome.result[host === 0 ? 'client' : 'server'].app;
  const name = errno === 0 ? undefined : errnoName(Math.abs(errno)) ?? String(errno);
  const refused = name !== undefined && role === 'sink' && asked === 'zc';
  return {
    host: HOSTS[host] ?? '', role, receive: refused ? 'recv' : asked, refused: refused ? name : undefined,
    failed: refused ? undefined : name,
  };
}

function appLine(i: number, { host, role, receive, refused, failed }: Receiver): TraceLine {
  const line = { i, e: 'app', host, role, ...(role === 'sink' ? { receive } : {}) };
  return { ...line, ...(refused === undefined ? {} : { refused }), ...(failed === undefined ? {} : { failed }) };
}

function streamLines(i: number, scenario: Scenario, { result, engine }: RunOutcome, grammars: readonly Grammars[]): TraceLine[] {
  const found: { host: number; conn: number; stream: StreamResult }[] = [];
  for (const host of [0, 1] as const) {
    if (roleOf(scenario, host) === 'source') continue;
    for (const { flow } of readStreams(engine, host)) {
      const stream = result.streams[found.length];
      if (stream) found.push({ host, conn: flow, stream });
    }
  }
  found.sort((a, b) => a.host - b.host || a.conn - b.conn);
  return found.map(({ host, conn, stream }): TraceLine => {
    const hashed = scenario.hosts[host as 0 | 1].values['app.check'] === CHECK_SHA256;
    const { bytes, complete, zeroCopyBytes, copiedBytes, endResult } = stream;
    const err = endResult < 0 ? errnoName(-endResult) : undefined;
    return {
      i, e: 'stream', host: HOSTS[host] ?? '', conn, bytes, sha256: hashed ? stream.sha256 : NO_DIGEST, complete,
      zeroCopyBytes, copiedBytes, ended: endResult, ...(err === undefined ? {} : { err }), returned_once: grammars[host]?.twice !== true,
    };
  });
}

/** docs/native.md has the keys. */
function applicationLines(scenario: Scenario, outcome: RunOutcome, grammars: readonly Grammars[]): TraceLine[] {
  const hosts = ([0, 1] as const).filter((h) => roleOf(scenario, h) !== 'none');
  const receivers = hosts.map((h) => ({ h, ...receiverOf(scenario, outcome, h) }));
  const i = receivers.length;
  const running = receivers.filter((r) => r.failed === undefined);
  return [
    ...receivers.map((r) => appLine(i, r)),
    ...streamLines(i, scenario, outcome, grammars),
    ...running.flatMap(({ h, host }) => grammars[h]?.lines(i, host) ?? []),
    ...running.filter((r) => r.role === 'sink' && r.receive === 'zc').flatMap(({ h, host }) =>
      grammars[h]?.refill(i, host, scenario.hosts[h].values['refill.batch']) ?? []),
    { i: i + 1, e: 'end' },
  ];
}
