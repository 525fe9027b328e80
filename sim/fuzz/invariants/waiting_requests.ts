/** Requests that wait: who has been told, who is due, who was cancelled. */
import { bitNames, type Engine, type TraceBatch } from '../../host/index.ts';
import { followArrivals } from './arrivals.ts';
import type { Checker, Invariant, RunView } from './form.ts';
import { sockField } from './memory.ts';
import { followRequests, F_MORE, IOSQE_ASYNC, named, type Request } from './requests.ts';
import { begins, FIN_WAIT1, FIN_WAIT2, URG } from './seq.ts';

const FILE_SOCKET = 1;
const OP_RECVMSG = 10;
const OP_TIMEOUT = 11;
const OP_ASYNC_CANCEL = 14;
const OP_LINK_TIMEOUT = 15;
const OP_RECV = 27;
const OP_RECV_ZC = 58;
const OP_SEND_ZC = 47;
const OP_SENDMSG_ZC = 48;
const TCP_CLOSE = 7;
const TCP_CLOSE_WAIT = 8;
const ENOENT = 2;
const VIEW_READY = 23;
const MSG_ERRQUEUE = 0x2000;
const POLLPRI = 2;
/** POLLIN, POLLERR, POLLHUP, POLLRDHUP */
const POLL_READ = 0x1 | 0x8 | 0x10 | 0x2000;
const OP_READ = 22;
const OP_READ_MULTISHOT = 49;
const IO_DRAIN = 2;
const IORING_RECV_MULTISHOT = 2;
/** io_uring/net.c: so many receives in a row, then it is queued again. */
const MULTISHOT_MAX_RETRY = 32;

const READERS: readonly number[] = [OP_RECV, OP_RECVMSG, OP_RECV_ZC, OP_READ, OP_READ_MULTISHOT];

/** How a request waits. */
interface Wait {
  /** For this TCP socket, or for something else: -1. */
  sock: number;
  /** For this file; -1: for none. */
  file: number;
  /** It has task work that did not run yet. */
  work: boolean;
  /** When it began to wait, how often it was told since, and whether that was once, and as it began. */
  armed_ns: number;
  told: number;
  told_at_arming: boolean;
  /** For a worker: its number among those that do so, and the task. */
  worker: number;
  /** The same, when a worker took it up last. */
  came: number;
  task: number;
  /** A worker has had it. */
  was_taken: boolean;
}

class Waits {
  readonly of = new Map<Request, Wait>();
  private count = 0;

  private wait(r: Request): Wait {
    let w = this.of.get(r);
    if (!w) {
      w = { sock: -1, file: -1, work: false, armed_ns: 0, told: 0, told_at_arming: false, worker: 0, came: 0, task: 0, was_taken: false };
      this.of.set(r, w);
    }
    return w;
  }
  armed(r: Request, file: number, obj: number, time_ns: number): void {
    const w = this.wait(r);
    w.armed_ns = time_ns;
    w.told = 0;
    w.told_at_arming = false;
    w.sock = (file & 0xff) === FILE_SOCKET ? obj : -1;
    w.file = file >>> 8;
    w.work = false;
  }
  told(r: Request, time_ns: number): void {
    const w = this.wait(r);
    w.work = true;
    w.told_at_arming = ++w.told === 1 && time_ns === w.armed_ns;
  }
  ran(r: Request): void {
    this.wait(r).work = false;
  }
  worker(r: Request, task: number): void {
    const w = this.wait(r);
    w.worker = ++this.count;
    w.task = task;
    w.work = false;
  }
  taken(r: Request): void {
    const w = this.wait(r);
    w.was_taken = true;
    w.came = w.worker;
    w.worker = 0;
  }
}

/** Follows how requests wait, once for a run. */
function followWaits(run: RunView) {
  let waits = run.shared.get('waits') as Waits | undefined;
  const first = waits === undefined;
  waits ??= new Waits();
  run.shared.set('waits', waits);
  const { of } = waits;
  const requests = followRequests(run, first ? { ended: (r) => of.delete(r) } : {});
  const at = (b: TraceBatch, i: number, act: (r: Request) => void) => {
    const r = first ? requests.at_slot(b.a(i)) : undefined;
    if (r) act(r);
  };
  const on = {
    ...requests.on,
    req_armed: (b: TraceBatch, i: number) => at(b, i, (r) => waits.armed(r, b.b(i), b.c(i), b.timeNs(i))),
    req_work: (b: TraceBatch, i: number) => at(b, i, (r) => waits.told(r, b.timeNs(i))),
    req_run: (b: TraceBatch, i: number) => at(b, i, (r) => waits.ran(r)),
    req_worker: (b: TraceBatch, i: number) => at(b, i, (r) => waits.worker(r, b.c(i))),
    req_taken: (b: TraceBatch, i: number) => at(b, i, (r) => waits.taken(r)),
  };
  return { waits, requests, on };
}

