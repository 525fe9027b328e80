/** After the disturbance: what was lent comes home, and no packet keeps a buffer that nobody reads. */
import { IFQ, knobOfPath } from '../../host/index.ts';
import { EDIT_OP } from '../../schema/edits.ts';
import { KNOB_MASK } from './disturbed.ts';
import type { Invariant } from './form.ts';
import { Lasting } from './lasting.ts';
import { Loans } from './loans.ts';

const IFQS_MAX = 64;
const numberOf = (path: string): number => knobOfPath(path)?.number ?? -1;
const BATCH = numberOf('refill.batch');
const MAY_KEEP = [numberOf('refill.give_back'), numberOf('refill.flush')];
/** enum of include/net/tcp_states.h: TCP_TIME_WAIT, TCP_CLOSE, TCP_LISTEN. */
const ENDED: ReadonlySet<number> = new Set([6, 7, 10]);

export const ALL_HOME: Invariant = {
  id: 'B12', name: 'all home',
  about: 'When nothing disturbs any more and nothing is left to happen, only entries that wait in a refill ring keep buffers on loan.',
  source: 'Linux io_uring/zcrx.c: io_zcrx_scrub, io_zcrx_ring_refill; net/core/page_pool.c: page_pool_release_retry',
  checker({ scenario, violated }) {
    const loans = new Loans();
    const lasting = new Lasting();
    // A batch that is not full yet stays with the application.
    let kept = Math.max(...scenario.hosts.map((h) => h.values['refill.batch'])) - 1;
    // Who finds the refill ring full and cannot ask for it to be read keeps what it has.
    const GIVES = ['refill.give_back', 'refill.flush', 'kernel.zcrx_ctrl'] as const;
    let keeps = scenario.steps !== undefined || scenario.hosts.some((h) => GIVES.some((knob) => h.values[knob] === 0));
    let queued = 0;
    /** Sockets of connections that are not over: what waits for a hole to be filled may wait for ever, where no buffer is left. */
    const open = new Set<number>();
    return {
      on: {
        ...loans.on,
        edit: (b, i) => {
          const op = b.a(i);
          lasting.edit(b, i);
          if (op === EDIT_OP.knob) {
            const number = b.b(i) & KNOB_MASK;
            if (number === BATCH) kept = Math.max(kept, b.c(i) - 1);
            if (MAY_KEEP.includes(number) && b.c(i) === 0) keeps = true;
          }
        },
        tcp_state: (b, i) => {
          if (ENDED.has(b.c(i))) open.delete(b.a(i));
          else open.add(b.a(i));
        },
        sock_queue: (b, i) => {
          queued += b.c(i);
        },
        sock_read: (b, i) => {
          queued -= b.b(i);
        },
      },
      atEnd(_engine, { played, calm }, buffers) {
        if (!calm || lasting.buffer || lasting.connection || keeps || played.stopped !== 'idle') return;
        let waiting = 0;
        for (let n = 0; n < IFQS_MAX; n++) {
          if (buffers.ifqField(n, IFQ.used) === 0 || buffers.ifqField(n, IFQ.rq_tail) === 0) continue;
          const tail = buffers.words[buffers.ifqField(n, IFQ.rq_tail) >> 2] as number;
          waiting += Math.min((tail - buffers.ifqField(n, IFQ.cached_head)) >>> 0, buffers.ifqField(n, IFQ.rq_entries));
        }
        const missing = loans.total() - waiting;
        if (missing > kept) violated(`${missing} loans never came home`);
        if (queued !== 0 || open.size > 0) return;
        buffers.count(violated);
        for (const { first, count } of buffers.areas()) {
          for (let n = first; n < first + count; n++) {
            if ((buffers.frags[n] as number) > 0) violated(`a packet keeps buffer ${n}, and nobody will read it`);
          }
        }
      },
    };
  },
};
