/**
 * An application is a generator that yields its system calls and is resumed with their results. Its body knows nothing
 * of how it is driven: at once (below), a step at a time (sim/host/app_driver.ts), or over a socket to a real kernel.
 */
import { type Call, type Kernel, perform, type UserMemory } from './kernel.ts';
import { errnoName, registerName, syscallName } from './names.ts';

/** A piece of an application: yields calls, returns T. */
export type Steps<T> = Generator<Call, T, number>;
export type App = (memory: UserMemory) => Steps<number>;

/** Runs an application whose calls never wait for another task. */
export function runSync(kernel: Kernel, app: App): number {
  const steps = app(kernel.memory);
  let turn = steps.next();
  while (!turn.done) {
    const result = perform(kernel, turn.value);
    if (typeof result !== 'number') throw new Error('runSync needs a kernel that answers at once');
    turn = steps.next(result);
  }
  return turn.value;
}

/** Runs an application on any kernel. */
export async function runAsync(kernel: Kernel, app: App): Promise<number> {
  const steps = app(kernel.memory);
  let turn = steps.next();
  while (!turn.done) turn = steps.next(await perform(kernel, turn.value));
  return turn.value;
}

/** A system call failed where the application cannot go on. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  readonly errno: number;
  constructor(call: string, result: number) {
    super(`${call} failed: ${errnoName(-result) ?? 'error'} (errno ${-result})`);
    this.errno = -result;
  }
}

/** What a call is called in a message: the system call's own name. */
function callName(call: Call): string {
  switch (call.call) {
    case 'syscall': return syscallName(call.nr);
    case 'register': return `io_uring_register (${registerName(call.opcode)})`;
    case 'setup':
    case 'enter': return `io_uring_${call.call}`;
    default: return call.call;
  }
}

/** Yields a call and insists that it succeeds. */
export function* must(call: Call): Steps<number> {
  const result = yield call;
  if (result < 0) throw new SyscallError(callName(call), result);
  return result;
}
