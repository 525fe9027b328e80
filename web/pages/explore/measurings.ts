/** The sweep and the comparison that the page has open. What they know outlives a look at another page, but no reload. */
import type { PathsAnswer, PathsAsk, SweepAnswer, SweepAsk } from '../../../sim/lab/index.ts';
import { Measuring } from './measuring.svelte.ts';

export const sweeping = new Measuring<SweepAsk, SweepAnswer>({
  plan: (client, ask) => client.do('sweep_plan', { ask }),
  put: (client, records) => client.do('sweep_put', { records }),
});
export const comparing = new Measuring<PathsAsk, PathsAnswer>({
  plan: (client, ask) => client.do('paths_plan', { ask }),
  put: (client, records) => client.do('paths_put', { records }),
});
