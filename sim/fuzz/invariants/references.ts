/** Reference counts of buffers, counted again: fragments in packets, loans by the trace, and the receive ring's own. */
import type { Invariant } from './form.ts';
import { Loans } from './loans.ts';

export const REFERENCES: Invariant = {
  id: 'B2', name: 'references',
  about: 'A buffer has as many references as packets have fragments in it, the application has loans of it, and the NIC holds it.',
  source: 'Linux include/net/page_pool/helpers.h: page_pool_unref_netmem; io_uring/zcrx.c: io_zcrx_get_niov_uref, io_zcrx_put_niov_uref',
  checker({ violated }) {
    const loans = new Loans();
    return {
      on: loans.on,
      atRest(_engine, buffers) {
        buffers.count(violated);
        for (const { first, count } of buffers.areas()) {
          for (let n = first; n < first + count; n++) {
            const lent = loans.of(n);
            const said = buffers.userRef(n);
            if (said !== lent) violated(`buffer ${n} has ${said} user references and is on loan ${lent} times`);
            const packets = buffers.frags[n] as number;
            const nic = buffers.posted[n] as number;
            const refs = buffers.ppRef(n);
            if (refs === packets + lent + nic) continue;
            violated(`buffer ${n} has ${refs} references: packets ${packets}, the application ${lent}, the NIC ${nic}`);
          }
        }
      },
    };
  },
};
