/** Description: what a campaign comes to depends on its seeds alone: not on who ran which stretch, nor on which was ready first. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  Campaign, type CampaignOptions, caseOf, distinct, type FuzzCase, GENERATORS, type Runner, runStretch, SEEDS, type Stretch, STRETCH_RUNS,
} from '../../sim/fuzz/index.ts';

/** Breaks for the cases of these seeds, in ten steps each. */
const runnerOf = (breaks: (n: number) => boolean): Runner => {
  let n = 0;
  const run = () => ({ steps: 10, records: 3, time_ns: 0, ...(breaks(n++) ? { broken: { invariant: 'Z1 x', text: 'y' } } : {}) });
  return { run, undetermined: () => undefined } as unknown as Runner;
};

/** A campaign of some workers whose stretches are ready in an order of their own. */
function outcome(options: CampaignOptions, breaking: readonly number[], pick: (n: number) => number) {
  const campaign = new Campaign(options);
  const open: Stretch[] = [];
  for (let workers = 3; ; ) {
    const next: Stretch | undefined = open.length < workers ? campaign.next() : undefined;
    if (next) open.push(next);
    else if (open.length === 0) break;
    else {
      const [stretch] = open.splice(pick(open.length), 1);
      if (!stretch) throw new Error('none is open');
      const from = stretch.n * STRETCH_RUNS;
      campaign.add(runStretch(runnerOf((n) => breaking.includes(from + n)), stretch));
      workers = 1 + pick(4);
    }
  }
  const { runs, steps, found } = campaign.outcome();
  return { runs, steps, found: found.map(({ at_ms: _, ...f }) => f) };
}

test('the order in which stretches are ready changes nothing', () => {
  const options = { aim: 'all' as const, seed: SEEDS - 100, runs: 400 };
  const breaking = [130, 131, 300];
  const first = outcome(options, breaking, () => 0);
  expect(first).toMatchObject({ runs: 131, steps: 1310, found: [{ seed: 30, runs: 131, steps: 1310 }] });
  fc.assert(fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 }), (picks) => {
    let i = 0;
    expect(outcome(options, breaking, (n) => (picks[i++ % picks.length] as number) % n)).toEqual(first);
  }), { numRuns: 30 });
});

test('one that goes on runs all, and keeps one of each kind', () => {
  const all = outcome({ aim: 'all', seed: 1, runs: 200, keep_going: true }, [3, 70, 199], () => 0);
  expect(all).toMatchObject({ runs: 200, steps: 2000 });
  expect(all.found.map((f) => f.seed)).toEqual([4, 71, 200]);
  expect(distinct(all.found.map((f) => ({ ...f, at_ms: 0 }))).map((f) => f.seed)).toEqual([4]);
});

test('fast-check draws the same case for a seed when it samples and when it shrinks', () => {
  for (const g of GENERATORS) {
    for (const seed of [1, 7, 123_456_789]) {
      const drawn: FuzzCase[] = [];
      fc.check(fc.property(g.cases, (c) => {
        drawn.push(c);
      }), { seed, numRuns: 1 });
      expect(drawn).toEqual([caseOf(g, seed)]);
    }
  }
});
