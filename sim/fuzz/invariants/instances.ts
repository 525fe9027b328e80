/** The life of a zcrx instance: as long as a ring or a file has it, and as long as a buffer is not home. */
import { IFQ } from '../../host/index.ts';
import type { Invariant } from './form.ts';
import { Loans } from './loans.ts';

export const INSTANCE_LIVES: Invariant = {
  id: 'B11', name: 'instance lives',
  about: 'An instance lives, with its queue bound, while a ring or an exported file has it; its areas go when all their buffers are home.',
  source: 'Linux io_uring/zcrx.c: zcrx_unregister_user, io_put_zcrx_ifq, zcrx_box_release, import_zcrx, io_zcrx_free_area',
  checker({ violated }) {
    const loans = new Loans();
    /** Buffers of each area by its first one. */
    const areas = new Map<number, number>();
    const places = new Map<number, number>();
    const users: number[] = [];
    return {
      on: {
        ...loans.on,
        ledger: (b, i) => {
          places.set(b.niovIdx(i), b.b(i));
        },
        zc_area: (b, i) => {
          const first = b.niovIdx(i);
          if (b.b(i) !== 0) {
            areas.set(first, b.b(i));
            return;
          }
          for (let n = first; n < first + (areas.get(first) ?? 0); n++) {
            if (loans.of(n) !== 0) violated(`an area was freed while its buffer ${n} is on loan`);
            if ((places.get(n) ?? 0) !== 0) violated(`an area was freed while its buffer ${n} is not home`);
          }
          areas.delete(first);
        },
      },
      atRest(_engine, buffers) {
        users.length = 0;
        const links = buffers.links();
        for (const ifq of [...links, ...links.length === 0 ? [] : buffers.exported()]) {
          users[ifq] = (users[ifq] ?? 0) + 1;
          if (buffers.ifqField(ifq, IFQ.used) === 0) violated(`zcrx instance ${ifq} is gone, and somebody still has it`);
        }
        users.forEach((n, ifq) => {
          const refs = buffers.ifqField(ifq, IFQ.refs);
          if (links.length > 0 && refs !== n) violated(`zcrx instance ${ifq} counts ${refs} users, and ${n} have it`);
        });
      },
    };
  },
};
