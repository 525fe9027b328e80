/** What a running program has: its memory, the names that steps gave, its rings, and where its trace goes. */
import type { App, Call, Ring, Steps, UserMemory } from '../../../uring-model/8-app/index.ts';
import { __NR_clock_gettime, __NR_getppid } from '../../../uring-model/8-app/uapi.gen.ts';
import type { Place } from '../scenario_error.ts';
import type { Loans } from './loans.ts';
import type { Pair } from './stream_pairs.ts';
import { REFERENCE, type Step, type StepValue } from './program.ts';
import { resultOf, type TraceLine, type TraceValue } from './trace_line.ts';

/** The program cannot go on: it asks for what is not there. */
export class StepError extends Error {}

/** What a name stands for. */
export interface Named {
  readonly value: bigint;
  readonly fields?: Readonly<Record<string, bigint>>;
}

/** What a submission was, for completions that speak of its memory. */
export interface Sent {
  readonly op: number;
  readonly bgid: number | undefined;
  /** Its result is a descriptor. */
  readonly makes_file: boolean;
}

export interface OpenRing {
  readonly ring: Ring;
  /** By user_data: the last request that was filled with it. */
  readonly sent: Map<bigint, Sent>;
  /** Completions that were seen. */
  seen: number;
  /** First descriptor that a completion brought. */
  first_file?: number;
}

/** Buffers of a group, as user space knows them. */
export interface Buffers {
  readonly ring_at: number;
  readonly data_at: number;
  readonly entries: number;
  readonly size: number;
  tail: number;
}

export interface Instance {
  readonly id: number;
  readonly area_at: number;
  readonly area_bytes: number;
  readonly token: bigint;
  readonly buffer_bytes: number;
  readonly entries: number;
  readonly head_at: number;
  readonly tail_at: number;
  readonly rqes_at: number;
  readonly stats_at: number;
  readonly has_stats: boolean;
  /** user_data of its events. */
  readonly events_ud: bigint | undefined;
  /** Those that share its memory share this. */
  readonly loans: Loans;
}

/** Who runs the program. */
export interface StepHost {
  readonly log: {
    /** The program has come to this step. */
    begin(i: number, step: Step): void;
    add(line: TraceLine): void;
  };
  /** Where step i is written. */
  readonly placeOf: (i: number) => Place;
  readonly spawn: (thread: number, app: App) => void;
  /** Bytes that zero-copy receive copied for a socket of the server; undefined: there is none. */
  readonly copied: (fd: number) => number | undefined;
  /** Changes the NIC of a host in mid-run: 0 or -errno. */
  readonly nic: (client: boolean, op: number, a: number, b: number, c: number) => number;
  /** What a receive queue has counted. */
  readonly queueCounters: (client: boolean, queue: number) => Readonly<Record<string, number>>;
  /** A file for device memory at an address: a descriptor or -errno. */
  readonly dmabuf: (address: number, bytes: number) => number;
}

const PAGE = 4096;
const CLOCK_MONOTONIC = 1;
const NS_PER_S = 1_000_000_000n;

export class Machine {
  readonly memory: UserMemory;
  readonly names = new Map<string, Named>();
  readonly rings = new Map<number, OpenRing>();
  readonly buffers = new Map<string, Buffers>();
  readonly instances = new Map<string, Instance>();
  /** Pairs of sockets, and what is under way between them. */
  readonly pairs: Pair[] = [];
  /** Counters of queues at the last look. */
  readonly looks = new Map<string, Readonly<Record<string, number>>>();
  /** Bytes of pattern seq that were sent, and that were proved. */
  seq_sent = 0;
  seq_proved = 0;
  /** Bytes that peer.fill sent and nobody received. */
  filled = 0;
  private readonly host: StepHost;
  private i = -1;
  private step: Step = { step: '' };
  private readonly scraps = new Map<number, number>();

  constructor(memory: UserMemory, host: StepHost) {
    this.memory = memory;
    this.host = host;
  }

  /** Another thread runs something while this one goes on. */
  spawn(thread: number, app: App): void {
    this.host.spawn(thread, app);
  }

  /** Bytes that were copied for a socket. */
  copied(fd: number): number | undefined {
    return this.host.copied(fd);
  }

  queueCounters(queue: number): Readonly<Record<string, number>> {
    return this.host.queueCounters(this.step.host === 'client', queue);
  }
  /** Changes the NIC of the step's host. */
  nic(op: number, a: number, b: number, c: number): number {
    return this.host.nic(this.step.host === 'client', op, a, b, c);
  }
  dmabuf(address: number, bytes: number): number {
    return this.host.dmabuf(address, bytes);
  }

  begin(i: number, step: Step): void {
    this.i = i;
    this.step = step;
    this.host.log.begin(i, step);
  }

  /** A line of the trace. */
  emit(e: string, rest: Readonly<Record<string, TraceValue | undefined>> = {}): void {
    const { tag } = this.step;
    this.host.log.add({ i: this.i, e, ...(tag === undefined ? {} : { tag }), ...rest });
  }
  /** What a step came to. */
  ret(value: number, rest: Readonly<Record<string, TraceValue | undefined>> = {}): void {
    const [name] = this.step.as ?? [];
    const named = name === undefined ? {} : { as: name };
    if (!this.flag('quiet')) this.emit('ret', { step: this.step.step, ...resultOf('ret', value), ...rest, ...named });
    if (name !== undefined) this.names.set(name, { value: BigInt(value), fields: { ret: BigInt(value), res: BigInt(value) } });
  }

