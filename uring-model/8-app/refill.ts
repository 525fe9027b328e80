/**
 * The user half of the refill ring: buffers go back to the kernel through it.
 *
 *     region:  | head | … | tail | … | entries: off, len, pad … |      head is the kernel's, tail is ours
 */
import { Area } from './area.ts';
import { must, type Steps } from './app.ts';
import type { UserMemory } from './kernel.ts';
import type { Cqe, Ring } from './ring.ts';
import {
  IO_URING_CQE_BYTES, IO_URING_REGION_DESC_BYTES, IO_URING_ZCRX_AREA_REG_BYTES, IO_URING_ZCRX_IFQ_REG_BYTES, IO_URING_ZCRX_RQE_BYTES,
  IORING_MEM_REGION_TYPE_USER, IORING_REGISTER_ZCRX_CTRL, IORING_REGISTER_ZCRX_IFQ, IORING_ZCRX_AREA_DMABUF, IORING_ZCRX_AREA_MASK,
  io_uring_region_desc, io_uring_zcrx_area_reg, io_uring_zcrx_ifq_reg, ZCRX_CTRL_BYTES, ZCRX_CTRL_FLUSH_RQ, zcrx_ctrl,
} from './uapi.gen.ts';

const PAGE = 4096;

export interface ZcrxOptions {
  readonly if_idx: number;
  readonly if_rxq: number;
  readonly area_bytes: number;
  readonly rq_entries: number;
  readonly rx_buf_len?: number;
  /** ZCRX_REG_* */
  readonly flags?: number;
  /** The area is a dma-buf: its descriptor, and where the application sees its memory. */
  readonly dmabuf?: { readonly fd: number; readonly address: number };
}

/** A registered zcrx instance: its area and its refill ring. */
export class Zcrx {
  readonly id: number;
  readonly area: Area;
  readonly entries: number;
  private readonly memory: UserMemory;
  private readonly head_at: number;
  private readonly tail_at: number;
  private readonly rqes: number;
  private tail = 0;
  private noted = 0;
  /** Address of the argument of flush, or 0. */
  private control = 0;

  constructor(memory: UserMemory, id: number, area: Area, entries: number, region: number, reg: io_uring_zcrx_ifq_reg) {
    this.memory = memory;
    this.id = id;
    this.area = area;
    this.entries = entries;
    const { head, tail, rqes } = reg.offsets;
    this.head_at = region + head;
    this.tail_at = region + tail;
    this.rqes = region + rqes;
  }

  /** Registers an area and a refill ring (IORING_REGISTER_ZCRX_IFQ). */
  static *register(ring: Ring, options: ZcrxOptions): Steps<Zcrx> {
    const { memory } = ring;
    const region_bytes = Math.ceil((options.rq_entries * IO_URING_ZCRX_RQE_BYTES + PAGE) / PAGE) * PAGE;
    const region = memory.alloc(region_bytes);
    const address = options.dmabuf?.address ?? memory.alloc(options.area_bytes);
    const area_reg = memory.alloc(IO_URING_ZCRX_AREA_REG_BYTES);
    const region_reg = memory.alloc(IO_URING_REGION_DESC_BYTES);
    const ifq_reg = memory.alloc(IO_URING_ZCRX_IFQ_REG_BYTES);
    const view = memory.view();
    const a = new io_uring_zcrx_area_reg(view, area_reg);
    a.addr = options.dmabuf ? 0n : BigInt(address);
    a.len = BigInt(options.area_bytes);
    if (options.dmabuf) {
      a.flags = IORING_ZCRX_AREA_DMABUF;
      a.dmabuf_fd = options.dmabuf.fd;
    }
    const r = new io_uring_region_desc(view, region_reg);
    r.user_addr = BigInt(region);
    r.size = BigInt(region_bytes);
    r.flags = IORING_MEM_REGION_TYPE_USER;
    const i = new io_uring_zcrx_ifq_reg(view, ifq_reg);
    i.if_idx = options.if_idx;
    i.if_rxq = options.if_rxq;
    i.rq_entries = options.rq_entries;
    i.flags = options.flags ?? 0;
    i.area_ptr = BigInt(area_reg);
    i.region_ptr = BigInt(region_reg);
    i.rx_buf_len = options.rx_buf_len ?? 0;
    yield* must({ call: 'register', fd: ring.fd, opcode: IORING_REGISTER_ZCRX_IFQ, arg: ifq_reg, count: 1 });
    const after = memory.view();
    const reg = new io_uring_zcrx_ifq_reg(after, ifq_reg);
    const token = new io_uring_zcrx_area_reg(after, area_reg).rq_area_token;
    const zcrx = new Zcrx(memory, reg.zcrx_id, new Area(memory, address, options.area_bytes, token), reg.rq_entries, region, reg);
    ring.refills.push(zcrx);
    return zcrx;
  }

  /** The bytes of a RECV_ZC completion. */
  read(cqe: Cqe): Uint8Array {
    return this.area.read(this.offsetOf(cqe), cqe.res);
  }

  /** Offset in the second half of the completion (struct io_uring_zcrx_cqe). */
  offsetOf(cqe: Cqe): bigint {
    return this.memory.view().getBigUint64(cqe.address + IO_URING_CQE_BYTES, true);
  }

  /** Entries that the kernel has not taken yet. */
  pending(): number {
    return (this.tail - this.memory.view().getUint32(this.head_at, true)) >>> 0;
  }

  /** Gives the buffer of a completion back. False when the ring is full: flush, or wait until the kernel took some. */
  giveBack(off: bigint, len: number): boolean {
    if (this.pending() >= this.entries) return false;
    const view = this.memory.view();
    const at = this.rqes + (this.tail & (this.entries - 1)) * IO_URING_ZCRX_RQE_BYTES;
    view.setBigUint64(at, (off & ~IORING_ZCRX_AREA_MASK) | this.area.token, true);
    view.setUint32(at + 8, len, true);
    view.setUint32(at + 12, 0, true);
    // The entry is written before the tail shows it (a release store on a real kernel).
    this.tail = (this.tail + 1) >>> 0;
    view.setUint32(this.tail_at, this.tail, true);
    return true;
  }

  /** Bytes of the entries written since the last call: for transcripts. */
  given(): Uint8Array[] {
    const out: Uint8Array[] = [];
    const many = (this.tail - this.noted) >>> 0;
    if (many > this.entries) this.noted = (this.tail - this.entries) >>> 0;
    for (; this.noted !== this.tail; this.noted = (this.noted + 1) >>> 0) {
      const at = this.rqes + (this.noted & (this.entries - 1)) * IO_URING_ZCRX_RQE_BYTES;
      out.push(this.memory.bytes(at, IO_URING_ZCRX_RQE_BYTES).slice());
    }
    return out;
  }

  /** Makes the kernel read the ring now (ZCRX_CTRL_FLUSH_RQ). */
  *flush(ring: Ring): Steps<number> {
    this.control ||= this.memory.alloc(ZCRX_CTRL_BYTES);
    const arg = this.control;
    const c = new zcrx_ctrl(this.memory.view(), arg);
    c.zcrx_id = this.id;
    c.op = ZCRX_CTRL_FLUSH_RQ;
    return yield { call: 'register', fd: ring.fd, opcode: IORING_REGISTER_ZCRX_CTRL, arg, count: 0 };
  }
}
