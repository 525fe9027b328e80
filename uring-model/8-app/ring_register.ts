/**
 * io_uring_register(2) in liburing's words (src/register.c). Results are 0 or more, or -errno, as there. Arguments lie in a page
 * that the ring keeps; what the caller hands over as an address is of user memory.
 */
import type { Steps } from './app.ts';
import { RingQueues } from './ring_queues.ts';
import {
  EBADF, EEXIST, EINVAL, EOPNOTSUPP, IO_URING_BUF_STATUS_BYTES, IO_URING_CLONE_BUFFERS_BYTES, IO_URING_FILE_INDEX_RANGE_BYTES,
  IO_URING_RSRC_REGISTER_BYTES, IO_URING_RSRC_UPDATE2_BYTES, IO_URING_RSRC_UPDATE_BYTES, IORING_FEAT_REG_REG_RING,
  IORING_REGISTER_BUFFERS, IORING_REGISTER_BUFFERS2, IORING_REGISTER_BUFFERS_UPDATE, IORING_REGISTER_CLOCK, IORING_REGISTER_CLONE_BUFFERS,
  IORING_REGISTER_ENABLE_RINGS, IORING_REGISTER_EVENTFD, IORING_REGISTER_EVENTFD_ASYNC, IORING_REGISTER_FILE_ALLOC_RANGE,
  IORING_REGISTER_FILES, IORING_REGISTER_FILES2, IORING_REGISTER_FILES_UPDATE, IORING_REGISTER_FILES_UPDATE2,
  IORING_REGISTER_IOWQ_MAX_WORKERS, IORING_REGISTER_MEM_REGION, IORING_REGISTER_NAPI, IORING_REGISTER_PBUF_RING,
  IORING_REGISTER_PBUF_STATUS,
  IORING_REGISTER_PERSONALITY, IORING_REGISTER_PROBE, IORING_REGISTER_QUERY, IORING_REGISTER_RESIZE_RINGS, IORING_REGISTER_RESTRICTIONS,
  IORING_REGISTER_RING_FDS, IORING_REGISTER_SEND_MSG_RING, IORING_REGISTER_SRC_REGISTERED, IORING_REGISTER_SYNC_CANCEL,
  IORING_REGISTER_USE_REGISTERED_RING, IORING_REGISTER_ZCRX_CTRL, IORING_REGISTER_ZCRX_IFQ, IORING_RSRC_REGISTER_SPARSE,
  IORING_SETUP_NO_MMAP, IORING_UNREGISTER_BUFFERS, IORING_UNREGISTER_EVENTFD, IORING_UNREGISTER_FILES, IORING_UNREGISTER_NAPI,
  IORING_UNREGISTER_PBUF_RING, IORING_UNREGISTER_PERSONALITY, IORING_UNREGISTER_RING_FDS, IO_URING_BUF_REG_BYTES, io_uring_buf_reg,
  io_uring_buf_status, io_uring_clone_buffers, io_uring_file_index_range, io_uring_params, io_uring_rsrc_register, io_uring_rsrc_update,
  io_uring_rsrc_update2,
} from './uapi.gen.ts';

/** A piece of user memory (struct iovec). */
export interface Iovec {
  readonly address: number;
  readonly len: number;
}

/** No slot: what registerFiles takes for an empty one. */
export const EMPTY_SLOT = -1;
const ARGUMENT_BYTES = 128;

export class RingRegister extends RingQueues {
  private argument = 0;

  /** The system call (do_register): by the ring's index when it is registered. `arg` is an address, or 0. */
  *register(opcode: number, arg: number, nr: number): Steps<number> {
    const by_index = this.registered && (this.features & IORING_FEAT_REG_REG_RING) !== 0;
    if (!by_index) return yield { call: 'register', fd: this.fd, opcode, arg, count: nr };
    const own = (opcode | IORING_REGISTER_USE_REGISTERED_RING) >>> 0;
    return yield { call: 'register', fd: this.enter_fd, opcode: own, arg, count: nr };
  }

