/** One scenario on every path: which host each concerns, what is changed there, and what came of it in words. */
import { type Path, PATHS } from '../../schema/paths.ts';
import { HOSTS } from '../../schema/scenario.ts';
import { InputError } from '../input_error.ts';
import { roleOf } from '../result.ts';
import { type HostKnob, type HostSetup, type LoadOptions, loadScenario, type Scenario } from '../scenario.ts';
import { formatQuantity, parseQuantity } from '../scenario_units.ts';
import { cellKey, type CellRecord } from './cell.ts';
import { METRICS, type CellMeasurement } from './metrics.ts';

export type Direction = Path['direction'];
export interface PlannedPath {
  readonly path: Path;
  readonly host: (typeof HOSTS)[number];
  /** For --set. */
  readonly sets: readonly string[];
  readonly key: string | undefined;
  /** Why the scenario cannot take this path. */
  readonly problem?: string;
  /** It is the path that the scenario has anyway. */
  readonly own: boolean;
}

/** Which application has paths to choose from. */
const ROLE = { rx: 'sink', tx: 'source' } as const;

/** Every path of the directions for this scenario. Refuses a scenario that has no application with paths to choose from. */
export function planPaths(text: string, file: string, base: NonNullable<LoadOptions['sets']>, directions: readonly Direction[],
  core: string): PlannedPath[] {
  const plain = loadScenario(text, file, { sets: base });
  const there = directions.flatMap((direction) => HOSTS.map((host, i) => ({ direction, host, i })))
    .filter(({ direction, i }) => roleOf(plain, i) === ROLE[direction]);
  if (there.length === 0) {
    const roles = HOSTS.map((host, i) => `the ${host}'s is ${roleOf(plain, i)}`).join(', ');
    const wanted = directions.map((d) => `${d === 'rx' ? 'app.role: sink to receive' : 'app.role: source to send'}`).join(' or ');
    throw new InputError(`${plain.file}: compare-paths: no application has paths to choose from: ${roles}; it takes ${wanted}.`);
  }
  return there.flatMap(({ direction, host, i }) => PATHS.filter((p) => p.direction === direction).map((path): PlannedPath => {
    const sets = setsOfPath(path, host, plain.hosts[i as 0 | 1]);
    try {
      const scenario = loadScenario(text, file, { sets: [...base, ...sets] });
      const value = (s: Scenario, knob: string) => s.hosts[i as 0 | 1].values[knob as HostKnob];
      const same = (knob: string) => value(scenario, knob) === value(plain, knob);
      return { path, host, sets, key: cellKey(core, scenario), own: Object.keys(path.knobs).every(same) };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { path, host, sets, key: undefined, problem: error.message.replaceAll('\n', '; '), own: false };
    }
  }));
}

/** Buffers of an area for each descriptor of its queue, at least. */
const SPARE = 2;

/** The path's knobs, and what zero-copy receive needs beside them: the flow in its queue, split headers, an area larger than the ring. */
function setsOfPath(path: Path, host: string, { values, rules, ports }: HostSetup): string[] {
  const sets = Object.entries(path.knobs).map(([knob, value]) => `${host}.${knob}=${value}`);
  if (path.direction === 'tx') return sets;
  // Steered alike on all paths, so that nothing but the path differs.
  const queue = values['refill.queue'] || (values['nic.rx_queues'] > 1 ? 1 : 0);
  if (rules.length === 0 && queue > 0) {
    const list = ports.map((port) => `{dst_port: ${port}, queue: ${queue}}`).join(', ');
    sets.push(`${host}.nic.rules=[${list}]`, `${host}.nic.rss_equal=1`, `${host}.refill.queue=${queue}`);
  }
  if (path.knobs['app.receive'] !== 'zc') return sets;
  const need = SPARE * values['nic.rx_ring'] * (parseQuantity(path.knobs['refill.rx_buf_len'] ?? '', 'bytes') ?? 0);
  if (values['refill.area_bytes'] < need) sets.push(`${host}.refill.area_bytes=${formatQuantity(need, 'bytes')}`);
  if (values['nic.header_split'] === 0) sets.push(`${host}.nic.header_split=on`);
  return sets;
}

export interface PathResult {
  readonly path: string;
  readonly direction: Direction;
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
    const own = { path: name, direction, host: p.host, about, linux, own: p.own, command: commandOf(p.sets) };
    if (p.key === undefined) return { ...own, outcome: 'refused', problem: p.problem ?? '', differs: '' };
    const record = measured(p);
    if (!record) {
      const failed = records.get(p.key);
      return { ...own, outcome: 'failed', problem: failed?.outcome === 'failed' ? failed.problem : 'nobody computed it', differs: '' };
    }
    const first = planned.find((q) => q.path.direction === direction && q.host === p.host && measured(q));
    const other = first && first !== p ? measured(first) : undefined;
    const differs = other && first ? differenceText(p.host, record.measurement, other.measurement, first.path.name) : '';
    return { ...own, outcome: 'measured', complete: record.complete, measurement: record.measurement, differs };
  });
}

const numberOf = (m: CellMeasurement, name: string): number => Number(METRICS.find((metric) => metric.name === name)?.of(m) ?? 0);

/** A change that is worth a word. */
const NOTABLE = 0.02;

function differenceText(host: string, now: CellMeasurement, then: CellMeasurement, first: string): string {
  const change = (name: string, words: readonly [more: string, less: string]): string[] => {
    const [a, b] = [numberOf(now, name), numberOf(then, name)];
    if (a === b || Math.abs(a - b) < NOTABLE * Math.max(Math.abs(a), Math.abs(b))) return [];
    if (b === 0) return [`${words[0]}, where ${first} has none`];
    const factor = a / b;
    return [`${Math.abs(100 * (factor - 1)).toFixed(0)} % ${words[factor > 1 ? 0 : 1]}`];
  };
  const [copied, before] = [numberOf(now, `${host}.copied_per_byte`), numberOf(then, `${host}.copied_per_byte`)];
  const copies = copied < 0.01 && before >= 0.01 ? ['no copies'] : copied > before + 0.05 ? [`copies ${copied.toFixed(2)} bytes a byte`]
    : copied < before - 0.05 ? [`copies only ${copied.toFixed(2)} bytes a byte`] : [];
  const words = [
    ...copies,
    ...change(`${host}.cycles_per_byte`, ['more cycles', 'fewer cycles']),
    ...change(`${host}.dram_bytes_per_byte`, ['more DRAM traffic', 'less DRAM traffic']),
    ...change('throughput_bps', ['more throughput', 'less throughput']),
    ...change('latency_ns.p99', ['more latency (p99)', 'less latency (p99)']),
    ...(now.bottleneck === then.bottleneck ? [] : [`limited by ${now.bottleneck}, not ${then.bottleneck}`]),
  ];
  return words.length === 0 ? `as ${first}` : words.join(', ');
}
