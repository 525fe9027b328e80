/** The paths of a scenario beside each other: one file that opens anywhere. */
import { ACCOUNTS } from '../../schema/costs.ts';
import { bars, type Html, html, listing, page, section, stackedBars, table } from '../html/index.ts';
import { METRICS, metricText } from './metrics.ts';
import type { PathResult } from './paths.ts';

/** Metrics of the table, of the host that the path concerns, and how their columns are called. */
export const PATH_COLUMNS = ({ direction, host }: PathResult): readonly (readonly [title: string, metric: string])[] => [
  ['throughput', 'throughput_bps'],
  ...(direction === 'ring'
    ? [['requests', 'requests_per_s'], ['cycles/request', `${host}.cycles_per_request`],
      ['cycles/byte', `${host}.cycles_per_byte`]] as const
    : [['cycles/byte', `${host}.cycles_per_byte`], ['DRAM/byte', `${host}.dram_bytes_per_byte`],
      ['copied/byte', `${host}.copied_per_byte`]] as const),
  // A latency ends at who receives: of a sender there is none.
  ...(direction === 'tx' ? [] : [['latency p50', 'latency_ns.p50'], ['p99', 'latency_ns.p99']] as const),
  ['limited by', 'bottleneck'],
];
const OVER = { 'as it is': '', udp: ' over UDP, in datagrams that fit a frame', dummy: ' over UDP to a dummy device' } as const;
const TO = { rx: 'receive', tx: 'send', ring: 'use the ring' } as const;
export const pathTitle = ({ direction, way }: PathResult): string => `Ways to ${TO[direction]}${OVER[way]}`;

/** Paths that are compared with each other: of one direction, host and way. */
export function pathGroups(results: readonly PathResult[]): PathResult[][] {
  const groups = new Map<string, PathResult[]>();
  for (const r of results) {
    const name = `${r.direction} ${r.host} ${r.way}`;
    groups.set(name, [...(groups.get(name) ?? []), r]);
  }
  return [...groups.values()];
}

/** What a path shows for a metric; the outcome stands in the first column where there is nothing to show. */
export function pathCell(r: PathResult, metric: string, first: boolean): string {
  const m = METRICS.find((known) => known.name === metric);
  return r.measurement && m ? metricText(m, m.of(r.measurement)) : first ? r.outcome : '';
}

export function pathSentence(r: PathResult): string {
  const incomplete = r.complete === false ? ' It did not bring all bytes.' : '';
  const why = r.outcome === 'failed' ? ` Failed: ${r.problem}` : '';
  // What a path is was said where it came first.
  const what = r.way === 'as it is' ? `${r.about}.` : '';
  if (r.outcome === 'refused') return '';
  return `${what}${r.differs === '' ? '' : ` Here: ${r.differs}.`}${incomplete}${why}`.trim();
}

/** Below this, traffic to memory is what a short run leaves in warm caches. */
const WARM = 0.1;
/** What to know of a table's traffic to memory. */
export function memoryNote(group: readonly PathResult[]): string {
  const moved = group.flatMap(({ measurement, host }) => (measurement ? [measurement[host as 'client'].dram_bytes_per_byte] : []));
  if (group[0]?.direction === 'ring' || moved.length === 0 || Math.max(...moved) >= WARM) return '';
  return 'DRAM/byte: all that moves here stays in warm caches. An application with more memory than those, which reads what it gets:'
    + ' --set app.buffers_bytes=512MiB --set app.touch=read';
}

/** Paths that the scenario cannot take, those of one reason together. */
export function refusedPaths(group: readonly PathResult[]): { readonly paths: string; readonly why: string }[] {
  const reasons = new Map<string, string[]>();
  for (const { path, outcome, problem = '' } of group) {
    // Which knob it was is the path's affair.
    const why = problem.replace(/^--set \S+: key '[^']+': /, '');
    if (outcome === 'refused') reasons.set(why, [...(reasons.get(why) ?? []), path]);
  }
  return [...reasons].map(([why, paths]) => ({ paths: paths.join(', '), why }));
}

/** Commands are long: whoever wants one unfolds them. */
export const commandList = (of: readonly { readonly command: string }[]): Html =>
  html`<details><summary>Commands that open each as a run</summary>${listing(of.map((r) => r.command).join('\n'))}</details>`;

export function pathsPage(scenario: string, about: string, command: string, results: readonly PathResult[]): string {
  return page({
    title: `Paths of ${scenario}`, lead: html`${about} <code>${command}</code>`,
    parts: pathGroups(results).flatMap((group) => groupParts(group)),
  });
}

function groupParts(group: readonly PathResult[]): Html[] {
  const [first] = group as [PathResult];
  const { host } = first;
  const measured = group.flatMap((r) => (r.measurement ? [{ ...r, measurement: r.measurement }] : []));
  const accounts = ACCOUNTS.filter((a) => measured.some((r) => (r.measurement[host as 'client'].cycles_per_byte[a] ?? 0) > 0));
  const said = group.filter((r) => pathSentence(r) !== '');
  const rate = METRICS.find((m) => m.name === 'throughput_bps');
  return [
    section(`${pathTitle(first)}: ${host}`, [
      table({
        columns: ['path', ...PATH_COLUMNS(first).map(([name, metric]) => ({ name, right: metric !== 'bottleneck' }))],
        rows: group.map((r) => [
          `${r.path}${r.own ? ' (as it is)' : ''}`, ...PATH_COLUMNS(first).map(([, metric], i) => pathCell(r, metric, i === 0)),
        ]),
      }),
      html`<ul>${said.map((r) => html`<li><strong>${r.path}</strong>: ${pathSentence(r)}</li>`)}${
        refusedPaths(group).map(({ paths, why }) => html`<li><strong>${paths}</strong>: refused: ${why}</li>`)}</ul>`,
      ...(memoryNote(group) === '' ? [] : [html`<p>${memoryNote(group)}</p>`]),
      commandList(group),
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
