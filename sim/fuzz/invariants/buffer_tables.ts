/**
 * Where buffers lie, as the containers themselves have it: free lists, caches and rings of page pools, receive rings, and fragments of
 * packets. Nothing is taken from the counts that the model keeps of them, nor from a buffer's own place.
 */
import {
  AREA, type Engine, FILE, FILE_ADDR, IFQ, limitOf, LINK, NETMEM, NIC_ADDR, NIC_TABLES, PAGE_POOL, POOL_ADDR, POOL_STATE, REFILL_ADDR,
  REFILL_STATE, RX_QUEUE, SKB, SLAB,
} from '../../host/index.ts';

// Sizes of rows: stack/3-pool/netmem.ts, page_pool.ts, skb.ts, nic-model/2-nic/rx_ring.ts and state.ts, uring-model/9-refill/state.ts.
const NETMEM_WORDS = 8;
const POOL_WORDS = 28;
const SKB_WORDS = 84;
const SKB_FRAGS = 32;
const FRAG_WORDS = 3;
const RX_QUEUE_WORDS = 36;
const AREA_WORDS = 12;
const AREAS_MAX = limitOf('AREAS_MAX');
const IFQ_BYTES = 152 + AREAS_MAX * 2;
const NIC_TABLES_ADDR = NIC_ADDR + 0x800;
const LINK_WORDS = 4;
const LINKS_MAX = limitOf('ZCRX_LINKS_MAX');
/** stack/file/table.ts */
const FILE_ZCRX = 10;
const QUEUES = limitOf('HOSTS_MAX') * limitOf('QUEUES_MAX');

const w = (field: { readonly at: number }): number => field.at >> 2;
/** The kind of a netmem entry that is a net_iov, in the word that begins with its pool. */
const KIND_NIOV = 2;

type Wrong = (text: string) => void;

/** An area that is in use. */
export interface AreaRow {
  readonly area: number;
  readonly ifq: number;
  readonly first: number;
  readonly count: number;
}

/** Tables of one world, at an address each that does not change; the contents are read when they are asked for. */
export class BufferTables {
  readonly words: Uint32Array;
  readonly netmems: number;
  /** How many containers have a buffer, and how many of them are descriptors of a receive ring. */
  readonly held: Uint8Array;
  readonly posted: Uint8Array;
  /** Fragments of packets that lie in a buffer. */
  readonly frags: Uint16Array;
  private readonly netmem_base: number;
  private readonly ifqs_base: number;
  private counted = false;
  private rows: readonly AreaRow[] | undefined;

  constructor(engine: Engine) {
    this.words = new Uint32Array(engine.bytes.buffer);
    this.netmems = this.pool(POOL_STATE.netmem_capacity);
    this.netmem_base = this.pool(POOL_STATE.netmem_base) >> 2;
    this.ifqs_base = this.at(REFILL_ADDR, REFILL_STATE.ifqs_base);
    this.held = new Uint8Array(this.netmems);
    this.posted = new Uint8Array(this.netmems);
    this.frags = new Uint16Array(this.netmems);
  }

  ppRef(niov: number): number {
    return this.words[this.netmem_base + niov * NETMEM_WORDS + w(NETMEM.pp_ref)] as number;
  }
  userRef(niov: number): number {
    return this.words[this.netmem_base + niov * NETMEM_WORDS + w(NETMEM.user_ref)] as number;
  }
  /** The first byte of a buffer. */
  address(niov: number): number {
    return this.words[this.netmem_base + niov * NETMEM_WORDS + w(NETMEM.addr)] as number;
  }
  isNiov(niov: number): boolean {
    return (this.words[this.netmem_base + niov * NETMEM_WORDS + w(NETMEM.pool)] as number) >>> 24 === KIND_NIOV;
  }

  areas(): readonly AreaRow[] {
    this.rows ??= this.readAreas();
    return this.rows;
  }
  private readAreas(): AreaRow[] {
    const base = this.at(REFILL_ADDR, REFILL_STATE.areas_base) >> 2;
    const rows: AreaRow[] = [];
    for (let area = 0; area < AREAS_MAX; area++) {
      const at = base + area * AREA_WORDS;
      if (this.words[at + w(AREA.used)] !== 1) continue;
      rows.push({
        area, ifq: this.words[at + w(AREA.ifq)] as number, first: this.words[at + w(AREA.first)] as number,
        count: this.words[at + w(AREA.num_niovs)] as number,
      });
    }
    return rows;
  }
  /** A field of a zcrx instance's row (IFQ). */
  ifqField(ifq: number, field: { readonly at: number }): number {
    return this.at(this.ifqs_base + ifq * IFQ_BYTES, field);
  }

  /** What each page pool counts of buffers that are out. */
  inflight(): number[] {
    const pools = this.pool(POOL_STATE.pools_base) >> 2;
    const count = this.pool(POOL_STATE.pool_count);
    const out: number[] = [];
    for (let p = 0; p < count; p++) out.push(this.words[pools + p * POOL_WORDS + w(PAGE_POOL.inflight)] as number);
    return out;
  }
  /** Instances by the links of rings: a ring has one that is not in use any more. */
  links(): number[] {
    const base = this.at(REFILL_ADDR, REFILL_STATE.links_base) >> 2;
    const ifqs: number[] = [];
    for (let i = 0; i < LINKS_MAX; i++) {
      if (this.words[base + i * LINK_WORDS + w(LINK.ring)] !== 0) ifqs.push(this.words[base + i * LINK_WORDS + w(LINK.ifq)] as number);
    }
    return ifqs;
  }
  /** Instances by the files that stand for one. */
  exported(): number[] {
    const slab = this.words[FILE_ADDR >> 2] as number;
    const first = this.at(slab, SLAB.base) >> 2;
    const stride = this.at(slab, SLAB.stride) >> 2;
    // Those behind were never used.
    const fresh = this.at(slab, SLAB.fresh);
    const ifqs: number[] = [];
    for (let i = 0; i < fresh; i++) {
      const file = first + i * stride;
      const zcrx = ((this.words[file] as number) & 0xff) === FILE_ZCRX;
      if (zcrx && this.words[file + w(FILE.refs)] !== 0) ifqs.push(this.words[file + w(FILE.obj)] as number);
    }
    return ifqs;
  }

