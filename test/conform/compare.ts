/** Runs a probe's scenarios and lays their trace beside the golden one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario, runScenario, type TraceLine } from '../../sim/host/index.ts';
import type { Kernel, Probe } from './probes.ts';
import { render } from './render.ts';
import { normalise } from './rules.ts';

const root = process.env.RINGLAB_ROOT ?? join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

export interface Comparison {
  readonly golden: number;
  readonly compared: number;
  /** Lines that rules touched. */
  readonly declared: number;
  readonly touched: Readonly<Record<string, number>>;
  /** Lines that differ, by a longest common subsequence. */
  readonly differing: number;
  /** The first difference with what is around it; empty: none. */
  readonly first: string;
  /** What kind the first difference is of. */
  readonly kind: string;
}

export function traceOf(core: WebAssembly.Module, probe: Probe, { profile, sets = [] }: Kernel): TraceLine[] {
  const lines: TraceLine[] = [];
  for (const name of probe.scenarios) {
    const file = `scenarios/conform/${name}.yaml`;
    const scenario = loadScenario(read(file), file, { sets: [`kernel.profile=${profile}`, ...sets] });
    const own: TraceLine[] = [];
    runScenario(core, scenario, { onStep: (line) => own.push(line) });
    lines.push(...own);
    // A kernel without instances has nothing more to say.
    const last = own.filter((l) => l.e === 'ret' && l.step === 'zcrx.reg').at(-1);
    if (last && Number(last.ret) < 0 && probe.scenarios.length > 1) break;
  }
  return lines;
}

/** Length of the longest common subsequence. */
function common(a: readonly string[], b: readonly string[]): number {
  let before = new Uint32Array(b.length + 1);
  for (const x of a) {
    const row = new Uint32Array(b.length + 1);
    for (let j = 0; j < b.length; j++) row[j + 1] = x === b[j] ? (before[j] ?? 0) + 1 : Math.max(before[j + 1] ?? 0, row[j] ?? 0);
    before = row;
  }
  return before[b.length] ?? 0;
}

/** What a rule touched on either side. */
function larger(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((n) => [n, Math.max(a[n] ?? 0, b[n] ?? 0)]));
}

const CONTEXT = 4;

function kindOf(want: string | undefined, got: string | undefined): string {
  if (want === undefined || got === undefined) return 'count';
  const parts = (s: string) => /ud=(\d+) res=(\S+) flags=(\S+)/.exec(s);
  const [w, g] = [parts(want), parts(got)];
  if (!w || !g) return want.startsWith('  ring ') ? 'ring' : 'count';
  return w[1] !== g[1] ? 'order' : w[2] !== g[2] ? 'res' : w[3] !== g[3] ? 'flags' : 'data';
}

export function compare(core: WebAssembly.Module, probe: Probe, kernel: Kernel): Comparison {
  const golden = read(`test/fixtures/golden/${kernel.file(probe.name)}`).trimEnd().split('\n');
  const want = normalise(golden, probe.name);
  const got = normalise(render(traceOf(core, probe, kernel), probe.name), probe.name);
  const touched = larger(want.touched, got.touched);
  const at = want.lines.findIndex((line, i) => line !== got.lines[i]);
  const place = at >= 0 ? at : got.lines.length > want.lines.length ? want.lines.length : -1;
  const around = (lines: readonly string[]) => lines.slice(Math.max(0, place - CONTEXT), place + CONTEXT + 1)
    .map((l, i) => `${i + Math.max(0, place - CONTEXT) === place ? '>' : ' '} ${l}`).join('\n');
  return {
    golden: golden.length, compared: want.lines.length, touched, declared: Object.values(touched).reduce((a, b) => a + b, 0),
    differing: place < 0 ? 0 : Math.max(want.lines.length, got.lines.length) - common(want.lines, got.lines),
    first: place < 0 ? '' : [
      `${probe.name} ${kernel.profile}, line ${place + 1}:`, '-- kernel', around(want.lines), '-- simulator', around(got.lines),
    ].join('\n'),
    kind: place < 0 ? '' : kindOf(want.lines[place], got.lines[place]),
  };
}
