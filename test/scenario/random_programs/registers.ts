/** io_uring_register with random arguments. */
import { mapRings } from '../../../uring-model/8-app/ring_layout.ts';
import * as U from '../../../uring-model/8-app/uapi.gen.ts';
import type { Genes } from './genes.ts';
import { type Machine, type OpenRing, SERVER } from './machine.ts';
import { noMmap } from './rings.ts';
import { writeSqe } from './sqes.ts';
import { anyFd, INTS, IOVECS, SCRATCH, u32, u64 } from './world.ts';

export function register(m: Machine, task: number, g: Genes): void {
  if (m.rings.length === 0) return;
  const r = m.rings[g.rare(4) ? g.below(m.rings.length) : m.rings.length - 1] as OpenRing;
  const opcode = g.rare(12) ? g.below(40) : g.pick([
    U.IORING_REGISTER_BUFFERS, U.IORING_REGISTER_FILES, U.IORING_REGISTER_PBUF_RING, U.IORING_REGISTER_EVENTFD, U.IORING_UNREGISTER_BUFFERS,
    U.IORING_UNREGISTER_FILES, U.IORING_REGISTER_FILES_UPDATE, U.IORING_REGISTER_RESIZE_RINGS, U.IORING_REGISTER_SYNC_CANCEL,
    U.IORING_REGISTER_ENABLE_RINGS, U.IORING_REGISTER_BUFFERS2, U.IORING_REGISTER_FILES2, U.IORING_REGISTER_BUFFERS_UPDATE,
    U.IORING_REGISTER_FILES_UPDATE2, U.IORING_UNREGISTER_PBUF_RING, U.IORING_UNREGISTER_EVENTFD, U.IORING_REGISTER_EVENTFD_ASYNC,
    U.IORING_REGISTER_CLONE_BUFFERS, U.IORING_REGISTER_RING_FDS, U.IORING_UNREGISTER_RING_FDS, U.IORING_REGISTER_NAPI,
    U.IORING_UNREGISTER_NAPI, U.IORING_REGISTER_MEM_REGION, U.IORING_REGISTER_FILE_ALLOC_RANGE, U.IORING_REGISTER_PERSONALITY,
    U.IORING_REGISTER_PROBE, U.IORING_REGISTER_PBUF_STATUS, U.IORING_REGISTER_CLOCK, U.IORING_REGISTER_SEND_MSG_RING,
    U.IORING_REGISTER_IOWQ_MAX_WORKERS, U.IORING_REGISTER_RESTRICTIONS, U.IORING_REGISTER_QUERY,
  ]);
  const [arg, count] = registration(m, g, opcode, r);
  const fd = opcode === U.IORING_REGISTER_SEND_MSG_RING || g.rare(30) ? -1 : r.fd;
  const ret = m.call(task, { call: 'register', fd, opcode, arg: arg >>> 0, count });
  if (opcode === U.IORING_REGISTER_RESIZE_RINGS && ret === 0) {
    const p = m.base + SCRATCH;
    const q = new U.io_uring_params(m.view, p);
    q.flags = (q.flags | (r.at.setup & ~(U.IORING_SETUP_CQSIZE | U.IORING_SETUP_CLAMP))) >>> 0;
    const kept = r.at.setup;
    try {
      r.at = kept & U.IORING_SETUP_NO_MMAP ? noMmap(m, p) : m.run(mapRings(m.kernels[1]!.memory, r.fd, p));
    } catch {
      m.rings = m.rings.filter((x) => x !== r);
    }
  }
  if (opcode === U.IORING_REGISTER_PBUF_RING && ret === 0) {
    const at = m.base + SCRATCH;
    const bgid = m.view.getUint16(at + 12, true);
    let address = Number(m.view.getBigUint64(at, true));
    const entries = m.view.getUint32(at + 8, true);
    if (m.view.getUint16(at + 14, true) & 1)
      address = m.call(task, { call: 'mmap', fd: r.fd, offset: 0x80000000n | (BigInt(bgid) << 16n), bytes: entries * 16 }) ?? 0;
    if (address > 0) m.groups.push({ at: address, entries, bgid });
  }
}
const iovecs = (m: Machine, g: Genes) => m.base + IOVECS + g.below(16) * 128;
function descriptors(m: Machine, g: Genes): number {
  for (let i = 0; i < 6; i++) u32(m, INTS + 96 + i * 4, i > 3 ? g.pick([-1, anyFd(m, g), -2]) : anyFd(m, g));
  return m.base + INTS + 96;
}
export function registration(m: Machine, g: Genes, opcode: number, r: OpenRing): [number, number] {
  const at = m.base + SCRATCH;
  m.engine.bytes.fill(0, at, at + 256);
  const S = SCRATCH;
  switch (opcode) {
    case U.IORING_REGISTER_BUFFERS: return [iovecs(m, g), g.pick([4, 1, 8, 0])];
    case U.IORING_REGISTER_FILES: return [descriptors(m, g), g.pick([6, 1, 0, 5])];
    case U.IORING_UNREGISTER_BUFFERS: case U.IORING_UNREGISTER_FILES: case U.IORING_UNREGISTER_EVENTFD: case U.IORING_REGISTER_ENABLE_RINGS:
    case U.IORING_REGISTER_PERSONALITY: return [0, 0];
    case U.IORING_REGISTER_EVENTFD: case U.IORING_REGISTER_EVENTFD_ASYNC:
      u32(m, S, anyFd(m, g));
      return [at, 1];
    case U.IORING_REGISTER_FILES_UPDATE:
      u32(m, S, g.below(4));
      u64(m, S + 8, descriptors(m, g));
      return [at, g.pick([2, 1, 6])];
    case U.IORING_REGISTER_FILES2: case U.IORING_REGISTER_BUFFERS2: {
      const sparse = g.below(2);
      u32(m, S, g.pick([6, 1, 8]));
      u32(m, S + 4, sparse);
      u64(m, S + 16, sparse ? 0 : opcode === U.IORING_REGISTER_FILES2 ? descriptors(m, g) : iovecs(m, g));
      u64(m, S + 24, sparse || g.below(2) ? 0 : m.base + INTS);
      return [at, 32];
    }
    case U.IORING_REGISTER_FILES_UPDATE2: case U.IORING_REGISTER_BUFFERS_UPDATE:
      u32(m, S, g.below(4));
      u64(m, S + 8, opcode === U.IORING_REGISTER_FILES_UPDATE2 ? descriptors(m, g) : iovecs(m, g));
      u64(m, S + 16, g.below(2) ? 0 : m.base + INTS);
      u32(m, S + 24, g.pick([1, 2, 4]));
      return [at, 32];
    case U.IORING_REGISTER_PBUF_RING: {
      const mapped = g.below(2);
      u64(m, S, mapped ? 0 : m.engine.core.userAlloc(SERVER, 4096));
      u32(m, S + 8, g.pick([8, 1, 16, 256, 7]));
      m.view.setUint16(at + 12, g.below(4), true);
      m.view.setUint16(at + 14, mapped | g.pick([0, 2]), true);
      u32(m, S + 16, g.pick([0, 0, 16]));
      return [at, 1];
    }
    case U.IORING_UNREGISTER_PBUF_RING:
      m.view.setUint16(at + 12, g.below(4), true);
      return [at, 1];
    case U.IORING_REGISTER_PBUF_STATUS:
      u32(m, S, g.below(4));
      return [at, 1];
    default: return aboutRings(m, g, opcode, r);
  }
}
function aboutRings(m: Machine, g: Genes, opcode: number, r: OpenRing): [number, number] {
  const at = m.base + SCRATCH;
  const S = SCRATCH;
  switch (opcode) {
    case U.IORING_REGISTER_RESIZE_RINGS:
      u32(m, S, g.pick([8, 1, 16, 64]));
      u32(m, S + 4, g.pick([16, 64, 4, 1]));
      u32(m, S + 8, U.IORING_SETUP_CQSIZE | g.bits(U.IORING_SETUP_CLAMP));
      if (r.at.setup & U.IORING_SETUP_NO_MMAP) {
        u32(m, S + 8, U.IORING_SETUP_CQSIZE | U.IORING_SETUP_NO_MMAP);
        u64(m, S + 40 + 32, m.engine.core.userAlloc(SERVER, 16384));
        u64(m, S + 80 + 32, m.engine.core.userAlloc(SERVER, 16384));
      }
      return [at, 1];
    case U.IORING_REGISTER_SYNC_CANCEL:
      u64(m, S, g.below(8));
      u32(m, S + 8, anyFd(m, g));
      u32(m, S + 12, g.bits(0x3f));
      u64(m, S + 16, g.pick([-1, 0]));
      u64(m, S + 24, g.pick([-1, 1000, 1_000_000]));
      return [at, 1];
    case U.IORING_REGISTER_CLONE_BUFFERS:
      u32(m, S, g.pick(m.rings).fd);
      u32(m, S + 4, g.pick([0, 2]));
      u32(m, S + 8, g.pick([0, 1]));
      u32(m, S + 12, g.pick([0, 2]));
      u32(m, S + 16, g.pick([0, 1, 3]));
      return [at, 1];
    case U.IORING_REGISTER_RING_FDS: case U.IORING_UNREGISTER_RING_FDS:
      u32(m, S, g.pick([0xffffffff, 0, 1]));
      if (opcode === U.IORING_UNREGISTER_RING_FDS) u32(m, S, g.below(3));
      else u64(m, S + 8, anyFd(m, g) >>> 0);
      return [at, 1];
    case U.IORING_REGISTER_NAPI:
      u32(m, S, g.pick([50, 0, 1000]));
      m.view.setUint8(at + 4, g.below(2));
      m.view.setUint8(at + 5, g.below(3));
      u32(m, S + 8, g.pick([0, 1, 255]));
      return [at, 1];
    default: return aboutOthers(m, g, opcode);
  }
}
function aboutOthers(m: Machine, g: Genes, opcode: number): [number, number] {
  const at = m.base + SCRATCH;
  const S = SCRATCH;
  switch (opcode) {
    case U.IORING_UNREGISTER_NAPI: return [at, 1];
    case U.IORING_REGISTER_CLOCK:
      u32(m, S, g.pick([1, 7, 0]));
      return [at, 0];
    case U.IORING_REGISTER_MEM_REGION: {
      u64(m, S, at + 64);
      u64(m, S + 8, g.below(2));
      const user = g.below(2);
      u64(m, S + 64, user ? m.engine.core.userAlloc(SERVER, 4096) : 0);
      u64(m, S + 72, g.pick([4096, 8192, 100]));
      u32(m, S + 80, user);
      return [at, 1];
    }
    case U.IORING_REGISTER_FILE_ALLOC_RANGE:
      u32(m, S, g.below(6));
      u32(m, S + 4, g.below(6));
      return [at, 0];
    case U.IORING_REGISTER_PROBE: return [at, g.pick([0, 4, 1])];
    case U.IORING_REGISTER_SEND_MSG_RING:
      writeSqe(m, g, at);
      m.view.setUint8(at, U.IORING_OP_MSG_RING);
      m.view.setInt32(at + 4, g.pick(m.rings).fd, true);
      return [at, 1];
    case U.IORING_REGISTER_IOWQ_MAX_WORKERS:
      u32(m, S, g.below(3));
      u32(m, S + 4, g.below(3));
      return [at, 2];
    case U.IORING_REGISTER_RESTRICTIONS:
      for (let i = 0; i < 6; i++) {
        m.view.setUint16(at + i * 16, g.below(4), true);
        m.view.setUint8(at + i * 16 + 2, g.below(58));
      }
      return [at, g.below(7)];
    default:
      for (let i = 0; i < 16; i++) u32(m, S + i * 4, g.pick([0, 1, 2, m.base + 64, anyFd(m, g), 4096]));
      return [g.pick([at, 0, m.base]), g.pick([1, 0, 2, 16])];
  }
}