  /** Zeroed room for an argument; the next call takes it again. */
  private scratch(bytes: number): number {
    this.argument ||= this.memory.alloc(ARGUMENT_BYTES);
    if (bytes > ARGUMENT_BYTES) return this.memory.alloc(bytes);
    this.memory.bytes(this.argument, bytes).fill(0);
    return this.argument;
  }
  /** Numbers of 4 or 8 bytes, in memory of their own; 0 when there are none. */
  private array(values: readonly (number | bigint)[] | undefined, bytes: 4 | 8): number {
    if (!values) return 0;
    const at = this.memory.alloc(Math.max(values.length, 1) * bytes);
    const view = this.memory.view();
    values.forEach((v, i) => {
      if (bytes === 8) view.setBigUint64(at + i * 8, BigInt(v), true);
      else view.setInt32(at + i * 4, Number(v), true);
    });
    return at;
  }
  /** Vectors in user memory: the address of the first struct iovec. */
  iovecs(pieces: readonly Iovec[]): number {
    return this.array(pieces.flatMap((p) => [p.address, p.len]), 8);
  }

  // ---- Buffers

  /** Registers buffers for the _FIXED requests (io_uring_register_buffers). -EFAULT, -ENOMEM (RLIMIT_MEMLOCK), -EBUSY. */
  registerBuffers(pieces: readonly Iovec[]): Steps<number> {
    return this.register(IORING_REGISTER_BUFFERS, this.iovecs(pieces), pieces.length);
  }
  /** With a tag each, which a completion tells when the buffer is no longer in use (io_uring_register_buffers_tags). */
  registerBuffersTags(pieces: readonly Iovec[], tags: readonly bigint[]): Steps<number> {
    return this.rsrcRegister(IORING_REGISTER_BUFFERS2, pieces.length, 0, this.iovecs(pieces), this.array(tags, 8));
  }
  /** Empty slots (io_uring_register_buffers_sparse). */
  registerBuffersSparse(nr: number): Steps<number> {
    return this.rsrcRegister(IORING_REGISTER_BUFFERS2, nr, IORING_RSRC_REGISTER_SPARSE, 0, 0);
  }
  /** Changes slots from `off` on (io_uring_register_buffers_update_tag). How many, or -errno. */
  registerBuffersUpdateTag(off: number, pieces: readonly Iovec[], tags?: readonly bigint[]): Steps<number> {
    return this.rsrcUpdate(IORING_REGISTER_BUFFERS_UPDATE, off, this.iovecs(pieces), this.array(tags, 8), pieces.length);
  }
  /** io_uring_unregister_buffers: -ENXIO when there are none. */
  unregisterBuffers(): Steps<number> {
    return this.register(IORING_UNREGISTER_BUFFERS, 0, 0);
  }
  /** Takes the buffers of another ring over (io_uring_clone_buffers, …_offset). `nr` 0: all. */
  cloneBuffers(source: RingRegister, dst_off = 0, src_off = 0, nr = 0, flags = 0): Steps<number> {
    const at = this.scratch(IO_URING_CLONE_BUFFERS_BYTES);
    const c = new io_uring_clone_buffers(this.memory.view(), at);
    c.src_fd = source.registered ? source.enter_fd : source.fd;
    c.flags = flags | (source.registered ? IORING_REGISTER_SRC_REGISTERED : 0);
    c.src_off = src_off;
    c.dst_off = dst_off;
    c.nr = nr;
    return this.register(IORING_REGISTER_CLONE_BUFFERS, at, 1);
  }

  // ---- Files

