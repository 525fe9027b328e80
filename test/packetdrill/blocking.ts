/** How a call waits: it is tried again when its socket was woken, until its time is up. */
import { EAGAIN, failed, type Outcome, outcomeOf, type SocketFile } from './process.ts';
import type { Runtime } from './runtime.ts';

/** A call under way. */
export interface Waiting {
  /** Tries; undefined: it waits on. */
  readonly attempt: () => Outcome | undefined;
  /** When it is to be tried whatever happened, in live microseconds. */
  readonly deadline_us: number;
}

/** A call that is over at once. */
export const immediate = (outcome: () => Outcome): Waiting => ({ attempt: outcome, deadline_us: Number.POSITIVE_INFINITY });

/** `step` gives the core's result; -EAGAIN waits, unless the call must not. `last` is what it does when its time is up. */
export function untilReady(
  rt: Runtime, file: SocketFile, nonblocking: boolean, timeout_us: number, step: () => number, last: () => number = step,
): Waiting {
  const deadline_us = timeout_us > 0 ? rt.machine.now() + timeout_us : Number.POSITIVE_INFINITY;
  let begun = false;
  return {
    deadline_us,
    attempt: () => {
      const late = rt.machine.now() >= deadline_us;
      if (begun && file.woken === 0 && !late) return undefined;
      file.woken = 0;
      const result = late && begun ? last() : step();
      begun = true;

      if (result !== -EAGAIN || nonblocking) return outcomeOf(result);
      return late ? failed(EAGAIN) : undefined;
    },
  };
}
