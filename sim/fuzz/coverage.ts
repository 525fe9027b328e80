/**
 * What runs have reached: features, each a bit. Of the core's branches each side, and whether it was taken once, a few or many times
 * (scripts/cover.mjs counts); of the trace each transition of a state machine in each context, each outcome of each operation, each drop.
 */
import { type CoreExports, COVER_ADDR, KIND, STAGES, type TraceBatch } from '../host/index.ts';

/** Counts that make a difference: 1, 2, 3, 4–7, 8–15, 16–31, 32–127, more; a bit each. */
const BUCKET = Uint8Array.from({ length: 256 }, (_, n) =>
  (n === 0 ? 0 : n < 4 ? 1 << (n - 1) : n < 8 ? 8 : n < 16 ? 16 : n < 32 ? 32 : n < 128 ? 64 : 128));

const CONTEXTS = 8;
const STATES = 16;
const OPCODES = 64;
const OUTCOMES = 16;
const REASONS = 128;
const F_MORE = 2;
const F_NOTIF = 8;
const F_BUFFER = 1;

/** What the trace tells, part by part: where its features begin, behind those of the branches. */
const TCP_STATE = 0;
const LEDGER = TCP_STATE + STATES * STATES * CONTEXTS;
const CQE = LEDGER + STATES * STATES * CONTEXTS;
const DROP = CQE + OPCODES * OUTCOMES;
const TOLD = DROP + REASONS;

/** A function of the core and its sides of branches, which begin at `first`. */
export interface CoverRow {
  readonly name: string;
  readonly first: number;
  readonly sides: number;
}

export function coverRows(core: WebAssembly.Module): readonly CoverRow[] {
  const [section] = WebAssembly.Module.customSections(core, 'cover');
  if (!section) throw new Error('this core counts no branches: run npm run build -- fuzz');
  let first = 0;
  return (JSON.parse(new TextDecoder().decode(section)) as [string, number][]).map(([name, sides]) => {
    first += sides;
    return { name, first: first - sides, sides };
  });
}

/** What one run reached: the same for the same case, whatever ran before. */
export class RunFeatures {
  readonly sides: number;
  /** By feature: bits of BUCKET for sides, 1 for what the trace told. */
  readonly bits: Uint8Array;
  /** By host and user_data: the operation that was submitted last. */
  private readonly ops = new Map<number, number>();

  constructor(sides: number) {
    this.sides = sides;
    this.bits = new Uint8Array(sides + TOLD);
  }

  /** The instance that the run is going to use. */
  begin(core: CoreExports): void {
    new Uint8Array(core.memory.buffer, COVER_ADDR, this.sides).fill(0);
    this.bits.fill(0);
    this.ops.clear();
  }
  see(batch: TraceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kind(i);
      if (kind === KIND.tcp_state) this.told(TCP_STATE, this.move(batch, i, batch.b(i), batch.c(i)));
      else if (kind === KIND.ledger) this.told(LEDGER, this.move(batch, i, batch.a(i), batch.b(i)));
      else if (kind === KIND.ring_submit) this.ops.set(batch.host(i) * 2 ** 32 + batch.c(i), batch.b(i));
      else if (kind === KIND.cqe) this.told(CQE, this.outcome(batch, i));
      else if (kind === KIND.drop) this.told(DROP, batch.a(i) % REASONS);
    }
  }
  end(core: CoreExports): void {
    // Building the world may have made memory larger.
    const counts = new Uint8Array(core.memory.buffer, COVER_ADDR, this.sides);
    for (let i = 0; i < this.sides; i++) if (counts[i] !== 0) this.bits[i] = BUCKET[counts[i] as number] as number;
  }

  private told(base: number, n: number): void {
    this.bits[this.sides + base + n] = 1;
  }
  private move(batch: TraceBatch, i: number, from: number, to: number): number {
    return ((from % STATES) * STATES + (to % STATES)) * CONTEXTS + (batch.context(i) % CONTEXTS);
  }
  private outcome(batch: TraceBatch, i: number): number {
    const [res, flags] = [batch.b(i) | 0, batch.c(i)];
    const how = (res < 0 ? 0 : res === 0 ? 1 : 2) + (flags & F_MORE ? 3 : 0) + (flags & F_BUFFER ? 6 : 0);
    const op = this.ops.get(batch.host(i) * 2 ** 32 + batch.a(i)) ?? 0;
    return (op % OPCODES) * OUTCOMES + (flags & F_NOTIF ? 12 + (how % 3) : how);
  }
}