  /** Registers files for IOSQE_FIXED_FILE; EMPTY_SLOT leaves a slot empty (io_uring_register_files). */
  registerFiles(fds: readonly number[]): Steps<number> {
    return this.register(IORING_REGISTER_FILES, this.array(fds, 4), fds.length);
  }
  /** io_uring_register_files_tags */
  registerFilesTags(fds: readonly number[], tags: readonly bigint[]): Steps<number> {
    return this.rsrcRegister(IORING_REGISTER_FILES2, fds.length, 0, this.array(fds, 4), this.array(tags, 8));
  }
  /** Empty slots (io_uring_register_files_sparse). */
  registerFilesSparse(nr: number): Steps<number> {
    return this.rsrcRegister(IORING_REGISTER_FILES2, nr, IORING_RSRC_REGISTER_SPARSE, 0, 0);
  }
  /** Changes slots from `off` on; EMPTY_SLOT empties one (io_uring_register_files_update). How many, or -errno. */
  registerFilesUpdate(off: number, fds: readonly number[]): Steps<number> {
    const at = this.scratch(IO_URING_RSRC_UPDATE_BYTES);
    const up = new io_uring_rsrc_update(this.memory.view(), at);
    up.offset = off;
    up.data = BigInt(this.array(fds, 4));
    return this.register(IORING_REGISTER_FILES_UPDATE, at, fds.length);
  }
  /** io_uring_register_files_update_tag */
  registerFilesUpdateTag(off: number, fds: readonly number[], tags?: readonly bigint[]): Steps<number> {
    return this.rsrcUpdate(IORING_REGISTER_FILES_UPDATE2, off, this.array(fds, 4), this.array(tags, 8), fds.length);
  }
  /** io_uring_unregister_files: -ENXIO when there are none. */
  unregisterFiles(): Steps<number> {
    return this.register(IORING_UNREGISTER_FILES, 0, 0);
  }
  /** Slots among which the kernel picks (io_uring_register_file_alloc_range). */
  registerFileAllocRange(off: number, len: number): Steps<number> {
    const at = this.scratch(IO_URING_FILE_INDEX_RANGE_BYTES);
    const range = new io_uring_file_index_range(this.memory.view(), at);
    range.off = off;
    range.len = len;
    return this.register(IORING_REGISTER_FILE_ALLOC_RANGE, at, 0);
  }

  private rsrcRegister(opcode: number, nr: number, flags: number, data: number, tags: number): Steps<number> {
    const at = this.scratch(IO_URING_RSRC_REGISTER_BYTES);
    const reg = new io_uring_rsrc_register(this.memory.view(), at);
    reg.nr = nr;
    reg.flags = flags;
    reg.data = BigInt(data);
    reg.tags = BigInt(tags);
    return this.register(opcode, at, IO_URING_RSRC_REGISTER_BYTES);
  }
  private rsrcUpdate(opcode: number, off: number, data: number, tags: number, nr: number): Steps<number> {
    const at = this.scratch(IO_URING_RSRC_UPDATE2_BYTES);
    const up = new io_uring_rsrc_update2(this.memory.view(), at);
    up.offset = off;
    up.data = BigInt(data);
    up.tags = BigInt(tags);
    up.nr = nr;
    return this.register(opcode, at, IO_URING_RSRC_UPDATE2_BYTES);
  }

  // ---- Rings of provided buffers

