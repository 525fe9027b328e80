/** ringlab replay SCENARIO */
import type { Command } from 'commander';
import { type Job, simulate, SIMULATED_SETS, writtenJob, type Written } from '../../native-backend/lab/index.ts';
import { type RunResult, type TraceLine, traceText } from '../host/index.ts';
import { sayBroken } from './broken_lines.ts';
import { coreFor } from './files.ts';
import { addLabOptions, type LabFlags, ON_HELP, refuseWithoutTarget, runNatively, writtenOf } from './lab_run.ts';
import { addRunOptions } from './run_options.ts';
import { stepLine } from './step_text.ts';
import { say } from './terminal.ts';
import { watched } from './watched_run.ts';

interface Flags extends LabFlags {
  readonly json?: boolean;
  readonly program?: boolean;
}

export function addReplay(program: Command): void {
  const command = addLabOptions(program.command('replay')
    .description('say line by line what the program of a scenario saw, or its applications: in the simulator, or on a real kernel')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file'))
    .option('--json', 'the trace as JSON, a line each: what a real kernel\'s agent prints, too')
    .option('--program', 'the compiled program instead, a step a line')
    .addHelpText('after', `${ON_HELP}

Exit code: as of ringlab run; 1 also when the program could not go on, or a real kernel gave no result. The steps and the lines of
the trace: docs/steps.md; of applications: docs/native.md.

Examples:
  $ ringlab replay conform/cq-overflow
  $ ringlab replay conform/cancel --json > cancel.jsonl
  $ ringlab replay conform/send-zc --set kernel.profile=6.18
  $ ringlab replay conform/cancel --on vm --kernel 7.2
  $ ringlab replay bulk --on host
  $ ringlab replay ./mine.yaml --program`);
  addRunOptions(command).action(replay);
}

async function replay(name: string, flags: Flags): Promise<void> {
  refuseWithoutTarget(flags, 'replay');
  const written = writtenOf(name, flags);
  const job = writtenJob(written);
  const show = (line: TraceLine) => say(flags.json ? traceText(line) : stepLine(line));
  if (flags.program) process.stdout.write(job.program);
  else if (flags.on === undefined) await replaySimulated(name, written, job, show);
  else {
    const run = await runNatively(written, { ...flags, on: flags.on });
    for (const line of run.lines) show(line);
    for (const sentence of run.unlike) process.stderr.write(`ringlab: ${sentence}\n`);
  }
}

async function replaySimulated(file: string, written: Written, job: Job, show: (line: TraceLine) => void): Promise<void> {
  // What the lines of applications are made from must be there.
  const own = job.kind === 'apps' ? writtenJob({ ...written, sets: [...written.sets, ...SIMULATED_SETS] }) : job;
  const core = await coreFor(own.scenario);
  const checked = await sayBroken(own.scenario, file);
  if (checked) process.exitCode = 1;
  if (checked?.stops) return;
  const { outcome: { result }, lines } = watched(own.scenario.name, (options) => simulate(core, own, { ...options, onStep: show }));
  if (own.kind === 'apps') for (const line of lines) show(line);
  for (const e of result.expect.filter((x) => !x.ok)) process.stderr.write(`ringlab: expected ${e.text}; found ${e.actual}\n`);
  if (sayStopped(result) || result.expect.some((e) => !e.ok)) process.exitCode = 1;
}

/** Says where and why a program of steps did not come to its end; true when there is one and it did not. */
export function sayStopped({ steps }: RunResult): boolean {
  if (!steps || steps.complete) return false;
  process.stderr.write(`ringlab: the program did not come to its end: ${steps.why}\n`);
  return true;
}
