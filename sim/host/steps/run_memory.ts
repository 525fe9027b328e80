/** Steps that make memory: buffers, vectors, messages, times, addresses; and rings of provided buffers. */
import type { Steps } from '../../../uring-model/8-app/index.ts';
import {
  KERNEL_TIMESPEC_BYTES, __kernel_timespec, __NR_getsockname, AF_INET, AF_INET6, IO_URING_BUF_BYTES, IO_URING_BUF_REG_BYTES,
  IO_URING_BUF_STATUS_BYTES, IORING_REGISTER_PBUF_RING, IORING_REGISTER_PBUF_STATUS, IORING_UNREGISTER_PBUF_RING, IORING_OFF_PBUF_RING,
  IORING_OFF_PBUF_SHIFT, IOU_PBUF_RING_MMAP, io_uring_buf,
  io_uring_buf_reg, io_uring_buf_ring, io_uring_buf_status, MSGHDR_BYTES, msghdr, SOCKADDR_IN_BYTES, SOCKADDR_IN6_BYTES,
} from '../../../uring-model/8-app/uapi.gen.ts';
import { type Buffers, type Handlers, type Machine, StepError } from './machine.ts';
import { iovecs } from './run_rings.ts';
import { crc32, resultOf } from './trace_line.ts';

/** Byte n of pattern seq. */
export const seqByte = (n: number): number => (n * 7 + 3) & 0xff;
const PATTERN_SEQ = 1;
const LOOPBACK = [127, 0, 0, 1];
/** struct sockaddr_storage */
const ADDRESS_BYTES = 128;

/** The server's addresses on the wire. */
const SERVER = [10, 0, 0, 2];
const SERVER6 = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
const LOOPBACK6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/** An address at a place of its own: of every interface, of the loopback device, or the server's on the wire. */
export function addressAt(m: Machine, family: number, port: number, what: 'any' | 'lo' | 'wire'): { at: number; bytes: number } {
  const bytes = family === 6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES;
  const at = m.memory.alloc(bytes);
  const view = m.memory.view();
  m.memory.bytes(at, bytes).fill(0);
  view.setUint16(at, family === 6 ? AF_INET6 : AF_INET, true);
  view.setUint16(at + 2, port, false);
  if (what === 'any') return { at, bytes };
  const four = what === 'wire' ? SERVER : LOOPBACK;
  const six = what === 'wire' ? SERVER6 : LOOPBACK6;
  if (family === 6) m.memory.bytes(at + 8, 16).set(six);
  else m.memory.bytes(at + 4, 4).set(four);
  return { at, bytes };
}

/** Writes the loopback address with a port. */
export function loopback(m: Machine, at: number, port: number, any = false): void {
  const view = m.memory.view();
  view.setUint16(at, AF_INET, true);
  view.setUint16(at + 2, port, false);
  m.memory.bytes(at + 4, 4).set(any ? [0, 0, 0, 0] : LOOPBACK);
}

/** The address that a socket is bound to, at a place of its own. */
export function* addressOf(m: Machine, fd: number): Steps<{ at: number; bytes: number }> {
  const at = m.memory.alloc(ADDRESS_BYTES + 8);
  m.memory.view().setUint32(at + ADDRESS_BYTES, ADDRESS_BYTES, true);
  yield* m.sys(__NR_getsockname, fd, at, at + ADDRESS_BYTES);
  return { at, bytes: m.memory.view().getUint32(at + ADDRESS_BYTES, true) };
}

function* sockaddr(m: Machine): Steps<void> {
  if (m.int('of', -1) >= 0) {
    const { at, bytes } = yield* addressOf(m, m.int('of'));
    m.give(m.text('name'), at, { len: BigInt(bytes) });
    return;
  }
  const at = m.memory.alloc(ADDRESS_BYTES);
  loopback(m, at, m.int('port'));
  m.give(m.text('name'), at, { len: BigInt(SOCKADDR_IN_BYTES) });
}

function* register(m: Machine): Steps<void> {
  const [entries, size, flags] = [m.int('entries'), m.int('size'), m.int('flags')];
  const bufs = m.int('bufs');
  const bytes = Math.max(entries, 1) * IO_URING_BUF_BYTES;
  const mapped = (flags & IOU_PBUF_RING_MMAP) !== 0;
  let ring_at = mapped ? 0 : m.pages(bytes);
  const reg = m.scrap(IO_URING_BUF_REG_BYTES);
  const r = new io_uring_buf_reg(m.memory.view(), reg);
  r.ring_addr = BigInt(ring_at);
  r.ring_entries = entries;
  r.bgid = m.int('bgid');
  r.flags = flags;
  r.min_left = m.int('min_left');
  const done = yield* m.register(IORING_REGISTER_PBUF_RING, reg, 1);
  const said = { bgid: m.int('bgid'), entries, bufs, size, flags };
  if (done === 0 && mapped) {
    const offset = BigInt(IORING_OFF_PBUF_RING) | (BigInt(m.int('bgid')) << BigInt(IORING_OFF_PBUF_SHIFT));
    ring_at = yield { call: 'mmap', fd: m.ring().ring.fd, offset, bytes };
    if (ring_at < 0) throw new StepError('mmap of the buffer ring failed');
  }
  if (done === 0) {
    const data_at = m.pages(size * Math.max(bufs, entries));
    const group: Buffers = { ring_at, data_at, entries, size, tail: 0 };
    m.buffers.set(m.groupKey(m.int('ring'), m.int('bgid')), group);
    for (let bid = 0; bid < bufs; bid++) write(m, group, bid, size, bid);
    publish(m, group, bufs);
  }
  m.ret(done, said);
}