  /** Registers a ring of buffers in memory of the caller's (io_uring_register_buf_ring). -EEXIST, -EINVAL. */
  registerBufRing(address: number, entries: number, bgid: number, flags = 0, min_left = 0): Steps<number> {
    const at = this.scratch(IO_URING_BUF_REG_BYTES);
    const reg = new io_uring_buf_reg(this.memory.view(), at);
    reg.ring_addr = BigInt(address);
    reg.ring_entries = entries;
    reg.bgid = bgid;
    reg.flags = flags;
    reg.min_left = min_left;
    return this.register(IORING_REGISTER_PBUF_RING, at, 1);
  }
  /** io_uring_unregister_buf_ring: -ENOENT when there is no such group. */
  unregisterBufRing(bgid: number): Steps<number> {
    const at = this.scratch(IO_URING_BUF_REG_BYTES);
    new io_uring_buf_reg(this.memory.view(), at).bgid = bgid;
    return this.register(IORING_UNREGISTER_PBUF_RING, at, 1);
  }
  /** The kernel's head of a ring of buffers (io_uring_buf_ring_head), or -errno. */
  *bufRingHead(bgid: number): Steps<number> {
    const at = this.scratch(IO_URING_BUF_STATUS_BYTES);
    new io_uring_buf_status(this.memory.view(), at).buf_group = bgid;
    const ret = yield* this.register(IORING_REGISTER_PBUF_STATUS, at, 1);
    return ret === 0 ? new io_uring_buf_status(this.memory.view(), at).head : ret;
  }

  // ---- The ring itself

  /** Completions are counted in an eventfd (io_uring_register_eventfd). -EBUSY when there is one. */
  registerEventfd(fd: number): Steps<number> {
    return this.register(IORING_REGISTER_EVENTFD, this.word32(fd), 1);
  }
  /** Only those of requests that did not complete at once (io_uring_register_eventfd_async). */
  registerEventfdAsync(fd: number): Steps<number> {
    return this.register(IORING_REGISTER_EVENTFD_ASYNC, this.word32(fd), 1);
  }
  unregisterEventfd(): Steps<number> {
    return this.register(IORING_UNREGISTER_EVENTFD, 0, 0);
  }
  private word32(value: number): number {
    const at = this.scratch(4);
    this.memory.view().setInt32(at, value, true);
    return at;
  }

  /** The ring goes by an index, which saves the kernel a look-up (io_uring_register_ring_fd). 1, -EEXIST, or another -errno. */
  *registerRingFd(): Steps<number> {
    if (this.registered) return -EEXIST;
    const at = this.scratch(IO_URING_RSRC_UPDATE_BYTES);
    const up = new io_uring_rsrc_update(this.memory.view(), at);
    up.data = BigInt(this.fd);
    up.offset = 0xffff_ffff;
    const ret = yield* this.register(IORING_REGISTER_RING_FDS, at, 1);
    if (ret === 1) {
      this.enter_fd = new io_uring_rsrc_update(this.memory.view(), at).offset;
      this.registered = true;
    }
    return ret;
  }
  /** io_uring_unregister_ring_fd: 1, -EINVAL when it is not registered. */
  *unregisterRingFd(): Steps<number> {
    if (!this.registered) return -EINVAL;
    const at = this.scratch(IO_URING_RSRC_UPDATE_BYTES);
    new io_uring_rsrc_update(this.memory.view(), at).offset = this.enter_fd;
    const ret = yield* this.register(IORING_UNREGISTER_RING_FDS, at, 1);
    if (ret === 1) {
      this.enter_fd = this.fd;
      this.registered = false;
    }
    return ret;
  }
  /** Closes the descriptor of a registered ring (io_uring_close_ring_fd). 1, or -errno. */
  *closeRingFd(): Steps<number> {
    if (!(this.features & IORING_FEAT_REG_REG_RING)) return -EOPNOTSUPP;
    if (!this.registered) return -EINVAL;
    if (this.fd === -1) return -EBADF;
    yield { call: 'close', fd: this.fd };
    this.fd = -1;
    return 1;
  }

