/** Rings, buffers and tables where the core has them. Layouts are the core's own (structs.gen.ts). */
import {
  APP, AREA, type Engine, GROUP, IFQ, NETMEM, NETMEM_FIELD_BYTES, NIC_ADDR, NIC_TABLES, NONE, OVERFLOW_CQE, POOL_ADDR,
  POOL_STATE, readField, readStruct, REQ, REQ_FIELD_BYTES, RING, RING_ADDR, RING_STATE, RX_QUEUE, SLAB, VIEW_APP, VIEW_AREA, VIEW_RING,
  VIEW_ZCRX_INSTANCE, zcrxAreas,
} from '../../host/index.ts';
import { LIMITS } from '../../schema/limits.ts';

const limit = (name: string): number => LIMITS.find((l) => l.name === name)?.value ?? 0;
export const RINGS_MAX = limit('RINGS_MAX');
export const IFQS_MAX = limit('IFQS_MAX');
export const QUEUES_MAX = limit('QUEUES_MAX');

const REQ_BYTES = (REQ_FIELD_BYTES + 7) & ~7;

type Values<P> = { -readonly [K in keyof P]: number };
export type RingMemory = Values<typeof RING>;
export type IfqMemory = Values<typeof IFQ>;
export type RxQueueMemory = Values<typeof RX_QUEUE>;
export type GroupMemory = Values<typeof GROUP>;
export type NetmemMemory = Values<typeof NETMEM>;
export type AppMemory = Values<typeof APP>;
export type OverflowMemory = Values<typeof OVERFLOW_CQE>;
export type AreaMemory = Values<typeof AREA>;

/** A ring by its number; undefined when nobody made it, or it is closed for good. */
export function ringOf(engine: Engine, n: number): RingMemory | undefined {
  const at = n < RINGS_MAX ? engine.core.view(VIEW_RING, n) : 0;
  if (at === 0) return undefined;
  const ring = readStruct(engine.view, at, RING);
  return ring.used === 0 ? undefined : ring;
}
export function ifqOf(engine: Engine, n: number): IfqMemory | undefined {
  const at = n < IFQS_MAX ? engine.core.view(VIEW_ZCRX_INSTANCE, n) : 0;
  return at === 0 ? undefined : readStruct(engine.view, at, IFQ);
}
/** The built-in application of a host; its ring memory is 0 while there is none. */
export function appOf(engine: Engine, host: number): AppMemory | undefined {
  const at = engine.core.view(VIEW_APP, host);
  return at === 0 ? undefined : readStruct(engine.view, at, APP);
}

/** Bytes of a RxQueue in its table: nic-model/2-nic/rx_ring.ts. */
const RX_QUEUE_BYTES = 144;
const TABLES = 0x800;

/** A receive queue of a host; undefined when it has no ring. */
export function rxQueueOf(engine: Engine, host: number, queue: number): RxQueueMemory | undefined {
  const base = readField(engine.view, NIC_ADDR + TABLES, NIC_TABLES.rx_queues);
  if (base === 0) return undefined;
  const q = readStruct(engine.view, base + (host * QUEUES_MAX + queue) * RX_QUEUE_BYTES, RX_QUEUE);
  return q.desc_base === 0 ? undefined : q;
}
/** The netmem_idx of a descriptor. */
export const descriptorOf = (engine: Engine, q: RxQueueMemory, counter: number): number =>
  engine.view.getUint32(q.desc_base + ((counter & q.mask) << 2), true);

export const netmemAddress = (engine: Engine, netmem_idx: number): number =>
  readField(engine.view, POOL_ADDR, POOL_STATE.netmem_base) + netmem_idx * NETMEM_FIELD_BYTES;
export function netmemOf(engine: Engine, netmem_idx: number): NetmemMemory | undefined {
  if (netmem_idx < 0 || netmem_idx >= readField(engine.view, POOL_ADDR, POOL_STATE.netmem_count)) return undefined;
  return readStruct(engine.view, netmemAddress(engine, netmem_idx), NETMEM);
}
export function areaOf(engine: Engine, n: number): AreaMemory | undefined {
  const at = engine.core.view(VIEW_AREA, n);
  return at === 0 ? undefined : readStruct(engine.view, at, AREA);
}

const slabOf = (engine: Engine, field: 'overflow' | 'groups') =>
  readStruct(engine.view, readField(engine.view, RING_ADDR, RING_STATE[field]), SLAB);

/** Groups of provided buffers of a ring. */
export function groupsOf(engine: Engine, ring: RingMemory): GroupMemory[] {
  const slab = slabOf(engine, 'groups');
  const found: GroupMemory[] = [];
  for (let i = ring.groups; i !== NONE && found.length < slab.capacity;) {
    const group = readStruct(engine.view, slab.base + i * slab.stride, GROUP);
    found.push(group);
    i = group.next;
  }
  return found;
}

/** The overflow list of a ring: its first `max` completions, and how long it is. */
export function overflowOf(engine: Engine, ring: RingMemory, max: number): { first: OverflowMemory[]; count: number } {
  const slab = slabOf(engine, 'overflow');
  const first: OverflowMemory[] = [];
  let count = 0;
  for (let i = ring.overflow_head; i !== NONE && count < slab.capacity; count++) {
    const at = slab.base + i * slab.stride;
    if (count < max) first.push(readStruct(engine.view, at, OVERFLOW_CQE));
    i = readField(engine.view, at, OVERFLOW_CQE.next);
  }
  return { first, count };
}


/** How many items wait on a list of task work, up to `max`. */
export function workLength(engine: Engine, head: number, max: number): number {
  const base = readField(engine.view, RING_ADDR, RING_STATE.reqs_base);
  let n = 0;
  for (let i = head; i !== NONE && n < max; n++) i = readField(engine.view, base + i * REQ_BYTES, REQ.tw_next);
  return n;
}
/** A request by its place in the table. */
export const requestOf = (engine: Engine, i: number): Values<typeof REQ> =>
  readStruct(engine.view, readField(engine.view, RING_ADDR, RING_STATE.reqs_base) + i * REQ_BYTES, REQ);

const AREA_SHIFT = 48n;
/** The buffer that an offset of a refill entry or a completion names: its netmem_idx; undefined when there is none. */
export function niovAt(engine: Engine, ifq: number, offset: bigint): number | undefined {
  const area_id = Number(offset >> AREA_SHIFT);
  const shift = ifqOf(engine, ifq)?.niov_shift ?? 12;
  for (const n of zcrxAreas(engine, ifq)) {
    const area = areaOf(engine, n);
    if (area?.area_id !== area_id) continue;
    const i = Number((offset & ((1n << AREA_SHIFT) - 1n)) >> BigInt(shift));
    return i < area.num_niovs ? area.first + i : undefined;
  }
  return undefined;
}
