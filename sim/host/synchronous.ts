/**
 * A process of the simulator that is driven from outside, one call after the other: what waits lets the world run until it is over.
 * Time stands still between calls; `sleep` lets it pass.
 */
import {
  anyAddress, type App, type Call, must, Ring, type RingOptions, type SocketAddress, type Steps, timespec, type UserMemory, writeSockaddr,
  Zcrx, type ZcrxOptions,
} from '../../uring-model/8-app/index.ts';
import {
  __NR_accept4, __NR_bind, __NR_close, __NR_connect, __NR_getsockname, __NR_listen, __NR_nanosleep, __NR_read, __NR_setsockopt,
  __NR_shutdown, __NR_socket, __NR_socketpair, __NR_write, AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, SHUT_WR, SOCK_STREAM, TCP_NODELAY,
} from '../../uring-model/8-app/uapi.gen.ts';
import { AppDriver } from './app_driver.ts';
import type { Engine } from './engine.ts';
import { SimKernel } from './sim_kernel.ts';

/** T with its generators run to their end: `ring.submit()` is a number. Where a Ring is wanted, one of these will do. */
export type Synchronous<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => Steps<infer R> ? (...args: Accepting<A>) => R
    : T[K] extends (...args: infer A) => infer R ? (...args: Accepting<A>) => R : T[K];
};
type Accepting<A extends unknown[]> = { [I in keyof A]: Ring extends A[I] ? A[I] | Synchronous<Ring> : A[I] };
export type SyncRing = Synchronous<Ring>;
export type SyncZcrx = Synchronous<Zcrx>;

/** The object behind a synchronous one. */
const behind = new WeakMap<object, object>();

/** The process waits for something that will never happen. */
export class Deadlock extends Error {
  override readonly name = 'Deadlock';
}

const LOOPBACK: SocketAddress['address'] = Uint8Array.of(127, 0, 0, 1);

export class Process {
  readonly memory: UserMemory;
  private readonly engine: Engine;
  private readonly task: number;
  private readonly until_ns: number;

  constructor(engine: Engine, task: number, until_ns: number) {
    this.engine = engine;
    this.task = task;
    this.until_ns = until_ns;
    this.memory = new SimKernel(engine, task).memory;
  }

  /** Runs steps to their end, and the world with them where they wait. Returns what they return. */
  run<T>(steps: Steps<T>): T {
    let out: { readonly value: T } | undefined;
    const app: App = function* (): Steps<number> {
      out = { value: yield* steps };
      return 0;
    };
    const driver = new AppDriver(this.engine, this.task, app);
    driver.step();
    while (driver.result === undefined) {
      const reason = this.engine.run(this.until_ns);
      if (reason !== 'app') throw new Deadlock(reason === 'idle' ? 'the process waits, and nothing is left to happen' : 'time is over');
      driver.step();
    }
    return (out as { readonly value: T }).value;
  }

  /** One system call at the seam; -errno comes back as it is. */
  call(call: Call): number {
    return this.run(one(call));
  }
  /** A system call by its number (__NR_); -errno comes back as it is. */
  syscall(nr: number, ...args: (number | bigint)[]): number {
    return this.call({ call: 'syscall', nr, args });
  }

  /** A ring with DEFER_TASKRUN and what else zero-copy receive wants (Ring.create). */
  ring(options: RingOptions): SyncRing {
    return this.synchronous(this.run(Ring.create(this.memory, options)));
  }
  /** A ring with exactly these flags (Ring.queueInit), or -errno. */
  queueInit(entries: number, flags: number, cq_entries?: number): SyncRing | number {
    const ring = this.run(Ring.queueInit(this.memory, entries, flags, cq_entries));
    return typeof ring === 'number' ? ring : this.synchronous(ring);
  }
  /** Registers a zcrx instance with a ring (Zcrx.register). */
  zcrx(ring: SyncRing, options: ZcrxOptions): SyncZcrx {
    return this.synchronous(this.run(Zcrx.register(behind.get(ring) as Ring, options)));
  }