/** What somebody has said is enough to be told of (SO_RCVLOWAT: tcp_data_ready, tcp_epollin_ready). */
const lowat = (engine: Engine, sock: number): number => Math.max(1, sockField(engine, sock, 'rcvlowat'));

/**
 * A multishot receive that was told of its own side's shutdown once, or is queued again after 32 receives, reads the last bytes and sleeps:
 * io_poll_check_events looks again only while it was told twice (`again`), and without a FIN tcp_inq_hint says 0. One that is queued again,
 * or was told as it began to wait, forgets a reset in the same way; the latter also the end of a unix stream.
 */
function forgets(r: Request, w: Wait, shut: ReadonlySet<number>, reset: ReadonlySet<number>): boolean {
  if (shut.has(w.sock)) return true;
  return reset.has(w.sock) ? w.told_at_arming || r.completions >= MULTISHOT_MAX_RETRY : w.told_at_arming && w.sock < 0;
}

/** Receives sleep only while there is nothing. */
function wakeups(run: RunView): Checker {
  const { waits, on } = followWaits(run);
  const bytes = new Map<number, number>();
  const ended = new Set<number>();
  /** Shut down by their own side alone; reset. */
  const shut = new Set<number>();
  const reset = new Set<number>();
  const arrivals = followArrivals(run);
  const add = (sock: number, n: number) => bytes.set(sock, (bytes.get(sock) ?? 0) + n);
  /** Sockets that have heard of an urgent byte: it lies in the queue until those behind it are read (tcp_recvmsg_locked). */
  const urgents = new Set<number>();
  let rx = -1;
  // Before Linux 7.2 a zero-copy receive that stopped for want of buffers or room in the CQ waits for the next wake-up, with bytes
  // before it (io_zcrx_recv_skb has no stopped_early, and io_poll_check_events takes what it read for all that there was).
  const stops = run.scenario.hosts.some(({ values }) => values['kernel.zcrx_stopped_early'] === 0);
  return {
    on: {
      ...on,
      ...arrivals.on,
      sock_queue: (b, i) => {
        arrivals.on.sock_queue(b, i);
        add(b.a(i), arrivals.fresh);
      },
      sock_read: (b, i) => add(b.a(i), -b.b(i)),
      tcp_rx: (b, i) => {
        arrivals.on.tcp_rx(b, i);
        rx = b.a(i);
      },
      tcp_heard: (b, i) => {
        arrivals.on.tcp_heard(b, i);
        if (b.c(i) & URG) urgents.add(rx);
      },
      tcp_state: (b, i) => {
        arrivals.on.tcp_state(b, i);
        if (begins(b.c(i))) urgents.delete(b.a(i));
        if (b.c(i) === TCP_CLOSE || b.b(i) === TCP_CLOSE) bytes.delete(b.a(i));
        if (b.c(i) === TCP_CLOSE_WAIT) ended.add(b.a(i));
        else ended.delete(b.a(i));
        if (b.c(i) === FIN_WAIT1 || b.c(i) === FIN_WAIT2) shut.add(b.a(i));
        else shut.delete(b.a(i));
        if (b.c(i) === TCP_CLOSE) reset.add(b.a(i));
        else reset.delete(b.a(i));
      },
    },
    atRest: (engine) => {
      for (const [r, w] of waits.of) {
        if (w.file < 0 || w.work || w.worker !== 0 || w.was_taken || r.done || r.notif_of || !READERS.includes(r.opcode)) continue;
        const ready = engine.view.getUint32(engine.core.view(VIEW_READY, w.file), true);
        const urgent = urgents.has(w.sock);
        // An urgent byte makes a socket ready, and is not for those who do not ask for it.
        if ((ready & POLLPRI) !== 0) continue;
        // tcp_read_sock stops before an urgent byte, and does so when that was read by itself, too.
        if (r.opcode === OP_RECV_ZC && (stops || urgent)) continue;
        const there = bytes.get(w.sock) ?? 0;
        if (there <= 0 && (r.ioprio & IORING_RECV_MULTISHOT) !== 0 && forgets(r, w, shut, reset)) continue;
        // Who reads the error queue waits for neither bytes nor the end of a stream (inet_recv_error).
        if ((r.op_flags & MSG_ERRQUEUE) !== 0) continue;
        if ((ready & POLL_READ) !== 0) {
          run.violated(`${named(r)} sleeps on file ${w.file}, which is ready (${bitNames('POLL(?!_)', ready & POLL_READ).join('|')})`);
        }
        if (w.sock < 0) continue;
        if (there > 0 && !urgent && there >= lowat(engine, w.sock))
          run.violated(`${named(r)} sleeps on socket ${w.sock}, which has ${there} bytes for it`);
        if (ended.has(w.sock)) run.violated(`${named(r)} sleeps on socket ${w.sock}, whose stream has ended`);
      }
    },
  };
}

