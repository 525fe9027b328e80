/** Steps on rings as a whole: set-up, registration of files, buffers and the like. */
import { Ring, type Steps } from '../../../uring-model/8-app/index.ts';
import {
  __NR_close, IO_URING_CLONE_BUFFERS_BYTES, IO_URING_FILE_INDEX_RANGE_BYTES, IO_URING_FILES_UPDATE_BYTES, IO_URING_NAPI_BYTES,
  IO_URING_PARAMS_BYTES, IO_URING_PROBE_BYTES, IO_URING_PROBE_OP_BYTES, IO_URING_QUERY_HDR_BYTES, IO_URING_RSRC_REGISTER_BYTES,
  IO_URING_RSRC_UPDATE2_BYTES, IO_URING_SQE_BYTES, IO_URING_SYNC_CANCEL_REG_BYTES, IORING_OP_MSG_RING, IORING_REGISTER_BUFFERS,
  IORING_REGISTER_BUFFERS2, IORING_REGISTER_BUFFERS_UPDATE, IORING_REGISTER_CLONE_BUFFERS, IORING_REGISTER_ENABLE_RINGS,
  IORING_REGISTER_EVENTFD, IORING_REGISTER_EVENTFD_ASYNC, IORING_REGISTER_FILE_ALLOC_RANGE, IORING_REGISTER_FILES,
  IORING_REGISTER_FILES2, IORING_REGISTER_FILES_UPDATE, IORING_REGISTER_NAPI, IORING_REGISTER_PROBE, IORING_REGISTER_QUERY,
  IORING_REGISTER_RESIZE_RINGS, IORING_REGISTER_RESTRICTIONS, IORING_REGISTER_SEND_MSG_RING, IORING_REGISTER_SYNC_CANCEL,
  IORING_RESTRICTION_REGISTER_OP, IORING_RESTRICTION_SQE_FLAGS_ALLOWED, IORING_RESTRICTION_SQE_FLAGS_REQUIRED, IORING_RESTRICTION_SQE_OP,
  IORING_RSRC_REGISTER_SPARSE, IORING_SETUP_CQSIZE, IORING_UNREGISTER_BUFFERS, IORING_UNREGISTER_EVENTFD, IORING_UNREGISTER_FILES,
  io_uring_clone_buffers, io_uring_file_index_range, io_uring_files_update, io_uring_napi, io_uring_params, io_uring_probe,
  io_uring_query_hdr, io_uring_query_opcode, io_uring_query_scq, io_uring_query_zcrx, io_uring_query_zcrx_event,
  io_uring_rsrc_register, io_uring_rsrc_update2, io_uring_sqe, io_uring_sync_cancel_reg, IOVEC_BYTES, iovec,
} from '../../../uring-model/8-app/uapi.gen.ts';
import type { Handlers, Machine } from './machine.ts';
import type { StepValue } from './program.ts';

function params(m: Machine): number {
  const at = m.scrap(IO_URING_PARAMS_BYTES);
  const p = new io_uring_params(m.memory.view(), at);
  const cq = m.int('cq');
  p.flags = (m.int('flags') | (cq > 0 ? IORING_SETUP_CQSIZE : 0)) >>> 0;
  p.cq_entries = cq;
  return at;
}

function* ringInit(m: Machine): Steps<void> {
  const at = params(m);
  const p = new io_uring_params(m.memory.view(), at);
  const asked = p.flags;
  p.sq_thread_idle = m.int('sq_thread_idle');
  p.sq_thread_cpu = m.int('sq_thread_cpu');
  if (m.int('wq', -1) >= 0) p.wq_fd = m.ring(m.int('wq')).ring.fd;
  const ring = yield* Ring.queueInitParams(m.memory, m.int('sq'), at);
  if (typeof ring === 'number') {
    m.ret(ring, { r: m.int('ring'), flags: asked });
    return;
  }
  m.rings.set(m.int('ring'), { ring, sent: new Map(), seen: 0 });
  const { sq_entries, cq_entries, features } = new io_uring_params(m.memory.view(), at);
  m.ret(0, { r: m.int('ring'), sq: sq_entries, cq: cq_entries, flags: m.int('flags'), features });
}

