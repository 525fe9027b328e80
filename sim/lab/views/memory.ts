/**
 * Every buffer of an area: where it is, who holds it, for how long it is lent. States are read from the netmem table as it is at the
 * moment; the sum of them is held against the ledger's own counts.
 */
import {
  AREA, type Engine, HOSTS, IFQ, limitOf, NETMEM, NETMEM_FIELD_BYTES, narrate, POOL_ADDR, POOL_STATE, readField, readStruct, VIEW_AREA,
  VIEW_AREA_PLACES, VIEW_ZCRX_INSTANCE, zcrxCounters,
} from '../../host/index.ts';
import type { Moment } from '../moment.ts';
import { before, type BufferIndex, bufferIndexOf } from './memory/index.ts';
import { ageClass, AGES, BUFFER_STATES, stateOf } from './memory/states.ts';

export interface MemoryParams {
  /** Which of the areas, in the order in which they are listed. */
  readonly area: number;
  /** Ages of loans too. */
  readonly ages: boolean;
}

export interface AreaInfo {
  readonly host: number;
  readonly name: string;
  readonly buffers: number;
  readonly buffer_bytes: number;
  /** The number of its first buffer. */
  readonly first: number;
}
export interface Trouble {
  readonly record: number;
  readonly time_ns: number;
  readonly text: string;
}

export interface MemoryFrame {
  readonly areas: readonly AreaInfo[];
  readonly shown: number;
  readonly time_ns: number;
  /** A number of BUFFER_STATES for each buffer, and of AGES. */
  readonly states: Uint8Array;
  readonly ages: Uint8Array;
  /** By BUFFER_STATES; by AGES. */
  readonly counts: readonly number[];
  readonly age_counts: readonly number[];
  /** The oldest loan. */
  readonly oldest: { readonly niov: number; readonly age_ns: number } | undefined;
  /** The ledger's own counts: free, cache, posted, live. */
  readonly ledger: readonly number[];
  /** What the cells say is what the ledger says, and nothing is illegal. */
  readonly holds: boolean;
  readonly zero_copy_bytes: number;
  readonly copied_bytes: number;
  /** Refill entries that were refused, the last ones, and how many in all. */
  readonly refused: readonly Trouble[];
  readonly refused_count: number;
  readonly pool_empty: number;
}

const NONE: MemoryFrame = {
  areas: [], shown: 0, time_ns: 0, states: new Uint8Array(), ages: new Uint8Array(), counts: BUFFER_STATES.map(() => 0),
  age_counts: AGES.map(() => 0), oldest: undefined, ledger: [0, 0, 0, 0], holds: true, zero_copy_bytes: 0, copied_bytes: 0, refused: [],
  refused_count: 0, pool_empty: 0,
};
const REFUSED_TOLD = 4;
const RQE_BYTES = 16;

interface Found {
  readonly area: number;
  readonly ifq: number;
  readonly area_id: number;
  readonly info: AreaInfo;
}

function areasOf(engine: Engine): Found[] {
  const found: Found[] = [];
  for (let area = 0; area < limitOf('AREAS_MAX'); area++) {
    const at = engine.core.view(VIEW_AREA, area);
    if (at === 0) continue;
    const { ifq, area_id, num_niovs, first } = readStruct(engine.view, at, AREA);
    const ifq_at = engine.core.view(VIEW_ZCRX_INSTANCE, ifq);
    if (ifq_at === 0) continue;
    const { host, niov_shift } = readStruct(engine.view, ifq_at, IFQ);
    const name = `${HOSTS[host]}, area ${found.filter((f) => f.info.host === host).length}`;
    found.push({ area, ifq, area_id, info: { host, name, buffers: num_niovs, buffer_bytes: 2 ** niov_shift, first } });
  }
  return found;
}