/** What nobody had reached before a run. */
export interface Gain {
  /** Bits: a side that is taken once is one, and taken three times it is another. */
  readonly fresh: number;
  /** Sides of branches that were never taken. */
  readonly sides: number;
  /** The features that have the bits. */
  readonly features: readonly number[];
}

export interface StageCoverage {
  readonly stage: string;
  readonly sides: number;
  readonly reached: number;
}

const folderOf = (name: string): string =>
  STAGES.find((s) => name.startsWith(`${s.folder}/`))?.name ?? name.split('/').slice(0, 2).join('/');

/** What all runs together have reached. */
export class Coverage {
  readonly rows: readonly CoverRow[];
  readonly sides: number;
  private readonly seen: Uint8Array;
  /** By feature: how many runs reached it. */
  private readonly runs: Uint32Array;

  constructor(rows: readonly CoverRow[]) {
    this.rows = rows;
    this.sides = rows.reduce((sum, r) => sum + r.sides, 0);
    this.seen = new Uint8Array(this.sides + TOLD);
    this.runs = new Uint32Array(this.sides + TOLD);
  }

  /** Adds what a run reached. */
  add(bits: Uint8Array): Gain {
    const { seen, runs, sides } = this;
    const features: number[] = [];
    let [fresh_sides, fresh] = [0, 0];
    for (let i = 0; i < bits.length; i++) {
      const now = bits[i] as number;
      if (now === 0) continue;
      runs[i] = (runs[i] as number) + 1;
      const before = seen[i] as number;
      if ((now & ~before) === 0) continue;
      if (before === 0 && i < sides) fresh_sides++;
      seen[i] = before | now;
      for (let m = now & ~before; m !== 0; m &= m - 1) fresh++;
      features.push(i);
    }
    return { fresh, sides: fresh_sides, features };
  }
  /** How rare features are: each counts the less, the more runs have reached it. */
  rarity(features: readonly number[]): number {
    let sum = 0;
    for (const f of features) sum += 1 / (this.runs[f] as number);
    return sum;
  }
  /** Sides of branches that were taken at least once. */
  reached(): number {
    return this.count(0, this.sides);
  }
  /** Transitions, outcomes and drops that the trace told of. */
  told(): number {
    return this.count(this.sides, this.seen.length);
  }
  byStage(): StageCoverage[] {
    const stages = new Map<string, { sides: number; reached: number }>();
    for (const { name, first, sides } of this.rows) {
      const row = stages.get(folderOf(name)) ?? { sides: 0, reached: 0 };
      stages.set(folderOf(name), { sides: row.sides + sides, reached: row.reached + this.count(first, first + sides) });
    }
    return [...stages].map(([stage, row]) => ({ stage, ...row })).sort((a, b) => a.stage.localeCompare(b.stage));
  }
  /** Functions with branches none of which was ever taken. */
  unreached(): string[] {
    return this.rows.filter(({ first, sides }) => this.count(first, first + sides) === 0).map((r) => r.name).sort();
  }
  /** The function that a feature belongs to; for what the trace told, nothing. */
  functionOf(feature: number): string {
    return this.rows.find((r) => feature >= r.first && feature < r.first + r.sides)?.name ?? '';
  }

  private count(from: number, to: number): number {
    let n = 0;
    for (let i = from; i < to; i++) if (this.seen[i] !== 0) n++;
    return n;
  }
}