export const WAKEUPS: Invariant = {
  id: 'U8', name: 'no wake-up is lost',
  about: 'A receive that waits for its socket has task work as soon as there are bytes, or the stream has ended.',
  source: 'Linux io_uring/poll.c: io_poll_wake, io_poll_check_events, __io_arm_poll_handler',
  checker: wakeups,
};

/** Workers take requests up in the order in which a task handed them over. */
function workers(run: RunView): Checker {
  const { waits, requests, on } = followWaits(run);
  return {
    on: {
      ...on,
      req_taken: (b, i) => {
        on.req_taken(b, i);
        const r = requests.at_slot(b.a(i));
        const mine = r && waits.of.get(r);
        if (!mine) return;
        for (const [other, w] of waits.of) {
          if (w.worker === 0 || w.worker >= mine.came || w.task !== mine.task || w.work) continue;
          run.violated(`${named(other)} waits for a worker, who took up ${named(r)} that came later`);
        }
        mine.came = 0;
      },
    },
  };
}

export const WORKERS: Invariant = {
  id: 'U9', name: 'workers pass nobody over',
  about: 'Each request that waits for a worker is taken up or cancelled before those that came after it.',
  source: 'Linux io_uring/io-wq.c: io_wq_insert_work, io_get_next_work, io_wq_remove_pending',
  checker: workers,
};

/** What a cancellation said it has done, and could have done. */
function cancellations(run: RunView): Checker {
  const { waits, requests, on } = followWaits(run);
  const victims = new Map<Request, { readonly victim: Request; readonly woken: boolean }>();
  const cancelled = new Set<Request>();
  const exiting = new Set<number>();
  followRequests(run, {
    made: (r) => {
      if (r.opcode !== OP_ASYNC_CANCEL || r.op_flags !== 0 || r.chain || (r.flags & (IOSQE_ASYNC | IO_DRAIN)) !== 0) return;
      const sought = (v: Request) => v.user_data === r.addr && v.user_data_high === r.addr_high;
      const like = requests.all().filter((v) => v !== r && v.ring === r.ring && sought(v) && !v.notif_of);
      const [victim] = like;
      if (like.length !== 1 || !victim || victim.opcode === OP_LINK_TIMEOUT || victim.done || victim.chain) return;
      const w = waits.of.get(victim);
      if (victim.opcode !== OP_TIMEOUT && w && (w.file >= 0 || w.worker !== 0)) victims.set(r, { victim, woken: w.work });
    },
    posted: ({ request, res, flags }) => {
      if (!request) return;
      // A zero-copy send that fails before it was tried has a notification all the same (io_sendrecv_fail).
      const notifies = request.opcode === OP_SEND_ZC || request.opcode === OP_SENDMSG_ZC;
      if (cancelled.has(request) && (flags & F_MORE) !== 0 && !notifies) run.violated(`${named(request)} was cancelled, and goes on`);
      const found = victims.get(request);
      if (!found) return;
      const { victim, woken } = found;
      victims.delete(request);
      if (res === -ENOENT && !woken && !victim.ended && !victim.done) {
        run.violated(`${named(victim)} waits, and a cancellation did not find it`);
      }
      if (res === 0 && !victim.ended && !victim.done) cancelled.add(victim);
    },
    ended: (r) => {
      cancelled.delete(r);
      victims.delete(r);
    },
    exiting: (ring) => {
      exiting.add(ring);
    },
    gone: (ring) => {
      exiting.delete(ring);
    },
  });
  return {
    on: {
      ...on,
      req_worker: (b, i) => {
        on.req_worker(b, i);
        const r = requests.at_slot(b.a(i));
        // A cancellation that a worker does looks later.
        if (r) victims.delete(r);
      },
    },
    atRest: () => {
      for (const r of cancelled) {
        const w = waits.of.get(r);
        if (w && !w.work && !r.done && !exiting.has(r.ring)) run.violated(`${named(r)} was cancelled, and waits on`);
      }
    },
  };
}

export const CANCELLATIONS: Invariant = {
  id: 'U10', name: 'cancellations',
  about: 'A cancellation finds a request that waits, and one that it has found ends with its next completion.',
  source: 'Linux io_uring/cancel.c: io_try_cancel; io_uring/poll.c: io_poll_cancel_req; io_uring/io-wq.c: io_wq_cancel_cb',
  checker: cancellations,
};
