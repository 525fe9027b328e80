/**
 * A server for many connections on one ring: it accepts, receives by zero copy, lends each session the bytes where the NIC
 * wrote them, gives the buffers back, and sends what the session has to say. What is said is the sessions' affair
 * (http.ts, plain_services.ts).
 */
import { type App, type Steps, SyscallError } from '../app.ts';
import type { UserMemory } from '../kernel.ts';
import {
  prepClose, prepMultishotAccept, prepRecvZc, prepSend, prepShutdown, prepTimeout, type Sqe, sqeSetData64,
} from '../prep.ts';
import { Zcrx, type ZcrxOptions } from '../refill.ts';
import { type Cqe, Ring } from '../ring.ts';
import {
  ENOMEM, ENOSPC, IORING_CQE_F_MORE, MSG_WAITALL, SHUT_RDWR, SHUT_WR,
} from '../uapi.gen.ts';
import { listenOn } from './open.ts';
import type { OpenStream, StreamLog } from './stream_log.ts';

/** One side of a conversation. */
export interface Session {
  /** Bytes of the peer, lent until this returns. */
  receive(data: Uint8Array): void;
  /** The peer sends no more. */
  end(): void;
  /** Writes what is to be sent next. Returns how many bytes it is; 0: nothing at present. */
  send(into: Uint8Array): number;
  /** It will send nothing any more once send() returns 0. */
  readonly finished: boolean;
  /** It works on what it will send: it is to be asked again soon. */
  readonly busy: boolean;
  /** How many bytes it can take at present; Infinity: it takes whatever comes. */
  readonly room: number;
}

export interface Service {
  readonly port: number;
  open(): Session;
}

export interface ServerOptions {
  readonly family: 4 | 6;
  readonly services: readonly Service[];
  readonly zcrx: ZcrxOptions;
  readonly sq_entries: number;
  readonly cq_entries: number;
  readonly backlog: number;
  readonly log: StreamLog;
  /** Buffers to send from, shared by all connections. */
  readonly send_buffers: number;
  readonly send_bytes: number;
}

const ACCEPT = 1;
const RECEIVE = 2;
const SEND = 3;
const SHUTDOWN = 4;
const CLOSE = 5;
const RETRY = 6;
/** Until a receive that ended for want of buffers is tried again, and a busy session is asked again. */
const RETRY_NS = 1_000_000n;

const nameOf = (kind: number, id: number): bigint => (BigInt(kind) << 32n) | BigInt(id);

interface Connection {
  readonly id: number;
  readonly fd: number;
  readonly session: Session;
  readonly log: OpenStream;
  /** A receive is under way; how many bytes it may still bring, and whether it brought any. */
  armed: boolean;
  left: number;
  fruitful: boolean;
  /** Its receive waits for the timeout to be armed again. */
  paused: boolean;
  /** The peer sends no more. */
  ended: boolean;
  /** The -errno that ended it. */
  error: number;
  /** Address of the buffer that is being sent, or 0. */
  buffer: number;
  sending: boolean;
  shut: boolean;
  closing: boolean;
}

export function server(options: ServerOptions): App {
  return function* (memory: UserMemory): Steps<number> {
    const { sq_entries, cq_entries } = options;
    const ring = yield* Ring.create(memory, { entries: sq_entries, cq_entries });
    const zcrx = yield* Zcrx.register(ring, options.zcrx);
    const running = new Server(memory, ring, zcrx, options);
    return yield* running.run();
  };
}

class Server {
  private readonly memory: UserMemory;
  private readonly ring: Ring;
  private readonly zcrx: Zcrx;
  private readonly options: ServerOptions;
  private readonly connections = new Map<number, Connection>();
  private readonly listeners: { fd: number; service: Service }[] = [];
  private readonly buffers: number[] = [];
  /** Connections that something happened to, and those that wait for a buffer to send from. */
  private readonly touched = new Set<Connection>();
  private readonly hungry = new Set<Connection>();
  /** Buffers for which the refill ring had no room. */
  private late: { off: bigint; len: number }[] = [];
  private starved = false;
  /** Connections that wait for the timeout. */
  private readonly retries = new Set<Connection>();
  private readonly timespec: number;
  private waiting = false;
  private accepts: number[] = [];
  private next_id = 0;

  constructor(memory: UserMemory, ring: Ring, zcrx: Zcrx, options: ServerOptions) {
    this.memory = memory;
    this.ring = ring;
    this.zcrx = zcrx;
    this.options = options;
    this.timespec = memory.alloc(16);
    memory.view().setBigInt64(this.timespec + 8, RETRY_NS, true);
    for (let i = 0; i < options.send_buffers; i++) this.buffers.push(memory.alloc(options.send_bytes));
  }

  *run(): Steps<number> {
    for (const service of this.options.services) {
      const fd = yield* listenOn(this.ring, this.options.family, service.port, this.options.backlog);
      this.accepts.push(this.listeners.push({ fd, service }) - 1);
    }
    for (;;) {
      yield* this.acceptAgain();
      const taken = yield* this.ring.submitAndWait(1);
      if (taken < 0) throw new SyscallError('io_uring_enter', taken);
      this.ring.cqAdvance(this.ring.forEachCqe((cqe) => this.completion(cqe)));
      yield* this.giveBackLate();
      // Who gives a buffer back adds the next one that waits for it.
      for (const c of this.touched) {
        this.touched.delete(c);
        yield* this.goOn(c);
      }
      if (this.retries.size > 0 && !this.waiting) {
        prepTimeout(yield* this.sqe(nameOf(RETRY, 0)), this.timespec, 0, 0);
        this.waiting = true;
      }
    }
  }

