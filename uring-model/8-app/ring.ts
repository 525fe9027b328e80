/**
 * A ring as liburing has it: `Ring` offers its functions under their names in camel case, as generators where they make system calls
 * (app.ts). Its queues are in ring_queues.ts, registrations in ring_register.ts, the io_uring_prep_* functions in prep.ts.
 */
import { type Steps, SyscallError } from './app.ts';
import { BufRing } from './buf_ring.ts';
import type { UserMemory } from './kernel.ts';
import { mapRings } from './ring_layout.ts';
import { RingRegister } from './ring_register.ts';
import {
  EINVAL, IO_URING_BUF_BYTES, IO_URING_PARAMS_BYTES, IORING_OFF_PBUF_RING, IORING_OFF_PBUF_SHIFT, IORING_SETUP_CQE32, IORING_SETUP_CQSIZE,
  IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_NO_SQARRAY, IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SUBMIT_ALL, IOU_PBUF_RING_MMAP,
  io_uring_params,
} from './uapi.gen.ts';

export { type Cqe, type Span, timespec, writeTimespec } from './ring_queues.ts';
export { EMPTY_SLOT, type Iovec, registerQuery, registerSyncMsg } from './ring_register.ts';

export interface RingOptions {
  readonly entries: number;
  readonly cq_entries?: number;
  /** Added to SINGLE_ISSUER, DEFER_TASKRUN, SUBMIT_ALL, CQE32 and NO_SQARRAY, which zero-copy receive wants. */
  readonly flags?: number;
}

export class Ring extends RingRegister {
  /** A ring as zero-copy receive wants it; throws when there is none. */
  static *create(memory: UserMemory, options: RingOptions): Steps<Ring> {
    const flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQE32
      | IORING_SETUP_NO_SQARRAY | (options.flags ?? 0);
    const ring = yield* Ring.queueInit(memory, options.entries, flags, options.cq_entries);
    if (typeof ring === 'number') throw new SyscallError('io_uring_setup', ring);
    return ring;
  }

  /** io_uring_queue_init, and a size of the CQ where one is given (IORING_SETUP_CQSIZE). A ring, or -errno. */
  static *queueInit(memory: UserMemory, entries: number, flags: number, cq_entries?: number): Steps<Ring | number> {
    const params = memory.alloc(IO_URING_PARAMS_BYTES);
    const p = new io_uring_params(memory.view(), params);
    p.flags = (flags | (cq_entries ? IORING_SETUP_CQSIZE : 0)) >>> 0;
    if (cq_entries) p.cq_entries = cq_entries;
    return yield* Ring.queueInitParams(memory, entries, params);
  }

  /** io_uring_queue_init_params: `params` is the address of a struct io_uring_params. A ring, or -errno. */
  static *queueInitParams(memory: UserMemory, entries: number, params: number): Steps<Ring | number> {
    const asked = new io_uring_params(memory.view(), params).flags;
    // The index array is left out where the kernel can do without (io_uring_queue_init_try_nosqarr).
    new io_uring_params(memory.view(), params).flags = asked | IORING_SETUP_NO_SQARRAY;
    let fd = yield { call: 'setup', entries, params };
    if (fd === -EINVAL && !(asked & IORING_SETUP_NO_SQARRAY)) {
      new io_uring_params(memory.view(), params).flags = asked;
      fd = yield { call: 'setup', entries, params };
    }
    if (fd < 0) return fd;
    return new Ring(memory, fd, yield* mapRings(memory, fd, params));
  }

  /** Ends the ring (io_uring_queue_exit): its requests are cancelled a little later, in the kernel's own time. */
  *queueExit(): Steps<void> {
    if (this.registered) yield* this.unregisterRingFd();
    if (this.fd !== -1) yield { call: 'close', fd: this.fd };
    this.fd = -1;
  }

  /**
   * Makes and registers a ring of provided buffers (io_uring_setup_buf_ring).
   * @param entries a power of two   @param flags IOU_PBUF_RING_*   @param min_left with IOU_PBUF_RING_INC
   * @returns the ring, empty, or -errno
   */
  *setupBufRing(entries: number, bgid: number, flags = 0, min_left = 0): Steps<BufRing | number> {
    const bytes = entries * IO_URING_BUF_BYTES;
    const mapped = (flags & IOU_PBUF_RING_MMAP) !== 0;
    // Whole pages, as mmap(2) gives them.
    let address = mapped ? 0 : this.memory.alloc(Math.max(bytes, 4096));
    const ret = yield* this.registerBufRing(address, entries, bgid, flags, min_left);
    if (ret < 0) return ret;
    if (mapped) {
      const offset = BigInt(IORING_OFF_PBUF_RING) | (BigInt(bgid) << BigInt(IORING_OFF_PBUF_SHIFT));
      address = yield { call: 'mmap', fd: this.fd, offset, bytes };
      if (address < 0) return address;
    }
    const br = new BufRing(this.memory, address, entries, bgid);
    br.bufRingInit();
    return br;
  }
  /** io_uring_free_buf_ring: 0, or -errno. */
  freeBufRing(br: BufRing): Steps<number> {
    return this.unregisterBufRing(br.bgid);
  }
  /** Buffers that the kernel has not used up (io_uring_buf_ring_available), or -errno. */
  *bufRingAvailable(br: BufRing): Steps<number> {
    const head = yield* this.bufRingHead(br.bgid);
    return head < 0 ? head : (br.tail - head) & 0xffff;
  }
  /** Gives buffers to the kernel and completions back (io_uring_buf_ring_cq_advance): as many of each, unless it is said otherwise. */
  bufRingCqAdvance(br: BufRing, buf_count: number, cq_count = buf_count): void {
    br.bufRingAdvance(buf_count);
    this.cqAdvance(cq_count);
  }
}