function* ringExit(m: Machine): Steps<void> {
  const id = m.int('ring');
  const { ring } = m.ring(id);
  yield* m.sys(__NR_close, ring.fd);
  m.rings.delete(id);
  for (const key of [...m.buffers.keys()]) if (key.startsWith(`${id}:`)) m.buffers.delete(key);
}

function* resize(m: Machine): Steps<void> {
  const at = params(m);
  new io_uring_params(m.memory.view(), at).sq_entries = m.int('sq');
  const done = yield* m.register(IORING_REGISTER_RESIZE_RINGS, at, 1);
  if (done === 0) yield* m.ring().ring.remap(at);
  m.ret(done);
}

/** An array of i32 in scrap memory. */
function words(m: Machine, values: readonly StepValue[]): number {
  const at = m.scrap(4 * values.length);
  values.forEach((v, i) => {
    m.memory.view().setInt32(at + 4 * i, Number(m.big(v)), true);
  });
  return at;
}

/** An array of struct iovec of [memory, length] pairs, in memory of its own. */
export function iovecs(m: Machine, pairs: readonly StepValue[]): number {
  const at = m.memory.alloc(Math.max(1, pairs.length) * IOVEC_BYTES);
  pairs.forEach((pair, i) => {
    const [base, len] = pair as readonly StepValue[];
    const v = new iovec(m.memory.view(), at + i * IOVEC_BYTES);
    v.iov_base = m.big(base);
    v.iov_len = m.big(len);
  });
  return at;
}

/** Registers so many empty slots. */
function* sparse(m: Machine, opcode: number): Steps<number> {
  const at = m.scrap(IO_URING_RSRC_REGISTER_BYTES);
  const r = new io_uring_rsrc_register(m.memory.view(), at);
  r.flags = IORING_RSRC_REGISTER_SPARSE;
  r.nr = m.int('sparse');
  return yield* m.register(opcode, at, IO_URING_RSRC_REGISTER_BYTES);
}

function* updateFiles(m: Machine): Steps<void> {
  const files = m.list('files');
  const fds = words(m, files);
  const at = m.memory.alloc(IO_URING_FILES_UPDATE_BYTES);
  const u = new io_uring_files_update(m.memory.view(), at);
  u.offset = m.int('at');
  u.fds = BigInt(fds);
  m.ret(yield* m.register(IORING_REGISTER_FILES_UPDATE, at, files.length));
}

function* updateBufs(m: Machine): Steps<void> {
  const bufs = m.list('bufs');
  const at = m.scrap(IO_URING_RSRC_UPDATE2_BYTES);
  const u = new io_uring_rsrc_update2(m.memory.view(), at);
  u.offset = m.int('at');
  u.data = BigInt(iovecs(m, bufs));
  u.nr = bufs.length;
  m.ret(yield* m.register(IORING_REGISTER_BUFFERS_UPDATE, at, IO_URING_RSRC_UPDATE2_BYTES));
}

function* cloneBufs(m: Machine): Steps<void> {
  const at = m.scrap(IO_URING_CLONE_BUFFERS_BYTES);
  const c = new io_uring_clone_buffers(m.memory.view(), at);
  c.src_fd = m.ring(m.int('from')).ring.fd;
  c.flags = m.int('flags');
  c.src_off = m.int('src_off');
  c.dst_off = m.int('dst_off');
  c.nr = m.int('n');
  m.ret(yield* m.register(IORING_REGISTER_CLONE_BUFFERS, at, 1));
}

