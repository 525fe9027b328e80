/** npm run conform (scripts/conform.mjs): the command line around runAll(). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileCore, InputError, traceText } from '../../../sim/host/index.ts';
import type { Comparison } from '../compare/difference.ts';
import { root } from '../places.ts';
import { LabError } from '../target.ts';
import { conformNames, keepGolden, keepSkipped, writePage } from './library.ts';
import { nicProofs } from './nic_proofs.ts';
import { compareGolden, conformanceCells, conformancePage } from './page.ts';
import { runAll, type TargetVerdicts, type Verdict, type Wanted } from './run_all.ts';

const HELP = `npm run conform [-- SCENARIO …] [--on TARGET …] [--kernel VERSION] [--record] [--page] [--proofs]

Runs the step scenarios of scenarios/conform on real kernels, lays each trace beside the simulator's, and says which differ.
Without --on: on every target that this machine can have (ringlab lab doctor).

  --on TARGET       host, vm, nic or ssh:HOST; may be given several times
  --kernel VERSION  which kernel a virtual machine boots; without it 7.3 and 7.2
  --record          keeps what the kernels said in test/fixtures/golden, and writes docs/conformance.md
  --proofs          runs what the emulated NIC has to stand (native-backend/zcnic/proofs.sh), and no scenario;
                    without scenarios and targets that is part of the run
  --page            runs nothing: writes docs/conformance.md from the traces that are kept

Exit code: 0 all equal, or equal but for declared differences; 1 something differs or gave no result; 2 bad input.

  npm run conform -- conform/cancel --on host
  npm run conform -- --on vm --kernel 7.2 --record
`;

const KERNELS = ['7.3', '7.2'];
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Arguments {
  readonly names: readonly string[];
  readonly wanted: readonly Wanted[];
  /** Somebody named targets: what cannot be had is a failure. */
  readonly named: boolean;
  readonly kernels: readonly string[];
  readonly record: boolean;
  readonly page: boolean;
  /** What the emulated NIC has to stand: nothing else, too, or not. */
  readonly proofs: 'alone' | 'too' | 'not';
}

function arguments_(): Arguments {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const all = conformNames();
  const names = positionals.map((p) => (all.includes(p) ? p : `conform/${p}`));
  const unknown = names.find((n) => !all.includes(n));
  if (unknown !== undefined) throw new InputError(`${unknown}: there is no such scenario; ringlab list shows those there are.`);
  const kernels = values.kernel.length > 0 ? values.kernel : KERNELS;
  const targets = values.on.length > 0 ? values.on : ['host', 'vm', 'nic'];
  const wanted = targets.flatMap((on): Wanted[] => (on === 'vm' || on === 'nic' ? kernels.map((kernel) => ({ on, kernel })) : [{ on }]));
  const everything = names.length === 0 && values.on.length === 0 && !values.page;
  return {
    names: names.length > 0 ? names : all, wanted, kernels, named: values.on.length > 0, record: values.record, page: values.page,
    proofs: values.proofs ? 'alone' : everything ? 'too' : 'not',
  };
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        on: { type: 'string', multiple: true, default: [] }, kernel: { type: 'string', multiple: true, default: [] },
        record: { type: 'boolean', default: false }, page: { type: 'boolean', default: false }, proofs: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new InputError(`${(error as Error).message.split('\n')[0]}; npm run conform -- --help shows how.`);
  }
}

const CONTEXT = 4;
function saidDifference({ difference, native }: Comparison): string[] {
  if (!difference) return [];
  const before = native.slice(Math.max(0, difference.at - CONTEXT), difference.at).map((r) => `            ${traceText(r.line)}`);
  const side = (name: string, line: typeof difference.native) => `  ${name.padEnd(9)} ${line ? traceText(line) : '(nothing more)'}`;
  return [...before, side('kernel', difference.native), side('simulator', difference.simulated)];
}

const WORDS: Readonly<Record<Verdict['outcome'], string>> = {
  equal: 'equal', declared: 'declared', different: 'DIFFERS', skipped: 'skipped', failed: 'FAILED',
};

function sumUp(all: readonly TargetVerdicts[], named: boolean): number {
  const verdicts = all.flatMap((t) => t.verdicts);
  for (const { wanted, missing } of all.filter((t) => t.missing !== undefined))
    say(`${named ? 'FAILED  ' : 'skipped '}  ${wanted.on}${wanted.kernel === undefined ? '' : ` ${wanted.kernel}`}: ${missing}`);
  const count = (outcome: Verdict['outcome']) => verdicts.filter((v) => v.outcome === outcome).length;
  say(`${count('equal')} equal, ${count('declared')} with declared differences, ${count('skipped')} skipped, ${count('different')} differ,`
    + ` ${count('failed')} without a result`);
  const missing = named && all.some((t) => t.missing !== undefined);
  return count('different') + count('failed') > 0 || missing || verdicts.length === 0 ? 1 : 0;
}

function keep(all: readonly TargetVerdicts[]): void {
  const verdicts = all.flatMap((t) => t.verdicts);
  const goldens = verdicts.flatMap((v) => v.golden ?? []);
  for (const golden of goldens) keepGolden(golden);
  keepSkipped(goldens, verdicts.flatMap((v) => v.skipped ?? []));
}

async function main(): Promise<number> {
  const { names, wanted, named, kernels, record, page, proofs } = arguments_();
  const file = join(root, 'build/core.wasm');
  if (!existsSync(file)) throw new InputError('the core is not built: npm run build.');
  const core = await compileCore(readFileSync(file));
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => ending.abort(new LabError('the run was ended before it was done.')));
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  };
  const line = (text: string) => {
    progress('');
    say(text);
  };
  let code = 0;
  const watch = { progress, signal: ending.signal };
  if (proofs === 'alone') return await nicProofs(kernels, true, line, watch) > 0 ? 1 : 0;
  if (!page) {
    const all = await runAll(core, wanted, names, {
      watch,
      onTarget: (shown) => line(`on ${shown}`),
      onVerdict: (v) => {
        line(`${WORDS[v.outcome].padEnd(8)}  ${v.scenario}  ${v.text}`);
        for (const l of v.comparison ? saidDifference(v.comparison) : []) line(l);
      },
    });
    code = sumUp(all, named);
    if (proofs === 'too' && await nicProofs(kernels, false, line, watch) > 0) code = 1;
    if (record) keep(all);
  }
  if (record || page) writePage(conformancePage(conformanceCells(compareGolden(core))));
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof InputError || error instanceof LabError)) throw error;
  process.stderr.write(`npm run conform: ${error.message}\n`);
  process.exitCode = error instanceof InputError ? 2 : 1;
}
