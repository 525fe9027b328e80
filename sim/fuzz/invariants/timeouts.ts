/** Timeouts never fire before their time. */
import type { Checker, Invariant, RunView } from './form.ts';
import { followRequests, named, type Request } from './requests.ts';

const ETIME = 62;
const OP_TIMEOUT = 11;
const OP_LINK_TIMEOUT = 15;
const TIMEOUT_ABS = 1;

function times(run: RunView): Checker {
  /** The earliest moment of the next firing, and the time between two. */
  const due = new Map<Request, { at_ns: number; readonly every_ns: number }>();
  let last: number | undefined;
  const requests = followRequests(run, {
    posted: ({ request, res, time_ns }) => {
      const d = request && due.get(request);
      if (!d || res !== -ETIME) return;
      if (time_ns < d.at_ns) {
        run.violated(`${named(request)} fired at ${time_ns} ns, and its time was ${d.at_ns} ns`);
      }
      d.at_ns += d.every_ns;
    },
    ended: (r) => {
      due.delete(r);
    },
  });
  return {
    on: {
      ...requests.on,
      req_new: (b, i) => {
        requests.on.req_new?.(b, i);
        last = b.a(i);
      },
      req_time: (b, i) => {
        const r = requests.at_slot(b.a(i));
        if (!r || (r.opcode !== OP_TIMEOUT && r.opcode !== OP_LINK_TIMEOUT)) return;
        const ns = b.b(i) + b.c(i) * 2 ** 32;
        const first = last === b.a(i) && !due.has(r);
        // Whether a new time is a span or a moment only the request that gives it knows.
        const absolute = first ? (r.op_flags & TIMEOUT_ABS) !== 0 : true;
        due.set(r, { at_ns: absolute ? Math.min(ns, first ? Infinity : b.timeNs(i) + ns) : b.timeNs(i) + ns, every_ns: absolute ? 0 : ns });
      },
    },
  };
}

export const TIMEOUTS: Invariant = {
  id: 'U6', name: 'timeouts',
  about: 'A timeout completes with -ETIME when its time has come, and not before.',
  source: 'Linux io_uring/timeout.c: io_timeout_fn, io_link_timeout_fn',
  checker: times,
};
