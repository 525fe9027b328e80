/** The ways in which a source sends, and what each costs it. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { compileCore, loadScenario, type RunResult, runScenario } from '../../sim/host/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});
const run = (name: string, ...sets: string[]): RunResult => {
  const text = readFileSync(new URL(`../../scenarios/${name}.yaml`, import.meta.url), 'utf8');
  return runScenario(core, loadScenario(text, `scenarios/${name}.yaml`, { sets })).result;
};
/** What the client was charged for something: how often, or bytes. */
const units = (result: RunResult, cost: string): number =>
  result.client.charges.filter((c) => c.cost === cost).reduce((sum, c) => sum + c.units, 0);

test('a batch of requests shares one system call', () => {
  const sent = (batch: number) => run('nop', 'client.app.requests=1024', `client.app.batch=${batch}`);
  // One call makes the ring, the last one of each run finds nothing to do.
  expect([1, 32, 256].map((batch) => units(sent(batch), 'enter') - 1)).toEqual([1024, 32, 4]);
  expect([1, 32, 256].map((batch) => units(sent(batch), 'sqe'))).toEqual([1024, 1024, 1024]);
});

test('a batch that the submission queue cannot hold is refused', () => {
  expect(() => run('nop', 'client.app.batch=512')).toThrow(/app\.batch': expected at most ring\.sq_entries, the 256 entries/);
});

test('copying costs by the byte, lending by the page unless it is registered', () => {
  const one = ['client.app.batch=1', 'client.app.bytes=1MiB'];
  const copied = run('send-zc', ...one, 'client.app.send=send');
  const lent = run('send-zc', ...one, 'client.app.send=zc');
  const fixed = run('send-zc', ...one);
  expect([copied, lent, fixed].map((r) => units(r, 'copy_kib'))).toEqual([1024 * 1024, 0, 0]);
  expect([copied, lent, fixed].map((r) => units(r, 'zc_notif'))).toEqual([0, 128, 128]);
  expect(units(copied, 'pin_page')).toBe(0);
  expect(units(lent, 'pin_page')).toBeGreaterThanOrEqual(256);
  expect(units(fixed, 'pin_page')).toBe(0);
});

test('requests may share one notification', () => {
  const shared = run('send-zc', 'client.app.notify=none');
  expect(shared.streams[0]?.complete).toBe(true);
  expect(shared.client.app).toMatchObject({ requests: 512, notifications: 1, copied: 0 });
});
