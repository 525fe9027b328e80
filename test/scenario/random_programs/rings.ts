/** Actions on rings and their memory. */
import { type Layout, mapRings } from '../../../uring-model/8-app/ring_layout.ts';
import * as U from '../../../uring-model/8-app/uapi.gen.ts';
import type { Genes } from './genes.ts';
import { DATA, type Machine, type OpenRing, SERVER } from './machine.ts';
import { added, anyAddress, SCRATCH, TIMES, TIMESPECS, u32, u64 } from './world.ts';

export const SETUP_BITS = 0x1fffff;
export const SETUPS = [
  U.IORING_SETUP_SINGLE_ISSUER | U.IORING_SETUP_DEFER_TASKRUN, 0, U.IORING_SETUP_COOP_TASKRUN, U.IORING_SETUP_SQPOLL,
  U.IORING_SETUP_SINGLE_ISSUER | U.IORING_SETUP_DEFER_TASKRUN | U.IORING_SETUP_CQE32 | U.IORING_SETUP_NO_SQARRAY,
  U.IORING_SETUP_COOP_TASKRUN | U.IORING_SETUP_TASKRUN_FLAG | U.IORING_SETUP_SUBMIT_ALL,
  U.IORING_SETUP_SINGLE_ISSUER | U.IORING_SETUP_DEFER_TASKRUN | U.IORING_SETUP_CQE_MIXED | U.IORING_SETUP_TASKRUN_FLAG,
  U.IORING_SETUP_SQE_MIXED, U.IORING_SETUP_SQE128, U.IORING_SETUP_R_DISABLED, U.IORING_SETUP_NO_MMAP,
  U.IORING_SETUP_SQPOLL | U.IORING_SETUP_SINGLE_ISSUER | U.IORING_SETUP_CQE32,
  U.IORING_SETUP_SINGLE_ISSUER | U.IORING_SETUP_DEFER_TASKRUN | U.IORING_SETUP_R_DISABLED | U.IORING_SETUP_CQE32,
  U.IORING_SETUP_SQ_REWIND | U.IORING_SETUP_NO_SQARRAY,
  U.IORING_SETUP_SQPOLL | U.IORING_SETUP_ATTACH_WQ,
];

export function setup(m: Machine, task: number, g: Genes): void {
  const flags = g.pick(SETUPS) ^ g.bits(SETUP_BITS);
  const params = m.engine.core.userAlloc(task, 128);
  if (params === 0) return;
  const p = new U.io_uring_params(m.view, params);
  const cq = g.pick([0, 0, 1, 4, 16, 64]);
  p.flags = (flags | (cq ? U.IORING_SETUP_CQSIZE : 0)) >>> 0;
  p.cq_entries = cq;
  p.sq_thread_idle = g.pick([1, 0, 10, 1000]);
  p.wq_fd = m.rings.length ? g.pick(m.rings).fd : g.below(4);
  if (flags & U.IORING_SETUP_NO_MMAP) {
    p.cq_off.user_addr = BigInt(m.engine.core.userAlloc(task, 16384));
    p.sq_off.user_addr = BigInt(m.engine.core.userAlloc(task, 16384));
  }
  const fd = m.call(task, { call: 'setup', entries: g.pick([8, 1, 4, 16, 32, 0, 40000]), params });
  if (fd === undefined || fd < 0) return;
  if (flags & U.IORING_SETUP_REGISTERED_FD_ONLY) return;
  if (m.rings_are_files) added(m, fd);
  else m.ring_fds.add(fd);
  m.fds = m.fds.filter((f) => m.rings_are_files || f !== fd);
  try {
    const at = flags & U.IORING_SETUP_NO_MMAP ? noMmap(m, params) : m.run(mapRings(m.kernels[1]!.memory, fd, params));
    m.rings.push({ fd, at, params });
  } catch {
    // It is not to be mapped.
  }
}
export function noMmap(m: Machine, params: number): Layout {
  const q = new U.io_uring_params(m.view, params);
  const ring = Number(q.cq_off.user_addr);
  const { sq_off, cq_off } = q;
  return {
    sq_head: ring + sq_off.head, sq_tail: ring + sq_off.tail, sq_flags: ring + sq_off.flags, sq_dropped: ring + sq_off.dropped,
    sq_mask: q.sq_entries - 1, sq_entries: q.sq_entries, sqes: Number(sq_off.user_addr), 
    sqe_bytes: q.flags & U.IORING_SETUP_SQE128 ? 128 : 64,
    cq_head: ring + cq_off.head, cq_tail: ring + cq_off.tail, cq_flags: ring + cq_off.flags, cq_overflow: ring + cq_off.overflow,
    cq_mask: q.cq_entries - 1, cq_entries: q.cq_entries, cqes: ring + cq_off.cqes, cqe_bytes: q.flags & U.IORING_SETUP_CQE32 ? 32 : 16,
    setup: q.flags, features: q.features,
  };
}

