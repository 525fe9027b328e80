/** Returns of buffers: each is counted once, none is of a buffer that was not lent, and none that was due is refused. */
import type { Invariant } from './form.ts';
import { Loans } from './loans.ts';

/** rqe_take: recycled, still referenced, skipped as malformed, not on loan (sim/schema/events.ts). */
const SHARED = 1;
const NOT_LENT = 3;

export const RETURNED_ONCE: Invariant = {
  id: 'B3', name: 'returned once',
  about: 'Refill entries are taken for a buffer as often as it was lent and not once more, and none for a buffer on loan is refused.',
  source: 'Linux io_uring/zcrx.c: io_zcrx_put_niov_uref, io_zcrx_ring_refill, io_zcrx_scrub_area',
  checker({ violated }) {
    const loans = new Loans();
    return {
      on: {
        zc_deliver: loans.on.zc_deliver,
        zc_copy: loans.on.zc_copy,
        rqe_take: (b, i) => {
          const niov = b.niovIdx(i);
          const lent = loans.of(niov);
          const times = b.c(i);
          if (b.b(i) <= SHARED && lent < times) violated(`buffer ${niov} was taken back ${times} times and is on loan ${lent} times`);
          if (b.b(i) === NOT_LENT && lent >= times) violated(`buffer ${niov} is on loan ${lent} times, and ${times} returns were refused`);
          loans.on.rqe_take(b, i);
        },
        zc_scrub: (b, i) => {
          const niov = b.niovIdx(i);
          const lent = loans.of(niov);
          if (lent !== b.a(i)) violated(`${b.a(i)} loans of buffer ${niov} were taken back at the end, and it had ${lent}`);
          loans.on.zc_scrub(b, i);
        },
      },
    };
  },
};
