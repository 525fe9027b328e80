/** The page of one run: what came out of it, why, and how to have it again. */
import { DROPS } from '../../schema/drops.ts';
import { atText, type Finding } from '../doctor/finding.ts';
import { type Axis, type Content, type Html, html, lineChart, listing, page, section, table } from '../html/index.ts';
import type { Measured } from '../measure.ts';
import { bytesText, rateText } from '../numbers_text.ts';
import { PLACES } from '../place_series.ts';
import type { Scenario } from '../scenario.ts';
import { HOSTS } from '../trace.ts';
import { copiesOf, cyclesOf, memoryOf } from './costs.ts';
import { coresOf, keyFiguresOf, latencyOf, streamsOf, time, timeAxis } from './figures.ts';
import { type HostSeries, levelsOf, PLACE_ABOUT, type RunSeries } from './series.ts';

export interface RunReport {
  readonly scenario: Scenario;
  /** The scenario as it is written. */
  readonly text: string;
  /** What makes this page again. */
  readonly command: string;
  readonly measured: Measured;
  readonly findings: readonly Finding[];
  readonly series: RunSeries;
}

const per_s = (bytes: number): string => (bytes === 0 ? '0' : rateText(bytes, 1e9));
/** Parts of the time for which a rate is drawn: shorter ones show bursts and hide the rate. */
const RATE_PARTS = 60;

function throughputOf({ series }: RunReport, end_ns: number): Html | undefined {
  const named = series.hosts.flatMap((h, i) => [
    { name: `${HOSTS[i]} receives`, flow: h.received }, { name: `${HOSTS[i]} sends`, flow: h.sent },
  ]).filter(({ flow }) => !flow.empty);
  if (named.length === 0) return undefined;
  return section('Throughput over time', lineChart({
    title: 'Payload bytes by second', about: 'What applications gave to sockets, and took from them.',
    x: timeAxis('virtual time', end_ns), y: { label: 'rate', format: per_s }, step: true,
    series: named.map(({ name, flow }) => ({ name, points: flow.perSecond(RATE_PARTS) })),
  }));
}

function levelCharts(h: HostSeries, host: number, x: Axis): Html[] {
  const levels = levelsOf(h);
  const of = (bytes: boolean) => levels.filter((l) => (l.bytes === true) === bytes);
  return [false, true].filter((bytes) => of(bytes).length > 0).map((bytes) => lineChart({
    title: `${HOSTS[host]}: ${of(bytes).map((l) => l.name).join(', ')}`, step: true, x,
    about: `${of(bytes).map((l) => `${l.name}: ${l.about}`).join('; ')}.`,
    y: bytes ? { label: 'bytes', format: (v) => bytesText(Math.round(v)) } : { label: 'entries', whole: true },
    series: of(bytes).map((l) => ({
      name: `${l.name}, at most ${bytes ? bytesText(l.level.most) : l.level.most}`, points: l.level.points(x.to ?? Infinity),
    })),
  }));
}

function areaChart(r: RunReport, host: 0 | 1, x: Axis): Html[] {
  const areas = [r.measured.result.client, r.measured.result.server][host]?.area ?? [];
  const buffers = areas.reduce((n, a) => n + Object.values(a).reduce((s, v) => s + v, 0), 0);
  if (buffers === 0) return [];
  const samples = r.series.hosts[host].places.samples(buffers).filter((s) => s.time_ns <= (x.to ?? Infinity));
  return [lineChart({
    title: `${HOSTS[host]}: buffers of the zero-copy area`, about: `${buffers} in all, each in one place at a time.`, step: true,
    x, y: { label: 'buffers', whole: true },
    series: PLACES.map((place, p) => ({ name: PLACE_ABOUT[place], points: samples.map((s) => [s.time_ns, s.counts[p] ?? 0] as const) })),
  })];
}

