/**
 * Programs of the fuzzer on a real kernel and on the simulator in its place. What differs again when it is run again is a difference, and
 * is made small: steps are left out as long as the same thing differs.
 */
import { beside } from '../compare/beside.ts';
import type { Comparison } from '../compare/difference.ts';
import { nativeTraces } from '../native_traces.ts';
import type { Target, Watch } from '../target.ts';
import { beforeStep, comparedUntil } from './compared_part.ts';
import { fewestSteps } from './fewest_steps.ts';
import { type Program, programOf, writtenProgram } from './programs.ts';

export interface Verdict {
  readonly program: Program;
  readonly outcome: 'equal' | 'declared' | 'different' | 'failed';
  /** Lines that were compared. */
  readonly lines: number;
  /** The first line that differs, of both: what tells differences apart. */
  readonly key?: string;
  readonly why?: string;
  readonly declared: readonly string[];
  readonly kernel: string;
}

/** Results without what depends on the rest of the program. */
const told = (line: Comparison['native'][number]['line'] | undefined): string => {
  if (!line) return 'nothing';
  const { e, step, err, ret, res, fl, fd } = line;
  const value = err ?? (typeof ret === 'number' ? Math.sign(ret) : undefined) ?? (typeof res === 'number' ? Math.sign(res) : '');
  return [e, step, value, fl === undefined ? '' : (fl as readonly string[]).map((f) => f.replace(/:.*/, '')).join('|'),
    fd].filter((x) => x !== undefined)
    .join(' ');
};

export async function verdictsOf(core: WebAssembly.Module, target: Target, programs: readonly Program[], watch: Watch): Promise<Verdict[]> {
  const traces = await nativeTraces(target, programs.map(writtenProgram), watch);
  return programs.map((program, i): Verdict => {
    const trace = traces[i];
    if (!trace || trace.failure !== undefined)
      return { program, outcome: 'failed', lines: 0, why: trace?.failure ?? 'it was not run',
        key: `failed: ${(trace?.failure ?? '').replace(/^program-\d+: /, '').replace(/\d+/g, 'n')}`, declared: [],
        kernel: trace?.kernel ?? '' };
    const until = comparedUntil(program.steps, trace.lines);
    const { comparison, simulated } = beside(core, writtenProgram(program), trace, undefined, (lines) => beforeStep(lines, until));
    const { outcome, difference } = comparison;
    const base = { program, lines: comparison.native.length, kernel: trace.kernel, declared: comparison.declared.map((d) => d.rule.name) };
    if (simulated.failure !== undefined) return { ...base, outcome: 'failed', why: simulated.failure, key: 'failed in the simulator' };
    if (outcome !== 'different' || !difference) return { ...base, outcome: outcome === 'declared' ? 'declared' : 'equal' };
    return {
      ...base, outcome, key: `${difference.class}: ${told(difference.native)} / ${told(difference.simulated)}`,
      why: `${JSON.stringify(difference.native)}\n  simulated ${JSON.stringify(difference.simulated)}`,
    };
  });
}

export interface Differing {
  readonly key: string;
  /** Seeds of the programs that differ by it. */
  readonly seeds: readonly number[];
  /** One of them, made small. */
  readonly smallest: Verdict;
}

export interface Campaign {
  readonly kernel: string;
  readonly programs: number;
  readonly steps: number;
  readonly lines: number;
  readonly equal: number;
  readonly declared: number;
  /** Programs that differed once and then not: the machine was busy. */
  readonly unsteady: number;
  readonly differing: readonly Differing[];
}

export interface CampaignOptions {
  readonly first_seed: number;
  readonly programs: number;
  /** Of one run of the target: of a virtual machine, one boot. */
  readonly batch: number;
  /** Makes what differs small. */
  readonly shrink: boolean;
}

/** How often a program has to differ in a row, by the same lines. */
const TIMES = 3;

/** Those that differ by the same again. */
async function steady(core: WebAssembly.Module, target: Target, found: readonly Verdict[], watch: Watch): Promise<readonly Verdict[]> {
  let left = found;
  for (let n = 1; n < TIMES && left.length > 0; n++) {
    const again = await verdictsOf(core, target, left.map((v) => v.program), watch);
    left = left.filter((v, i) => again[i]?.key === v.key);
  }
  return left;
}

export async function campaign(core: WebAssembly.Module, target: Target, options: CampaignOptions, watch: Watch): Promise<Campaign> {
  const { first_seed, programs, batch, shrink } = options;
  const by_key = new Map<string, Verdict[]>();
  const sum = { steps: 0, lines: 0, equal: 0, declared: 0, unsteady: 0 };
  let kernel = '';
  for (let at = 0; at < programs; at += batch) {
    const seeds = Array.from({ length: Math.min(batch, programs - at) }, (_, i) => first_seed + at + i);
    watch.progress(`programs ${at} to ${at + seeds.length} of ${programs} on ${target.shown}`);
    const verdicts = await verdictsOf(core, target, seeds.map(programOf), watch);
    kernel ||= verdicts.find((v) => v.kernel !== '')?.kernel ?? '';
    for (const v of verdicts) {
      sum.steps += v.program.steps.length;
      sum.lines += v.lines;
      if (v.outcome === 'equal') sum.equal++;
      if (v.outcome === 'declared') sum.declared++;
    }
    const found = verdicts.filter((v) => v.key !== undefined);
    const stay = await steady(core, target, found, watch);
    sum.unsteady += found.length - stay.length;
    for (const v of stay) by_key.set(v.key ?? '', [...by_key.get(v.key ?? '') ?? [], v]);
  }
  const differing: Differing[] = [];
  for (const [key, all] of by_key) {
    const smallest = [...all].sort((a, b) => a.program.steps.length - b.program.steps.length)[0] as Verdict;
    watch.progress(`making a program of ${smallest.program.steps.length} steps smaller (${key})`);
    const does = (some: readonly Program[]) => verdictsOf(core, target, some, watch);
    differing.push({ key, seeds: all.map((v) => v.program.seed), smallest: shrink ? await fewestSteps(smallest, does) : smallest });
  }
  return { kernel, programs, ...sum, differing: differing.sort((a, b) => b.seeds.length - a.seeds.length) };
}
