/** What the lines of a lesson look at, as plain data. Only what they name is looked up: a result needs the whole run. */
import { CONTEXTS } from '../../schema/costs.ts';
import { EVENTS } from '../../schema/events.ts';
import { FINDING_NAMES } from '../../schema/finding_names.ts';
import { HOSTS } from '../../schema/scenario.ts';
import {
  areaPlaces, type Counts, type Engine, eventOf, NO_BUFFER, PLACES, readSockets, type RunResult, type Scenario, wordsOf, zcrxAreas,
  zcrxInstances,
} from '../../host/index.ts';
import type { Lab } from '../lab.ts';
import type { Moment } from '../moment.ts';
import type { Recording } from '../recording.ts';
import { findingsIn } from '../findings.ts';
import { COST_NAMES } from './names.ts';

const LISTEN = 10;
const F_BUFFER = 1;
const F_MORE = 2;
const F_NOTIF = 8;

/** What somebody who does a lesson has done, beside the place of the playhead. */
export interface Deed {
  readonly selected: string | undefined;
  /** A number, or which choice, from 0 on. */
  readonly answer: number | undefined;
}

export type Facts = Readonly<Record<string, unknown>>;

/** Undefined: more has to be recorded first. */
export function factsOf(moment: Moment, lab: Lab, deed: Deed, roots: ReadonlySet<string>): Facts | undefined {
  const { recording } = moment;
  const base = lab.branch(0).recording;
  const facts: Record<string, unknown> = {};
  for (const root of roots) {
    const of = root.startsWith('base') ? base : recording;
    if (['result', 'base', 'cost', 'base_cost', 'doctor'].includes(root) && !of.done) return undefined;
    const value = lookUp(root, of, moment, deed);
    if (value !== undefined) facts[root] = value;
  }
  return facts;
}

function lookUp(root: string, of: Recording, moment: Moment, deed: Deed): unknown {
  switch (root) {
    case 'result': case 'base': return of.result();
    case 'cost': case 'base_cost': return costs(of);
    case 'doctor': return findings(of);
    case 'now': return now(moment);
    case 'knob': return knobs(moment.recording.scenario);
    case 'selected': return deed.selected === undefined ? undefined : selection(moment.recording, deed.selected);
    case 'answer': return deed.answer;
    default: return undefined;
  }
}

/** How often each event is among some records. */
function eventCounts(recording: Recording, from: number, to: number, fits: (record: number) => boolean = () => true): Counts {
  const counts = new Uint32Array(EVENTS.length + 1);
  for (let i = from; i < to; i++) if (fits(i)) counts[recording.trace.kind(i)] = (counts[recording.trace.kind(i)] ?? 0) + 1;
  return Object.fromEntries(EVENTS.map((e, n) => [e.name, counts[n + 1] as number]));
}

function now(moment: Moment): Facts {
  const { recording, step, records } = moment;
  const engine = moment.engine();
  const before = step > 0 ? recording.steps.records(step - 1) : 0;
  const hosts = HOSTS.map((name, host) => [name, {
    area: areas(engine, host), socks: readSockets(engine).filter((s) => s.host === host && s.state !== LISTEN),
    so_far: eventCounts(recording, 0, records, (i) => recording.trace.host(i) === host),
  }]);
  return { step, time_ns: moment.time_ns, events: eventCounts(recording, before, records), ...Object.fromEntries(hosts) };
}

/** Buffers of all areas of a host by place. */
function areas(engine: Engine, host: number): Counts {
  const all = zcrxInstances(engine, host).flatMap((i) => zcrxAreas(engine, i)).map((a): Counts => areaPlaces(engine, a) ?? {});
  return Object.fromEntries(PLACES.map((place) => [place, all.reduce((sum, a) => sum + (a[place] ?? 0), 0)]));
}

function knobs({ run, hosts }: Scenario): Facts {
  const tree = (values: Readonly<Record<string, number>>) => {
    const out: Record<string, Record<string, number>> = {};
    for (const [path, value] of Object.entries(values)) {
      const [section = '', name = ''] = path.split('.');
      out[section] = { ...out[section], [name]: value };
    }
    return out;
  };
  return { run: tree(run)['run'] ?? {}, client: tree(hosts[0].values), server: tree(hosts[1].values) };
}

function recordFacts(recording: Recording, record: number): Facts {
  const r = recording.trace.record(record);
  const words = wordsOf(r);
  const flags = words['flags'] ?? 0;
  const event = eventOf(r);
  return {
    ...words, ...(words['res'] === undefined ? {} : { res: words['res'] | 0 }),
    event: event.name, stage: event.stage, host: HOSTS[r.host], core: r.core, context: CONTEXTS[r.context], time_ns: r.time_ns,
    pkt: r.pkt_id,
    buf: r.niov_idx === NO_BUFFER ? -1 : r.niov_idx,
    more: (flags & F_MORE) !== 0, notif: (flags & F_NOTIF) !== 0, buffer: (flags & F_BUFFER) !== 0,
  };
}

/** What is selected; `seen` says which events it meets with in the whole of what is recorded. */
function selection(recording: Recording, id: string): Facts {
  const [kind = '', ...rest] = id.split(':');
  const numbers = rest.map(Number);
  const { trace } = recording;
  const [first = -1, second = -1] = numbers;
  const seen = (fits: (i: number) => boolean) => eventCounts(recording, 0, trace.length, fits);
  if (kind === 'packet') return { kind, id: first, seen: seen((i) => trace.pktId(i) === first) };
  if (kind === 'buffer')
    return { kind, id: second, host: HOSTS[first], seen: seen((i) => trace.niovIdx(i) === second && trace.host(i) === first) };
  const record = first;
  const known = ['cqe', 'request', 'record'].includes(kind) && record >= 0 && record < trace.length;
  return { kind, id: first, ...(known ? recordFacts(recording, record) : {}), seen: seen((i) => known && i === record) };
}

function costs(recording: Recording): Facts | undefined {
  const result = recording.result();
  if (!result) return undefined;
  const bytes = result.streams.reduce((sum, s) => sum + s.bytes, 0);
  const of = (charges: RunResult['server']['charges']): Counts => {
    const sums: Counts = Object.fromEntries(COST_NAMES.map((n) => [n, 0]));
    for (const { account, cycles } of charges) {
      sums[account] = (sums[account] ?? 0) + cycles;
      sums['cycles'] = (sums['cycles'] ?? 0) + cycles;
    }
    return { ...sums, cycles_per_byte: bytes === 0 ? 0 : (sums['cycles'] ?? 0) / bytes };
  };
  const first = Math.min(...result.streams.map((s) => s.startNs));
  const last = Math.max(...result.streams.map((s) => s.endNs));
  return {
    client: of(result.client.charges), server: of(result.server.charges), goodput_bps: last > first ? (bytes * 8e9) / (last - first) : 0,
  };
}

/** How many findings the doctor has, and whether each of the possible ones is among them. */
function findings(recording: Recording): Counts | undefined {
  const all = findingsIn(recording);
  if (!all) return undefined;
  const counts: Counts = Object.fromEntries(FINDING_NAMES.map((name) => [name, all.filter((f) => f.name === name).length]));
  counts['findings'] = all.length;
  counts['errors'] = all.filter((f) => f.severity === 'error').length;
  return counts;
}

