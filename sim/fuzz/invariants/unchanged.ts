/** Bytes on loan are looked at again and again: nobody writes them but the application itself. */
import type { Invariant, OnRecord } from './form.ts';

const LIVE = 3;
/** Words of a loan that are looked at: the first, and some that lie equally far from each other. */
const SAMPLES = 8;

interface Loan {
  readonly niov: number;
  readonly offset: number;
  readonly len: number;
  sum: number | undefined;
}

/** A hash of some of the words in [at, at + len). */
function sample(words: Uint32Array, at: number, len: number): number {
  const first = (at + 3) >>> 2;
  const count = ((at + len) >>> 2) - first;
  const step = Math.max(1, Math.floor(count / SAMPLES));
  let sum = len;
  for (let k = 0; k < count; k += step) sum = Math.imul(sum ^ (words[first + k] as number), 0x01000193);
  return sum;
}

export const UNCHANGED: Invariant = {
  id: 'B10', name: 'unchanged on loan',
  about: 'The bytes behind a completion do not change from its delivery until the application has given the buffer back.',
  source: 'Linux Documentation/networking/iou-zcrx.rst: Usage; io_uring/zcrx.c: io_zcrx_recv_frag',
  checker({ scenario, violated }) {
    const shifts: number[] = [];
    const firsts: number[] = [];
    /** By buffer: what the application has of it. */
    const lent = new Map<number, Loan[]>();
    const add = (niov: number, offset: number, len: number): void => {
      const loans = lent.get(niov) ?? [];
      loans.push({ niov, offset, len, sum: undefined });
      lent.set(niov, loans);
    };
    // Which part of a buffer an entry gives back it does not say: all of them stay looked at until the last one is back.
    const home: OnRecord = (b, i) => {
      if (b.a(i) === LIVE) lent.delete(b.niovIdx(i));
    };
    // Memory that an area shares with something else of the program.
    const writes = scenario.steps?.some(({ step, area, dmabuf }) => step === 'zcrx.reg' && (area ?? dmabuf) !== undefined) ?? false;
    return {
      on: {
        zc_area: (b, i) => {
          for (let n = b.niovIdx(i); n < b.niovIdx(i) + b.b(i); n++) {
            firsts[n] = b.niovIdx(i);
            shifts[n] = b.c(i);
          }
        },
        zc_deliver: (b, i) => {
          const n = b.niovIdx(i);
          const first = firsts[n];
          if (first !== undefined) add(n, b.b(i) - (n - first) * 2 ** (shifts[n] as number), b.c(i));
        },
        zc_copy: (b, i) => add(b.niovIdx(i), 0, b.b(i)),
        ledger: home,
      },
      atRest(_engine, buffers) {
        if (writes || scenario.run['run.payload'] === 0) return;
        for (const loans of lent.values()) {
          for (const loan of loans) {
            const sum = sample(buffers.words, buffers.address(loan.niov) + loan.offset, loan.len);
            loan.sum ??= sum;
            if (loan.sum === sum) continue;
            violated(`bytes ${loan.offset} to ${loan.offset + loan.len} of buffer ${loan.niov} changed while they are on loan`);
          }
        }
      },
    };
  },
};
