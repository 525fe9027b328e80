/** ringlab run --report: one page that says what came out of a run. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Flow, Level } from '../../sim/host/report/buckets.ts';
import { ringlab } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringlab-report-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

test('equal runs have equal pages, and a page asks for nothing from outside', () => {
  const args = ['run', 'bulk', '--set', 'client.app.bytes=1MiB'];
  const [one, two] = ['one.html', 'two.html'].map((name) => {
    expect(ringlab(...args, '--report', at(name)).err).toBe('');
    return readFileSync(at(name), 'utf8');
  });
  expect(one).toBe(two);
  expect(one).not.toMatch(/<script|<link|<img|@import|url\(|(src|href)=/);
  for (const part of ['In short', 'Latency by percentile', 'Where the cycles went', 'Copies', 'buffers of the zero-copy area', 'Drops'])
    expect(one).toContain(part);
  expect(one).toContain('ringlab run bulk --set client.app.bytes=1MiB');
});

test('what is wrong with a run is said at its beginning', () => {
  expect(ringlab('run', 'refill-never', '--report', at('never.html')).code).toBe(0);
  const page = readFileSync(at('never.html'), 'utf8');
  expect(page.indexOf('never-returned')).toBeGreaterThan(0);
  expect(page.indexOf('never-returned')).toBeLessThan(page.indexOf('Throughput over time'));
  expect(page).toMatch(/SIM_NIC_NO_DESC/);
});

test('memory traffic is told by cause, and what a run does not have is left out', () => {
  const page = (...args: string[]) => {
    expect(ringlab('run', ...args, '--report', at('part.html')).code).toBe(0);
    return readFileSync(at('part.html'), 'utf8');
  };
  const cold = page('tour', '--set', 'mem.ddio_ways=0');
  expect(cold).toMatch(/server: written to DRAM by the NIC/);
  const steps = page('conform/links');
  expect(steps).toContain('No application moved anything');
  expect(steps).not.toMatch(/no time|Latency by percentile|NaN|undefined|Infinity/);
});

test('a report needs the trace', () => {
  const { code, err } = ringlab('run', 'tour', '--set', 'run.trace=off', '--report', at('none.html'));
  expect(code).toBe(2);
  expect(err).toMatch(/^ringlab: --report .*none\.html: nothing would be seen, since run\.trace is off;.*\n$/);
});

test('a level keeps its peaks, and a rate its bytes, however long they go on', () => {
  const level = new Level();
  const flow = new Flow();
  for (let i = 0; i < 100_000; i++) {
    level.add(i * 1000, i === 54_321 ? 7 : i === 54_322 ? -7 : 0);
    flow.add(i * 1000, 10);
  }
  const points = level.points(Infinity);
  expect(Math.max(...points.map(([, y]) => y))).toBe(7);
  expect(points.at(-1)?.[1]).toBe(0);
  const rates = flow.perSecond(50).map(([, y]) => y);
  expect(rates.length).toBeLessThanOrEqual(50);
  for (const rate of rates.slice(0, -1)) expect(rate).toBeCloseTo(10e6, -5);
});
