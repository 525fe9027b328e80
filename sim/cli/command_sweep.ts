/** ringlab sweep SCENARIO --vary KEY=VALUES: a scenario measured at every combination of some knobs' values. */
import type { Command } from 'commander';
import {
  type Asked, askedOf, type CellJob, DEFAULT_METRICS, type Grid, InputError, parseAxis, planGrid, resultJson,
  setsOf, sweepCsv, sweepPage, type SweepResult, sweepResult,
} from '../host/index.ts';
import { readSource, type Source } from './files.ts';
import { addRunOptions, loadOptionsOf, type RunFlags } from './run_options.ts';
import { CellStore } from './sweep/cell_store.ts';
import { addEngineOptions, type EngineFlags, engineOf } from './sweep/engine.ts';
import { coreIdentity } from './sweep/identity.ts';
import { measureCells } from './sweep/measure_cells.ts';
import { quoted, runCommand, wordsOf } from './sweep/shell.ts';
import { sweepLines } from './sweep/sweep_text.ts';
import { say } from './terminal.ts';

interface Flags extends RunFlags, EngineFlags {
  readonly vary?: readonly string[];
  readonly metric?: readonly string[];
  readonly pareto?: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

const axesOf = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
const names = (text: string, before: readonly string[] = []): readonly string[] => [...before, ...text.split(',').map((n) => n.trim())];

export function addSweep(program: Command): void {
  const command = program.command('sweep')
    .description('measure a scenario at every combination of some knobs\' values')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--vary <key=values>', 'a knob, or path, and its values: a,b,c or lo..hi:steps or lo..hi:steps:log or lo..hi*factor', axesOf)
    .option('--metric <names>', 'what to show, by comma (default: rate, cycles, latency, memory traffic, what limited it)', names)
    .option('--pareto <names>', 'metrics, or varied knobs, between which to find the front; else the first three metrics', names)
    .option('--out <dir>', 'folder for sweep.json, sweep.csv, sweep.html and the cells; what lies there is not computed again')
    .option('--json', 'the result as JSON, as in sweep.json')
    .addHelpText('after', `
A sweep that was interrupted goes on where it was when the same command is given again: --out keeps each cell under the hash of core,
scenario and seed. The result is the same, byte for byte. docs/sweeps.md has the metrics, the rule for knees and sweeps on many machines.

Exit code: 0 all cells measured or refused by the scenario, 1 cells failed or a file could not be written, 2 bad input.

Examples:
  $ ringlab sweep bulk --set wire.rate_bps=100Gbps --set server.refill.delay_ns=50us \\
      --vary server.refill.area_bytes=256KiB..16MiB*2 --vary server.refill.batch=1,8,64 --out area
  $ ringlab sweep bulk --vary path=rx --vary nic.mtu=1500,4000
  $ ringlab sweep loss --vary client.wire.loss_ppm=0..10000:11 --metric throughput_bps,latency_ns.p99 --json
  $ ringlab sweep bulk --vary server.refill.batch=1..256*2 --engine redis --redis redis://10.0.0.1:6379`);
  addEngineOptions(addRunOptions(command)).action(sweep);
}

async function sweep(name: string, flags: Flags): Promise<void> {
  if (!flags.vary) throw new InputError('sweep: nothing varies; add --vary KEY=VALUES, such as --vary nic.mtu=1500,4000.');
  const axes = flags.vary.map(parseAxis);
  const asked = askedOf(flags.metric ?? DEFAULT_METRICS, flags.pareto, axes);
  const source = readSource(name);
  const core = coreIdentity();
  const start = engineOf(flags, core);
  const base = loadOptionsOf(flags).sets ?? [];
  const grid = planGrid(source.text, source.shown, base, axes, core);
  const store = flags.out === undefined ? undefined : new CellStore(flags.out);
  const records = await measureCells(`sweep of ${grid.name}`, jobsOf(grid, source, base), start, store);
  const result = sweepResult(grid, core, asked, records, (sets) => runCommand(name, flags, sets));
  if (store) writeFiles(store, result, grid, commandLine(name, flags, asked));
  if (flags.json) say(resultJson(result));
  else for (const line of sweepLines(result, flags.out)) say(line);
  if (result.cells.some((c) => c.outcome === 'failed')) process.exitCode = 1;
}

function jobsOf(grid: Grid, source: Source, base: CellJob['sets']): CellJob[] {
  return grid.cells.flatMap(({ key, values }) =>
    (key === undefined ? [] : [{ key, text: source.text, file: source.shown, sets: [...base, ...setsOf(grid.axes, values)] }]));
}

function writeFiles(store: CellStore, result: SweepResult, grid: Grid, command: string): void {
  store.write('sweep.json', `${resultJson(result)}\n`);
  store.write('sweep.csv', sweepCsv(result));
  store.write('sweep.html', sweepPage(result, grid.about, command));
}

/** The command without what the result does not depend on. */
function commandLine(name: string, flags: Flags, { metrics }: Asked): string {
  const words = [
    'ringlab', 'sweep', name, ...wordsOf(flags), ...(flags.vary ?? []).flatMap((v) => ['--vary', v]),
    ...(flags.metric ? ['--metric', metrics.map((m) => m.name).join(',')] : []),
    ...(flags.pareto ? ['--pareto', flags.pareto.join(',')] : []),
  ];
  return words.map(quoted).join(' ');
}

