/** ringlab capture SCENARIO --on TARGET */
import type { Command } from 'commander';
import { captureOf, goldenText } from '../../native-backend/lab/index.ts';
import { InputError } from '../host/index.ts';
import { addLabOptions, type LabFlags, ON_HELP, runNatively, writtenOf } from './lab_run.ts';
import { OutputFiles } from './output_files.ts';
import { addRunOptions } from './run_options.ts';
import { say } from './terminal.ts';

interface Flags extends LabFlags {
  readonly out?: string;
}

export function addCapture(program: Command): void {
  const command = addLabOptions(program.command('capture')
    .description('run a scenario on a real kernel and keep its trace, to be compared with later')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file'))
    .option('--out <file>', 'where to; without it: standard output')
    .addHelpText('after', `${ON_HELP}

The first line says scenario, target, kernel, date, what the simulator has to be told to behave as that kernel, and what of the
scenario the target did not have. A run that did not come to its end is not kept.

Exit code: 0 kept; 1 there was no result, or it could not be written; 2 bad input.

Examples:
  $ ringlab capture conform/cancel --on vm --out cancel.jsonl
  $ ringlab compare conform/cancel --against cancel.jsonl`);
  addRunOptions(command).action(capture);
}

async function capture(name: string, flags: Flags): Promise<void> {
  if (flags.on === undefined) throw new InputError('capture: expected --on host, vm, nic or ssh:HOST.');
  const written = writtenOf(name, flags);
  const files = new OutputFiles(flags.out === undefined ? [] : [{ option: '--out', path: flags.out }], [written.path]);
  const golden = captureOf(await runNatively(written, { ...flags, on: flags.on }));
  const text = goldenText(golden);
  if (flags.out === undefined) {
    process.stdout.write(text);
    return;
  }
  files.of('--out')?.write(new TextEncoder().encode(text));
  files.commit();
  say(`${flags.out}: ${golden.lines.length} lines of ${golden.scenario} from Linux ${golden.kernel} (${golden.target}), ${golden.date}`);
}