  /** A free entry; what waits is submitted first when there is none. */
  private *sqe(user_data: bigint): Steps<Sqe> {
    for (;;) {
      const sqe = this.ring.getSqe();
      if (sqe) {
        sqeSetData64(sqe, user_data);
        return sqe;
      }
      yield* this.ring.submit();
    }
  }

  /** Arms listeners; one that ran out of descriptors is armed again when a connection has closed. */
  private *acceptAgain(): Steps<void> {
    const { accepts } = this;
    this.accepts = [];
    for (const i of accepts) prepMultishotAccept(yield* this.sqe(nameOf(ACCEPT, i)), this.listeners[i]?.fd ?? -1, 0, 0, 0);
  }

  private completion(cqe: Cqe): void {
    const kind = Number(cqe.user_data >> 32n);
    const id = Number(cqe.user_data & 0xffff_ffffn);
    if (kind === ACCEPT) return this.accepted(id, cqe);
    if (kind === RETRY) {
      this.waiting = false;
      for (const c of this.retries) {
        c.paused = false;
        this.touched.add(c);
      }
      this.retries.clear();
      return;
    }
    const c = this.connections.get(id);
    if (!c) return;
    this.touched.add(c);
    if (kind === RECEIVE) this.received(c, cqe);
    else if (kind === SEND) this.sent(c, cqe.res);
    else if (kind === CLOSE) this.connections.delete(id);
  }

  private accepted(listener: number, cqe: Cqe): void {
    if (!(cqe.flags & IORING_CQE_F_MORE)) this.accepts.push(listener);
    const service = this.listeners[listener]?.service;
    if (cqe.res < 0 || !service) return;
    const c: Connection = {
      id: this.next_id++, fd: cqe.res, session: service.open(), log: this.options.log.open(cqe.res), armed: false, left: 0, fruitful: false,
      paused: false, ended: false, error: 0, buffer: 0, sending: false, shut: false, closing: false,
    };
    this.connections.set(c.id, c);
    this.touched.add(c);
  }

  /** A piece of the stream, or the receive's last completion, which has no buffer. */
  private received(c: Connection, cqe: Cqe): void {
    if (cqe.flags & IORING_CQE_F_MORE) {
      const data = this.zcrx.read(cqe);
      c.log.received(data);
      c.session.receive(data);
      c.left -= data.length;
      c.fruitful = true;
      const off = this.zcrx.offsetOf(cqe);
      if (!this.zcrx.giveBack(off, cqe.res)) this.late.push({ off, len: cqe.res });
      return;
    }
    c.armed = false;
    if (cqe.res === -ENOMEM) {
      // No buffer, or no room in the completion queue: that ends a shot, not the stream.
      this.starved = true;
      if (c.fruitful) return;
      c.paused = true;
      this.retries.add(c);
    } else if (cqe.res < 0 && cqe.res !== -ENOSPC) {
      c.error = cqe.res;
    } else if (cqe.res === 0 && c.left > 0) {
      c.ended = true;
      c.session.end();
    }
  }

  private sent(c: Connection, res: number): void {
    c.sending = false;
    if (res < 0) c.error = res;
    else c.log.sent(this.memory.bytes(c.buffer, res));
  }

  /** The kernel reads the refill ring when it needs buffers: it is made to where that is too late. */
  private *giveBackLate(): Steps<void> {
    if (this.late.length > 0 || this.starved) yield* this.zcrx.flush(this.ring);
    this.starved = false;
    this.late = this.late.filter(({ off, len }) => !this.zcrx.giveBack(off, len));
  }

  /** What a connection can do now. */
  private *goOn(c: Connection): Steps<void> {
    if (c.closing) return;
    const idle = c.sending ? false : yield* this.sendMore(c);
    const busy = idle && c.session.busy && c.error === 0;
    if (busy) this.retries.add(c);
    const { room } = c.session;
    if (!c.armed && !c.paused && !c.ended && c.error === 0 && room > 0) {
      const limit = Number.isFinite(room) ? room : 0;
      prepRecvZc(yield* this.sqe(nameOf(RECEIVE, c.id)), c.fd, this.zcrx.id, limit);
      c.armed = true;
      c.fruitful = false;
      c.left = room;
    }
    if (c.error !== 0 && c.armed && !c.shut) yield* this.shut(c, SHUT_RDWR);
    if (idle && c.session.finished && !c.ended && !c.shut) yield* this.shut(c, SHUT_WR);
    if (!idle || busy || c.armed || (!c.ended && c.error === 0)) return;
    c.closing = true;
    c.log.end(c.error);
    prepClose(yield* this.sqe(nameOf(CLOSE, c.id)), c.fd);
  }

  private *shut(c: Connection, how: number): Steps<void> {
    c.shut = true;
    prepShutdown(yield* this.sqe(nameOf(SHUTDOWN, c.id)), c.fd, how);
  }

  /** Sends what the session has to say. True: it has nothing to say at present, and nothing is under way. */
  private *sendMore(c: Connection): Steps<boolean> {
    const buffer = c.buffer || this.buffers.pop();
    if (buffer === undefined) {
      this.hungry.add(c);
      return false;
    }
    c.buffer = buffer;
    const len = c.error !== 0 || c.shut ? 0 : c.session.send(this.memory.bytes(buffer, this.options.send_bytes));
    if (len > 0) {
      prepSend(yield* this.sqe(nameOf(SEND, c.id)), c.fd, buffer, len, MSG_WAITALL);
      c.sending = true;
      return false;
    }
    c.buffer = 0;
    this.buffers.push(buffer);
    for (const waits of this.hungry) {
      this.hungry.delete(waits);
      this.touched.add(waits);
      break;
    }
    return true;
  }
}