function* syncCancel(m: Machine): Steps<void> {
  const at = m.scrap(IO_URING_SYNC_CANCEL_REG_BYTES);
  const c = new io_uring_sync_cancel_reg(m.memory.view(), at);
  c.addr = m.big(m.raw('ud'));
  c.fd = m.int('fd');
  c.flags = m.int('flags');
  c.opcode = m.int('opcode');
  const timeout = m.has('timeout') ? m.int('timeout') : -1;
  c.timeout.tv_sec = timeout < 0 ? -1n : BigInt(Math.floor(timeout / 1e9));
  c.timeout.tv_nsec = timeout < 0 ? -1n : BigInt(timeout % 1e9);
  m.ret(yield* m.register(IORING_REGISTER_SYNC_CANCEL, at, 1));
}

function* syncMsg(m: Machine): Steps<void> {
  const at = m.scrap(IO_URING_SQE_BYTES);
  const s = new io_uring_sqe(m.memory.view(), at);
  s.opcode = IORING_OP_MSG_RING;
  s.fd = m.ring().ring.fd;
  s.len = m.int('len');
  s.off = m.big(m.raw('ud'));
  s.msg_ring_flags = m.int('flags');
  m.ret(yield* m.register(IORING_REGISTER_SEND_MSG_RING, at, 1, -1));
}

function* napi(m: Machine): Steps<void> {
  const at = m.scrap(IO_URING_NAPI_BYTES);
  const n = new io_uring_napi(m.memory.view(), at);
  n.busy_poll_to = m.int('busy_poll_to');
  n.prefer_busy_poll = m.int('prefer_busy_poll');
  m.ret(yield* m.register(IORING_REGISTER_NAPI, at, 1));
}

const RESTRICTION_BYTES = 16;

function* restrict(m: Machine): Steps<void> {
  const rows: [number, number][] = [
    ...m.list('register_ops').map((v): [number, number] => [IORING_RESTRICTION_REGISTER_OP, Number(m.big(v))]),
    ...m.list('sqe_ops').map((v): [number, number] => [IORING_RESTRICTION_SQE_OP, Number(m.big(v))]),
  ];
  if (m.int('flags_allowed') !== 0) rows.push([IORING_RESTRICTION_SQE_FLAGS_ALLOWED, m.int('flags_allowed')]);
  if (m.int('flags_required') !== 0) rows.push([IORING_RESTRICTION_SQE_FLAGS_REQUIRED, m.int('flags_required')]);
  const at = m.scrap(rows.length * RESTRICTION_BYTES);
  const view = m.memory.view();
  rows.forEach(([opcode, value], i) => {
    view.setUint16(at + i * RESTRICTION_BYTES, opcode, true);
    view.setUint8(at + i * RESTRICTION_BYTES + 2, value);
  });
  m.ret(yield* m.register(IORING_REGISTER_RESTRICTIONS, at, rows.length));
}

const hex = (n: number | bigint) => `0x${n.toString(16)}`;
/** Bytes of the largest answer to a query, as far as the questions here go. */
const ANSWER_BYTES = 64;

/** What the answer to a question says, in the order of its fields. */
function answer(m: Machine, what: number, at: number): Record<string, number | string> {
  const view = m.memory.view();
  if (what === 0) {
    const q = new io_uring_query_opcode(view, at);
    return {
      ops: q.nr_request_opcodes, regops: q.nr_register_opcodes, feat: hex(q.feature_flags), setup: hex(q.ring_setup_flags),
      enter: hex(q.enter_flags), sqe: hex(q.sqe_flags), nq: q.nr_query_opcodes,
    };
  }
  if (what === 1) {
    const q = new io_uring_query_zcrx(view, at);
    return {
      regflags: hex(q.register_flags), areaflags: hex(q.area_flags), nctrl: q.nr_ctrl_opcodes, features: hex(q.features),
      hdr: q.rq_hdr_size, align: q.rq_hdr_alignment,
    };
  }
  if (what === 2) {
    const q = new io_uring_query_scq(view, at);
    return { hdr: Number(q.hdr_size), align: Number(q.hdr_alignment) };
  }
  const q = new io_uring_query_zcrx_event(view, at);
  return { events: hex(q.event_flags), stats: q.stats_size, align: q.stats_off_alignment };
}

/** Sizes of the answers (io_uring_query_opcode, _zcrx, _scq, _zcrx_event). */
const ANSWERS = [48, 40, 16, 64] as const;

