/**
 * What one pass over a trace leaves for the detectors: life-lines of requests, sockets with what waits in them, loans of buffers, the
 * refill ring, drops, copies, steering. Its size depends on what was unusual and not on how long the run was.
 */
import { opName } from '../../../uring-model/8-app/names.ts';
import { DROPS } from '../../schema/drops.ts';
import { EVENTS } from '../../schema/events.ts';
import { HOSTS, type TraceBatch } from '../trace.ts';
import type { At } from './finding.ts';
import { type Life, Lives } from './life.ts';

const ESTABLISHED = 1;
const CLOSE = 7;
const CLOSE_WAIT = 8;
const COPY_LINEAR = 1;
/** stack/file/table.ts */
const FILE_SOCKET = 1;
export const TAKE_MALFORMED = 2;
export const TAKE_NOT_LENT = 3;

/** A connection as one host sees it. */
export interface SockChart {
  readonly host: number;
  readonly sock: number;
  readonly opened_ns: number;
  state: number;
  /** Payload bytes that came into the receive queue, and that left it. */
  queued: number;
  taken: number;
  copied_linear: number;
  copies_linear: number;
  copied_page: number;
  lent: number;
  /** When something last came or went. */
  moved_ns: number;
  /** The last receive that ended. */
  ended?: Life;
}

export interface HostChart {
  readonly lives: Lives;
  readonly socks: Map<number, SockChart>;
  /** Connections that are no more. */
  readonly gone: SockChart[];
  readonly drops: Map<string, { count: number; first_ns: number; last_ns: number }>;
  /** Frames by RX queue: chosen by a rule, or by the hash. */
  readonly steered: Map<number, { rule: number; hash: number }>;
  readonly takes: [number, number, number, number];
  readonly first_take: (number | undefined)[];
  pushes: number;
  first_push_ns: number;
  /** Most refill entries that were written and not read. */
  unread_max: number;
  unread_max_ns: number;
  readonly pool_empty: { count: number; first_ns: number; last_ns: number };
  readonly events: { type: number; time_ns: number }[];
  readonly overflows: { count: number; first_ns: number; ring: number };
  /** Most completions between two turns of the application. */
  burst: number;
  burst_now: number;
  taken_sock: number;
  lent: number;
  lent_bytes: number;
  /** From the completion to the refill entry: what the application kept. */
  held_max_ns: number;
  held_sum_ns: number;
  /** From the refill entry to its reading. */
  waited_sum_ns: number;
  returned: number;
  /** Refill entries that were not read yet, by buffer: since when. */
  readonly back: Map<number, number[]>;
  /** Loans that are out, by buffer: since when. */
  readonly out: Map<number, number[]>;
  splits: number;
  unsplit: number;
  /** RECV with one completion that had data: how many, how many of them had to wait for their socket, and their bytes. */
  readonly singles: { count: number; waited: number; bytes: number; first_ns: number };
}

const hostChart = (forget: boolean): HostChart => ({
  lives: new Lives(forget), socks: new Map(), gone: [], drops: new Map(), steered: new Map(), takes: [0, 0, 0, 0], first_take: [],
  pushes: 0, first_push_ns: 0, unread_max: 0, unread_max_ns: 0, pool_empty: { count: 0, first_ns: 0, last_ns: 0 }, events: [],
  overflows: { count: 0, first_ns: 0, ring: 0 }, burst: 0, burst_now: 0, taken_sock: -1, lent: 0, lent_bytes: 0,
  held_max_ns: 0, held_sum_ns: 0, waited_sum_ns: 0, returned: 0, back: new Map(), out: new Map(), splits: 0, unsplit: 0,
  singles: { count: 0, waited: 0, bytes: 0, first_ns: 0 },
});

type Reader = (chart: Chart, h: HostChart, batch: TraceBatch, i: number) => void;

export class Chart {
  readonly hosts: readonly [HostChart, HostChart];
  /** Time of the last record. */
  end_ns = 0;
  records = 0;

  /** `forget`: a long run, of which what went well is not kept. */
  constructor(forget = true) {
    this.hosts = [hostChart(forget), hostChart(forget)];
  }

