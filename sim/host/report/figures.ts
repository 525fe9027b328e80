/** The first half of a report: what came out, what limited it, and how long things took. */
import { type Axis, bars, type Content, type Html, html, keyFigures, lineChart, plain, section, table } from '../html/index.ts';
import { percentile } from '../latency.ts';
import type { Measured } from '../measure.ts';
import { bytesText, countText, durationText, rateText, shareText } from '../numbers_text.ts';
import { roleOf, type StreamResult } from '../result.ts';
import type { Scenario } from '../scenario.ts';
import { HOSTS } from '../trace.ts';

export const time = (ns: number): string => durationText(Math.round(ns));

const UNITS = [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs'], [1, 'ns']] as const;
/** An axis of time in one unit, that of its end. */
export function timeAxis(label: string, end_ns: number): Axis {
  const [ns, unit] = UNITS.find(([n]) => end_ns >= 2 * n) ?? UNITS[3];
  return { label: `${label}, ${unit}`, format: (v) => plain(v / ns), from: 0, to: end_ns };
}

const few = (n: number): string => (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2));
const perSecond = (n: number): string => (n >= 1e6 ? `${few(n / 1e6)} million/s` : n >= 1e4 ? `${few(n / 1e3)} thousand/s` : `${few(n)}/s`);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** What a bottleneck of a measurement means. */
function limitText(bottleneck: string): string {
  const words: Readonly<Record<string, string>> = {
    link: 'The link was full: a faster one would carry more.',
    pcie: 'The bus between NIC and memory was full.',
    dram: 'Memory could not be read and written any faster.',
    application: 'The application took its time: the machine waited for it.',
    window: 'Nothing was busy all the time: the two sides waited for each other, by windows, round trips or what was asked for.',
  };
  return words[bottleneck] ?? `The busiest was ${bottleneck}: it had work all the time.`;
}

export function keyFiguresOf(scenario: Scenario, m: Measured): Html {
  const { measurement: all, result } = m;
  if (all.bytes === 0 && all.requests === 0) {
    const facts = [
      ...(result.steps ? [{ name: 'completions that the program saw', value: String(result.steps.cqes.length) }] : []),
      { name: 'virtual time', value: time(result.virtualTimeNs) }, { name: 'drops', value: String(result.dropped) },
    ];
    return section('In short', keyFigures(facts), 'No application moved anything whose rate could be measured.');
  }
  const facts = [
    ...(all.bytes > 0 ? [{
      name: 'throughput', value: rateText(all.bytes, all.duration_ns),
      note: `${bytesText(all.bytes)} of payload in ${time(all.duration_ns)}`,
    }] : []),
    { name: 'limited by', value: all.bottleneck, note: limitText(all.bottleneck) },
    ...(all.latency_ns.count > 0 ? [{
      name: 'latency, half of all below', value: time(all.latency_ns.p50), note: `one in a hundred above ${time(all.latency_ns.p99)}`,
    }] : []),
    ...(all.requests_per_s > 0 ? [{
      name: 'requests', value: perSecond(all.requests_per_s), note: 'receives, sends or answers of the measured application',
    }] : []),
    ...[all.client, all.server].flatMap((h, i) => {
      const role = roleOf(scenario, i);
      const cycles = sum(Object.values(h.cycles_per_byte));
      if (role === 'none' || cycles === 0) return [];
      return [{
        name: `${HOSTS[i]}, cycles per byte`, value: few(cycles),
        note: `${role}${h.cycles_per_request > 0 ? `, ${few(h.cycles_per_request)} per request` : ''}; for each byte ${
          few(h.copied_per_byte)} copied and ${few(h.dram_bytes_per_byte)} moved in DRAM`,
      }];
    }),
    { name: 'drops', value: String(result.dropped), note: countText(retransmissions(m), 'retransmission') },
  ];
  return section('In short', keyFigures(facts), `Measured from ${time(m.from_ns)} to ${time(m.to_ns)} of virtual time, so that neither slow`
    + ' start nor the last bytes count; counters and levels below are of the whole run.');
}
const retransmissions = ({ result }: Measured): number => (result.client.tcp.RetransSegs ?? 0) + (result.server.tcp.RetransSegs ?? 0);

export function coresOf(m: Measured): Html {
  const rows = [m.measurement.client, m.measurement.server].flatMap((h, host) => h.core_busy.map((busy, core) => {
    const own = h.charges.filter((c) => c.core === core);
    const contexts = [...new Set(own.map((c) => c.context))];
    return { name: `${HOSTS[host]} core ${core}`, value: 100 * busy, note: contexts.join(', '), colour: host };
  })).filter((b) => b.value > 0);
  if (rows.length === 0) return html``;
  return section('How busy the cores were', bars({
    title: 'Share of the time in which a core worked', label: 'busy', format: (v) => `${v.toFixed(1)} %`, bars: rows, full: 100,
  }), limitText(m.measurement.bottleneck));
}

/** The way of percentiles: one in ten, in a hundred, in a thousand take as much room. */
const CURVE = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999];
const percentText = (x: number): string => `${Number((100 - 100 / x).toFixed(3))} %`;

export function latencyOf(scenario: Scenario, m: Measured): Html | undefined {
  const { latency_ns: l } = m.measurement;
  if (l.count === 0) return undefined;
  const rpc = [0, 1].some((h) => roleOf(scenario, h) === 'rpc');
  const about = rpc ? 'From writing a request until the last byte of its answer is read.'
    : 'From the DMA of the last byte that a completion gives to the application until the application has it.';
  const known = CURVE.filter((p) => p === 0 || (1 - p) * l.count >= 1);
  const points = known.map((p) => [1 / (1 - p), percentile(m.latencies_ns, p)] as const);
  const rows = (['p50', 'p90', 'p99', 'p999', 'max'] as const).map((p) => [PERCENTILES[p], time(l[p])]);
  return section('Latency', [
    table({ columns: [`of ${countText(l.count, rpc ? 'request' : 'completion')}`, { name: 'took at most', right: true }], rows }),
    lineChart({
      title: 'Latency by percentile', about: 'The further to the right, the rarer; each step is a tenth of those before it.',
      x: { label: 'share of all that took at most this', log: true, format: percentText, from: 1 },
      y: timeAxis('latency', points.at(-1)?.[1] ?? 1), series: [{ name: 'latency', points }], dots: true,
    }),
  ], about);
}
const PERCENTILES = { p50: '50 %', p90: '90 %', p99: '99 %', p999: '99.9 %', max: 'all' } as const;

const STREAMS_MAX = 40;

export function streamsOf(m: Measured): Html | undefined {
  const { streams } = m.result;
  if (streams.length === 0) return undefined;
  const row = (s: StreamResult): Content[] => {
    const end = s.endNs || m.result.virtualTimeNs;
    return [
      `${s.peer}:${s.peerPort}`, bytesText(s.bytes), rateText(s.bytes, end - s.startNs), shareText(s.zeroCopyBytes, s.bytes),
      bytesText(s.copiedBytes), s.cqes, s.complete ? 'whole' : s.endNs === 0 ? 'still open' : 'not whole',
    ];
  };
  const right = (name: string) => ({ name, right: true });
  const rest = streams.length > STREAMS_MAX ? html`<p class="about">… and ${streams.length - STREAMS_MAX} more.</p>` : undefined;
  return section('Streams', [table({
    columns: ['from', right('bytes'), right('rate'), right('zero copy'), right('copied'), right('completions'), 'proved'],
    rows: streams.slice(0, STREAMS_MAX).map(row),
  }), rest], 'What reached applications. Each byte is compared with what its source sent.');
}
