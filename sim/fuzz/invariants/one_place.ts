/** Conservation: where every buffer of an area is, followed from the trace, and found there in memory. */
import type { TraceBatch } from '../../host/index.ts';
import type { Invariant } from './form.ts';

/** The ledger's places (stack/3-pool/netmem.ts). */
const PLACES = ['the free list', 'a page pool', 'the NIC', 'packets or the application'] as const;
const FREE = 0;
const POOL = 1;
const NIC = 2;
const LIVE = 3;

export const ONE_PLACE: Invariant = {
  id: 'B1', name: 'one place',
  about: 'Each buffer of an area is in exactly one place: its free list, a page pool, the NIC, or with packets and the application.',
  source: 'Linux io_uring/zcrx.c: io_zcrx_return_niov_freelist, io_pp_zc_alloc_netmems; net/core/page_pool.c: page_pool_inflight',
  checker({ violated }) {
    const places = new Map<number, number>();
    const place = (niov: number): number => places.get(niov) ?? FREE;
    const must = (b: TraceBatch, i: number, where: number, what: string): void => {
      const now = place(b.niovIdx(i));
      if (now !== where) violated(`buffer ${b.niovIdx(i)} ${what} while it is in ${PLACES[now]}`);
    };
    return {
      on: {
        ledger: (b, i) => {
          must(b, i, b.a(i), `left ${PLACES[b.a(i)]}`);
          places.set(b.niovIdx(i), b.b(i));
        },
        // Pages of the kernel's own are not followed: the ledger says nothing of them.
        pool_hold: (b, i) => {
          if (places.has(b.niovIdx(i))) must(b, i, POOL, 'left its page pool');
        },
        zc_deliver: (b, i) => must(b, i, LIVE, 'was lent'),
        zc_copy: (b, i) => must(b, i, LIVE, 'was lent'),
        zc_area: (b, i) => {
          for (let n = b.niovIdx(i); n < b.niovIdx(i) + b.b(i); n++) {
            if (place(n) !== FREE) violated(`a new area has buffer ${n}, which is in ${PLACES[place(n)]}`);
          }
        },
      },
      atRest(_engine, buffers) {
        buffers.count(violated);
        for (const { first, count } of buffers.areas()) {
          for (let n = first; n < first + count; n++) {
            const held = buffers.held[n] as number;
            const at_nic = buffers.posted[n] as number;
            if (held > 1) violated(`buffer ${n} is in ${held} places at once${at_nic > 1 ? `, ${at_nic} of them in a receive ring` : ''}`);
            const now = place(n);
            if (held === 0 ? now !== LIVE : now === LIVE && at_nic === 0) violated(`buffer ${n} should be in ${PLACES[now]}, and is not`);
            if (at_nic === 1 && now !== NIC && now !== LIVE) violated(`buffer ${n} is in a receive ring and in ${PLACES[now]}`);
          }
        }
      },
    };
  },
};