  add(batch: TraceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const read = READERS[batch.kind(i)];
      const h = this.hosts[batch.host(i) as 0 | 1];
      if (read && h) read(this, h, batch, i);
    }
    this.records += batch.length;
    if (batch.length > 0) this.end_ns = batch.timeNs(batch.length - 1);
  }

  sock(batch: TraceBatch, i: number, sock: number): SockChart {
    const host = batch.host(i);
    const h = this.hosts[host as 0 | 1];
    const known = h.socks.get(sock);
    if (known) return known;
    const time_ns = batch.timeNs(i);
    const made: SockChart = {
      host, sock, opened_ns: time_ns, state: 0, queued: 0, taken: 0, copied_linear: 0, copies_linear: 0,
      copied_page: 0, lent: 0, moved_ns: time_ns,
    };
    h.socks.set(sock, made);
    return made;
  }
}

const hostName = (batch: TraceBatch, i: number) => HOSTS[batch.host(i)] ?? 'host';

/** Bytes of a socket are on their way out. sock_read says afterwards how many have left. */
function moving(chart: Chart, h: HostChart, batch: TraceBatch, i: number): SockChart {
  const s = chart.sock(batch, i, batch.a(i));
  s.moved_ns = batch.timeNs(i);
  h.taken_sock = s.sock;
  return s;
}

function state(chart: Chart, h: HostChart, batch: TraceBatch, i: number): void {
  const sock = batch.a(i);
  const to = batch.c(i);
  const before = h.socks.get(sock);
  // A socket number is used again by the next connection.
  if (before && (to === CLOSE || to === ESTABLISHED)) {
    if (before.state !== 0 || to === CLOSE) {
      h.gone.push({ ...before, state: CLOSE });
      h.socks.delete(sock);
    }
  }
  if (to !== CLOSE) chart.sock(batch, i, sock).state = to;
}

function cqe(_: Chart, h: HostChart, batch: TraceBatch, i: number): void {
  const at: At = { time_ns: batch.timeNs(i) };
  const life = h.lives.cqe(hostName(batch, i), String(batch.a(i)), { ...at, res: batch.b(i) | 0, flags: batch.c(i) });
  if (life.sock === '' && life.op.startsWith('RECV') && h.taken_sock >= 0) life.sock = String(h.taken_sock);
  h.taken_sock = -1;
  if (life.op === 'RECV' && life.ended && life.count === 1 && life.bytes > 0) single(h, life);
  h.burst = Math.max(h.burst, ++h.burst_now);
  const s = h.socks.get(Number(life.sock));
  if (s && life.sock !== '' && life.ended && life.op.startsWith('RECV')) s.ended = life;
}

function single(h: HostChart, life: Life): void {
  const { singles } = h;
  if (singles.count++ === 0) singles.first_ns = life.ended?.time_ns ?? 0;
  singles.bytes += life.bytes;
  if (life.armed) singles.waited++;
}

function give(h: HostChart, batch: TraceBatch, i: number): void {
  h.takes[batch.b(i) as 0 | 1 | 2 | 3]++;
  h.first_take[batch.b(i)] ??= batch.timeNs(i);
  const since = h.out.get(batch.niovIdx(i))?.shift();
  if (since === undefined || batch.b(i) >= TAKE_MALFORMED) return;
  if (h.out.get(batch.niovIdx(i))?.length === 0) h.out.delete(batch.niovIdx(i));
  const pushed = h.back.get(batch.niovIdx(i))?.shift() ?? batch.timeNs(i);
  if (h.back.get(batch.niovIdx(i))?.length === 0) h.back.delete(batch.niovIdx(i));
  const held = pushed - since;
  h.waited_sum_ns += batch.timeNs(i) - pushed;
  h.returned++;
  h.held_sum_ns += held;
  h.held_max_ns = Math.max(h.held_max_ns, held);
}

function lend(chart: Chart, h: HostChart, batch: TraceBatch, i: number): void {
  const s = moving(chart, h, batch, i);
  s.lent += batch.c(i);
  h.lent++;
  h.lent_bytes += batch.c(i);
  const out = h.out.get(batch.niovIdx(i));
  if (out) out.push(batch.timeNs(i));
  else h.out.set(batch.niovIdx(i), [batch.timeNs(i)]);
}

