/** ringlab show SCENARIO */
import type { Command } from 'commander';
import { InputError } from '../host/index.ts';
import { openScenario, readSource } from './files.ts';
import { addRunOptions, loadOptionsOf, type RunFlags } from './run_options.ts';
import { knobLines, knobsJson } from './show_knobs.ts';
import { say } from './terminal.ts';

export function addShow(program: Command): void {
  const command = program.command('show')
    .description('a scenario as it is written, or every knob with the value that it comes to')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--all', 'every knob of both hosts with its value')
    .option('--json', 'with --all: as JSON, in the units of the schema')
    .addHelpText(
      'after',
      '\nExamples:\n  $ ringlab show loss\n  $ ringlab show loss --all\n  $ ringlab show bulk --all --set nic.mtu=9000',
    );
  addRunOptions(command).action((name: string, flags: RunFlags & { all?: boolean; json?: boolean }) => {
    const changed = flags.set.length > 0 || flags.seed !== undefined || flags.until !== undefined;
    if (changed && !flags.all)
      throw new InputError('show: the file is shown as it is written, and --set, --seed and --until change nothing of it; add --all.');
    if (flags.json && !flags.all) throw new InputError('show: the file is YAML; --json is for the values of all knobs; add --all.');
    if (flags.json) return say(JSON.stringify(knobsJson(openScenario(name, loadOptionsOf(flags))), null, 2));
    if (flags.all) for (const line of knobLines(openScenario(name, loadOptionsOf(flags)))) say(line);
    else process.stdout.write(readSource(name).text);
  });
}
