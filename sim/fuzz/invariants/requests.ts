/**
 * Requests of io_uring, as the trace tells them apart: each from its SQE to its last completion, whoever else has its user_data. Several
 * invariants look at them, so that a run follows them once.
 */
import { opName, type TraceBatch } from '../../host/index.ts';
import type { OnRecord, RunView } from './form.ts';

export const F_BUFFER = 1;
export const F_MORE = 2;
export const F_NOTIF = 8;
export const F_BUF_MORE = 16;
export const F_32 = 1 << 15;
export const ECANCELED = 125;

const LINKS = 4 | 8;
export const IOSQE_IO_HARDLINK = 8;
export const IOSQE_ASYNC = 16;
export const IOSQE_BUFFER_SELECT = 32;
export const IOSQE_CQE_SKIP_SUCCESS = 64;

const OF_OVERFLOW = 0xfffffffe;
const OF_USER_DATA = 0xfffffffd;
const OP_RECV_ZC = 58;

/** Requests of a chain, in their order. */
export interface Chain {
  readonly members: Request[];
}

export interface Request {
  /** Number among all of the run. */
  readonly id: number;
  readonly slot: number;
  /** When its SQE was taken. */
  time_ns: number;
  ring: number;
  opcode: number;
  /** IOSQE_ */
  flags: number;
  ioprio: number;
  user_data: number;
  /** Its high half, and below that of the address. */
  user_data_high: number;
  group: number;
  op_flags: number;
  fd: number;
  addr: number;
  addr_high: number;
  len: number;
  chain: Chain | undefined;
  /** A notification is a request of its own: that of this send. */
  readonly notif_of: Request | undefined;
  notif: Request | undefined;
  /** Completions that came, or wait in the overflow list; the last one's result; was it the last? */
  completions: number;
  waiting: number;
  res: number;
  last_flags: number;
  done: boolean;
  /** A completion was lost, as the kernel says by its counter. */
  lost: boolean;
  ended: boolean;
  /** Its SQE was found to be right. */
  accepted: boolean;
}

/** A request as a timeline has it, where its SQE is taken: user_data alone may be that of many. */
export function named({ opcode, user_data, ring, time_ns, notif_of }: Request): string {
  if (notif_of) return `the notification of ${named(notif_of)}`;
  return `${opName(opcode)} (user_data ${user_data}, ring ${ring}, taken at ${(time_ns / 1000).toFixed(3)} µs)`;
}

/** A completion as it is posted; `request`: whose it is, if it is a request's. */
export interface Completion {
  request: Request | undefined;
  ring: number;
  /** Its place in the queue. */
  at: number;
  user_data: number;
  res: number;
  flags: number;
  /** It waited in the overflow list. */
  late: boolean;
  time_ns: number;
}

export interface RequestHooks {
  readonly made?: (r: Request, b: TraceBatch, i: number) => void;
  readonly posted?: (c: Completion) => void;
  /** A completion goes to the overflow list, or is lost. */
  readonly overflowed?: (r: Request | undefined, ring: number, kept: boolean) => void;
  readonly ended?: (r: Request) => void;
  readonly exiting?: (ring: number) => void;
  readonly gone?: (ring: number) => void;
  /** A ring has queues, at an address of memory. */
  readonly queues?: (ring: number, address: number, flags: number) => void;
}

interface Late {
  readonly request: Request | undefined;
  readonly user_data: number;
}

class Requests {
  readonly hooks: RequestHooks[] = [];
  /** By their slots: those that are not free. */
  private readonly live: (Request | undefined)[] = [];
  private readonly late: Late[][] = [];
  private readonly chains: (Chain | undefined)[] = [];
  private readonly left: number[] = [];
  private made: Request | undefined;
  private count = 0;
  private whose = 0;
  private ring = 0;
  private at = 0;
  private overflow_data = 0;
  private batch: TraceBatch | undefined;
  private i = -1;
  private readonly completion: Completion = { request: undefined, ring: 0, at: 0, user_data: 0, res: 0, flags: 0, late: false, time_ns: 0 };
  readonly on: Readonly<Record<string, OnRecord>>;

  constructor() {
    const rows: Record<string, OnRecord> = {
      req_new: this.begin, req_entry: this.entry, req_high: this.high, req_args: this.args, req_notif: this.notification,
      req_end: this.end, cqe_of: this.of, cqe: this.post, cq_overflow: this.overflow, overflow_of: this.overflowOf,
      ring_gone: this.goneRing, ring_new: this.queues,
      ring_submit: (b, i) => {
        if (!this.made) return;
        this.made.accepted = true;
        this.made.time_ns = b.timeNs(i);
      },
      ring_enter: (b, i) => {
        this.left[b.a(i)] = 0;
      },
    };
    // Every checker that follows requests hands each record over; the first one does the work.
    this.on = Object.fromEntries(Object.entries(rows).map(([name, act]): [string, OnRecord] => [name, (b, i) => {
      if (this.batch === b && this.i === i) return;
      this.batch = b;
      this.i = i;
      act.call(this, b, i);
    }]));
  }

  /** The request that has a slot now. */
  at_slot(slot: number): Request | undefined {
    return this.live[slot];
  }
  all(): Request[] {
    return this.live.filter((r): r is Request => r !== undefined);
  }

