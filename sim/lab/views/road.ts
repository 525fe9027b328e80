/**
 * The road at an instant: what moves and where it is, the levels of queues and rings, what was lost. Things that move are placed by
 * virtual time; levels are those of the moment, which may be some charged microseconds ahead of it.
 */
import { DROPS, HOSTS, roleOf } from '../../host/index.ts';
import type { Moment } from '../moment.ts';
import { dropsBefore, GAUGES, type Gauge, wantsArea } from './road/gauges.ts';
import { type RoadIndex, roadIndexOf } from './road/index.ts';
import { moverId, placeCode, placeOfCode } from './road/places.ts';
import type { Stay } from './road/stays.ts';

export interface RoadParams {
  /** Where the playhead stands: the time of the step, or later. */
  readonly time_ns: number;
  /** How long a thing is seen going from one place to the next one, at most. */
  readonly move_ns: number;
  /** Things that wait at one place and are told one by one; the rest is a number. */
  readonly most: number;
  /** What is followed is told in any case. */
  readonly selected?: string;
}

/** Columns, one row a thing. */
export interface Movers {
  readonly length: number;
  readonly kind: Uint8Array;
  /** Of the half that something is in: on the wire the host that sent it. */
  readonly host: Uint8Array;
  readonly id: Uint32Array;
  readonly came: Uint8Array;
  readonly at: Uint8Array;
  /** How far on the way between the two, 0 to 1; on the wire, where its head is. */
  readonly way: Float32Array;
  readonly bytes: Uint32Array;
  /** Its place among those that wait with it; what moves has 65535. */
  readonly nth: Uint16Array;
}
export const MOVES = 65535;

export interface RoadDrop {
  readonly id: string;
  readonly at: number;
  readonly reason: string;
  readonly about: string;
  readonly age_ns: number;
}
export interface DropCount {
  readonly at: number;
  readonly reason: string;
  readonly about: string;
  readonly count: number;
  readonly last_record: number;
}

export interface RoadHost {
  readonly name: string;
  readonly role: string;
  /** There is an area, or there will be one; and whether it is there. */
  readonly has_area: boolean;
  readonly area_open: boolean;
  /** Its application is one of the core's: the trace tells what that takes from the CQ and puts into the refill ring. */
  readonly built_in: boolean;
  readonly gauges: Readonly<Record<Gauge, number>>;
  /** Sizes that levels are to be read against; 0: unknown. */
  readonly sizes: { readonly cq: number; readonly rq: number; readonly area: number; readonly rx_ring: number };
  readonly wire: { readonly rate_bps: number; readonly delay_ns: number };
  /** What happened last at each stage, and how long ago; undefined where nothing did. */
  readonly last: readonly ({ readonly record: number; readonly text: string; readonly age_ns: number } | undefined)[];
}

export interface RoadFrame {
  readonly time_ns: number;
  readonly step: number;
  readonly movers: Movers;
  /** Waiting at each place: how many, and their bytes. */
  readonly waiting: readonly { readonly at: number; readonly count: number; readonly bytes: number }[];
  readonly on_wire: readonly [number, number];
  readonly hosts: readonly RoadHost[];
  /** Those that are still seen falling. */
  readonly drops: readonly RoadDrop[];
  readonly lost: readonly DropCount[];
}

const FALL_NS = 60_000;
const FALLS_MAX = 24;
const WIRE = 1;
const LINKS = HOSTS.map((_, host) => placeCode(host, false, WIRE));

interface Placed {
  readonly stay: Stay;
  way: number;
  nth: number;
}

/** How far along the link the head of a frame is; below 0: it waits for those before it. */
function wireWay(stay: Stay, p: RoadParams, moment: Moment): number {
  const knobs = moment.recording.scenario.hosts[placeOfCode(stay.at).host]?.values;
  const bits_ns = (stay.bytes * 8e9) / (knobs?.['wire.rate_bps'] ?? 1);
  const flight_ns = bits_ns + (knobs?.['wire.delay_ns'] ?? 0);
  const left_ns = stay.to_ns === Infinity ? stay.from_ns + flight_ns : Math.max(stay.from_ns, stay.to_ns - flight_ns);
  const whole_ns = stay.to_ns === Infinity ? flight_ns : Math.max(1, stay.to_ns - left_ns);
  return (p.time_ns - left_ns) / Math.max(1, whole_ns);
}

function place(stay: Stay, p: RoadParams, moment: Moment): Placed | undefined {
  if (stay.from_record >= moment.records || stay.from_ns > p.time_ns) return undefined;
  const arriving = stay.to_record === stay.from_record;
  if (arriving && p.time_ns > stay.from_ns + p.move_ns) return undefined;
  if (!arriving && stay.to_ns <= p.time_ns && stay.to_record < moment.records) return undefined;
  if (stay.at === LINKS[0] || stay.at === LINKS[1]) {
    const way = wireWay(stay, p, moment);
    return { stay, way: Math.min(1, way), nth: way < 0 ? 0 : MOVES };
  }
  const room_ns = Math.min(p.move_ns, Math.max(1, stay.to_ns - stay.from_ns));
  const way = stay.came === stay.at ? 1 : (p.time_ns - stay.from_ns) / room_ns;
  return { stay, way: Math.min(1, way), nth: way >= 1 ? 0 : MOVES };
}

function placedNow(index: RoadIndex, moment: Moment, p: RoadParams): Placed[] {
  const found: Placed[] = [];
  const see = (stay: Stay) => {
    const placed = place(stay, p, moment);
    if (placed) found.push(placed);
  };
  index.ways.stays.visit(p.time_ns, see);
  for (const open of index.ways.open) for (const stay of open.values()) if (stay.from_ns <= p.time_ns) see(stay);
  // In an order of their own, whichever way they were found.
  return found.sort((a, b) => a.stay.from_record - b.stay.from_record || a.stay.kind - b.stay.kind || a.stay.id - b.stay.id);
}