export function enter(m: Machine, task: number, g: Genes): void {
  if (m.rings.length === 0) return;
  const r = m.rings[g.rare(4) ? g.below(m.rings.length) : m.rings.length - 1] as OpenRing;
  const wait = g.pick([0, 0, 1, 2, 100]);
  let flags = wait ? U.IORING_ENTER_GETEVENTS : g.bits(0xff);
  let arg = 0;
  let arg_bytes = 0;
  if (wait && g.below(4)) {
    flags |= U.IORING_ENTER_EXT_ARG | g.bits(U.IORING_ENTER_ABS_TIMER | U.IORING_ENTER_NO_IOWAIT | U.IORING_ENTER_SQ_WAKEUP);
    arg = m.base + SCRATCH + 0x600;
    arg_bytes = 24;
    u64(m, SCRATCH + 0x600, 0);
    u32(m, SCRATCH + 0x608, 0);
    u32(m, SCRATCH + 0x60c, g.pick([0, 0, 10, 500]));
    u64(m, SCRATCH + 0x610, g.below(8) === 7 ? 0 : m.base + TIMES + g.below(TIMESPECS.length) * 16);
  } else if (g.rare(20)) {
    flags ^= g.bits(0xff);
    arg = m.base + g.below(DATA);
    arg_bytes = g.pick([8, 24, 64, 0]);
  }
  if (r.at.setup & U.IORING_SETUP_SQPOLL && g.below(2)) flags |= U.IORING_ENTER_SQ_WAKEUP;
  m.call(task, { call: 'enter', fd: r.fd, submit: g.pick([100, 1, 2, 0, 3]), wait, flags, arg, arg_bytes });
}

export function reap(m: Machine, g: Genes): void {
  for (const r of m.rings) {
    const head = m.view.getUint32(r.at.cq_head, true);
    const tail = m.view.getUint32(r.at.cq_tail, true);
    const many = (tail - head) >>> 0;
    for (let i = 0; i < Math.min(many, 64); i++) {
      const at = r.at.cqes + ((head + i) & r.at.cq_mask) * r.at.cqe_bytes;
      const res = m.view.getInt32(at + 8, true);
      if (m.verbose) m.log.push(`  cqe ${m.view.getBigUint64(at, true)} ${res} ${m.view.getUint32(at + 12, true).toString(16)}`);
      // What may be a descriptor or an offset of an area.
      if (res > 2 && res < 200 && m.fds.length < 100) added(m, res);
      const z = m.zcrxs[m.zcrxs.length - 1];
      if (z && r.at.cqe_bytes === 32 && res > 0 && g.below(8) !== 7) refill(m, z, m.view.getBigUint64(at + 16, true), res, z.token);
    }
    if (!g.rare(6)) m.view.setUint32(r.at.cq_head, tail, true);
  }
}
export function refill(m: Machine, z: Machine['zcrxs'][0], off: bigint, len: number, token: bigint): void {
  const tail = m.view.getUint32(z.region + z.tail, true);
  const at = z.region + z.rqes + (tail & (z.entries - 1)) * 16;
  m.view.setBigUint64(at, (off & ((1n << 48n) - 1n)) | token, true);
  m.view.setUint32(at + 8, len, true);
  m.view.setUint32(at + 12, 0, true);
  m.view.setUint32(z.region + z.tail, tail + 1, true);
}

export function bufRing(m: Machine, g: Genes): void {
  if (m.groups.length === 0) return;
  const b = g.pick(m.groups);
  const tail = m.view.getUint16(b.at + 14, true);
  const many = 1 + g.below(6);
  for (let i = 0; i < many; i++) {
    const at = b.at + ((tail + i) & (b.entries - 1)) * 16;
    m.view.setBigUint64(at, anyAddress(m, g), true);
    m.view.setUint32(at + 8, g.pick([256, 64, 1, 4096, 0, 0x80000000]), true);
    m.view.setUint16(at + 12, g.below(8), true);
  }
  m.view.setUint16(b.at + 14, tail + many, true);
}

