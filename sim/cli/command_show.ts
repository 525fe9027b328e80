/** ringlab show SCENARIO */
import type { Command } from 'commander';
import { openScenario, readText, scenarioPath } from './files.ts';
import { addRunOptions, loadOptionsOf, type RunFlags } from './run_options.ts';
import { knobLines } from './show_knobs.ts';
import { say } from './terminal.ts';

export function addShow(program: Command): void {
  const command = program.command('show')
    .description('a scenario as it is written, or every knob with the value that it comes to')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--all', 'every knob of both hosts with its value')
    .addHelpText(
      'after',
      '\nExamples:\n  $ ringlab show loss\n  $ ringlab show loss --all\n  $ ringlab show bulk --all --set nic.mtu=9000',
    );
  addRunOptions(command).action((name: string, flags: RunFlags & { all?: boolean }) => {
    const scenario = openScenario(name, loadOptionsOf(flags));
    if (flags.all) for (const line of knobLines(scenario)) say(line);
    else process.stdout.write(readText(scenarioPath(name)));
  });
}
