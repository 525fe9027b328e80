/** Reads the core's tables where they lie: counters, pools, cores. Names and order come from sim/schema. */
import { COUNTERS, type Counter } from '../schema/counters.ts';
import { DROPS } from '../schema/drops.ts';
import { LIMITS } from '../schema/limits.ts';
import {
  VIEW_APP, VIEW_AREA, VIEW_AREA_PLACES, VIEW_DROPS, VIEW_MEMORY, VIEW_NIC, VIEW_NICQ, VIEW_POOL, VIEW_TCP_MIB, VIEW_UDP_MIB, VIEW_ZCRX,
  VIEW_ZCRX_INSTANCE,
} from './core_exports.ts';
import type { Engine } from './engine.ts';
import { readField, readStruct } from './struct_read.ts';
import { APP, AREA, IFQ, PAGE_POOL } from './structs.gen.ts';

export type Counts = Record<string, number>;

export const limitOf = (name: string): number => LIMITS.find((l) => l.name === name)?.value ?? 0;
const QUEUES_MAX = limitOf('QUEUES_MAX');
const POOLS_MAX = limitOf('POOLS_MAX');

const NAMES = new Map<Counter['group'], string[]>();
for (const c of COUNTERS) NAMES.set(c.group, [...(NAMES.get(c.group) ?? []), c.name]);

const u64 = (engine: Engine, at: number): number => Number(engine.view.getBigUint64(at, true));

function counters(engine: Engine, group: Counter['group'], what: number, arg: number): Counts | undefined {
  const at = engine.core.view(what, arg);
  if (at === 0) return undefined;
  return Object.fromEntries((NAMES.get(group) ?? []).map((name, i) => [name, u64(engine, at + i * 8)]));
}

export const nicCounters = (engine: Engine, host: number): Counts => counters(engine, 'nic', VIEW_NIC, host) ?? {};
export const tcpCounters = (engine: Engine, host: number): Counts => counters(engine, 'tcp', VIEW_TCP_MIB, host) ?? {};
export const udpCounters = (engine: Engine, host: number): Counts => counters(engine, 'udp', VIEW_UDP_MIB, host) ?? {};
export const queueCounters = (engine: Engine, host: number, queue: number): Counts =>
  counters(engine, 'nicq', VIEW_NICQ, host * QUEUES_MAX + queue) ?? {};
export const zcrxCounters = (engine: Engine, instance: number): Counts | undefined => counters(engine, 'zcrx', VIEW_ZCRX, instance);

/** Over the memory bus, by direction. */
const DRAM_READS = ['dma_read', 'copy_read', 'rfo', 'app_read', 'prefetch'];
const DRAM_WRITES = ['dma_write', 'writeback'];

/** What a host's memory bus moved, in bytes: read, written and in all, then by why; and what its caches had. */
export function memoryCounters(engine: Engine, host: number): Counts {
  const by = counters(engine, 'mem', VIEW_MEMORY, host) ?? {};
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + (by[name] ?? 0), 0);
  const [read, write] = [sum(DRAM_READS), sum(DRAM_WRITES)];
  return { total: read + write + (by['app_other'] ?? 0), read, write, ...by };
}

/** Drops of a host by reason; reasons that did not occur are left out. */
export function drops(engine: Engine, host: number): Counts {
  const base = engine.core.view(VIEW_DROPS, 0) + host * DROPS.length * 8;
  const out: Counts = {};
  DROPS.forEach(([name], i) => {
    const n = u64(engine, base + i * 8);
    if (n > 0) out[name] = n;
  });
  return out;
}

/** The page pools of a host, in the order of its queues. */
export function pools(engine: Engine, host: number): Counts[] {
  const out: Counts[] = [];
  for (let i = 0; i < POOLS_MAX; i++) {
    const at = engine.core.view(VIEW_POOL, i);
    if (at === 0) break;
    const p = readStruct(engine.view, at, PAGE_POOL);
    if (p.ring_size === 0) break;
    if (p.host !== host) continue;
    const {
      queue,
      provider,
      cache_count,
      ring_size,
      ring_head,
      ring_tail,
      inflight,
      alloc_fast,
      alloc_slow,
      alloc_refill,
      alloc_empty,
      ...recycled
    } = p;
    const { recycle_cached, recycle_ring, recycle_ring_full, released } = recycled;
    out.push({
      queue,
      provider,
      cache: cache_count,
      ring: (ring_tail - ring_head) >>> 0,
      ring_size,
      inflight,
      alloc_fast,
      alloc_slow,
      alloc_refill,
      alloc_empty,
      recycle_cached,
      recycle_ring,
      recycle_ring_full,
      released,
    });
  }
  return out;
}

/** The zcrx instances of a host, by number. */
export function zcrxInstances(engine: Engine, host: number): number[] {
  const all = Array.from({ length: limitOf('IFQS_MAX') }, (_, i) => i);
  return all.filter((i) => {
    const at = engine.core.view(VIEW_ZCRX_INSTANCE, i);
    return at !== 0 && readField(engine.view, at, IFQ.host) === host;
  });
}

/** The areas of an instance, by number. */
export function zcrxAreas(engine: Engine, instance: number): number[] {
  const all = Array.from({ length: limitOf('AREAS_MAX') }, (_, i) => i);
  return all.filter((i) => {
    const at = engine.core.view(VIEW_AREA, i);
    return at !== 0 && readField(engine.view, at, AREA.ifq) === instance;
  });
}

/** What a host's built-in application could not have: an errno, or 0. */
export function applicationErrno(engine: Engine, host: number): number {
  const at = engine.core.view(VIEW_APP, host);
  return at === 0 ? 0 : -readField(engine.view, at, APP.error);
}

/** Buffers of an area by place; undefined when there is no such area. */
export function areaPlaces(engine: Engine, area: number): Counts | undefined {
  const at = engine.core.view(VIEW_AREA_PLACES, area);
  if (at === 0) return undefined;
  const word = (n: number) => engine.view.getUint32(at + n * 4, true);
  return { free: word(0), cache: word(1), posted: word(2), live: word(3) };
}
