/**
 * Steps that move streams. What is to be sent goes without waiting, whenever a step of this file waits: one thread plays both ends,
 * and nobody waits for somebody who waits for him.
 */
import type { Cqe, Steps } from '../../../uring-model/8-app/index.ts';
import {
  __NR_recvfrom, __NR_sendto, __NR_shutdown, EAGAIN, ENOMEM, ENOSPC, IO_URING_CQE_BYTES, IO_URING_GETEVENTS_ARG_BYTES, IO_URING_SQE_BYTES,
  IO_URING_ZCRX_RQE_BYTES, io_uring_getevents_arg, io_uring_sqe, io_uring_zcrx_rqe, IORING_CQE_F_MORE, IORING_CQE_F_SKIP,
  IORING_OP_RECV_ZC, IORING_RECV_MULTISHOT, MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_WR, ZCRX_CTRL_FLUSH_RQ,
} from '../../../uring-model/8-app/uapi.gen.ts';
import { GIVE_BATCH, GIVE_NONE } from './loans.ts';
import { elsewhere, type Handlers, type Instance, type Machine, type OpenRing, StepError } from './machine.ts';
import { sleep } from './run_misc.ts';
import { control } from './run_zcrx.ts';
import { type End, type Flow, provesStream, writeStream } from './stream_pairs.ts';
import { crcOn, crcText, errorName, type TraceValue } from './trace_line.ts';

/** How long a wait is before it looks for room to send. */
const POLL_NS = 1_000_000;
/** Bytes of one send. */
const CHUNK = 65536;
/** user_data of the receives of zcrx.receive: with the number of the stream. */
const RECEIVE_UD = 0x7a000000;
const EVENT_NAMES = ['ALLOC_FAIL', 'COPY'];

const flowsOf = (m: Machine): readonly Flow[] => m.pairs.flatMap((p) => p.flows);

/** The last pair that has such an end. */
function flowWith(m: Machine, fd: number, which: 'from' | 'to'): Flow {
  const client = m.raw('host') === 'client';
  const found = flowsOf(m).findLast((f) => f[which].fd === fd && f[which].client === client);
  if (!found) throw new StepError('the file is no end of a pair of sockets');
  return found;
}

/** Whoever does the step: the task of this end makes the calls. */
const asEnd = <T>(end: End, steps: Steps<T>): Steps<T> => elsewhere(steps, { peer: end.client });

