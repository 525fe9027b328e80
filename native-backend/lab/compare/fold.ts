/**
 * What of a trace is compared, by what its scenario says of it (sim/schema/comparing.ts): a trace becomes rows, each with the text
 * that has to be equal and the lines that it stands for.
 */
import type { Scenario, TraceLine } from '../../../sim/host/index.ts';

export type Comparing = Scenario['compare'];

export interface Row {
  /** What has to be equal, as it is shown. */
  readonly line: TraceLine;
  /** Equal rows have equal keys. */
  readonly key: string;
}

/** Lines that say who speaks, how fast, what a device counted, or a remark, and not what happened. */
const FRAME = new Set(['capture', 'caps', 'probe', 'speed', 'nic', 'remark']);

const sorted = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
};
/** Two writers may order keys as they like. */
const rowOf = (line: TraceLine): Row => ({ line, key: JSON.stringify(sorted(line)) });

const without = (line: TraceLine, ...keys: readonly string[]): TraceLine =>
  Object.fromEntries(Object.entries(line).filter(([k]) => !keys.includes(k))) as TraceLine;

export function foldTrace(lines: readonly TraceLine[], comparing: Comparing): Row[] {
  const own = lines.filter((l) => !FRAME.has(l.e));
  if (comparing === 'stream') return foldStream(own).map(rowOf);
  if (comparing === 'await') return sortAwaited(own).map(rowOf);
  return own.map(rowOf);
}

/** Completions of one drain behind an await, by ring and request; their numbers say in which order they came, so they go. */
function sortAwaited(lines: readonly TraceLine[]): TraceLine[] {
  const out: TraceLine[] = [];
  let awaited = false;
  for (let at = 0; at < lines.length;) {
    const line = lines[at] as TraceLine;
    let end = at + 1;
    while (line.e === 'cqe' && lines[end]?.e === 'cqe' && lines[end]?.i === line.i) end++;
    const some = lines.slice(at, end);
    if (line.e === 'await') awaited = true;
    if (line.e === 'cqe' && awaited) {
      out.push(...some.map((l) => without(l, 'seq')).sort((a, b) => Number(a.r) - Number(b.r) || Number(a.ud) - Number(b.ud)));
      awaited = false;
    } else out.push(...some);
    at = end;
  }
  return out;
}

/** What one request brought since the last label. */
interface Flow {
  readonly r: number;
  readonly ud: string;
  bytes: number;
  /** Flags that its data came with. */
  readonly flags: Set<string>;
  right: boolean;
  /** Completions that brought no data, or the last: each once in a row, for how often a request is armed again is a matter of cuts. */
  readonly ends: string[];
}

/** Steps whose results say how far things had come when they looked. */
const LOOKS = new Set(['drain', 'wait', 'get_events', 'peek', 'peek_batch', 'zcrx.flush', 'zcrx.push', 'submit_wait', 'enter']);
const flagsOf = (line: TraceLine): readonly string[] =>
  (line.fl as readonly string[]).map((f) => (f.startsWith('BUF:') ? 'BUF' : f)).filter((f) => f !== 'SOCK_NONEMPTY');

class Flows {
  private readonly flows = new Map<string, Flow>();

  add(line: TraceLine): void {
    const key = `${String(line.r).padStart(3)} ${String(line.ud).padStart(20)}`;
    const flow = this.flows.get(key) ?? { r: Number(line.r), ud: String(line.ud), bytes: 0, flags: new Set(), right: true, ends: [] };
    this.flows.set(key, flow);
    const flags = flagsOf(line);
    if (line.ok === false) flow.right = false;
    if (Number(line.res) > 0 && (line.off !== undefined || flags.includes('MORE'))) {
      flow.bytes += Number(line.res);
      for (const f of flags) flow.flags.add(f);
      if (flags.includes('MORE')) return;
    }
    const end = [line.err === undefined ? String(line.res) : `-${line.err}`, ...flags].join(' ');
    if (flow.ends.at(-1) !== end) flow.ends.push(end);
  }

  /** A line for each request; what follows is counted anew. */
  take(i: number): TraceLine[] {
    const lines = [...this.flows.keys()].sort().map((key): TraceLine => {
      const { r, ud, bytes, flags, right, ends } = this.flows.get(key) as Flow;
      return { i, e: 'flow', r, ud, bytes, fl: [...flags].sort(), right, ends };
    });
    this.flows.clear();
    return lines;
  }
}

/** Whether a ring is empty, in the place of its cursors. */
function settled(line: TraceLine): TraceLine {
  if (line.e === 'rq') return { ...without(line, 'head', 'tail'), empty: line.head === line.tail };
  const ring = (value: unknown) => {
    const { head, tail, ...rest } = value as Readonly<Record<string, number>>;
    return { ...rest, empty: head === tail };
  };
  return { ...line, sq: ring(line.sq), cq: ring(line.cq) } as TraceLine;
}

function foldStream(lines: readonly TraceLine[]): TraceLine[] {
  const flows = new Flows();
  const out: TraceLine[] = [];
  for (const line of lines) {
    if (line.e === 'cqe') flows.add(line);
    else if (line.e === 'label' || line.e === 'end') out.push(...flows.take(line.i), line);
    else if (line.e === 'rq' || line.e === 'rings') out.push(settled(line));
    else if (line.e === 'ret' && LOOKS.has(String(line.step))) {
      if (Number(line.ret) < 0) out.push(without(line, 'head', 'tail', 'cqe'));
    } else if (line.e !== 'await' && line.e !== 'stats') out.push(line);
  }
  return [...out, ...flows.take(lines.at(-1)?.i ?? 0)];
}