  *sys(nr: number, ...args: readonly (number | bigint)[]): Steps<number> {
    return yield { call: 'syscall', nr, args };
  }

  /** Memory for an argument of one call: used again by the next. */
  scrap(bytes: number): number {
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, 64)));
    let at = this.scraps.get(size);
    if (at === undefined) {
      at = this.memory.alloc(size);
      this.scraps.set(size, at);
    }
    this.memory.bytes(at, size).fill(0);
    return at;
  }
  pages(bytes: number): number {
    return this.memory.alloc(Math.max(1, Math.ceil(bytes / PAGE)) * PAGE);
  }

  *clockNs(): Steps<bigint> {
    const at = this.scrap(16);
    yield { call: 'syscall', nr: __NR_clock_gettime, args: [CLOCK_MONOTONIC, at] };
    const view = this.memory.view();
    return view.getBigInt64(at, true) * NS_PER_S + view.getBigInt64(at + 8, true);
  }
  /** A struct __kernel_timespec in scrap memory. */
  timespec(ns: number): number {
    const at = this.memory.alloc(16);
    const view = this.memory.view();
    view.setBigInt64(at, BigInt(ns) / NS_PER_S, true);
    view.setBigInt64(at + 8, BigInt(ns) % NS_PER_S, true);
    return at;
  }

  give(name: StepValue | undefined, value: bigint | number, fields?: Readonly<Record<string, bigint>>): void {
    if (typeof name === 'string') this.names.set(name, { value: BigInt(value), ...(fields ? { fields } : {}) });
  }

  /** An integer of a step, references resolved. */
  big(value: StepValue | undefined, otherwise = 0n): bigint {
    if (value === undefined) return otherwise;
    if (typeof value === 'number') return BigInt(value);
    if (typeof value === 'boolean') return value ? 1n : 0n;
    if (typeof value !== 'string') throw new StepError('expected a number, found a list');
    if (/^-?\d+$/.test(value)) return BigInt(value);
    const m = REFERENCE.exec(value);
    const [, name = '', field, sign, offset] = m ?? [];
    const ring = /^ring(\d)$/.exec(name);
    const named: Named | undefined = ring ? { value: BigInt(this.ring(Number(ring[1])).ring.fd) } : this.names.get(name);
    const base = field === undefined ? named?.value : named?.fields?.[field];
    if (base === undefined) throw new StepError(`'${value}' names nothing that is there now`);
    return base + BigInt(offset ?? 0) * (sign === '-' ? -1n : 1n);
  }
  int(field: string, otherwise = 0): number {
    return Number(this.big(this.step[field], BigInt(otherwise)));
  }
  /** A number of something; what an earlier step gave is known only now. */
  count(field: string, least = 0): number {
    const n = this.int(field);
    if (n < least) throw new StepError(`expected a ${field} of at least ${least}; found ${n}`);
    return n;
  }
  fields(): Step {
    return this.step;
  }
  raw(field: string): StepValue | undefined {
    return this.step[field];
  }
  has(field: string): boolean {
    return this.step[field] !== undefined;
  }
  text(field: string): string {
    return String(this.step[field] ?? '');
  }
  list(field: string): readonly StepValue[] {
    const value = this.step[field];
    return Array.isArray(value) ? value : [];
  }
  flag(field: string): boolean {
    return this.step[field] === true;
  }

  ring(id = this.int('ring')): OpenRing {
    const open = this.rings.get(id);
    if (!open) throw new StepError(`ring ${id} is not set up`);
    return open;
  }
  group(): Buffers {
    const key = this.groupKey(this.int('ring'), this.int('bgid'));
    const found = this.buffers.get(key);
    if (!found) throw new StepError(`ring ${this.int('ring')} has no group ${this.int('bgid')} of buffers`);
    return found;
  }
  groupKey(ring: number, bgid: number): string {
    return `${ring}:${bgid}`;
  }
  instance(name = this.text('zcrx')): Instance {
    const found = this.instances.get(name);
    if (!found) throw new StepError(`there is no zcrx instance '${name}'`);
    return found;
  }
  *register(opcode: number, arg: number, count: number, fd = this.ring().ring.fd): Steps<number> {
    return yield { call: 'register', fd, opcode, arg, count };
  }
}

/**
 * Lets another task make the calls, and comes out of a system call itself when it has (pthread_join; setns). A call that says
 * who makes it is left alone.
 */
export function* elsewhere<T>(steps: Steps<T>, who: Pick<Call, 'thread' | 'peer'>): Steps<T> {
  let turn = steps.next();
  while (!turn.done) turn = steps.next(yield { ...who, ...turn.value });
  yield { call: 'syscall', nr: __NR_getppid, args: [] };
  return turn.value;
}
/** The client's task makes the calls. */
export const onClient = <T>(steps: Steps<T>): Steps<T> => elsewhere(steps, { peer: true });

/** A step; one that needs no system call is a plain function. */
export type Handler = (m: Machine) => Steps<void> | void;
/** How each step is carried out, by its name. */
export type Handlers = Readonly<Record<string, Handler>>;