  /** A ring with IORING_SETUP_R_DISABLED begins to work (io_uring_enable_rings). -EBADFD when it does already. */
  enableRings(): Steps<number> {
    return this.register(IORING_REGISTER_ENABLE_RINGS, 0, 0);
  }
  /** What a disabled ring may do later: `nr` struct io_uring_restriction at `res` (io_uring_register_restrictions). */
  registerRestrictions(res: number, nr: number): Steps<number> {
    return this.register(IORING_REGISTER_RESTRICTIONS, res, nr);
  }
  /** Other sizes; `params` is the address of a struct io_uring_params (io_uring_resize_rings). 0, or -errno. */
  *resizeRings(params: number): Steps<number> {
    if (this.flags & IORING_SETUP_NO_MMAP) return -EINVAL;
    // sq_off and cq_off are for the kernel to fill in.
    this.memory.bytes(params + 40, 80).fill(0);
    const ret = yield* this.register(IORING_REGISTER_RESIZE_RINGS, params, 1);
    if (ret >= 0) yield* this.remap(params);
    new io_uring_params(this.memory.view(), params).flags = 0;
    return ret;
  }
  /** Memory for wait arguments and the like; `reg` is a struct io_uring_mem_region_reg (io_uring_register_region). */
  registerRegion(reg: number): Steps<number> {
    return this.register(IORING_REGISTER_MEM_REGION, reg, 1);
  }
  /** The clock of waits; `arg` is a struct io_uring_clock_register (io_uring_register_clock). */
  registerClock(arg: number): Steps<number> {
    return this.register(IORING_REGISTER_CLOCK, arg, 0);
  }
  /** Busy polling; `napi` is a struct io_uring_napi, which gets the old settings (io_uring_register_napi). */
  registerNapi(napi: number): Steps<number> {
    return this.register(IORING_REGISTER_NAPI, napi, 1);
  }
  unregisterNapi(napi: number): Steps<number> {
    return this.register(IORING_UNREGISTER_NAPI, napi, 1);
  }
  /** Most workers: two u32 at `values`, bounded and unbounded, which get the old ones (io_uring_register_iowq_max_workers). */
  registerIowqMaxWorkers(values: number): Steps<number> {
    return this.register(IORING_REGISTER_IOWQ_MAX_WORKERS, values, 2);
  }
  /** Which requests are there: a struct io_uring_probe with `nr` rows (io_uring_register_probe). */
  registerProbe(probe: number, nr: number): Steps<number> {
    return this.register(IORING_REGISTER_PROBE, probe, nr);
  }
  /** Credentials; the result is their id (io_uring_register_personality). */
  registerPersonality(): Steps<number> {
    return this.register(IORING_REGISTER_PERSONALITY, 0, 0);
  }
  unregisterPersonality(id: number): Steps<number> {
    return this.register(IORING_UNREGISTER_PERSONALITY, 0, id);
  }
  /** Cancels and waits until it is done; `reg` is a struct io_uring_sync_cancel_reg (io_uring_register_sync_cancel). */
  registerSyncCancel(reg: number): Steps<number> {
    return this.register(IORING_REGISTER_SYNC_CANCEL, reg, 1);
  }

  // ---- Zero-copy receive; class Zcrx is the comfortable way

  /** `reg` is a struct io_uring_zcrx_ifq_reg (io_uring_register_ifq). */
  registerIfq(reg: number): Steps<number> {
    return this.register(IORING_REGISTER_ZCRX_IFQ, reg, 1);
  }
  /** `ctrl` is a struct zcrx_ctrl (io_uring_register_zcrx_ctrl). */
  registerZcrxCtrl(ctrl: number): Steps<number> {
    return this.register(IORING_REGISTER_ZCRX_CTRL, ctrl, 0);
  }
}

/** Posts to a ring without having one; `sqe` is the address of a prepared MSG_RING entry (io_uring_register_sync_msg). */
export function* registerSyncMsg(sqe: number): Steps<number> {
  return yield { call: 'register', fd: -1, opcode: IORING_REGISTER_SEND_MSG_RING, arg: sqe, count: 1 };
}
/** Asks what the kernel can do; `query` is a struct io_uring_query_hdr (io_uring_register_query). */
export function* registerQuery(query: number): Steps<number> {
  return yield { call: 'register', fd: -1, opcode: IORING_REGISTER_QUERY, arg: query, count: 0 };
}
