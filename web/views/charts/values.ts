/** How the values of charts are written: at an axis, at the cursor, and as CSV. */
import type { Answer } from '../../../sim/lab/index.ts';
import { bytes, count, duration } from '../../format.ts';

export type ChartsAnswer = Answer<'charts'>;
export type Chart = ChartsAnswer['charts'][number];
export type Unit = Chart['unit'];

const BITS: readonly (readonly [number, string])[] = [[1e9, 'Gbit/s'], [1e6, 'Mbit/s'], [1e3, 'kbit/s']];
const EVENTS: readonly (readonly [number, string])[] = [[1e6, 'M/s'], [1e3, 'k/s']];
const short = (x: number): string => String(Number(x.toPrecision(3)));

export function valueText(unit: Unit, value: number): string {
  if (Number.isNaN(value)) return '–';
  switch (unit) {
    case 'bps': {
      const [size, name] = BITS.find(([s]) => value >= s) ?? [1, 'bit/s'];
      return value === 0 ? '0' : `${short(value / size)}\u202f${name}`;
    }
    case 'bytes': return bytes(Math.round(value));
    case 'ns': return duration(value);
    case 'count': return count(value);
    case 'rate': {
      if (value === 0) return '0';
      const [size, name] = EVENTS.find(([s]) => value >= s) ?? [1, '/s'];
      return `${short(value / size)}\u202f${name}`;
    }
    default: return short(value);
  }
}

/** The slice that a time falls in. */
export const sliceAt = (a: Pick<ChartsAnswer, 'from_ns' | 'width_ns' | 'slices'>, time_ns: number): number =>
  Math.max(0, Math.min(a.slices - 1, Math.floor((time_ns - a.from_ns) / a.width_ns)));
export const sliceStart = (a: Pick<ChartsAnswer, 'from_ns' | 'width_ns'>, slice: number): number => a.from_ns + slice * a.width_ns;

const UNIT_NAMES: Readonly<Record<Unit, string>> = {
  bps: 'bit/s', bytes: 'bytes', count: 'count', cycles: 'cycles/byte', ratio: 'bytes/byte', ns: 'ns', cores: 'cores', rate: '1/s',
};

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
/** A chart as CSV: a row a slice, times in ns, values in plain units. */
export function csvOf(answer: ChartsAnswer, chart: Chart): string {
  const head = ['time_ns', ...chart.series.map((s) => `${s.name} (${UNIT_NAMES[chart.unit]})`)].map(quoted).join(',');
  const rows = Array.from({ length: answer.slices }, (_, i) => {
    const values = chart.series.map(({ values: v }) => (Number.isNaN(v[i]) ? '' : String(Number((v[i] as number).toPrecision(9)))));
    return [Math.round(sliceStart(answer, i)), ...values].join(',');
  });
  return `${[head, ...rows].join('\n')}\n`;
}