const idOf = ({ kind, at, id }: Stay): string => moverId(kind, placeOfCode(at).host, id);

/** Queues: those that came first stand first; the rest of a long one is only counted. */
function standInLine(placed: readonly Placed[], p: RoadParams) {
  const lines = new Map<number, Placed[]>();
  for (const one of placed) {
    if (one.nth === MOVES) continue;
    const line = lines.get(one.stay.at);
    if (line) line.push(one);
    else lines.set(one.stay.at, [one]);
  }
  const waiting = [...lines].map(([at, line]) => ({ at, count: line.length, bytes: line.reduce((sum, one) => sum + one.stay.bytes, 0) }));
  for (const line of lines.values()) {
    line.sort((a, b) => a.stay.from_ns - b.stay.from_ns || a.stay.from_record - b.stay.from_record);
    line.forEach((one, n) => {
      one.nth = n;
    });
  }
  const told = placed.filter((one) => one.nth === MOVES || one.nth < p.most || (p.selected !== undefined && idOf(one.stay) === p.selected));
  return { waiting: waiting.sort((a, b) => a.at - b.at), told };
}

function columnsOf(told: readonly Placed[]): Movers {
  const n = told.length;
  const movers = {
    length: n, kind: new Uint8Array(n), host: new Uint8Array(n), id: new Uint32Array(n), came: new Uint8Array(n), at: new Uint8Array(n),
    way: new Float32Array(n), bytes: new Uint32Array(n), nth: new Uint16Array(n),
  };
  told.forEach(({ stay, way, nth }, i) => {
    movers.kind[i] = stay.kind;
    movers.host[i] = stay.at >> 5;
    movers.id[i] = stay.id;
    movers.came[i] = stay.came;
    movers.at[i] = stay.at;
    movers.way[i] = way;
    movers.bytes[i] = stay.bytes;
    movers.nth[i] = nth;
  });
  return movers;
}

const wordsOf = (reason: number): readonly [string, string] => DROPS[reason] ?? ['NOT_SPECIFIED', 'no reason given'];

function lostBefore({ gauges }: RoadIndex, records: number, time_ns: number): Pick<RoadFrame, 'drops' | 'lost'> {
  const before = dropsBefore(gauges.drops, records);
  const drops = gauges.drops.slice(Math.max(0, before - FALLS_MAX), before).flatMap((row): RoadDrop[] => {
    const age_ns = time_ns - row.time_ns;
    if (age_ns < 0 || age_ns >= FALL_NS) return [];
    const [reason, about] = wordsOf(row.reason);
    return [{ id: row.pkt_id ? `packet:${row.pkt_id}` : `record:${row.record}`, at: row.at, reason, about, age_ns }];
  });
  const lost = [...gauges.dropped_by.values()].flatMap(({ at, reason: n, count: level }): DropCount[] => {
    const count = level.at(records);
    const [reason, about] = wordsOf(n);
    return count === 0 ? [] : [{ at, reason, about, count, last_record: level.lastRecord(records) }];
  });
  return { drops, lost };
}

function hostNow(index: RoadIndex, { recording, records }: Moment, host: number, time_ns: number): RoadHost {
  const { levels, last, drains } = index.gauges.hosts[host] as (typeof index.gauges.hosts)[number];
  const { scenario, trace } = recording;
  const knob = scenario.hosts[host]?.values as NonNullable<(typeof scenario.hosts)[number]>['values'];
  const gauges = Object.fromEntries(GAUGES.map((g) => [g, levels[g].at(records)])) as Record<Gauge, number>;
  const touched = levels.live.lastRecord(records) >= 0 || levels.cached.lastRecord(records) >= 0;
  const area_open = touched || levels.on_loan.lastRecord(records) >= 0;
  const has_area = area_open || wantsArea(scenario, host);
  const role = roleOf(scenario, host);
  const built_in = role !== 'script' && role !== 'none';
  // Who registers it by a program of its own chooses its size.
  const area = area_open && built_in ? Math.floor(knob['refill.area_bytes'] / knob['refill.rx_buf_len']) : 0;
  return {
    name: HOSTS[host] as string, role, has_area, area_open, built_in,
    gauges: { ...gauges, free: area > 0 ? Math.max(0, area + gauges.free) : 0 },
    sizes: { cq: drains ? knob['ring.cq_entries'] : 0, rq: knob['refill.rq_entries'], area, rx_ring: knob['nic.rx_ring'] },
    wire: { rate_bps: knob['wire.rate_bps'], delay_ns: knob['wire.delay_ns'] },
    last: last.map((level) => {
      const record = level.lastRecord(records);
      return record < 0 ? undefined : { record, text: index.sentence(record, trace), age_ns: time_ns - trace.timeNs(record) };
    }),
  };
}

export function road(moment: Moment, p: RoadParams): RoadFrame {
  const index = roadIndexOf(moment.recording, moment.records);
  const { waiting, told } = standInLine(placedNow(index, moment, p), p);
  const onWire = (host: number) => told.filter((one) => one.nth === MOVES && one.stay.at === LINKS[host]).length;
  return {
    time_ns: p.time_ns, step: moment.step, movers: columnsOf(told), waiting, on_wire: [onWire(0), onWire(1)],
    hosts: HOSTS.map((_, host) => hostNow(index, moment, host, p.time_ns)),
    ...lostBefore(index, moment.records, p.time_ns),
  };
}