function* pushFlow(m: Machine, f: Flow): Steps<void> {
  for (;;) {
    const open = f.window === 0 ? CHUNK : f.received + f.window - f.sent;
    const n = Math.min(CHUNK, f.wanted - f.sent, open);
    if (n <= 0) break;
    const at = m.scrap(CHUNK);
    writeStream(m.memory.bytes(at, n), f.seed, f.sent);
    const done = yield* m.sys(__NR_sendto, f.from.fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
    if (done === -EAGAIN) return;
    // Nobody receives the rest.
    if (done < 0) f.wanted = f.sent;
    else f.sent += done;
  }
  if (!f.end || f.shut || f.sent < f.wanted) return;
  f.shut = true;
  yield* m.sys(__NR_shutdown, f.from.fd, SHUT_WR);
}
/** Sends what there is room for. */
function* push(m: Machine): Steps<void> {
  for (const f of flowsOf(m)) if (f.sent < f.wanted || (f.end && !f.shut)) yield* asEnd(f.from, pushFlow(m, f));
}

/** Takes bytes of a stream in. */
function take(f: Flow, bytes: Uint8Array): void {
  if (!provesStream(bytes, f.seed, f.received)) f.ok = false;
  f.crc = crcOn(f.crc, bytes);
  f.received += bytes.length;
}

/** Time since something last came. */
class Patience {
  private since: bigint;
  private readonly m: Machine;

  private constructor(m: Machine, since: bigint) {
    this.m = m;
    this.since = since;
  }
  static *begin(m: Machine): Steps<Patience> {
    return new Patience(m, yield* m.clockNs());
  }
  *over(progress: boolean): Steps<boolean> {
    const now = yield* this.m.clockNs();
    if (progress) this.since = now;
    return now - this.since >= BigInt(this.m.int('quiet'));
  }
}

/** How far it came is chance. */
const isVague = (why: string): boolean => why === 'quiet' || why === 'stopped';

/** How a flow came to the end of a step: what is said of it. */
function said(m: Machine, f: Flow, why: string, more: Readonly<Record<string, TraceValue>>, copies?: 'none' | 'all'): void {
  const vague = isVague(why);
  const bytes = why === 'bytes' ? m.int('n') : f.received - f.said;
  // A later step says it all.
  if (!vague) f.said += bytes;
  const ways = copies && { zeroCopyBytes: copies === 'none' ? bytes : 0, copiedBytes: copies === 'none' ? 0 : bytes };
  m.emit('received', {
    ...more, why, ...(vague ? { some: bytes > 0 } : { bytes, ...ways }), ok: f.ok,
    // Of the whole stream.
    ...(f.received === f.wanted && f.said === f.wanted ? { crc: crcText(f.crc) } : {}),
  });
}

function* streamRecv(m: Machine): Steps<void> {
  const f = flowWith(m, m.int('fd'), 'to');
  const n = m.int('n');
  const patience = yield* Patience.begin(m);
  for (let why = ''; ; ) {
    yield* push(m);
    const at = m.scrap(CHUNK);
    const room = n === 0 ? CHUNK : Math.min(CHUNK, f.said + n - f.received);
    const done = room === 0 ? 0 : yield* m.sys(__NR_recvfrom, f.to.fd, at, room, MSG_DONTWAIT, 0, 0);
    if (done > 0) take(f, m.memory.bytes(at, done));
    if (n > 0 && f.received - f.said >= n) why = 'bytes';
    else if (done === 0) why = 'end';
    else if (done < 0 && done !== -EAGAIN) why = 'stopped';
    else if (yield* patience.over(done > 0)) why = 'quiet';
    f.counted = f.received;
    if (why !== '') return said(m, f, why, why === 'stopped' ? { fd: m.text('fd'), err: errorName(done) } : { fd: m.text('fd') });
    if (done < 0) yield* sleep(m, POLL_NS);
  }
}

/** What zcrx.receive knows of one of its sockets. */
interface Part {
  readonly name: string;
  readonly f: Flow;
  /** Why it is over; '' while it goes on. */
  why: string;
  /** The one that ended it for good. */
  err: string;
}

class Receive {
  private readonly m: Machine;
  private readonly open: OpenRing;
  private readonly z: Instance;
  private readonly parts: readonly Part[];
  private readonly n: number;
  /** Room is to be made before a request is armed again. */
  private dry = false;

  constructor(m: Machine) {
    this.m = m;
    this.open = m.ring();
    this.z = m.instance();
    this.n = m.int('n');
    this.parts = m.list('fds').map((v) => ({ name: String(v), f: flowWith(m, Number(m.big(v)), 'to'), why: '', err: '' }));
  }

  *run(): Steps<void> {
    const patience = yield* Patience.begin(this.m);
    for (const p of this.parts) this.look(p);
    while (this.parts.some((p) => p.why === '')) {
      yield* push(this.m);
      yield* this.arm();
      yield* this.wait();
      const progress = this.reap();
      fillRefillRing(this.m, this.z);
      if (yield* patience.over(progress)) for (const p of this.parts) p.why ||= 'quiet';
    }
    // The last batch is given back as it is.
    if (this.m.int('give') !== GIVE_NONE) this.z.loans.give(this.m.int('give'), 1);
    fillRefillRing(this.m, this.z);
    this.say();
  }

  /** Arms whoever is not; what ended for want of memory only after a while and a flush. */
  private *arm(): Steps<void> {
    const waiting = this.parts.filter((p) => p.why === '' && p.f.armed !== this.open);
    if (waiting.length === 0) return;
    if (this.dry) {
      yield* control(this.m, this.z.id, ZCRX_CTRL_FLUSH_RQ);
      yield* sleep(this.m, POLL_NS);
    }
    this.dry = false;
    for (const p of waiting) this.fill(p.f);
    yield* this.open.ring.submit();
  }
  private fill(f: Flow): void {
    const at = this.open.ring.getSqe();
    if (!at) throw new StepError('the submission queue is full: submit before');
    // As io_uring_prep_rw leaves nothing of what the entry was before.
    this.m.memory.bytes(at.base, IO_URING_SQE_BYTES).fill(0);
    const sqe = new io_uring_sqe(this.m.memory.view(), at.base);
    sqe.opcode = IORING_OP_RECV_ZC;
    sqe.fd = f.to.fd;
    sqe.ioprio = IORING_RECV_MULTISHOT;
    sqe.len = this.m.int('len');
    sqe.zcrx_ifq_idx = this.z.id;
    sqe.user_data = BigInt(RECEIVE_UD + f.seed);
    f.armed = this.open;
  }

  private *wait(): Steps<void> {
    const { ring } = this.open;
    if (ring.cqReady() > 0) return;
    const arg = this.m.scrap(IO_URING_GETEVENTS_ARG_BYTES);
    const a = new io_uring_getevents_arg(this.m.memory.view(), arg);
    a.sigmask_sz = 8;
    a.ts = BigInt(this.m.timespec(POLL_NS));
    yield* ring.waitArg(1, arg, true);
  }

  /** Completions that are there, until all is over. True: bytes came. */
  private reap(): boolean {
    let progress = false;
    for (const cqe of this.open.ring.completions()) {
      if (this.parts.every((p) => p.why !== '')) break;
      if (!(cqe.flags & IORING_CQE_F_SKIP) && this.completion(cqe)) progress = true;
      this.open.seen++;
      this.open.ring.cqAdvance(cqe.slots);
    }
    return progress;
  }

  private completion(cqe: Cqe): boolean {
    if (cqe.user_data === this.z.events_ud) {
      this.z.loans.events.add(EVENT_NAMES[cqe.res] ?? String(cqe.res));
      return false;
    }
    const p = this.parts.find((x) => BigInt(RECEIVE_UD + x.f.seed) === cqe.user_data);
    if (!p) throw new StepError(`a completion of nobody: user_data ${cqe.user_data}, res ${cqe.res}`);
    if (cqe.flags & IORING_CQE_F_MORE) {
      this.bytes(p.f, cqe);
      this.look(p);
      return true;
    }
    p.f.armed = undefined;
    if (cqe.res === 0) p.why = 'end';
    else this.ended(p, cqe.res);
    return false;
  }
  private ended(p: Part, res: number): void {
    const again = res === -ENOMEM || res === -ENOSPC;
    if (res === -ENOMEM) this.dry = true;
    if (again && this.m.flag('rearm')) return;
    p.why = 'stopped';
    p.err = errorName(res);
  }

  private bytes(f: Flow, cqe: Cqe): void {
    const off = this.m.memory.view().getBigUint64(cqe.address + IO_URING_CQE_BYTES, true);
    const at = this.z.loans.lend({ off, len: cqe.res });
    if (at === undefined) throw new StepError('a completion speaks of bytes outside of the areas');
    take(f, this.m.memory.bytes(at, cqe.res));
    this.z.loans.give(this.m.int('give'), this.m.int('batch'));
  }
  private look(p: Part): void {
    if (p.why === '' && this.n > 0 && p.f.received - p.f.said >= this.n) p.why = 'bytes';
  }

  /** Were all bytes of this step lent where the NIC put them, or all copied? Of a mixture nobody says which. */
  private copies(f: Flow): 'none' | 'all' | undefined {
    const copied = this.m.copied(f.to.fd);
    const got = f.received - f.counted;
    if (copied === undefined || got === 0) return undefined;
    const part = copied - f.copied;
    f.copied = copied;
    f.counted = f.received;
    return part === 0 ? 'none' : part === got ? 'all' : undefined;
  }

  private say(): void {
    for (const p of this.parts) {
      const copies = isVague(p.why) ? undefined : this.copies(p.f);
      said(this.m, p.f, p.why, { fd: p.name, ...(p.err ? { err: p.err } : {}) }, copies);
    }
    const { loans } = this.z;
    const view = this.m.memory.view();
    const counted = this.z.has_stats && this.parts.every((p) => !isVague(p.why));
    this.m.emit('lent', {
      z: this.m.text('zcrx'), distinct: loans.distinct, returned: loans.returned, events: [...loans.events].sort(),
      ...(counted ? { copied: Number(view.getBigUint64(this.z.stats_at + 8, true)) } : {}),
    });
  }
}

/** Writes entries while the ring has room. */
function fillRefillRing(m: Machine, z: Instance): void {
  const view = m.memory.view();
  const { queue } = z.loans;
  let n = 0;
  for (; n < queue.length && ((z.loans.tail - view.getUint32(z.head_at, true)) >>> 0) < z.entries; n++) {
    const entry = queue[n];
    if (!entry) break;
    const e = new io_uring_zcrx_rqe(view, z.rqes_at + (z.loans.tail & (z.entries - 1)) * IO_URING_ZCRX_RQE_BYTES);
    e.off = entry.off;
    e.len = entry.len;
    e.__pad = 0;
    z.loans.tail = (z.loans.tail + 1) >>> 0;
    z.loans.published(entry);
  }
  z.loans.queue.splice(0, n);
  view.setUint32(z.tail_at, z.loans.tail, true);
}

function* give(m: Machine): Steps<void> {
  const z = m.instance();
  z.loans.give(m.int('order') + GIVE_BATCH, 1);
  fillRefillRing(m, z);
  let done = 0;
  for (let more = true; more && m.flag('flush'); ) {
    ({ done } = yield* control(m, z.id, ZCRX_CTRL_FLUSH_RQ));
    more = done === 0 && z.loans.queue.length > 0;
    fillRefillRing(m, z);
  }
  m.ret(done, { all: z.loans.queue.length === 0 });
}

export const STREAM_STEPS: Handlers = {
  *'stream.send'(m) {
    const f = flowWith(m, m.int('fd'), 'from');
    f.wanted += m.int('n');
    f.window = m.int('window');
    f.end ||= m.flag('end');
    yield* push(m);
  },
  *'stream.flush'(m) {
    const patience = yield* Patience.begin(m);
    const left = () => flowsOf(m).reduce((n, f) => n + f.wanted - f.sent, 0);
    for (let before = -1; left() > 0 && !(yield* patience.over(left() !== before)); ) {
      before = left();
      yield* push(m);
      if (left() > 0) yield* sleep(m, POLL_NS);
    }
    m.emit('flushed', { all: left() === 0 });
  },
  'stream.recv': streamRecv,
  *'zcrx.receive'(m) {
    yield* new Receive(m).run();
  },
  'zcrx.give': give,
};
