/** Numbers of a measurement by name: what a sweep and a comparison of paths show, and which way is better. */
import { ACCOUNTS } from '../../schema/costs.ts';
import { InputError } from '../input_error.ts';
import type { HostMeasurement, Measurement } from '../measure.ts';
import { durationText, rateText } from '../numbers_text.ts';
import { didYouMean } from '../scenario_error.ts';

/** What a cell keeps of a measurement: the rows of what was charged are sums in it already. */
export type CellHost = Omit<HostMeasurement, 'charges'>;
export type CellMeasurement = Omit<Measurement, 'client' | 'server'> & { readonly client: CellHost; readonly server: CellHost };

export type Metric = {
  readonly name: string;
  readonly about: string;
  readonly unit: 'bps' | 'ns' | 'per_s' | 'ratio' | 'share' | 'count' | 'text';
  /** undefined: neither is better. */
  readonly better: 'higher' | 'lower' | undefined;
  readonly of: (m: CellMeasurement) => number | string;
};

const metric = (
  name: string, unit: Metric['unit'], better: Metric['better'], about: string, of: Metric['of'],
): Metric => ({ name, unit, better, about, of });

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

const ofHost = (host: 'client' | 'server'): Metric[] => [
  metric(`${host}.cycles_per_byte`, 'ratio', 'lower', `cycles of the ${host} per payload byte`, (m) => sum(m[host].cycles_per_byte)),
  ...ACCOUNTS.map((account) => metric(`${host}.cycles_per_byte.${account}`, 'ratio', 'lower', `those of the account ${account}`,
    (m) => m[host].cycles_per_byte[account] ?? 0)),
  metric(`${host}.cycles_per_request`, 'ratio', 'lower', `cycles of the ${host} per request`, (m) => m[host].cycles_per_request),
  metric(`${host}.dram_bytes_per_byte`, 'ratio', 'lower', `DRAM traffic of the ${host} per payload byte`,
    (m) => m[host].dram_bytes_per_byte),
  metric(`${host}.copied_per_byte`, 'ratio', 'lower', `bytes that the ${host}'s cores copied per payload byte`,
    (m) => m[host].copied_per_byte),
  metric(`${host}.core_busy`, 'share', 'lower', `how busy the ${host}'s busiest core was, from 0 to 1`,
    (m) => Math.max(0, ...m[host].core_busy)),
];

const PERCENTILES = { p50: '50', p90: '90', p99: '99', p999: '99.9' };

export const METRICS: readonly Metric[] = [
  metric('throughput_bps', 'bps', 'higher', 'payload bits per second', (m) => m.throughput_bps),
  metric('requests_per_s', 'per_s', 'higher', 'requests per second', (m) => m.requests_per_s),
  ...(['p50', 'p90', 'p99', 'p999', 'max'] as const).map((p) =>
    metric(`latency_ns.${p}`, 'ns', 'lower', p === 'max' ? 'the greatest latency' : `latency, percentile ${PERCENTILES[p]}`,
      (m) => m.latency_ns[p])),
  metric('bottleneck', 'text', undefined, 'what limited the run', (m) => m.bottleneck),
  ...ofHost('server'), ...ofHost('client'),
  metric('bytes', 'count', undefined, 'payload bytes of the window', (m) => m.bytes),
  metric('requests', 'count', undefined, 'requests of the window', (m) => m.requests),
  metric('duration_ns', 'ns', undefined, 'length of the window', (m) => m.duration_ns),
];

export const DEFAULT_METRICS = [
  'throughput_bps', 'server.cycles_per_byte', 'latency_ns.p99', 'server.dram_bytes_per_byte', 'server.copied_per_byte', 'bottleneck',
];

/** Metrics by name, in the order of the names. */
export function metricsNamed(names: readonly string[], said: string): Metric[] {
  return names.map((name) => {
    const found = METRICS.find((m) => m.name === name);
    if (found) return found;
    const all = METRICS.map((m) => m.name);
    const meant = didYouMean(name, all);
    throw new InputError(`${said}: there is no metric ${name === '' ? "''" : name}`
      + `${meant === '' ? `; there are ${METRICS.filter((m) => !m.name.includes('_byte.')).map((m) => m.name).join(', ')}.` : meant}`);
  });
}

/** A number for people; files have it as it is. */
export function metricText({ unit }: Pick<Metric, 'unit'>, value: number | string | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  switch (unit) {
    case 'bps': return value === 0 ? '0' : rateText(value / 8, 1e9);
    // Nothing takes no time: it was not measured.
    case 'ns': return value === 0 ? '–' : durationText(Math.round(value));
    case 'per_s': return value >= 1e6 ? `${(value / 1e6).toFixed(2)} M/s` : `${value >= 1e4 ? value.toFixed(0) : value.toFixed(1)}/s`;
    case 'share': return `${(100 * value).toFixed(1)} %`;
    case 'ratio': return value >= 1000 ? value.toFixed(0) : value.toFixed(value >= 100 ? 1 : 3);
    default: return String(value);
  }
}