function* query(m: Machine): Steps<void> {
  const what = m.int('what');
  const at = m.memory.alloc(ANSWER_BYTES);
  const header = m.scrap(IO_URING_QUERY_HDR_BYTES);
  const h = new io_uring_query_hdr(m.memory.view(), header);
  h.size = ANSWERS[what] ?? ANSWER_BYTES;
  h.query_data = BigInt(at);
  h.query_op = what;
  const done = yield* m.register(IORING_REGISTER_QUERY, header, 0, -1);
  m.ret(done, { result: new io_uring_query_hdr(m.memory.view(), header).result, ...answer(m, what, at) });
}

const PROBE_OPS = 256;
const OP_SUPPORTED = 1;

function* probe(m: Machine): Steps<void> {
  const at = m.scrap(IO_URING_PROBE_BYTES + PROBE_OPS * IO_URING_PROBE_OP_BYTES);
  const done = yield* m.register(IORING_REGISTER_PROBE, at, PROBE_OPS);
  const view = m.memory.view();
  const { last_op, ops_len } = new io_uring_probe(view, at);
  const missing = Array.from({ length: ops_len }, (_, i) => i)
    .filter((i) => !(view.getUint16(at + IO_URING_PROBE_BYTES + i * IO_URING_PROBE_OP_BYTES + 2, true) & OP_SUPPORTED));
  m.ret(done, { last_op, ops: ops_len, missing });
}

/** A registration without anything more to it. */
const plain = (opcode: number) => function* plainStep(m: Machine): Steps<void> {
  m.ret(yield* m.register(opcode, 0, 0));
};

export const RING_STEPS: Handlers = {
  'ring.init': ringInit,
  'ring.exit': ringExit,
  'ring.enable': plain(IORING_REGISTER_ENABLE_RINGS),
  'ring.resize': resize,
  *'ring.regfiles'(m) {
    const files = m.list('files');
    if (m.int('sparse') > 0) m.ret(yield* sparse(m, IORING_REGISTER_FILES2));
    else m.ret(yield* m.register(IORING_REGISTER_FILES, words(m, files), files.length));
  },
  'ring.updatefiles': updateFiles,
  *'ring.allocrange'(m) {
    const at = m.scrap(IO_URING_FILE_INDEX_RANGE_BYTES);
    const r = new io_uring_file_index_range(m.memory.view(), at);
    r.off = m.int('at');
    r.len = m.int('n');
    m.ret(yield* m.register(IORING_REGISTER_FILE_ALLOC_RANGE, at, 0));
  },
  'ring.unregfiles': plain(IORING_UNREGISTER_FILES),
  *'ring.regbufs'(m) {
    const bufs = m.list('bufs');
    if (m.int('sparse') > 0) m.ret(yield* sparse(m, IORING_REGISTER_BUFFERS2));
    else m.ret(yield* m.register(IORING_REGISTER_BUFFERS, iovecs(m, bufs), bufs.length));
  },
  'ring.updatebufs': updateBufs,
  'ring.clonebufs': cloneBufs,
  'ring.unregbufs': plain(IORING_UNREGISTER_BUFFERS),
  *'ring.eventfd'(m) {
    const opcode = m.flag('async') ? IORING_REGISTER_EVENTFD_ASYNC : IORING_REGISTER_EVENTFD;
    m.ret(yield* m.register(opcode, words(m, [m.int('fd')]), 1));
  },
  'ring.uneventfd': plain(IORING_UNREGISTER_EVENTFD),
  'ring.sync_cancel': syncCancel,
  'ring.sync_msg': syncMsg,
  'ring.napi': napi,
  'ring.restrict': restrict,
  'ring.query': query,
  'ring.probe': probe,
  *'ring.register'(m) {
    const fd = m.flag('no_ring') ? -1 : m.ring().ring.fd;
    m.ret(yield* m.register(m.int('opcode'), m.int('arg'), m.int('count'), fd));
  },
};
