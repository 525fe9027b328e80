/** ringlab compare SCENARIO --on TARGET */
import type { Command } from 'commander';
import {
  beside, type Beside, compareTraces, type Comparison, type Golden, kernelOf, LabError, readGolden, type Where, writtenJob, type Written,
} from '../../native-backend/lab/index.ts';
import { InputError, type TraceLine } from '../host/index.ts';
import { comparisonLines, type Titles } from './compare_text.ts';
import { loadCore, readBytes } from './files.ts';
import { addLabOptions, type LabFlags, ON_HELP, refuseWithoutTarget, runNatively, writtenOf } from './lab_run.ts';
import { addRunOptions } from './run_options.ts';
import { say, tell } from './terminal.ts';

interface Flags extends LabFlags {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly against?: string;
}

export function addCompare(program: Command): void {
  const command = addLabOptions(program.command('compare')
    .description('run a scenario on a real kernel and in the simulator, and show where they differ')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file'))
    .option('--against <file>', 'a recorded trace: in the place of the simulator, or without --on in that of the kernel')
    .option('--all', 'both traces whole, side by side')
    .option('--json', 'what came of it as JSON')
    .addHelpText('after', `${ON_HELP}

The simulator takes the behaviours that the kernel has; --set changes what both run, and --set kernel.… the simulator alone.
What has to be equal: docs/conformance.md. Differences that are declared are named, and hide no others.

Exit code: 0 equal, or equal but for declared differences; 1 they differ, or there was no result; 2 bad input.

Examples:
  $ ringlab compare bulk --on host
  $ ringlab compare conform/cancel --on vm --kernel 7.2
  $ ringlab compare conform/cancel --on host --all | less -S
  $ ringlab compare conform/cancel --against cancel.jsonl`);
  addRunOptions(command).action(compare);
}

/** A side that is compared with the simulator or with another. */
interface Trace {
  readonly target: string;
  readonly kernel: string;
  readonly image?: string;
  readonly sets: readonly string[];
  readonly lines: readonly TraceLine[];
  readonly unlike: readonly string[];
}

const title = ({ target, kernel }: Trace) => `Linux ${kernel} (${target})`;

function recorded(file: string, written: Written): Golden {
  const golden = readGolden(new TextDecoder().decode(readBytes(file)), file);
  if (golden.scenario !== '' && golden.scenario !== written.name)
    throw new InputError(`--against ${file}: this is a trace of ${golden.scenario}, not of ${written.name}.`);
  return golden;
}

/** A scenario of compare: timing has so many tries on a live kernel. */
const TRIES = 3;

interface Compared {
  readonly native: Trace;
  readonly heads: Titles;
  /** What the simulator was told. */
  readonly sets: readonly string[];
  readonly comparison: Comparison;
}

async function once(written: Written, flags: Flags, against: Golden | undefined): Promise<Compared> {
  const job = writtenJob(written);
  let native: Trace | undefined = against;
  if (flags.on !== undefined) native = await runNatively(written, { ...flags, on: flags.on });
  if (!native) throw new InputError('compare: expected --on host, vm, nic or ssh:HOST, or --against FILE.');
  if (flags.on !== undefined && against) {
    const where: Where = { scenario: written.name, kind: job.kind, target: native.target, kernel: native.kernel };
    const comparing = job.kind === 'apps' ? 'exact' : job.scenario.compare;
    const comparison = compareTraces({ native: native.lines, simulated: against.lines }, comparing, where);
    return { native, heads: { native: title(native), simulated: `${title(against)}, ${flags.against}` }, sets: [], comparison };
  }
  const { comparison, simulated, sets }: Beside = beside(await loadCore(), written, native);
  if (simulated.failure !== undefined) throw new LabError(simulated.failure);
  const profile = kernelOf(simulated.lines);
  const behaves = profile === '' ? '' : ` as ${profile}`;
  return { native, heads: { native: title(native), simulated: `the simulator${behaves}` }, sets, comparison };
}

async function compare(name: string, flags: Flags): Promise<void> {
  refuseWithoutTarget(flags, 'compare');
  if (flags.all && flags.json) throw new InputError('compare: --json has both traces already; leave out --all.');
  const written = writtenOf(name, flags);
  const against = flags.against === undefined ? undefined : recorded(flags.against, written);
  let compared = await once(written, flags, against);
  const repeatable = flags.on !== undefined && compared.comparison.comparing === 'timing';
  for (let tries = 1; repeatable && tries < TRIES && compared.comparison.outcome === 'different'; tries++) {
    tell(`ringlab: ${written.name} differs, and its scenario is one of times; trying again.`);
    compared = await once(written, flags, against);
  }
  const conditions = { sets: compared.sets, unlike: compared.native.unlike };
  if (flags.json) say(JSON.stringify(jsonOf(written, compared), null, 2));
  else for (const line of comparisonLines(compared.comparison, compared.heads, conditions, flags.all === true)) say(line);
  if (compared.comparison.outcome === 'different') process.exitCode = 1;
}

function jsonOf(written: Written, { native, sets, comparison }: Compared): object {
  const { outcome, comparing, declared, difference } = comparison;
  return {
    scenario: written.name, target: native.target, kernel: native.kernel, image: native.image, simulator: sets, outcome,
    compare: comparing,
    unlike: native.unlike, declared: declared.map(({ rule, lines }) => ({ name: rule.name, sentence: rule.sentence, lines })),
    ...(difference ? { difference: { ...difference, native: difference.native ?? null, simulated: difference.simulated ?? null } } : {}),
    native: comparison.native.map((r) => r.line), simulated: comparison.simulated.map((r) => r.line),
  };
}
