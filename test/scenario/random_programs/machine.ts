/** Makes a program's calls, and lets time pass: threads sleep, wake, and make their call again. */
import type { Engine } from '../../../sim/host/engine.ts';
import { SimKernel } from '../../../sim/host/sim_kernel.ts';
import type { Layout } from '../../../uring-model/8-app/ring_layout.ts';
import type { Call, Steps } from '../../../uring-model/8-app/index.ts';

/** Of one pause, at most. */
export const EVENTS = 100_000;
export interface Pending { again: Call; since: number }
export interface OpenRing { fd: number; at: Layout; params: number }

export const TASKS = 8;
export const SERVER = 1;
export const DATA = 0x20000;
export const NETLINK_ADDRESS = [10, 0, 0, 2];

export class StuckError extends Error {}
export class LoopError extends Error {}
export class LeakError extends Error {}

export class Machine {
  readonly engine: Engine;
  readonly log: string[] = [];
  readonly pending: (Pending | undefined)[] = new Array(TASKS);
  readonly kernels: SimKernel[];
  rings: OpenRing[] = [];
  fds: number[] = [];
  groups: { at: number; entries: number; bgid: number }[] = [];
  zcrxs: { region: number; head: number; tail: number; rqes: number; entries: number; token: bigint; id: number; bytes: number }[] = [];
  /** Client's end of the wire. */
  out = -1;
  base = 0;
  /** Requests may use rings as files. Then a ring may hold itself: as on Linux it is there until its process ends. */
  rings_are_files = false;
  readonly ring_fds = new Set<number>();
  verbose: boolean;

  constructor(engine: Engine, verbose: boolean) {
    this.engine = engine;
    this.verbose = verbose;
    this.kernels = [new SimKernel(engine, 0), new SimKernel(engine, 1)];
    for (let i = 0; i < 2; i++) {
      if (engine.run(1e9) !== 'app') throw new Error('the processes did not begin');
      new SimKernel(engine, engine.core.appRunnable()).park();
    }
  }
  get view(): DataView {
    return this.engine.view;
  }

  /** A call of a thread: its result, or undefined when the thread sleeps (in this call or an older one). */
  call(task: number, c: Call): number | undefined {
    if (this.pending[task]) return undefined;
    const host = task & 1;
    const thread = task >> 1;
    const kernel = this.kernels[host] as SimKernel;
    const value = kernel.perform({ ...c, thread });
    if (this.verbose && value !== -9) this.log.push(`  task ${task} ${text(c)} = ${value}`);
    if (value === -512) {
      this.pending[task] = { again: c.call === 'enter' ? { ...c, submit: 0 } : c, since: this.engine.clockNs() };
      return undefined;
    }
    kernel.park(task);
    return value;
  }
  sys(task: number, nr: number, ...args: (number | bigint)[]): number {
    return this.call(task, { call: 'syscall', nr, args }) ?? -512;
  }

  /** Lets time pass; who wakes carries on. */
  pass(ns: number): void {
    const begin = this.engine.clockNs();
    const until = begin + ns;
    let turns = 0;
    for (;;) {
      const reason = this.engine.run(until, { max_events: EVENTS });
      if (reason === 'events') {
        if (this.engine.clockNs() - begin < 1_000_000) throw new LoopError(`${EVENTS} events until ${this.engine.clockNs()}`);
        // A thread that polls a queue is busy for as long as it is told: the rest of the pause is left out.
        break;
      }
      if (reason !== 'app') break;
      if (++turns > 20_000) throw new LoopError('a task is woken again and again');
      const task = this.engine.core.appRunnable();
      const p = this.pending[task];
      const kernel = this.kernels[task & 1] as SimKernel;
      if (!p) {
        kernel.park(task);
        continue;
      }
      const value = kernel.perform({ ...p.again, thread: task >> 1 });
      if (value === -512) continue;
      if (this.verbose) this.log.push(`  task ${task} woke: ${text(p.again)} = ${value}`);
      this.pending[task] = undefined;
      kernel.park(task);
    }
    // Its signal wakes the first thread. The others may sleep in a call for ever, as on Linux.
    const p = this.pending[SERVER];
    if (p && this.engine.clockNs() - p.since > 3e8) throw new StuckError(`the first thread sleeps in ${text(p.again)} since ${p.since}`);
  }
  /** Steps that never sleep. */
  run<T>(steps: Steps<T>): T {
    let turn = steps.next();
    while (!turn.done) turn = steps.next(this.call(SERVER, turn.value) ?? -512);
    return turn.value;
  }
}
export function text(c: Call): string {
  return JSON.stringify(c, (_, v: unknown) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v));
}
