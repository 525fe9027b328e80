/** An index that one side of a ring reads late: things happen later, and nothing else. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { compiledCase, type FuzzCase, NO_CALM, Runner } from '../../sim/fuzz/index.ts';
import { compileCore, KIND } from '../../sim/host/index.ts';
import { rerun } from '../../sim/lab/index.ts';

let core: WebAssembly.Module;
let runner: Runner;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.fuzz.wasm'));
  runner = new Runner(core);
});

const SERVER = 1;
const BYTES = 150_000;
/** The ring of the server: its application is the second that begins. */
const RING = 1;
const stale = (fault: string, ...ats: number[]): FuzzCase => ({
  generator: 'worlds', calm_at: NO_CALM, edits: ats.map((at) => ({ at, fault, host: SERVER, args: [RING, 50_000] })),
  scenario: {
    run: { verify: true }, nic: { rx_queues: 1, rx_ring: 16 },
    hosts: {
      client: { app: { role: 'source', bytes: BYTES } },
      server: { app: { role: 'sink', receive: 'zc' }, refill: { area_bytes: 131_072, rq_entries: 8 }, ring: { cq_entries: 512 } },
    },
  },
});

/** When the first record of a kind comes after the edit, by the world's time; the edit's own time is 0. */
function firstAfter(c: FuzzCase, event: string): number {
  let edited: number | undefined;
  let first: number | undefined;
  runner.run(c, {
    onTrace: (b) => {
      for (let i = 0; i < b.length; i++) {
        if (b.kind(i) === KIND.edit) edited ??= b.timeNs(i);
        else if (edited !== undefined && b.kind(i) === KIND[event] && b.host(i) === SERVER) first ??= b.timeNs(i) - edited;
      }
    },
  });
  return first ?? Number.NaN;
}

const STALE = ['stale_cq_tail', 'stale_cq_head', 'stale_rq_tail', 'stale_rq_head'];
test.each(STALE)('%s: the stream is whole, and all comes to rest', (fault) => {
  const c = stale(fault, 60, 90, 120, 150, 180, 210);
  expect(runner.run(c).broken).toBeUndefined();
  expect(rerun(core, compiledCase(c, fault), c.edits, {}).result.streams[0]).toMatchObject({ bytes: BYTES, complete: true });
});

test('the application sees a completion only when the tail is a new one', () => {
  expect(firstAfter(stale('stale_cq_tail', 100), 'app_read')).toBeGreaterThanOrEqual(50_000);
  expect(firstAfter(stale('stale_cq_head', 100), 'app_read')).toBeLessThan(50_000);
});

test('the kernel takes what was given back only when the tail is a new one', () => {
  expect(firstAfter(stale('stale_rq_tail', 120), 'rqe_take')).toBeGreaterThanOrEqual(50_000);
  expect(firstAfter(stale('stale_rq_head', 120), 'rqe_take')).toBeLessThan(50_000);
});
