/** A kernel of forty lines for tests of the user half: every request completes with its len; the ring wraps early. */
import type { Kernel, UserMemory } from '../../../uring-model/8-app/index.ts';
import {
  IORING_FEAT_SINGLE_MMAP,
  IORING_OFF_SQES,
  IORING_SETUP_CQSIZE,
  io_uring_params,
  io_uring_region_desc,
  io_uring_zcrx_area_reg,
  io_uring_zcrx_ifq_reg,
} from '../../../uring-model/8-app/uapi.gen.ts';

export class FakeMemory implements UserMemory {
  readonly buffer = new ArrayBuffer(1 << 20);
  private next = 4096;

  view(): DataView {
    return new DataView(this.buffer);
  }
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.buffer, address, length);
  }
  alloc(bytes: number): number {
    const at = (this.next + 63) & ~63;
    this.next = at + bytes;
    return at;
  }
}

/** Where the fake keeps its ring: head, tail and the rest as words, then CQEs of 32 bytes. */
const SQ_HEAD = 0;
const SQ_TAIL = 4;
const SQ_FLAGS = 8;
const SQ_MASK = 12;
const CQ_HEAD = 16;
const CQ_TAIL = 20;
const CQ_MASK = 24;
const CQES = 64;

export class FakeKernel implements Kernel {
  readonly memory = new FakeMemory();
  readonly calls: string[] = [];
  /** user_data of the requests, in the order in which the kernel took them. */
  readonly taken: bigint[] = [];
  ring = 0;
  sqes = 0;
  sq_entries = 0;
  cq_entries = 0;
  region = 0;

  setup(entries: number, params: number): number {
    const view = this.memory.view();
    const p = new io_uring_params(view, params);
    this.sq_entries = entries;
    this.cq_entries = p.flags & IORING_SETUP_CQSIZE ? p.cq_entries : 2 * entries;
    this.ring = this.memory.alloc(CQES + this.cq_entries * 32);
    this.sqes = this.memory.alloc(entries * 64);
    p.sq_entries = entries;
    p.cq_entries = this.cq_entries;
    p.features = IORING_FEAT_SINGLE_MMAP;
    Object.assign(p.sq_off, { head: SQ_HEAD, tail: SQ_TAIL, flags: SQ_FLAGS, ring_mask: SQ_MASK, array: CQES });
    Object.assign(p.cq_off, { head: CQ_HEAD, tail: CQ_TAIL, ring_mask: CQ_MASK, cqes: CQES });
    view.setUint32(this.ring + SQ_MASK, entries - 1, true);
    view.setUint32(this.ring + CQ_MASK, this.cq_entries - 1, true);
    return 3;
  }
  mmap(_fd: number, offset: bigint): number {
    return offset === IORING_OFF_SQES ? this.sqes : this.ring;
  }
  register(_fd: number, opcode: number, arg: number): number {
    this.calls.push(`register ${opcode}`);
    const view = this.memory.view();
    const reg = new io_uring_zcrx_ifq_reg(view, arg);
    reg.zcrx_id = 7;
    Object.assign(reg.offsets, { head: 0, tail: 4, rqes: 64 });
    this.region = Number(new io_uring_region_desc(view, Number(reg.region_ptr)).user_addr);
    new io_uring_zcrx_area_reg(view, Number(reg.area_ptr)).rq_area_token = 5n << 48n;
    return 0;
  }
  enter(_fd: number, submit: number, wait: number, flags: number): number {
    this.calls.push(`enter ${submit} ${wait} ${flags}`);
    const view = this.memory.view();
    for (let i = 0; i < submit; i++) {
      const head = view.getUint32(this.ring + SQ_HEAD, true);
      const sqe = this.sqes + (head & (this.sq_entries - 1)) * 64;
      const user_data = view.getBigUint64(sqe + 32, true);
      this.taken.push(user_data);
      this.post(user_data, view.getUint32(sqe + 24, true), 0, 0n);
      view.setUint32(this.ring + SQ_HEAD, (head + 1) >>> 0, true);
    }
    return submit;
  }
  close(): number {
    return 0;
  }
  syscall(): number {
    return -38;
  }
  work(): number {
    return 0;
  }

  refillEntry(i: number): { off: bigint; len: number } {
    const view = this.memory.view();
    const at = this.region + 64 + i * 16;
    return { off: view.getBigUint64(at, true), len: view.getUint32(at + 8, true) };
  }

  post(user_data: bigint, res: number, flags: number, off: bigint): void {
    const view = this.memory.view();
    const tail = view.getUint32(this.ring + CQ_TAIL, true);
    const at = this.ring + CQES + (tail & (this.cq_entries - 1)) * 32;
    view.setBigUint64(at, user_data, true);
    view.setInt32(at + 8, res, true);
    view.setUint32(at + 12, flags, true);
    view.setBigUint64(at + 16, off, true);
    view.setUint32(this.ring + CQ_TAIL, (tail + 1) >>> 0, true);
  }
}