/** io_uring_buf_ring_add */
function write(m: Machine, group: Buffers, bid: number, len: number, beyond: number): void {
  const at = group.ring_at + ((group.tail + beyond) & (group.entries - 1)) * IO_URING_BUF_BYTES;
  const b = new io_uring_buf(m.memory.view(), at);
  b.addr = BigInt(group.data_at + bid * group.size);
  b.len = len;
  b.bid = bid;
}
/** io_uring_buf_ring_advance */
function publish(m: Machine, group: Buffers, n: number): void {
  group.tail = (group.tail + n) & 0xffff;
  new io_uring_buf_ring(m.memory.view(), group.ring_at).tail = group.tail;
}

function* status(m: Machine): Steps<void> {
  const at = m.scrap(IO_URING_BUF_STATUS_BYTES);
  new io_uring_buf_status(m.memory.view(), at).buf_group = m.int('bgid');
  const done = yield* m.register(IORING_REGISTER_PBUF_STATUS, at, 1);
  const { head } = new io_uring_buf_status(m.memory.view(), at);
  const tail = m.buffers.get(m.groupKey(m.int('ring'), m.int('bgid')))?.tail ?? 0;
  m.emit('pbuf', { bgid: m.int('bgid'), head, tail, ...resultOf('ret', done) });
}

export const MEMORY_STEPS: Handlers = {
  'mem.bytes'(m) {
    const len = m.count('len', 1);
    const at = m.pages(len);
    const bytes = m.memory.bytes(at, len);
    if (m.int('pattern') === PATTERN_SEQ) for (let i = 0; i < len; i++) bytes[i] = seqByte(i);
    else if (m.text('fill') !== '') bytes.fill(m.text('fill').charCodeAt(0));
    m.give(m.text('name'), at, { len: BigInt(len) });
  },
  'mem.words'(m) {
    const values = m.list('words');
    const at = m.memory.alloc(4 * Math.max(1, values.length));
    values.forEach((v, i) => {
      m.memory.view().setUint32(at + 4 * i, Number(BigInt.asUintN(32, m.big(v))), true);
    });
    m.give(m.text('name'), at, { len: BigInt(4 * values.length) });
  },
  'mem.iov'(m) {
    m.give(m.text('name'), iovecs(m, m.list('of')), { len: BigInt(m.list('of').length) });
  },
  'mem.msg'(m) {
    const pairs = m.list('of');
    const iov = iovecs(m, pairs);
    const at = m.memory.alloc(MSGHDR_BYTES);
    const h = new msghdr(m.memory.view(), at);
    h.msg_name = m.big(m.raw('address'));
    h.msg_namelen = m.int('address_len');
    h.msg_iov = BigInt(iov);
    h.msg_iovlen = BigInt(pairs.length);
    h.msg_control = m.big(m.raw('control'));
    h.msg_controllen = BigInt(m.int('control_len'));
    m.give(m.text('name'), at);
  },
  'mem.ts'(m) {
    const at = m.memory.alloc(KERNEL_TIMESPEC_BYTES);
    const t = new __kernel_timespec(m.memory.view(), at);
    t.tv_sec = BigInt(m.int('sec') + Math.floor(m.int('time') / 1e9));
    t.tv_nsec = BigInt(m.int('nsec') + (m.int('time') % 1e9));
    m.give(m.text('name'), at);
  },
  'mem.sockaddr': sockaddr,
  'mem.dump'(m) {
    const bytes = m.memory.bytes(m.int('at'), m.count('len'));
    m.emit('data', { n: bytes.length, crc: crc32(bytes), hex: [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('') });
  },
  'pbuf.reg': register,
  'pbuf.add'(m) {
    const group = m.group();
    write(m, group, m.int('bid'), m.int('len', group.size), m.int('slot'));
    publish(m, group, m.int('advance'));
  },
  'pbuf.advance'(m) {
    publish(m, m.group(), m.int('n'));
  },
  *'pbuf.unreg'(m) {
    const at = m.scrap(IO_URING_BUF_REG_BYTES);
    new io_uring_buf_reg(m.memory.view(), at).bgid = m.int('bgid');
    const done = yield* m.register(IORING_UNREGISTER_PBUF_RING, at, 1);
    if (done === 0) m.buffers.delete(m.groupKey(m.int('ring'), m.int('bgid')));
    m.ret(done);
  },
  'pbuf.status': status,
  'pbuf.dump'(m) {
    const group = m.group();
    const slots = Array.from({ length: m.int('slots') }, (_, i) => {
      const b = new io_uring_buf(m.memory.view(), group.ring_at + i * IO_URING_BUF_BYTES);
      // A slot that nobody wrote has no place.
      return { off: b.addr === 0n ? 0 : Number(b.addr) - group.data_at, len: b.len, bid: b.bid };
    });
    m.emit('pbuf', { bgid: m.int('bgid'), tail: group.tail, slots });
  },
};
