/** The paths of a scenario beside each other: one file that opens anywhere. */
import { ACCOUNTS } from '../../schema/costs.ts';
import { bars, type Html, html, page, section, stackedBars, table } from '../html/index.ts';
import { METRICS, metricText } from './metrics.ts';
import type { PathResult } from './paths.ts';

/** Metrics of the table, of the host that the path concerns, and how their columns are called. */
export const PATH_COLUMNS = (host: string): readonly (readonly [title: string, metric: string])[] => [
  ['throughput', 'throughput_bps'], ['cycles/byte', `${host}.cycles_per_byte`], ['DRAM/byte', `${host}.dram_bytes_per_byte`],
  ['copied/byte', `${host}.copied_per_byte`], ['latency p50', 'latency_ns.p50'], ['p99', 'latency_ns.p99'], ['limited by', 'bottleneck'],
];
export const PATH_TITLES = { rx: 'Ways to receive', tx: 'Ways to send' } as const;

/** Paths of one direction and host, in the order of the table of paths. */
export function pathGroups(results: readonly PathResult[]): PathResult[][] {
  const groups = (['rx', 'tx'] as const).flatMap((d) => ['client', 'server'].map((host) =>
    results.filter((r) => r.direction === d && r.host === host)));
  return groups.filter((g) => g.length > 0);
}

/** What a path shows for a metric; the outcome stands in the first column where there is nothing to show. */
export function pathCell(r: PathResult, metric: string, first: boolean): string {
  const m = METRICS.find((known) => known.name === metric);
  return r.measurement && m ? metricText(m, m.of(r.measurement)) : first ? r.outcome : '';
}

export function pathSentence(r: PathResult): string {
  const incomplete = r.complete === false ? ' It did not bring all bytes.' : '';
  const why = r.problem === undefined ? '' : ` ${r.outcome === 'refused' ? 'Refused' : 'Failed'}: ${r.problem}`;
  return `${r.about}.${r.differs === '' ? '' : ` Here: ${r.differs}.`}${incomplete}${why}`;
}

export function pathsPage(scenario: string, about: string, command: string, results: readonly PathResult[]): string {
  return page({
    title: `Paths of ${scenario}`, lead: html`${about} <code>${command}</code>`,
    parts: pathGroups(results).flatMap((group) => groupParts(group)),
  });
}

function groupParts(group: readonly PathResult[]): Html[] {
  const { direction, host } = group[0] as PathResult;
  const measured = group.flatMap((r) => (r.measurement ? [{ ...r, measurement: r.measurement }] : []));
  const accounts = ACCOUNTS.filter((a) => measured.some((r) => (r.measurement[host as 'client'].cycles_per_byte[a] ?? 0) > 0));
  const rate = METRICS.find((m) => m.name === 'throughput_bps');
  return [
    section(`${PATH_TITLES[direction]}: ${host}`, [
      table({
        columns: ['path', ...PATH_COLUMNS(host).map(([name, metric]) => ({ name, right: metric !== 'bottleneck' })), 'open it with'],
        rows: group.map((r) => [
          `${r.path}${r.own ? ' (as it is)' : ''}`, ...PATH_COLUMNS(host).map(([, metric], i) => pathCell(r, metric, i === 0)),
          html`<code>${r.command}</code>`,
        ]),
      }),
      html`<dl>${group.map((r) => html`<dt>${r.path}</dt><dd>${pathSentence(r)}</dd>`)}</dl>`,
      stackedBars({
        title: 'Cycles per payload byte by account', about: `What the ${host}'s cores did for each byte.`, label: 'cycles per byte',
        format: (v) => v.toFixed(3), parts: accounts,
        bars: measured.map((r) => ({ name: r.path, values: accounts.map((a) => r.measurement[host as 'client'].cycles_per_byte[a] ?? 0) })),
      }),
      bars({
        title: 'Throughput', about: 'And what limited it.', label: 'throughput', format: (v) => (rate ? metricText(rate, v) : String(v)),
        bars: measured.map((r) => ({ name: r.path, value: r.measurement.throughput_bps, note: r.measurement.bottleneck })),
      }),
    ]),
  ];
}