export function zcrx(m: Machine, task: number, g: Genes): void {
  if (m.rings.length === 0) return;
  const r = m.rings[g.rare(4) ? g.below(m.rings.length) : m.rings.length - 1] as OpenRing;
  const at = m.base + SCRATCH;
  const z = m.zcrxs[m.zcrxs.length - 1];
  if (!z || g.rare(6)) {
    m.engine.bytes.fill(0, at, at + 512);
    const alloc = (bytes: number) => m.engine.core.userAlloc(SERVER, bytes);
    const area_bytes = 4096 * g.pick([16, 64, 4, 1]);
    const i = new U.io_uring_zcrx_ifq_reg(m.view, at);
    const a = new U.io_uring_zcrx_area_reg(m.view, at + 128);
    const d = new U.io_uring_region_desc(m.view, at + 256);
    const nodev = g.rare(3);
    const region = alloc(8192);
    i.if_idx = nodev ? 0 : 2;
    i.rq_entries = g.pick([64, 8, 1, 256]);
    i.flags = nodev ? U.ZCRX_REG_NODEV : g.bits(3);
    i.area_ptr = BigInt(at + 128);
    i.region_ptr = BigInt(at + 256);
    if (g.rare(8)) i.rx_buf_len = 8192;
    a.addr = BigInt(alloc(area_bytes));
    a.len = BigInt(area_bytes);
    if (g.rare(6)) {
      a.flags = 1;
      const fd = m.engine.core.sysDmabuf(SERVER, a.addr, a.len, 4096);
      if (fd >= 0) added(m, fd);
      a.dmabuf_fd = fd;
      a.addr = 0n;
    }
    d.user_addr = BigInt(region);
    d.size = 8192n;
    d.flags = 1;
    if (m.call(task, { call: 'register', fd: r.fd, opcode: U.IORING_REGISTER_ZCRX_IFQ, arg: at, count: 1 }) !== 0) return;
    const { head, tail, rqes } = i.offsets;
    m.zcrxs.push({ region, head, tail, rqes, entries: i.rq_entries, token: a.rq_area_token, id: i.zcrx_id, bytes: area_bytes });
    return;
  }
  const what = g.below(4);
  if (what < 2) {
    // Entries of all kinds.
    for (let n = 1 + g.below(4); n > 0; n--) {
      const off = g.rare(8) ? BigInt(g.next()) : BigInt(g.below(z.bytes / 4096) * 4096);
      refill(m, z, off, g.pick([4096, 0]), g.rare(8) ? 1n << 50n : z.token);
    }
    return;
  }
  m.engine.bytes.fill(0, at, at + 256);
  u32(m, SCRATCH, z.id);
  u32(m, SCRATCH + 4, g.below(5));
  if (g.rare(4)) u64(m, SCRATCH + 24, at + 128);
  m.call(task, { call: 'register', fd: r.fd, opcode: U.IORING_REGISTER_ZCRX_CTRL, arg: at, count: 0 });
}

export function scribble(m: Machine, g: Genes): void {
  if (m.rings.length === 0) return;
  const r = g.pick(m.rings);
  const z = m.zcrxs[m.zcrxs.length - 1];
  const value = g.pick([g.next(), 0, 1, 0xffffffff, 0x80000000, 1000]);
  const at = g.pick([r.at.sq_tail, r.at.cq_head, r.at.sq_head, r.at.cq_tail, r.at.sq_flags, r.at.cq_flags,
    r.at.sq_head + 64 + 4 * g.below(64),
    r.at.sqes + 4 * g.below(16 * r.at.sq_entries), z ? z.region + z.tail : r.at.sq_tail, z ? z.region + z.head : r.at.cq_head,
    r.at.sq_dropped, r.at.cq_overflow, r.at.sq_head + 16 + 4 * g.below(4)]);
  if (m.verbose) m.log.push(`  scribble ${at - r.at.sq_head} = ${value}`);
  m.view.setUint32(at, value >>> 0, true);
}

export function close(m: Machine, task: number, g: Genes): void {
  if (m.fds.length === 0) return;
  const ring = g.below(3) === 2 && m.rings.length > 0;
  const fd = ring ? g.pick(m.rings).fd : (m.fds[g.below(m.fds.length)] as number);
  m.call(task, { call: 'close', fd });
  if (!g.rare(4)) m.fds = m.fds.filter((f) => f !== fd);
  m.rings = m.rings.filter((r) => r.fd !== fd);
}
