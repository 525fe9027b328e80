/** ringlab compare-paths SCENARIO: the scenario on every path that a byte can take into or out of its application. */
import type { Command } from 'commander';
import {
  type CellJob, type Direction, InputError, loadScenario, memoryNote, PATH_COLUMNS, pathCell, pathGroups, type PathResult, pathResults,
  pathSentence, pathsPage, pathTitle, planPaths, refusedPaths, resultJson,
} from '../host/index.ts';
import { wrap } from './command_list.ts';
import { readSource } from './files.ts';
import { OutputFiles } from './output_files.ts';
import { addRunOptions, loadOptionsOf, type RunFlags } from './run_options.ts';
import { addEngineOptions, type EngineFlags, engineOf } from './sweep/engine.ts';
import { coreIdentity } from './sweep/identity.ts';
import { measureCells } from './sweep/measure_cells.ts';
import { quoted, runCommand, wordsOf } from './sweep/shell.ts';
import { bold, dim, red, say, table } from './terminal.ts';

interface Flags extends RunFlags, EngineFlags {
  readonly direction?: string;
  readonly json?: boolean;
  readonly report?: string;
}

const DIRECTIONS: readonly Direction[] = ['rx', 'tx', 'ring'];

export function addComparePaths(program: Command): void {
  const command = program.command('compare-paths')
    .description('run a scenario on every path that its bytes can take, and lay them beside each other')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--direction <rx|tx|ring>', 'ways to receive, of a host whose application is a sink, to send, of a source, or to use a ring;'
      + ' else all')
    .option('--json', 'the measurements of all paths as JSON')
    .option('--report <file>', 'a page with tables and plots, in one file')
    .addHelpText('after', `
A path is a set of knobs over the scenario (docs/sweeps.md has the list). What a path needs beside them, such as a flow that is steered
into the queue with the area, is set too, and for all alike. Cycles, DRAM traffic and copies are those of the host that the path concerns.

Exit code: 0 all paths measured or refused in words, 1 a path failed or the report could not be written, 2 bad input.

Examples:
  $ ringlab compare-paths bulk
  $ ringlab compare-paths bulk --direction rx --set nic.mtu=4000 --json
  $ ringlab compare-paths bulk --direction tx --set client.app.chunk=4KiB --report paths.html`);
  addEngineOptions(addRunOptions(command)).action(comparePaths);
}

async function comparePaths(name: string, flags: Flags): Promise<void> {
  const directions = DIRECTIONS.filter((d) => flags.direction === undefined || flags.direction === d);
  if (directions.length === 0) throw new InputError(`--direction ${flags.direction}: expected rx, tx or ring.`);
  const source = readSource(name);
  const base = loadOptionsOf(flags).sets ?? [];
  const core = coreIdentity();
  const start = engineOf(flags, core);
  const { about } = loadScenario(source.text, source.shown, { sets: base });
  const planned = planPaths(source.text, source.shown, base, directions, core);
  const files = new OutputFiles(flags.report === undefined ? [] : [{ option: '--report', path: flags.report }], [source.path]);
  const jobs = planned.flatMap(({ key, sets }): CellJob[] =>
    (key === undefined ? [] : [{ key, text: source.text, file: source.shown, sets: [...base, ...sets] }]));
  const results = pathResults(planned, await measureCells('paths', jobs, start), (sets) => runCommand(name, flags, sets));
  const direction = flags.direction === undefined ? [] : ['--direction', flags.direction];
  const command = ['ringlab', 'compare-paths', name, ...direction, ...wordsOf(flags)].map(quoted).join(' ');
  files.of('--report')?.write(new TextEncoder().encode(pathsPage(name, about, command, results)));
  files.commit();
  if (flags.json) say(resultJson({ scenario: source.shown, core, paths: results }));
  else for (const line of pathGroups(results).flatMap((g, i) => [...(i > 0 ? [''] : []), ...groupLines(g)])) say(line);
  if (results.some((r) => r.outcome === 'failed')) process.exitCode = 1;
}

function groupLines(group: readonly PathResult[]): string[] {
  const [first] = group as [PathResult];
  const { host } = first;
  const columns = PATH_COLUMNS(first);
  const cells = (r: PathResult) => columns.map(([, metric], i) => pathCell(r, metric, i === 0));
  const rows = group.map((r) => [`${r.path}${r.own ? ' (as it is)' : ''}`, ...cells(r)]);
  const right = [false, ...columns.map(([, metric]) => metric !== 'bottleneck')];
  const [head = '', ...body] = table([['', ...columns.map(([title]) => title)], ...rows], right);
  const width = Math.max(...group.map((r) => r.path.length)) + 2;
  const room = (process.stdout.columns ?? 120) - width - 4;
  return [
    bold(pathTitle(first)) + dim(` · ${host}`), `  ${dim(head)}`, ...body.map((l) => `  ${l}`), '',
    ...group.filter((r) => pathSentence(r) !== '')
      .flatMap((r) => wrap(pathSentence(r), room).map((l, i) => `  ${(i === 0 ? r.path : '').padEnd(width)}${l}`)),
    ...refusedPaths(group).flatMap(({ paths, why }) => wrap(`${paths} refused: ${why}`, room).map((l) => `  ${red(l)}`)),
    ...wrap(memoryNote(group), room + width).filter((l) => l !== '').map((l) => `  ${dim(l)}`),
  ];
}
