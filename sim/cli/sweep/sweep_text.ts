/** What a sweep came to, for the terminal. */
import { type Axis, countText, kneeSentences, METRICS, metricText, type SweepCell, type SweepResult } from '../../host/index.ts';
import { bold, dim, green, red, table } from '../terminal.ts';

const ROWS_MAX = 40;

export function sweepLines(result: SweepResult, out: string | undefined): string[] {
  const { axes, cells, front } = result;
  const few = cells.length <= ROWS_MAX;
  const shown = few ? cells : cells.filter((c) => c.front).slice(0, ROWS_MAX);
  const size = axes.map((a: Axis) => `${a.key} (${a.values.length})`).join(' × ');
  const right = [...axes.map(() => false), ...result.metrics.map((m) => unitOf(m) !== 'text'), false];
  const rows = table([[...axes.map((a) => a.key), ...result.metrics, ''], ...shown.map((c) => row(result, c))], right);
  const lines = [
    bold(result.scenario) + dim(` · ${countText(cells.length, 'cell')}: ${size}`),
    ...rows.map((l, i) => `  ${i === 0 ? dim(l) : l}`),
    ...(few ? [] : [dim(`  the front only; ${out === undefined ? '--json has all cells' : `${out}/sweep.csv has all cells`}`)]),
  ];
  const problems = [...new Set(cells.flatMap((c) => (c.problem === undefined ? [] : [`${c.outcome}: ${c.problem}`])))];
  if (problems.length > 0) {
    lines.push('', ...problems.slice(0, 5).map((p) => `  ${red('✗')} ${p}`));
    if (problems.length > 5) lines.push(dim(`  and ${problems.length - 5} more such sentences`));
  }
  if (front.goals.length > 0) {
    const best = cells.filter((c) => c.front);
    const goals = front.goals.map((g) => `${g.name} (${g.better})`).join(', ');
    lines.push('', `  ${green('*')} on the front of ${goals}: ${best.length} of ${cells.length}`);
  }
  lines.push(...kneeSentences(result.knees).map((text) => `  ${text}`));
  const open = cells.find((c) => c.front) ?? cells.find((c) => c.outcome === 'measured');
  if (open) lines.push('', `  open a cell with ${bold(open.command)}`);
  if (out !== undefined) lines.push(`  ${out}/sweep.html, sweep.csv, sweep.json`);
  return lines;
}

const unitOf = (name: string) => METRICS.find((m) => m.name === name)?.unit ?? 'count';

function row({ axes, metrics }: SweepResult, cell: SweepCell): string[] {
  const instead = (i: number) => (i === 0 ? cell.outcome : '');
  const numbers = metrics.map((m, i) => (cell.outcome === 'measured' ? metricText({ unit: unitOf(m) }, cell.values[m]) : instead(i)));
  return [...axes.map((a) => cell.set[a.key] ?? ''), ...numbers, `${cell.front ? '*' : ''}${cell.complete === false ? ' incomplete' : ''}`];
}