  /** An object whose generators run to their end when they are called. */
  synchronous<T extends object>(target: T): Synchronous<T> {
    const proxy = new Proxy(target, {
      get: (t, name) => {
        const value: unknown = Reflect.get(t, name, t);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const own = args.map((a) => (typeof a === 'object' && a !== null ? (behind.get(a) ?? a) : a));
          const result: unknown = Reflect.apply(value, t, own);
          return isSteps(result) ? this.run(result) : result;
        };
      },
    });
    behind.set(proxy, target);
    return proxy as unknown as Synchronous<T>;
  }

  // ---- What tests want of sockets

  /** Two connected AF_UNIX sockets: their descriptors (socketpair(2)). */
  socketPair(type: number = SOCK_STREAM): [number, number] {
    return this.run(pair(this.memory, type));
  }
  /** Two ends of a TCP connection over the loopback device, with TCP_NODELAY: accepted, and connected. */
  tcpPair(): [number, number] {
    return this.run(tcpPair(this.memory));
  }
  /** A socket that listens on every IPv4 address (socket(2), bind(2), listen(2)). */
  listen(port: number, backlog = 16): number {
    return this.run(listening(this.memory, { family: 4, address: anyAddress(4), port }, backlog));
  }
  /** Waits for a connection: its descriptor (accept4(2)). */
  accept(listener: number): number {
    return this.run(must({ call: 'syscall', nr: __NR_accept4, args: [listener, 0, 0, 0] }));
  }
  /** Connects to an address; waits until it is done (connect(2)). */
  connect(address: SocketAddress): number {
    return this.run(connecting(this.memory, address));
  }
  /** Writes all of the bytes, or a string as UTF-8 (write(2)). */
  send(fd: number, data: Uint8Array | string): void {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    this.run(writeAll(this.memory, fd, bytes));
  }
  /** Reads at most `max` bytes; waits for the first (read(2)). Empty at the end of the stream. */
  receive(fd: number, max = 65536): Uint8Array {
    return this.run(readSome(this.memory, fd, max));
  }
  /** The peer reads to its end (shutdown(2) with SHUT_WR). */
  shutdown(fd: number): void {
    this.run(must({ call: 'syscall', nr: __NR_shutdown, args: [fd, SHUT_WR] }));
  }
  close(fd: number): void {
    this.run(must({ call: 'syscall', nr: __NR_close, args: [fd] }));
  }
  /** Bytes of user memory, as text. */
  text(address: number, len: number): string {
    return new TextDecoder().decode(this.memory.bytes(address, len));
  }

  /** Lets time pass, and everything that happens in it (nanosleep(2)). */
  sleep(ns: number): void {
    this.syscall(__NR_nanosleep, timespec(this.memory, ns));
  }

  /** A dma-buf over memory of the process, in contiguous runs of `run` bytes: its descriptor, or -errno. What /dev/udmabuf makes. */
  dmabuf(address: number, bytes: number, run = 4096): number {
    return this.engine.guard(() => this.engine.core.sysDmabuf(this.task, BigInt(address), BigInt(bytes), run));
  }
}

function isSteps(value: unknown): value is Steps<unknown> {
  return Object.prototype.toString.call(value) === '[object Generator]';
}
function* one(call: Call): Steps<number> {
  return yield call;
}

function* pair(memory: UserMemory, type: number): Steps<[number, number]> {
  const at = memory.alloc(8);
  yield* must({ call: 'syscall', nr: __NR_socketpair, args: [AF_UNIX, type, 0, at] });
  return [memory.view().getInt32(at, true), memory.view().getInt32(at + 4, true)];
}

const system = (nr: number, ...args: number[]) => must({ call: 'syscall', nr, args });

function* listening(memory: UserMemory, address: SocketAddress, backlog: number): Steps<number> {
  const fd = yield* system(__NR_socket, address.family === 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
  const { at, bytes } = writeSockaddr(memory, address);
  yield* system(__NR_bind, fd, at, bytes);
  yield* system(__NR_listen, fd, backlog);
  return fd;
}

function* connecting(memory: UserMemory, address: SocketAddress): Steps<number> {
  const fd = yield* system(__NR_socket, address.family === 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
  const { at, bytes } = writeSockaddr(memory, address);
  yield* system(__NR_connect, fd, at, bytes);
  return fd;
}

function* tcpPair(memory: UserMemory): Steps<[number, number]> {
  const own = { family: 4, address: LOOPBACK, port: 0 } as const;
  const listener = yield* listening(memory, own, 1);
  const { at, bytes } = writeSockaddr(memory, own);
  const word = memory.alloc(4);
  memory.view().setUint32(word, bytes, true);
  yield* system(__NR_getsockname, listener, at, word);
  const connected = yield* connecting(memory, { ...own, port: memory.view().getUint16(at + 2, false) });
  const accepted = yield* system(__NR_accept4, listener, 0, 0, 0);
  yield* system(__NR_close, listener);
  memory.view().setUint32(word, 1, true);
  for (const fd of [accepted, connected]) yield* system(__NR_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, word, 4);
  return [accepted, connected];
}

function* writeAll(memory: UserMemory, fd: number, data: Uint8Array): Steps<void> {
  const at = memory.alloc(Math.max(data.length, 1));
  memory.bytes(at, data.length).set(data);
  for (let done = 0; done < data.length; ) {
    done += yield* must({ call: 'syscall', nr: __NR_write, args: [fd, at + done, data.length - done] });
  }
}

function* readSome(memory: UserMemory, fd: number, max: number): Steps<Uint8Array> {
  const at = memory.alloc(max);
  const got = yield* must({ call: 'syscall', nr: __NR_read, args: [fd, at, max] });
  return memory.bytes(at, got).slice();
}

