/** ringlab validate: predictions against published measurements. */
import type { Command } from 'commander';
import { countText, resultJson } from '../host/index.ts';
import {
  checkCell, FAMILIES, type Family, familyOf, fitMachine, machinesText, PLANS, PUBLISHED, type Row, type Summary, summaryOf, validationPage,
} from '../validation/index.ts';
import { loadCore } from './files.ts';
import { OutputFiles } from './output_files.ts';
import { bold, dim, green, Progress, red, say } from './terminal.ts';

interface ValidateFlags {
  readonly family?: string;
  readonly json?: boolean;
  readonly fit?: string;
  readonly page?: string;
  readonly cells?: boolean;
}

export function addValidate(program: Command): void {
  program.command('validate')
    .description('run published measurements as scenarios and say how far off the predictions are')
    .option('--family <name>', 'one kind of measurement; the beginning of its name is enough')
    .option('--cells', 'every cell, not only sums')
    .option('--json', 'as JSON, with every cell')
    .option('--page <file>', 'write the page of the documentation')
    .option('--fit <file>', 'fit the machines to the fit cells first, and write them as sim/schema/machines_fitted.ts is; then build again')
    .addHelpText('after', `
Cells are published numbers. Those of the role fit may set parameters of a machine; those of the role check never do. The aim is an error
of less than 5 % on average and 15 % at worst in the check cells of each family; ✗ is where it is missed. That is a result, no failure.

Exit code: 0 all cells ran, 1 a file could not be written, 2 bad input.

Examples:
  $ ringlab validate
  $ ringlab validate --family F5_vldb_recv_zcrx --cells
  $ ringlab validate --json
  $ ringlab validate --fit sim/schema/machines_fitted.ts`)
    .action(async (flags: ValidateFlags) => {
      const core = await loadCore();
      const files = new OutputFiles((['fit', 'page'] as const).flatMap((o) => {
        const path = flags[o];
        return path === undefined ? [] : [{ option: `--${o}`, path }];
      }));
      if (flags.fit !== undefined) return fitAll(core, flags.fit, files);
      const families = flags.family === undefined ? FAMILIES : [familyOf(FAMILIES, flags.family)];
      const rows = checkAll(core, families);
      const summaries = families.map((f) => summaryOf(f, rows.filter((r) => r.family === f.name)));
      files.of('--page')?.write(new TextEncoder().encode(validationPage(families, rows)));
      files.commit();
      if (flags.json) return say(resultJson({ families: summaries, cells: rows }));
      for (const line of lines(summaries, flags.cells || flags.family !== undefined ? rows : [])) say(line);
    });
}

function checkAll(core: WebAssembly.Module, families: readonly Family[]): Row[] {
  const progress = new Progress();
  const todo = families.flatMap((f) => PUBLISHED.filter((c) => c.family === f.name).map((cell) => ({ family: f, cell })));
  const rows = todo.map(({ family, cell }, i) => {
    progress.show(() => `${i + 1} of ${todo.length}: ${family.name} ${cell.cell}`);
    return checkCell(core, family, cell, PUBLISHED);
  });
  progress.end();
  return rows;
}

function fitAll(core: WebAssembly.Module, file: string, files: OutputFiles): void {
  const progress = new Progress();
  const fits = PLANS.map((plan) => {
    progress.show(() => `fitting ${plan.name}`);
    return fitMachine(core, plan, FAMILIES, PUBLISHED);
  });
  progress.end();
  files.of('--fit')?.write(new TextEncoder().encode(machinesText(fits)));
  files.commit();
  say(`${file}: ${countText(fits.length, 'machine')}, fitted to ${countText(fits.reduce((n, f) => n + f.cells, 0), 'cell')}`);
}

/** The aim: five percent on average, fifteen at worst. */
const good = (s: Summary): boolean => s.check_mean_percent < 5 && s.check_max_percent < 15;

function lines(summaries: readonly Summary[], rows: readonly Row[]): string[] {
  const width = Math.max(...summaries.map((s) => s.family.length));
  const out = summaries.map((s) => {
    const name = bold(s.family.padEnd(width));
    if (s.check_cells === 0)
      return `${dim('·')} ${name}  no check cells; fitted to ${s.fit_cells}, off by ${s.fit_mean_percent} % on average`;
    return `${good(s) ? green('✓') : red('✗')} ${name}  off by ${s.check_mean_percent} % on average, ${s.check_max_percent} % at worst`
      + ` (${s.worst_cell}), in ${countText(s.check_cells, 'check cell')}${s.interpolation_only ? ', all interpolation' : ''}`;
  });
  if (rows.length === 0) return out;
  const names = Math.max(...rows.map((r) => `${r.family} ${r.cell}`.length));
  return [...out, '', ...rows.map((r) => `${`${r.family} ${r.cell}`.padEnd(names)}  ${r.standing.padEnd(13)}  `
    + `published ${r.expected}, predicted ${r.predicted} ${r.unit}: ${r.error_percent} %`)];
}
