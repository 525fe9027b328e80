/** The refill ring: its head, as memory shows it, and what the kernel read from it. */
import { IFQ, type TraceBatch } from '../../host/index.ts';
import { EDIT_OP } from '../../schema/edits.ts';
import type { BufferTables } from './buffer_tables.ts';
import type { Invariant } from './form.ts';

const IFQS_MAX = 64;
const MALFORMED = 2;

export const HEAD_BEHIND_TAIL: Invariant = {
  id: 'B6', name: 'head behind tail',
  about: 'The refill ring\'s head goes on by the entries that were read and never back; while the application keeps to its half, it never'
    + ' passes the tail, and is what memory shows.',
  source: 'Linux io_uring/zcrx.c: zcrx_rq_entries, io_zcrx_get_rqe, io_zcrx_ring_refill',
  checker({ scenario, violated }) {
    // A program of steps may write what it likes into both.
    const keeps = scenario.steps === undefined;
    let heads: (number | undefined)[] = [];
    /** An instance was made, or has gone: its place in the table may be another one's, and what was read from it is not known. */
    let changed = true;
    /** Entries read since the last look, of all instances. */
    let taken = 0;
    const look = (t: BufferTables, n: number): number => {
      const word = (field: { readonly at: number }) => t.words[t.ifqField(n, field) >> 2] as number;
      const head = t.ifqField(n, IFQ.cached_head);
      const entries = t.ifqField(n, IFQ.rq_entries);
      const gone = (head - (heads[n] ?? head)) >>> 0;
      heads[n] = head;
      if (gone >= 2 ** 31) violated(`the head of refill ring ${n} moved back by ${2 ** 32 - gone}`);
      if (!keeps) return gone;
      if (word(IFQ.rq_head) !== head) violated(`the head of refill ring ${n} is ${word(IFQ.rq_head)} in memory, and ${head} was read`);
      const waiting = (word(IFQ.rq_tail) - head) >>> 0;
      if (waiting > entries) violated(`${waiting} entries wait in refill ring ${n}, which has ${entries}: its head passed its tail`);
      return gone;
    };
    return {
      on: {
        zc_area: () => {
          changed = true;
        },
        rqe_take: (b, i) => {
          taken += b.b(i) === MALFORMED ? 1 : b.c(i);
        },
        // An entry that somebody has taken out of the ring was read by nobody.
        edit: (b, i) => {
          if (b.a(i) === EDIT_OP.lose_rqe) taken++;
        },
      },
      atRest(_engine, buffers) {
        let gone = 0;
        if (changed) heads = [];
        for (let n = 0; n < IFQS_MAX; n++) {
          if (buffers.ifqField(n, IFQ.used) !== 0 && buffers.ifqField(n, IFQ.rq_tail) !== 0) gone += look(buffers, n);
        }
        if (!changed && gone !== taken) violated(`refill rings went on by ${gone} entries, and ${taken} were read`);
        changed = false;
        taken = 0;
      },
    };
  },
};

export const READ_AS_PUSHED: Invariant = {
  id: 'B7', name: 'read as pushed',
  about: 'What a well-behaved application puts into a refill ring the kernel reads in that order, every entry once, and skips none.',
  source: 'Linux io_uring/zcrx.c: io_zcrx_ring_refill, zcrx_flush_rq',
  checker({ scenario, violated }) {
    const pushed: number[][] = [[], []];
    const at = [0, 0];
    let lost = false;
    const take = (b: TraceBatch, i: number): void => {
      if (lost || scenario.steps !== undefined) return;
      const host = b.host(i);
      const queue = pushed[host] as number[];
      for (let n = 0; n < b.c(i); n++) {
        const from = at[host] as number;
        const offset = queue[from];
        if (offset === undefined) return violated(`the kernel read a refill entry that nobody has put there (offset ${b.a(i)})`);
        at[host] = from + 1;
        // The record names a whole buffer by its beginning, an entry any of its bytes.
        if (b.b(i) === MALFORMED ? offset !== b.a(i) : offset < b.a(i) || offset >= b.a(i) + bytes(b, i)) {
          violated(`the kernel read a refill entry for offset ${b.a(i)}, and ${offset} comes next`);
        }
        if (b.b(i) >= MALFORMED) violated(`the refill entry for offset ${offset} of a well-behaved application was skipped`);
      }
    };
    const shifts: number[] = [];
    const bytes = (b: TraceBatch, i: number): number => 2 ** (shifts[b.host(i)] ?? 12);
    return {
      on: {
        zc_area: (b, i) => {
          if (b.b(i) !== 0) shifts[b.host(i)] = b.c(i);
        },
        rqe_push: (b, i) => {
          (pushed[b.host(i)] as number[]).push(b.a(i));
        },
        rqe_take: take,
        edit: (b, i) => {
          if (b.a(i) === EDIT_OP.lose_rqe) lost = true;
        },
      },
    };
  },
};
