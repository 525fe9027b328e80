/** ringlab replay SCENARIO */
import type { Command } from 'commander';
import { InputError, loadScenario, placeOf, programText, type RunResult, type Scenario, traceText } from '../host/index.ts';
import { loadCore, readSource } from './files.ts';
import { addRunOptions, loadOptionsOf, type RunFlags } from './run_options.ts';
import { stepLine } from './step_text.ts';
import { say } from './terminal.ts';
import { watchedRun } from './watched_run.ts';

interface Flags extends RunFlags {
  readonly json?: boolean;
  readonly program?: boolean;
}

export function addReplay(program: Command): void {
  const command = program.command('replay')
    .description('run the program of a step scenario, and say what it saw, line by line')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--json', 'the trace as JSON, a line each: what a real kernel\'s agent prints, too')
    .option('--program', 'the compiled program instead, a step a line')
    .addHelpText('after', `
Exit code: as of ringlab run; 1 also when the program could not go on. The steps and the lines of the trace: docs/steps.md.

Examples:
  $ ringlab replay conform/cq-overflow
  $ ringlab replay conform/cancel --json > cancel.jsonl
  $ ringlab replay conform/send-zc --set kernel.profile=6.18
  $ ringlab replay ./mine.yaml --program`);
  addRunOptions(command).action(replay);
}

async function replay(name: string, flags: Flags): Promise<void> {
  const source = readSource(name);
  const scenario = loadScenario(source.text, source.shown, loadOptionsOf(flags));
  if (!scenario.steps) throw new InputError(`${placeOf(scenario, 'server.app.role')}: there are no steps to replay; ringlab run runs it.`);
  if (flags.program) {
    process.stdout.write(programText(scenario.steps));
    return;
  }
  await show(scenario, flags.json === true);
}

async function show(scenario: Scenario, json: boolean): Promise<void> {
  const { result } = watchedRun(await loadCore(), scenario, { onStep: (line) => say(json ? traceText(line) : stepLine(line)) });
  for (const e of result.expect.filter((x) => !x.ok)) process.stderr.write(`ringlab: expected ${e.text}; found ${e.actual}\n`);
  if (sayStopped(result) || result.expect.some((e) => !e.ok)) process.exitCode = 1;
}

/** Says where and why a program of steps did not come to its end; true when there is one and it did not. */
export function sayStopped({ steps }: RunResult): boolean {
  if (!steps || steps.complete) return false;
  process.stderr.write(`ringlab: the program did not come to its end: ${steps.why}\n`);
  return true;
}
