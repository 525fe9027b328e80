/** ringlab stat SCENARIO [VIEW…] */
import type { Command } from 'commander';
import {
  type Engine, ethtoolView, fdinfoView, InputError, nstatView, poolView, type RunResult, socketView, streamView,
} from '../host/index.ts';
import { coreFor, openScenario } from './files.ts';
import { addRunOptions, loadOptionsOf, type RunFlags } from './run_options.ts';
import { bold, say } from './terminal.ts';
import { watchedRun } from './watched_run.ts';

const VIEWS: Readonly<Record<string, (engine: Engine, result: RunResult) => [string, string[]][]>> = {
  ss: (engine) => [['client: ss -tani', socketView(engine, 0)], ['server: ss -tani', socketView(engine, 1)]],
  streams: (_, result) => [['streams', streamView(result)]],
  ethtool: (_, result) => [['client: ethtool -S', ethtoolView(result, 0)], ['server: ethtool -S', ethtoolView(result, 1)]],
  fdinfo: (_, result) => [['client: fdinfo', fdinfoView(result, 0)], ['server: fdinfo', fdinfoView(result, 1)]],
  nstat: (_, result) => [['client: nstat', nstatView(result, 0)], ['server: nstat', nstatView(result, 1)]],
  pool: (_, result) => [['client: page pools', poolView(result, 0)], ['server: page pools', poolView(result, 1)]],
};

/** The named views, or all. */
export function statLines(engine: Engine, result: RunResult, names: readonly string[]): string[] {
  const wanted = names.length === 0 ? Object.keys(VIEWS) : names;
  return wanted.flatMap((name) => (VIEWS[name]?.(engine, result) ?? []).flatMap(([title, lines]) => ['', bold(title), ...lines]));
}

/** The lines of each view under its title. */
function statJson(engine: Engine, result: RunResult, names: readonly string[]): Record<string, readonly string[]> {
  const wanted = names.length === 0 ? Object.keys(VIEWS) : names;
  return Object.fromEntries(wanted.flatMap((name) => VIEWS[name]?.(engine, result) ?? []));
}

export function addStat(program: Command): void {
  const command = program.command('stat')
    .description(`run a scenario and show its end in Linux's columns: ${Object.keys(VIEWS).join(', ')}`)
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .argument('[views...]', 'which views; all when none is named')
    .option('--json', 'the lines of each view as JSON; the numbers by themselves are in run --json')
    .addHelpText(
      'after',
      '\nExamples:\n  $ ringlab stat loss nstat\n  $ ringlab stat bulk ss ethtool\n  $ ringlab stat refill-never pool fdinfo --until 10ms',
    );
  addRunOptions(command).action(async (name: string, views: readonly string[], flags: RunFlags & { json?: boolean }) => {
    const unknown = views.find((v) => !(v in VIEWS));
    if (unknown !== undefined) throw new InputError(`there is no view ${unknown}; there are ${Object.keys(VIEWS).join(', ')}.`);
    const scenario = openScenario(name, loadOptionsOf(flags));
    const { engine, result } = watchedRun(await coreFor(scenario), scenario);
    if (flags.json) return say(JSON.stringify(statJson(engine, result, views), null, 2));
    for (const line of statLines(engine, result, views).slice(1)) say(line);
  });
}
