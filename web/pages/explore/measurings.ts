/** The sweep and the comparison that the page has open. What they know outlives a look at another page, but no reload. */
import { type PathsAnswer, type PathsAsk, type SweepAnswer, type SweepAsk, withNews } from '../../../sim/lab/index.ts';
import { Measuring } from './measuring.svelte.ts';

export const sweeping = new Measuring<SweepAsk, SweepAnswer>({
  plan: (client, ask) => client.do('sweep_plan', { ask }),
  put: async (client, records, before) => withNews(before, await client.do('sweep_put', { records })),
});
export const comparing = new Measuring<PathsAsk, PathsAnswer>({
  plan: (client, ask) => client.do('paths_plan', { ask }),
  put: (client, records) => client.do('paths_put', { records }),
});
