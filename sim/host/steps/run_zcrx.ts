/** Steps on zcrx instances and their refill rings. */
import type { Steps } from '../../../uring-model/8-app/index.ts';
import {
  IO_URING_REGION_DESC_BYTES, IO_URING_ZCRX_AREA_REG_BYTES, IO_URING_ZCRX_IFQ_REG_BYTES, IO_URING_ZCRX_RQE_BYTES,
  IORING_MEM_REGION_TYPE_USER, IORING_REGISTER_ZCRX_CTRL, IORING_REGISTER_ZCRX_IFQ, IORING_ZCRX_AREA_DMABUF, IORING_ZCRX_AREA_MASK,
  io_uring_region_desc, io_uring_zcrx_area_reg, io_uring_zcrx_ifq_reg, io_uring_zcrx_rqe, ZCRX_CTRL_ADD_AREA, ZCRX_CTRL_ARM_EVENT,
  ZCRX_CTRL_BYTES, ZCRX_CTRL_EXPORT, ZCRX_CTRL_FLUSH_RQ, ZCRX_EVENT_DESC_BYTES, ZCRX_EVENT_DESC_FLAG_STATS, ZCRX_REG_IMPORT,
  ZCRX_REG_NODEV, zcrx_ctrl, zcrx_event_desc,
} from '../../../uring-model/8-app/uapi.gen.ts';
import { Loans } from './loans.ts';
import type { Handlers, Instance, Machine } from './machine.ts';
import { seqByte } from './run_memory.ts';

const PAGE = 4096;
const RQ_HEADER = 128;
const roundUp = (n: number) => Math.ceil(n / PAGE) * PAGE;

function areaReg(m: Machine, address: number, bytes: number): number {
  const at = m.memory.alloc(IO_URING_ZCRX_AREA_REG_BYTES);
  const a = new io_uring_zcrx_area_reg(m.memory.view(), at);
  a.addr = BigInt(m.has('dmabuf') ? 0 : address);
  if (m.has('dmabuf')) a.dmabuf_fd = m.int('dmabuf');
  a.len = BigInt(bytes);
  a.flags = m.int('area_flags') | (m.has('dmabuf') ? IORING_ZCRX_AREA_DMABUF : 0);
  return at;
}

/** The page behind the refill ring has room for statistics. */
function region(m: Machine, entries: number): { at: number; region_at: number; stats_off: number } {
  const stats_off = roundUp(RQ_HEADER + entries * IO_URING_ZCRX_RQE_BYTES);
  const region_at = m.pages(stats_off + PAGE);
  const at = m.memory.alloc(IO_URING_REGION_DESC_BYTES);
  const d = new io_uring_region_desc(m.memory.view(), at);
  d.user_addr = BigInt(region_at);
  d.size = BigInt(stats_off + PAGE);
  d.flags = IORING_MEM_REGION_TYPE_USER;
  return { at, region_at, stats_off };
}

function events(m: Machine, stats_off: number): number {
  const at = m.memory.alloc(ZCRX_EVENT_DESC_BYTES);
  const e = new zcrx_event_desc(m.memory.view(), at);
  e.user_data = BigInt(m.int('ev_ud'));
  e.type_mask = m.int('events');
  e.flags = m.flag('stats') ? ZCRX_EVENT_DESC_FLAG_STATS : 0;
  e.stats_offset = BigInt(m.flag('stats') ? stats_off : 0);
  return at;
}

function* register(m: Machine): Steps<void> {
  const bytes = m.int('pages') * PAGE;
  const area_at = m.has('area') ? m.int('area') : m.pages(bytes);
  const area = areaReg(m, area_at, bytes);
  const ring = region(m, m.int('rq'));
  const at = m.scrap(IO_URING_ZCRX_IFQ_REG_BYTES);
  const r = new io_uring_zcrx_ifq_reg(m.memory.view(), at);
  const nodev = m.flag('nodev');
  r.if_idx = nodev ? 0 : m.int('if_idx');
  r.if_rxq = nodev ? 0 : m.int('rxq');
  r.rq_entries = m.int('rq');
  r.flags = ((nodev ? ZCRX_REG_NODEV : 0) | m.int('reg_flags')) >>> 0;
  r.area_ptr = BigInt(area);
  r.region_ptr = BigInt(ring.at);
  r.rx_buf_len = m.int('rx_buf_len');
  if (m.has('events')) r.event_desc = BigInt(events(m, ring.stats_off));
  const done = yield* m.register(IORING_REGISTER_ZCRX_IFQ, at, 1);
  const reg = new io_uring_zcrx_ifq_reg(m.memory.view(), at);
  const token = new io_uring_zcrx_area_reg(m.memory.view(), area).rq_area_token;
  const { head, tail, rqes } = reg.offsets;
  if (done === 0) {
    m.instances.set(m.text('name'), {
      id: reg.zcrx_id, area_at, area_bytes: bytes, token, buffer_bytes: reg.rx_buf_len || PAGE, entries: reg.rq_entries,
      head_at: ring.region_at + head, tail_at: ring.region_at + tail, rqes_at: ring.region_at + rqes,
      stats_at: ring.region_at + ring.stats_off, events_ud: m.has('events') ? m.big(m.raw('ev_ud')) : undefined,
      has_stats: m.flag('stats'), loans: new Loans(),
    });
    m.instance(m.text('name')).loans.addArea(area_at, bytes);
    m.give(m.text('name'), reg.zcrx_id, { id: BigInt(reg.zcrx_id), token, area: BigInt(area_at) });
  }
  const asked = m.has('events') ? (m.flag('stats') ? 2 : 1) : 0;
  m.ret(done, {
    pages: m.int('pages'), rq: m.int('rq'), ev: asked, id: reg.zcrx_id, rx_buf_len: reg.rx_buf_len, rq_entries: reg.rq_entries,
    head, tail, rqes, token: `0x${token.toString(16)}`,
  });
}