  private make(slot: number, time_ns: number, notif_of: Request | undefined): Request {
    const r: Request = {
      id: this.count++, slot, time_ns, ring: 0, opcode: 0, flags: 0, ioprio: 0, user_data: 0, user_data_high: 0, group: 0, op_flags: 0,
      fd: 0, addr: 0, addr_high: 0, len: 0, chain: undefined, notif_of, notif: undefined,
      completions: 0, waiting: 0, res: 0, last_flags: 0, done: false, lost: false, ended: false, accepted: false,
    };
    this.live[slot] = r;
    return r;
  }

  private begin(b: TraceBatch, i: number): void {
    const r = this.make(b.a(i), b.timeNs(i), undefined);
    r.opcode = b.b(i) & 0xff;
    r.flags = (b.b(i) >>> 8) & 0xff;
    r.ioprio = b.b(i) >>> 16;
    r.user_data = b.c(i);
    this.made = r;
  }
  private entry(b: TraceBatch, i: number): void {
    const r = this.made as Request;
    r.ring = b.a(i) & 0xffff;
    r.group = b.a(i) >>> 16;
    r.op_flags = b.c(i);
    const left = b.b(i);
    let chain = left < (this.left[r.ring] ?? 0) ? this.chains[r.ring] : undefined;
    this.left[r.ring] = left > 1 ? left : 0;
    if (chain || (r.flags & LINKS) !== 0) {
      chain ??= { members: [] };
      chain.members.push(r);
      r.chain = chain;
    }
    this.chains[r.ring] = (r.flags & LINKS) === 0 ? undefined : chain;
  }
  private high(b: TraceBatch, i: number): void {
    const r = this.made as Request;
    r.user_data_high = b.a(i);
    r.addr_high = b.b(i);
  }
  private args(b: TraceBatch, i: number): void {
    const r = this.made as Request;
    r.fd = b.a(i);
    r.addr = b.b(i);
    r.len = b.c(i);
    for (const h of this.hooks) h.made?.(r, b, i);
  }
  private notification(b: TraceBatch, i: number): void {
    const send = this.live[b.a(i)];
    if (!send || this.live[b.b(i)]) return;
    const r = this.make(b.b(i), b.timeNs(i), send);
    r.ring = send.ring;
    r.user_data = b.c(i);
    send.notif = r;
  }

  private of(b: TraceBatch, i: number): void {
    this.ring = b.a(i);
    this.whose = b.b(i);
    this.at = b.c(i);
  }
  private post(b: TraceBatch, i: number): void {
    const c = this.completion;
    c.ring = this.ring;
    c.at = this.at;
    c.user_data = b.a(i);
    c.res = b.b(i) | 0;
    c.flags = b.c(i);
    c.time_ns = b.timeNs(i);
    c.late = this.whose === OF_OVERFLOW;
    if (c.late) c.request = this.late[c.ring]?.shift()?.request;
    else if (this.whose === OF_USER_DATA) c.request = this.receiver(c.ring, c.user_data);
    else c.request = this.live[this.whose];
    for (const h of this.hooks) h.posted?.(c);
    const r = c.request;
    if (!r) return;
    if (c.late) r.waiting--;
    r.completions++;
    r.res = c.res;
    r.last_flags = c.flags;
    r.done = (c.flags & F_MORE) === 0;
  }
  /** The zero-copy receive that a loan is for: its completion names it by user_data alone. */
  private receiver(ring: number, user_data: number): Request | undefined {
    let found: Request | undefined;
    for (const r of this.live) {
      if (r?.ring !== ring || r.opcode !== OP_RECV_ZC || r.user_data !== user_data || r.done) continue;
      if (found) return undefined;
      found = r;
    }
    return found;
  }

  private overflow(b: TraceBatch, i: number): void {
    this.overflow_data = b.b(i);
  }
  private overflowOf(b: TraceBatch, i: number): void {
    const [ring, request, kept] = [b.a(i), this.live[b.b(i)], b.c(i) !== 0];
    for (const h of this.hooks) h.overflowed?.(request, ring, kept);
    if (kept) (this.late[ring] ??= []).push({ request, user_data: this.overflow_data });
    if (!request) return;
    if (kept) request.waiting++;
    else request.lost = true;
  }
  /** Completions of a ring that wait in its overflow list, oldest first. */
  waiting(ring: number): readonly Late[] {
    return this.late[ring] ?? [];
  }

  private end(b: TraceBatch, i: number): void {
    const r = this.live[b.a(i)];
    if (!r) return;
    this.live[b.a(i)] = undefined;
    r.ended = true;
    for (const h of this.hooks) h.ended?.(r);
  }
  private queues(b: TraceBatch, i: number): void {
    for (const h of this.hooks) h.queues?.(b.a(i), b.b(i), b.c(i));
  }
  private goneRing(b: TraceBatch, i: number): void {
    const ring = b.a(i);
    for (const h of this.hooks) (b.b(i) === 0 ? h.exiting : h.gone)?.(ring);
    if (b.b(i) !== 0) this.late[ring] = [];
  }
}
export type { Requests };

/** Follows the requests of a run. What a checker hands over as its `on` is the result's. */
export function followRequests({ shared }: RunView, hooks: RequestHooks): Requests {
  let requests = shared.get('requests') as Requests | undefined;
  if (!requests) {
    requests = new Requests();
    shared.set('requests', requests);
  }
  requests.hooks.push(hooks);
  return requests;
}