function copy(chart: Chart, h: HostChart, batch: TraceBatch, i: number): void {
  const s = moving(chart, h, batch, i);
  if (batch.c(i) === COPY_LINEAR) {
    s.copied_linear += batch.b(i);
    s.copies_linear++;
  } else s.copied_page += batch.b(i);
  const out = h.out.get(batch.niovIdx(i));
  if (out) out.push(batch.timeNs(i));
  else h.out.set(batch.niovIdx(i), [batch.timeNs(i)]);
}

function drop(_: Chart, h: HostChart, batch: TraceBatch, i: number): void {
  const reason = DROPS[batch.a(i)]?.[0] ?? String(batch.a(i));
  const time_ns = batch.timeNs(i);
  const d = h.drops.get(reason);
  if (d) {
    d.count++;
    d.last_ns = time_ns;
  } else h.drops.set(reason, { count: 1, first_ns: time_ns, last_ns: time_ns });
}

function arm(chart: Chart, h: HostChart, batch: TraceBatch, i: number): void {
  if (batch.a(i) !== FILE_SOCKET) return;
  const life = h.lives.find(hostName(batch, i), String(batch.c(i)));
  if (life) {
    life.sock = String(batch.b(i));
    life.armed ??= { time_ns: batch.timeNs(i) };
  }
  chart.sock(batch, i, batch.b(i));
}

function overflow(_: Chart, h: HostChart, batch: TraceBatch, i: number): void {
  const time_ns = batch.timeNs(i);
  if (h.overflows.count++ === 0) {
    h.overflows.first_ns = time_ns;
    h.overflows.ring = batch.a(i);
  }
  const life = h.lives.find(hostName(batch, i), String(batch.b(i)));
  if (life) life.overflowed ??= { time_ns };
}

const READ: Readonly<Record<string, Reader>> = {
  ring_submit: (_, h, b, i) => {
    h.lives.submit(hostName(b, i), String(b.c(i)), opName(b.b(i)), { time_ns: b.timeNs(i) });
  },
  cqe,
  poll_arm: arm,
  cq_overflow: overflow,
  app_wake: (_, h) => {
    h.burst_now = 0;
  },
  tcp_state: state,
  sock_queue: (chart, _, b, i) => {
    const s = chart.sock(b, i, b.a(i));
    s.queued += b.c(i);
    s.moved_ns = b.timeNs(i);
  },
  sock_read: (chart, h, b, i) => {
    moving(chart, h, b, i).taken += b.b(i);
  },
  zc_deliver: lend,
  zc_copy: copy,
  rqe_push: (_, h, b, i) => {
    if (h.pushes++ === 0) h.first_push_ns = b.timeNs(i);
    const back = h.back.get(b.niovIdx(i));
    if (back) back.push(b.timeNs(i));
    else h.back.set(b.niovIdx(i), [b.timeNs(i)]);
    const unread = h.pushes - h.takes.reduce((sum, n) => sum + n, 0);
    if (unread <= h.unread_max) return;
    h.unread_max = unread;
    h.unread_max_ns = b.timeNs(i);
  },
  rqe_take: (_, h, b, i) => give(h, b, i),
  drop,
  nic_steer: (_, h, b, i) => {
    const q = h.steered.get(b.a(i)) ?? { rule: 0, hash: 0 };
    if (b.c(i) > 0) q.rule++;
    else q.hash++;
    h.steered.set(b.a(i), q);
  },
  pool_empty: (_, h, b, i) => {
    if (h.pool_empty.count++ === 0) h.pool_empty.first_ns = b.timeNs(i);
    h.pool_empty.last_ns = b.timeNs(i);
  },
  zc_event: (_, h, b, i) => {
    h.events.push({ type: b.a(i), time_ns: b.timeNs(i) });
  },
};
/** By the kind that a record carries. */
const READERS: readonly (Reader | undefined)[] = [undefined, ...EVENTS.map((e) => READ[e.name])];

/** Sockets on which data may still come. */
export const openSocks = (h: HostChart): SockChart[] =>
  [...h.socks.values()].filter((s) => s.state === ESTABLISHED || s.state === CLOSE_WAIT);