/** A control call on an instance; `fill` writes what it needs. */
export function* control(m: Machine, id: number, op: number, fill?: (c: zcrx_ctrl) => void): Steps<{ done: number; at: number }> {
  const at = m.scrap(ZCRX_CTRL_BYTES);
  const c = new zcrx_ctrl(m.memory.view(), at);
  c.zcrx_id = id;
  c.op = op;
  fill?.(c);
  return { done: yield* m.register(IORING_REGISTER_ZCRX_CTRL, at, 0), at };
}

const heads = (m: Machine, z: Instance) => ({
  head: m.memory.view().getUint32(z.head_at, true), tail: m.memory.view().getUint32(z.tail_at, true),
});

function push(m: Machine): void {
  const z = m.instance();
  const at = z.rqes_at + (z.loans.tail & (z.entries - 1)) * IO_URING_ZCRX_RQE_BYTES;
  const e = new io_uring_zcrx_rqe(m.memory.view(), at);
  e.off = BigInt.asUintN(64, m.big(m.raw('off')));
  e.len = m.int('len');
  e.__pad = m.int('pad');
  z.loans.tail = (z.loans.tail + 1) >>> 0;
  if (m.flag('publish')) m.memory.view().setUint32(z.tail_at, z.loans.tail, true);
}

function* importInstance(m: Machine): Steps<void> {
  const like = m.instance(m.text('like'));
  const at = m.scrap(IO_URING_ZCRX_IFQ_REG_BYTES);
  const r = new io_uring_zcrx_ifq_reg(m.memory.view(), at);
  r.flags = ZCRX_REG_IMPORT;
  r.if_idx = m.int('fd');
  const done = yield* m.register(IORING_REGISTER_ZCRX_IFQ, at, 1);
  const { zcrx_id } = new io_uring_zcrx_ifq_reg(m.memory.view(), at);
  if (done === 0) {
    m.instances.set(m.text('name'), { ...like, id: zcrx_id });
    m.give(m.text('name'), zcrx_id, { id: BigInt(zcrx_id), token: like.token, area: BigInt(like.area_at) });
  }
  m.ret(done, { id: zcrx_id });
}

/** Whether bytes of the area are those of pattern seq from a place on. */
export function proves(m: Machine, z: Instance, off: bigint, len: number, from: number): boolean {
  const bytes = m.memory.bytes(z.area_at + Number(off & ~IORING_ZCRX_AREA_MASK), len);
  return bytes.every((b, i) => b === seqByte(from + i));
}

export const ZCRX_STEPS: Handlers = {
  'zcrx.reg': register,
  'zcrx.push'(m) {
    push(m);
  },
  'zcrx.publish'(m) {
    const z = m.instance();
    m.memory.view().setUint32(z.tail_at, z.loans.tail, true);
  },
  *'zcrx.flush'(m) {
    const z = m.instance();
    const { done } = yield* control(m, z.id, ZCRX_CTRL_FLUSH_RQ);
    m.ret(done, heads(m, z));
  },
  *'zcrx.arm'(m) {
    const type = m.int('type');
    const { done } = yield* control(m, m.instance().id, ZCRX_CTRL_ARM_EVENT, (c) => {
      c.zc_arm_event.event_type = type;
    });
    m.ret(done, { type });
  },
  *'zcrx.add_area'(m) {
    const bytes = m.int('pages') * PAGE;
    const area_at = m.pages(bytes);
    const area = areaReg(m, area_at, bytes);
    const { done } = yield* control(m, m.instance().id, ZCRX_CTRL_ADD_AREA, (c) => {
      c.zc_area.area_ptr = BigInt(area);
    });
    if (done === 0) m.instance().loans.addArea(area_at, bytes);
    m.ret(done, { token: `0x${new io_uring_zcrx_area_reg(m.memory.view(), area).rq_area_token.toString(16)}` });
  },
  *'zcrx.ctrl'(m) {
    const { done } = yield* control(m, m.has('id') ? m.int('id') : m.instance().id, m.int('op'));
    m.ret(done);
  },
  *'zcrx.export'(m) {
    const { done, at } = yield* control(m, m.instance().id, ZCRX_CTRL_EXPORT);
    if (done === 0) m.give(m.text('name'), new zcrx_ctrl(m.memory.view(), at).zc_export.zcrx_fd);
    m.ret(done);
  },
  'zcrx.import': importInstance,
  'zcrx.poke'(m) {
    const z = m.instance();
    if (m.has('head')) m.memory.view().setUint32(z.head_at, m.int('head'), true);
    if (m.has('tail')) m.memory.view().setUint32(z.tail_at, m.int('tail'), true);
  },
  'zcrx.rq'(m) {
    m.emit('rq', heads(m, m.instance()));
  },
  'zcrx.stats'(m) {
    const view = m.memory.view();
    const { stats_at } = m.instance();
    m.emit('stats', { count: Number(view.getBigUint64(stats_at, true)), bytes: Number(view.getBigUint64(stats_at + 8, true)) });
  },
  'zcrx.check'(m) {
    m.emit('data', { n: m.int('len'), ok: proves(m, m.instance(), m.big(m.raw('off')), m.int('len'), m.int('at')) });
  },
};