  /** The run has gone on: what was counted holds no more. */
  forget(): void {
    this.counted = false;
    this.rows = undefined;
  }
  /** Looks into every container, once between two steps of the run. `wrong`: one has what it must not have. */
  count(wrong: Wrong): void {
    if (this.counted) return;
    this.counted = true;
    this.held.fill(0);
    this.posted.fill(0);
    this.frags.fill(0);
    this.countFreeLists(wrong);
    this.countPools(wrong);
    this.countReceiveRings(wrong);
    this.countPackets();
  }

  private countFreeLists(wrong: Wrong): void {
    const base = this.at(REFILL_ADDR, REFILL_STATE.areas_base) >> 2;
    for (const { area, first, count } of this.areas()) {
      const list = (this.words[base + area * AREA_WORDS + w(AREA.freelist)] as number) >> 2;
      const free = this.words[base + area * AREA_WORDS + w(AREA.free_count)] as number;
      for (let i = 0; i < free; i++) {
        const niov = this.words[list + i] as number;
        if (niov < first || niov >= first + count) wrong(`the free list of area ${area} has buffer ${niov} of another one`);
        else this.hold(niov, wrong);
      }
    }
  }

  private countPools(wrong: Wrong): void {
    const pools = this.pool(POOL_STATE.pools_base) >> 2;
    const count = this.pool(POOL_STATE.pool_count);
    for (let p = 0; p < count; p++) {
      const at = pools + p * POOL_WORDS;
      const provider = this.words[at + w(PAGE_POOL.provider)] as number;
      const cache = (this.words[at + w(PAGE_POOL.cache_base)] as number) >> 2;
      const cached = this.words[at + w(PAGE_POOL.cache_count)] as number;
      for (let i = 0; i < cached; i++) this.keep(p, provider, this.words[cache + i] as number, wrong);
      const ring = (this.words[at + w(PAGE_POOL.ring_base)] as number) >> 2;
      const mask = (this.words[at + w(PAGE_POOL.ring_size)] as number) - 1;
      const tail = this.words[at + w(PAGE_POOL.ring_tail)] as number;
      for (let i = this.words[at + w(PAGE_POOL.ring_head)] as number; i !== tail; i = (i + 1) >>> 0)
        this.keep(p, provider, this.words[ring + (i & mask)] as number, wrong);
    }
  }
  private keep(pool: number, provider: number, niov: number, wrong: Wrong): void {
    this.hold(niov, wrong);
    if (this.isNiov(niov) && this.ownerOf(niov) !== provider - 1)
      wrong(`page pool ${pool} keeps buffer ${niov}, which is not its provider's`);
  }
  /** The instance whose area has the buffer. */
  private ownerOf(niov: number): number | undefined {
    let owner: number | undefined;
    for (const { first, count, ifq } of this.areas()) if (niov >= first && niov < first + count) owner = ifq;
    return owner;
  }

  private countReceiveRings(wrong: Wrong): void {
    const queues = this.at(NIC_TABLES_ADDR, NIC_TABLES.rx_queues) >> 2;
    for (let q = 0; q < QUEUES; q++) {
      const at = queues + q * RX_QUEUE_WORDS;
      const base = (this.words[at + w(RX_QUEUE.desc_base)] as number) >> 2;
      if (base === 0) continue;
      const mask = this.words[at + w(RX_QUEUE.mask)] as number;
      const posted = this.words[at + w(RX_QUEUE.posted)] as number;
      for (let i = this.words[at + w(RX_QUEUE.freed)] as number; i !== posted; i = (i + 1) >>> 0) {
        const niov = this.words[base + (i & mask)] as number;
        this.hold(niov, wrong);
        if (niov < this.netmems) this.posted[niov] = (this.posted[niov] as number) + 1;
      }
    }
  }

  private countPackets(): void {
    const base = this.pool(POOL_STATE.skb_base) >> 2;
    // Free packets lie in a stack that begins with the first: those behind the most that were ever used were never touched.
    const used = this.pool(POOL_STATE.skb_used_max);
    for (let i = 0; i < used; i++) {
      const at = base + i * SKB_WORDS;
      const frags = this.words[at + w(SKB.nr_frags)] as number;
      for (let f = 0; f < frags; f++) {
        const niov = this.words[at + SKB_FRAGS + f * FRAG_WORDS] as number;
        if (niov < this.netmems) this.frags[niov] = (this.frags[niov] as number) + 1;
      }
    }
  }

  private hold(niov: number, wrong: Wrong): void {
    if (niov < this.netmems) this.held[niov] = (this.held[niov] as number) + 1;
    else wrong(`a container has ${niov}, which is no buffer`);
  }
  private pool(field: { readonly at: number }): number {
    return this.at(POOL_ADDR, field);
  }
  private at(base: number, field: { readonly at: number }): number {
    return this.words[(base + field.at) >> 2] as number;
  }
}
