/** F1: what a request costs by itself, and what io_uring_enter costs, shared by a batch. */
import type { Family } from '../form.ts';
import { inAll, quotient } from '../shares.ts';
import { batch } from './family_settings.ts';

const APP_CORE = 1;
const BATCHES = 24;

export const NOP: Family = {
  name: 'F1_nop_batch',
  about: 'requests that do nothing, some with each io_uring_enter',
  unit: () => 'cycles/op',
  machine: 'epyc-9654p',
  counted: 'cycles of the application\'s core per request',
  assumed: 'nothing beyond the cell',
  settings: [batch(1)],
  cell: (name) => {
    const m = /^(?:batch\s*=?\s*)?(\d+)$/i.exec(name);
    return m ? { batch: Number(m[1]) } : undefined;
  },
  examples: ['--set batch=64', '--cell batch=32'],
  tree: (s) => {
    const n = Number(s.batch);
    return {
      ring: { sq_entries: 2 ** Math.ceil(Math.log2(Math.max(n, 8))), cq_entries: 65536 },
      hosts: { client: { app: { role: 'nop', batch: n, requests: n * Math.max(BATCHES, Math.ceil(2000 / n)) } } },
    };
  },
  host: 'client',
  share: (m) => inAll(m, 'client', APP_CORE),
  cycles: (value) => value,
  metric: (m) => quotient(inAll(m, 'client', APP_CORE)),
};