/** Buffers of an area that lie in the refill ring: what user space has put there and the kernel has not read. */
function givenBack(engine: Engine, { ifq, area_id, info }: Found): Uint8Array {
  const given = new Uint8Array(info.buffers);
  const q = readStruct(engine.view, engine.core.view(VIEW_ZCRX_INSTANCE, ifq), IFQ);
  if (q.rq_entries === 0 || q.rqes === 0) return given;
  const head = engine.view.getUint32(q.rq_head, true);
  const tail = engine.view.getUint32(q.rq_tail, true);
  const filled = Math.min((tail - head) >>> 0, q.rq_entries);
  for (let i = 0; i < filled; i++) {
    const at = q.rqes + (((head + i) >>> 0) & (q.rq_entries - 1)) * RQE_BYTES;
    // The area's token lies above the offset.
    const niov = engine.view.getUint32(at, true) >>> q.niov_shift;
    if (engine.view.getUint32(at + 4, true) >>> 16 === area_id && niov < info.buffers) given[niov] = 1;
  }
  return given;
}

function statesOf(engine: Engine, found: Found): Uint8Array {
  const { first, buffers } = found.info;
  const given = givenBack(engine, found);
  const { view } = engine;
  const base = readField(view, POOL_ADDR, POOL_STATE.netmem_base) + first * NETMEM_FIELD_BYTES;
  const states = new Uint8Array(buffers);
  for (let n = 0; n < buffers; n++) {
    const at = base + n * NETMEM_FIELD_BYTES;
    const place = view.getUint8(at + NETMEM.place.at);
    const user = view.getUint32(at + NETMEM.user_ref.at, true);
    states[n] = stateOf(place, view.getUint32(at + NETMEM.pp_ref.at, true), user, given[n] === 1);
  }
  return states;
}

function agesOf(index: BufferIndex, { first, buffers }: AreaInfo, records: number, now_ns: number) {
  const ages = new Uint8Array(buffers);
  let oldest: MemoryFrame['oldest'];
  for (let n = 0; n < buffers; n++) {
    const since = index.lentSince(first + n, records);
    if (since === undefined) continue;
    const age_ns = Math.max(0, now_ns - since);
    ages[n] = ageClass(age_ns);
    if (!oldest || age_ns > oldest.age_ns) oldest = { niov: first + n, age_ns };
  }
  return { ages, oldest };
}

function tally(values: Uint8Array, kinds: number): number[] {
  const counts = Array.from({ length: kinds }, () => 0);
  for (const v of values) counts[v] = (counts[v] ?? 0) + 1;
  return counts;
}

function refusals(index: BufferIndex, { recording, records }: Moment, host: number): Pick<MemoryFrame, 'refused' | 'refused_count'> {
  const n = before(index.refused, index.refused.length, records);
  const own = index.refused.slice(0, n).filter((r) => recording.trace.host(r) === host);
  const told = own.slice(-REFUSED_TOLD).map((record) => {
    const r = recording.trace.record(record);
    return { record, time_ns: r.time_ns, text: narrate(r) };
  });
  return { refused: told, refused_count: own.length };
}

export function memory(moment: Moment, { area, ages: wanted }: MemoryParams): MemoryFrame {
  const engine = moment.engine();
  const all = areasOf(engine);
  const shown = Math.min(Math.max(0, area), all.length - 1);
  const found = all[shown];
  if (!found) return { ...NONE, time_ns: moment.time_ns };
  const { info, ifq } = found;
  const index = bufferIndexOf(moment.recording, moment.records);
  const states = statesOf(engine, found);
  const counts = tally(states, BUFFER_STATES.length);
  const places = engine.core.view(VIEW_AREA_PLACES, found.area);
  const ledger = [0, 1, 2, 3].map((n) => engine.view.getUint32(places + 4 * n, true));
  const zcrx = zcrxCounters(engine, ifq) ?? {};
  const live = counts.slice(3).reduce((a, b) => a + b, 0);
  const aged = wanted ? agesOf(index, info, moment.records, moment.time_ns) : { ages: NONE.ages, oldest: undefined };
  return {
    areas: all.map((f) => f.info), shown, time_ns: moment.time_ns, states, counts, ...aged, age_counts: tally(aged.ages, AGES.length),
    ledger, holds: counts[7] === 0 && [counts[0], counts[1], counts[2], live].every((n, i) => n === ledger[i]),
    zero_copy_bytes: zcrx.zc_bytes ?? 0, copied_bytes: (zcrx.copy_linear_bytes ?? 0) + (zcrx.copy_page_bytes ?? 0),
    ...refusals(index, moment, info.host), pool_empty: index.empty[info.host]?.at(moment.records) ?? 0,
  };
}
