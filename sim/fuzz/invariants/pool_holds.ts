/** Page pools: what leaves one comes back to it, and not more often. */
import type { TraceBatch } from '../../host/index.ts';
import type { Invariant } from './form.ts';

/** pool_release: to the provider or the page allocator (sim/schema/events.ts). */
const GIVEN_UP = 2;
const PLACE_POOL = 1;

export const HELD_AND_RELEASED: Invariant = {
  id: 'B8', name: 'held and released',
  about: 'A buffer leaves its page pool when it is in it, and comes back when it is out, to the same pool: no more releases than holds.',
  source: 'Linux net/core/page_pool.c: page_pool_alloc_netmems, page_pool_return_netmem, page_pool_inflight',
  checker({ violated }) {
    /** The pool that a buffer is out of. */
    const out = new Map<number, number>();
    const outstanding: number[] = [];
    /** What was out before the trace began: the driver fills its rings while the world is made. */
    const before: (number | undefined)[] = [];
    const known = new Set<number>();
    /** A net_iov that the ledger has put into a pool: a return through the refill ring says no more than that. */
    let came = { niov: -1, pool: -1 };
    const comesBack = (niov: number): number | undefined => {
      const pool = out.get(niov);
      if (pool === undefined) return undefined;
      outstanding[pool] = (outstanding[pool] ?? 0) - 1;
      out.delete(niov);
      return pool;
    };
    const released = (b: TraceBatch, i: number): void => {
      const niov = b.niovIdx(i);
      if (!known.has(niov)) {
        known.add(niov);
        // What the pool gives up of what it had before may have been in it or out.
        if (b.b(i) === GIVEN_UP) delete before[b.a(i)];
        else out.set(niov, b.a(i));
      }
      const pool = came.niov === niov ? came.pool : comesBack(niov);
      came.niov = -1;
      if (pool === undefined && b.b(i) !== GIVEN_UP) violated(`buffer ${niov} came back to page pool ${b.a(i)}, and was not out`);
      if (pool !== undefined && pool !== b.a(i)) violated(`buffer ${niov} of page pool ${pool} came back to page pool ${b.a(i)}`);
    };
    return {
      on: {
        pool_hold: (b, i) => {
          const niov = b.niovIdx(i);
          const pool = b.a(i);
          known.add(niov);
          came.niov = -1;
          if (out.has(niov)) violated(`page pool ${pool} hands out buffer ${niov}, which has not come back`);
          out.set(niov, pool);
          outstanding[pool] = (outstanding[pool] ?? 0) + 1;
        },
        ledger: (b, i) => {
          if (b.b(i) !== PLACE_POOL) return;
          const pool = comesBack(b.niovIdx(i));
          came = { niov: pool === undefined ? -1 : b.niovIdx(i), pool: pool ?? -1 };
        },
        pool_release: released,
      },
      atRest(_engine, buffers) {
        buffers.inflight().forEach((n, pool) => {
          before[pool] ??= (n - (outstanding[pool] ?? 0)) | 0;
          const by_trace = before[pool] + (outstanding[pool] ?? 0);
          if (n !== by_trace) violated(`page pool ${pool} counts ${n | 0} buffers that are out, and ${by_trace} are`);
        });
      },
    };
  },
};
