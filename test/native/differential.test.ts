/** Programs of the fuzzer on this machine's kernel and on the simulator in its place say the same. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { fewestSteps } from '../../native-backend/lab/differential/fewest_steps.ts';
import { campaignTable, keptCampaigns } from '../../native-backend/lab/differential/page.ts';
import { beforeStep, comparedUntil } from '../../native-backend/lab/differential/compared_part.ts';
import { campaign, type Campaign, HostTarget, programOf, type Target, type Verdict } from '../../native-backend/lab/index.ts';
import { compileCore } from '../../sim/host/index.ts';
import { lacking } from './lacking.ts';

const watch = { progress: () => {}, signal: new AbortController().signal };

/** 6.18 of 6.18.44-generic. */
const line = (kernel: string) => kernel.split('.').slice(0, 2).join('.');
/** Another kernel may differ from the simulator in what nobody has looked at: that is a campaign's business, and no fault of a change. */
const unknown = keptCampaigns().some((c) => line(c.kernel) === line(release())) ? undefined
  : `campaigns were made on Linux ${[...new Set(keptCampaigns().map((c) => line(c.kernel)))].join(', ')}, and this is ${release()}`;
const missing = unknown ?? await lacking(() => HostTarget.open().capabilities(watch));
if (missing !== undefined) console.log(`differential: no program is compared with this machine's kernel (${missing}).`);

const PROGRAMS = 24;
/** A busy machine is late now and then: what differs must do so by the same lines each time, with a rest between. */
const AGAIN = 10;
const REST_MS = 300;

describe.skipIf(missing !== undefined)('on this machine\'s kernel', () => {
  let core: WebAssembly.Module;
  beforeAll(async () => {
    core = await compileCore(readFileSync('build/core.wasm'));
  });
  const on = (first_seed: number, programs: number, target: Target = HostTarget.open()) =>
    campaign(core, target, { first_seed, programs, batch: programs, shrink: false }, watch);

  test('programs of the first seeds say what they say in the simulator', async () => {
    const { programs, equal, declared, unsteady, differing } = await on(1, PROGRAMS);
    expect(equal + declared + unsteady + differing.flatMap((d) => d.seeds).length).toBe(programs);
    for (const { key, seeds } of differing) {
      for (const seed of seeds) {
        const alone: Campaign[] = [];
        for (let n = 0; n < AGAIN && alone.every((a) => a.differing.some((d) => d.key === key)); n++) {
          await new Promise((resolve) => setTimeout(resolve, REST_MS));
          alone.push(await on(seed, 1));
        }
        const same = alone.map((a) => a.differing.find((d) => d.key === key));
        if (same.every((d) => d !== undefined)) expect.fail(`seed ${seed} differs each time: ${same.at(-1)?.smallest.why}`);
      }
    }
  });

  test('a kernel that says something else differs', async () => {
    const host = HostTarget.open();
    const other: Target = {
      name: 'host', shown: 'another kernel', capabilities: (w) => host.capabilities(w),
      run: async (jobs, w) => (await host.run(jobs, w)).map((run) => ({
        ...run, lines: run.lines.map((l) => (l.e === 'ret' && l.step === 'submit' ? { ...l, ret: 77 } : l)),
      })),
    };
    const { differing } = await on(1, 2, other);
    expect(differing.flatMap((d) => d.seeds).length).toBeGreaterThan(0);
  });
});

test('what a worker thread does is not compared, nor what comes behind it', () => {
  const nop = { sqe: { op: 'NOP' } };
  const chain = [{ 'ring.init': {} }, { sqe: { op: 'NOP', flags: ['IO_LINK'] } }, nop, { submit: {} }, { drain: {} }];
  const whole = [{ i: 3, e: 'ret', step: 'submit', ret: 2 }, { i: 4, e: 'ret', step: 'drain', ret: 2 }];
  expect(comparedUntil(chain, whole)).toBe(Number.POSITIVE_INFINITY);
  // Its second half was left out, or did not come to be taken.
  expect(comparedUntil(chain, [{ i: 2, e: 'left_out', step: 'sqe' }, ...whole])).toBe(3);
  expect(comparedUntil(chain, [{ i: 3, e: 'ret', step: 'submit', ret: 1 }])).toBe(3);
  expect(beforeStep(whole, 4)).toEqual(whole.slice(0, 1));
  expect(comparedUntil([{ sqe: { op: 'NOP', flags: 'IO_DRAIN' } }, { submit: {} }], [])).toBe(1);
  expect(comparedUntil([{ sqe: { op: 'NOP', flags: 'IO_LINK', ring: 1 } }, { submit: {} }], [])).toBe(Number.POSITIVE_INFINITY);
});

test('what only root may do is not compared for others', () => {
  const said = (err: string) => [{ i: 1, e: 'ret', step: 'zcrx.reg', ret: -1, err }];
  const steps = [{ 'ring.init': {} }, { 'zcrx.reg': {} }, { submit: {} }];
  expect(comparedUntil(steps, said('EPERM'))).toBe(1);
  expect(comparedUntil(steps, said('EINVAL'))).toBe(Number.POSITIVE_INFINITY);
});

const verdict = (steps: Verdict['program']['steps'], key: string): Verdict =>
  ({ program: { seed: 1, steps }, outcome: 'different', lines: 1, key, declared: [], kernel: '' });

test('what differs is made small, many programs at a time', async () => {
  const { steps } = programOf(7);
  const wanted = new Set([steps.at(5), steps.at(-2)].map((s) => JSON.stringify(s)));
  const rounds: number[] = [];
  // It differs as long as these two are there.
  const smallest = await fewestSteps(verdict(steps, 'two'), async (programs) => {
    rounds.push(programs.length);
    return programs.map(({ steps: some }) =>
      verdict(some, [...wanted].every((w) => some.some((s) => JSON.stringify(s) === w)) ? 'two' : 'none'));
  });
  expect(smallest.program.steps.map((s) => JSON.stringify(s))).toEqual(expect.arrayContaining([...wanted]));
  expect(smallest.program.steps.length).toBeLessThan(8);
  expect(rounds.length).toBeLessThan(40);
});

test('the page has the table of the campaigns that were made', () => {
  const page = readFileSync('docs/differential.md', 'utf8');
  expect(keptCampaigns().every((c) => c.equal + c.unsteady + c.differed === c.programs)).toBe(true);
  expect(page).toContain(campaignTable(keptCampaigns()));
});
