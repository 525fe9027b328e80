/** The simulated kernel behind the seam: system calls are exports of the core, memory is a view of its own. */
import type { Call, UserMemory } from '../../uring-model/8-app/index.ts';
import type { Engine } from './engine.ts';
import { InputError } from './input_error.ts';

/** The call has to wait: the task sleeps, and the call is made again when it may run. Never seen by an application. */
export const ERESTARTSYS = -512;

/** From one thread of a host's process to the next, in numbers of tasks. */
export const THREAD_STRIDE = 2;

/** The core counts memory in 32 bits, and rounds up to pages. */
const ADDRESSES = 2 ** 31;

export class SimMemory implements UserMemory {
  private readonly engine: Engine;
  private readonly task: number;

  constructor(engine: Engine, task: number) {
    this.engine = engine;
    this.task = task;
  }
  view(): DataView {
    return this.engine.view;
  }
  bytes(address: number, length: number): Uint8Array {
    return this.engine.bytes.subarray(address, address + length);
  }
  alloc(bytes: number): number {
    if (!Number.isSafeInteger(bytes) || bytes < 1) throw new RangeError(`alloc: expected a number of bytes from 1 on; found ${bytes}`);
    const at = bytes > ADDRESSES ? 0 : this.engine.guard(() => this.engine.core.userAlloc(this.task, bytes));
    if (at === 0) throw new InputError(`the task has no ${bytes} bytes of memory left: raise limits.user_bytes`);
    return at;
  }
}

/** One task's system calls. They may return ERESTARTSYS. */
export class SimKernel {
  readonly memory: SimMemory;
  private readonly engine: Engine;
  private readonly task: number;

  constructor(engine: Engine, task: number) {
    this.engine = engine;
    this.task = task;
    this.memory = new SimMemory(engine, task);
  }

  /** The number of the task that makes a call. */
  taskOf(c: Call): number {
    return (c.peer ? this.task ^ 1 : this.task) + THREAD_STRIDE * (c.thread ?? 0);
  }

  perform(c: Call): number {
    const { core } = this.engine;
    const task = this.taskOf(c);
    return this.engine.guard(() => {
      switch (c.call) {
        case 'setup': return core.sysSetup(task, c.entries, c.params);
        case 'register': return core.sysRegister(task, c.fd, c.opcode, c.arg, c.count);
        case 'enter': return core.sysEnter(task, c.fd, c.submit, c.wait, c.flags, c.arg, c.arg_bytes);
        case 'mmap': return Number(core.sysMmap(task, c.fd, c.offset, c.bytes));
        case 'close': return core.sysClose(task, c.fd);
        case 'work': return core.sysWork(task, BigInt(c.ns));
        case 'syscall': {
          const arg = (i: number) => BigInt(c.args[i] ?? 0);
          return Number(core.sysCall(task, c.nr, arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)));
        }
      }
    });
  }

  /** The application has ended, or goes on as another task: this one does not run by itself. */
  park(task = this.task): void {
    this.engine.guard(() => this.engine.core.sysPark(task));
  }
}
