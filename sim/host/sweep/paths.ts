/** What a scenario came to on its paths, in words. */
import type { CellRecord } from './cell.ts';
import { METRICS, type CellMeasurement } from './metrics.ts';
import type { Direction, PlannedPath, WayName } from './paths_plan.ts';

export interface PathResult {
  readonly path: string;
  readonly direction: Direction;
  readonly way: WayName;
  readonly host: string;
  readonly about: string;
  readonly linux: string;
  readonly outcome: 'measured' | 'refused' | 'failed';
  readonly problem?: string;
  readonly own: boolean;
  readonly complete?: boolean;
  readonly measurement?: CellMeasurement;
  /** Against the first path of its direction, in words. */
  readonly differs: string;
  readonly command: string;
}

export function pathResults(planned: readonly PlannedPath[], records: ReadonlyMap<string, CellRecord>,
  commandOf: (sets: readonly string[]) => string): PathResult[] {
  const measured = (p: PlannedPath) => {
    const record = p.key === undefined ? undefined : records.get(p.key);
    return record?.outcome === 'measured' ? record : undefined;
  };
  return planned.map((p): PathResult => {
    const { name, direction, about, linux } = p.path;
    const own = { path: name, direction, way: p.way, host: p.host, about, linux, own: p.own, command: commandOf(p.sets) };
    if (p.key === undefined) return { ...own, outcome: 'refused', problem: p.problem ?? '', differs: '' };
    const record = measured(p);
    if (!record) {
      const failed = records.get(p.key);
      return { ...own, outcome: 'failed', problem: failed?.outcome === 'failed' ? failed.problem : 'nobody computed it', differs: '' };
    }
    const first = planned.find((q) => q.path.direction === direction && q.host === p.host && q.way === p.way && measured(q));
    const other = first && first !== p ? measured(first) : undefined;
    const differs = other && first ? differenceText(p.host, direction, record.measurement, other.measurement, first.path.name) : '';
    return { ...own, outcome: 'measured', complete: record.complete, measurement: record.measurement, differs };
  });
}

const numberOf = (m: CellMeasurement, name: string): number => Number(METRICS.find((metric) => metric.name === name)?.of(m) ?? 0);

/** A change that is worth a word. */
const NOTABLE = 0.02;
/** As one in copies per byte: a few bytes are copied where most are not. */
const COPIES = 0.05;

function differenceText(host: string, direction: string, now: CellMeasurement, then: CellMeasurement, first: string): string {
  const change = (name: string, words: readonly [more: string, less: string]): string[] => {
    const [a, b] = [numberOf(now, name), numberOf(then, name)];
    if (a === b || Math.abs(a - b) < NOTABLE * Math.max(Math.abs(a), Math.abs(b))) return [];
    if (b === 0) return [`${words[0]}, where ${first} has none`];
    const factor = a / b;
    return [`${Math.abs(100 * (factor - 1)).toFixed(0)} % ${words[factor > 1 ? 0 : 1]}`];
  };
  const [copied, before] = [numberOf(now, `${host}.copied_per_byte`), numberOf(then, `${host}.copied_per_byte`)];
  const copies = copied < 0.01 && before >= 0.01 ? ['no copies'] : copied > before + COPIES ? [`copies ${copied.toFixed(2)} bytes a byte`]
    : copied < before - COPIES ? [`copies only ${copied.toFixed(2)} bytes a byte`] : [];
  const words = [
    ...copies,
    ...change(`${host}.cycles_per_byte`, ['more cycles', 'fewer cycles']),
    ...change(`${host}.dram_bytes_per_byte`, ['more DRAM traffic', 'less DRAM traffic']),
    ...change('throughput_bps', ['more throughput', 'less throughput']),
    ...(direction === 'tx' ? [] : change('latency_ns.p99', ['more latency (p99)', 'less latency (p99)'])),
    ...(now.bottleneck === then.bottleneck ? [] : [`limited by ${now.bottleneck}, not ${then.bottleneck}`]),
  ];
  return words.length === 0 ? `as ${first}` : words.join(', ');
}