function levelsSection(r: RunReport, end_ns: number): Html | undefined {
  const x = timeAxis('virtual time', end_ns);
  const charts = ([1, 0] as const).flatMap((host) => [...areaChart(r, host, x), ...levelCharts(r.series.hosts[host], host, x)]);
  if (charts.length === 0) return undefined;
  return section('Rings, queues and pools over time', charts,
    'Until the last byte moved; the greatest level of each slice of time, so that no peak is left out.');
}

function dropsOf({ result }: Measured): Html {
  const rows = HOSTS.flatMap((host) => Object.entries(result[host].drops).filter(([, n]) => n > 0).map(([reason, n]) =>
    [reason, host, n, DROPS.find(([name]) => name === reason)?.[1] ?? '']));
  const none = html`<p>Nothing was dropped.</p>`;
  const columns = ['reason', 'host', { name: 'packets', right: true }, 'what it is'];
  return section('Drops', rows.length === 0 ? none : table({ columns, rows }));
}

function findingOf(f: Finding): Html {
  const at = (e: Finding['evidence'][number]) => (atText(e) === '' ? e.text : `${atText(e)}: ${e.text}`);
  return html`<h3><span class="${f.severity === 'note' ? 'soft' : 'warm'}">${f.severity}</span> ${f.name}</h3>
<p>${f.about}.</p><ul>${f.evidence.map((e) => html`<li>${at(e)}</li>`)}</ul>
<p>Cause: ${f.cause}</p><p>Remedy: ${f.remedy}</p>${
    f.sets ? html`<p>Try <code>${f.sets.map((s) => `--set ${s}`).join(' ')}</code></p>` : undefined}`;
}

function findingsOf(findings: readonly Finding[]): Html {
  return section('What the doctor says', findings.length === 0 ? html`<p>Nothing to find.</p>` : findings.map(findingOf));
}

function expectationsOf({ result }: Measured): Html | undefined {
  if (result.expect.length === 0) return undefined;
  const failed = result.expect.some((e) => !e.ok);
  const rows = result.expect.map((e) =>
    [e.text, e.ok ? 'as expected' : html`<span class="warm">not as expected</span>`, ...(failed ? [e.ok ? '' : e.actual] : [])]);
  return section('What the scenario expects', table({ columns: ['line', '', ...(failed ? ['it was'] : [])], rows }));
}

function againOf(r: RunReport): Html {
  const { scenario, measured } = r;
  const machines = HOSTS.map((host, i) => `${host}: ${scenario.hosts[i as 0 | 1].machine}`).join(', ');
  const facts: Content[][] = [
    ['seed', scenario.run['run.seed']], ['machines', machines], ['events', measured.result.eventCount],
    ['virtual time', time(measured.result.virtualTimeNs)], ['state hash', html`<code>${measured.result.stateHash}</code>`],
  ];
  return section('The same again', [
    listing(r.command), table({ columns: ['', ''], rows: facts }), html`<p class="about">The scenario, as it is written:</p>`,
    listing(r.text),
  ], 'The same scenario, seed and version give the same numbers to the last digit.');
}

/** When the last byte moved, and a little: connections linger long after it, and those that stall until the end of the run. */
function endOf({ measured, series }: RunReport): number {
  const moved = Math.max(...series.hosts.flatMap((h) => [h.received.end_ns, h.sent.end_ns]));
  return moved > 0 ? Math.ceil(moved * 1.02) : measured.to_ns;
}

export function runReport(r: RunReport): string {
  const { scenario, measured } = r;
  const end_ns = endOf(r);
  const parts: (Html | undefined)[] = [
    keyFiguresOf(scenario, measured), findingsOf(r.findings), expectationsOf(measured), throughputOf(r, end_ns),
    latencyOf(scenario, measured), coresOf(measured), cyclesOf(measured), copiesOf(measured), memoryOf(measured), levelsSection(r, end_ns),
    streamsOf(measured), dropsOf(measured), againOf(r),
  ];
  return page({
    title: scenario.name, lead: scenario.about, parts: parts.filter((p) => p !== undefined),
    footer: 'Made by ringlab run --report. The hosts are simulated: costs are those of the machines named above, and sources of each are'
      + ' in the reference of costs.',
  });
}
