/** ringlab size: numbers that follow from their derivation, and that do in a run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, Examination, loadScenario, runScenario, type SizeQuestion, sizePlan } from '../../sim/host/index.ts';
import { ringlab, root } from './cli.ts';

const sizes = (q: Partial<SizeQuestion>) => Object.fromEntries(sizePlan(q).rows.map((r) => [r.name, r.value]));

test('100 Gbit/s, 200 µs and 1500 bytes', () => {
  expect(sizes({ rate_bps: 100e9, rtt_ns: 200_000, mtu: 1500 })).toEqual({
    window: 2_500_000, rx_ring: 512, standing: 2_097_152, area: 9_433_088, rcvbuf: 7_071_824, sq: 64, cq: 512, refill_ring: 2048,
    provided_buffers: 64, send_zc_depth: 40, time_to_exhaustion: 207_469,
  });
});
test('8192 descriptors of 9000-byte frames stand for 96 MiB in 4 KiB buffers, and 128 MiB in strides', () => {
  // squeezefs R6 and Rev 4b.
  expect(sizes({ mtu: 9000, rx_ring: 8192 }).standing).toBe(128 * 1024 ** 2);
  expect(sizePlan({ mtu: 9000, rx_ring: 8192 }).rows.find((r) => r.name === 'standing')?.numbers).toContain('8192 × 3 × 4096');
});
test('a segment that spans three buffers is three completions', () => {
  expect(sizes({ mtu: 9000, rtt_ns: 10_000 }).refill_ring).toBe(64);
  expect(sizes({ mtu: 9000, rtt_ns: 10_000, rx_buf_len: 16384 }).refill_ring).toBe(16);
});
test('a mixed completion queue takes two entries for each', () => {
  const numbers = (cqe_mixed: boolean) => sizePlan({ cqe_mixed }).rows.find((r) => r.name === 'cq')?.numbers ?? '';
  const need = (cqe_mixed: boolean) => Number(/= ([\d ]+) →/.exec(numbers(cqe_mixed))?.[1]);
  expect(need(true) - need(false)).toBe(21 * 17);
});
test('the number of provided buffers says how it came to be a power of two', () => {
  expect(sizePlan({}).rows.find((r) => r.name === 'provided_buffers')?.numbers).toMatch(/ = 33 → 64 buffers of 16384$/);
});
test('holding buffers costs area, refill entries and time', () => {
  const [now, later] = [sizes({}), sizes({ hold_ns: 1_000_000 })];
  expect((later.area ?? 0) - (now.area ?? 0)).toBeGreaterThan(12_500_000);
  expect(later.refill_ring).toBeGreaterThan(now.refill_ring ?? 0);
});

describe('warnings', () => {
  test.each<[string, Partial<SizeQuestion>, RegExp]>([
    ['more loans than a refill ring holds', { hold_ns: 10_000_000 }, /refill ring has at most 32768 entries/],
    ['a completion queue at its end', { connections: 100_000 }, /greatest size of 65536/],
    ['a submission queue at its end', { connections: 100_000 }, /submission queue is at its greatest size of 32768/],
    ['buffers at their end', { connections: 100_000 }, /provided buffers is at its greatest size of 32768/],
    ['an area that no machine has', { hold_ns: 3600e9 }, /an area of .* is more than a machine has/],
    ['buffers that stay empty', { mtu: 1500 }, /fills 35 %/],
    ['segments in several buffers', { mtu: 9000 }, /takes 3 buffers and 3 completions: rx_buf_len 16384/],
    ['a ring that is too short', { rx_ring: 64 }, /the RX ring has 64 descriptors: take 512/],
    ['a ring that eats the area', { rx_ring: 8192 }, /more than half of the area stands in the RX ring/],
    ['sends that are too short', { write_size: 512 }, /sends of 512 bytes cost more as SEND_ZC/],
  ])('%s', (_, q, sentence) => {
    expect(sizePlan(q).warnings.join('\n')).toMatch(sentence);
  });
  test('none where everything fits', () => {
    expect(sizePlan({ mtu: 9000, rx_buf_len: 16384, rx_ring: 128 }).warnings).toEqual([]);
  });
});

describe('the sizes do in a run', () => {
  let core: WebAssembly.Module;
  beforeAll(async () => {
    core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
  });
  test.each<[string, readonly string[], Partial<SizeQuestion>]>([
    ['25 Gbit/s, 20 µs', [], { rate_bps: 25e9, rtt_ns: 40_000 }],
    ['held for 200 µs', ['server.refill.delay_ns=200us'], { rate_bps: 25e9, rtt_ns: 40_000, hold_ns: 200_000 }],
    ['jumbo frames', ['nic.mtu=9000'], { rate_bps: 25e9, rtt_ns: 40_000, mtu: 9000, rx_buf_len: 16384 }],
  ])('%s', (_, sets, q) => {
    const s = sizes(q);
    const scenario = loadScenario(readFileSync(join(root, 'scenarios/bulk.yaml'), 'utf8'), 'bulk.yaml', {
      sets: [
        ...sets, `server.refill.rx_buf_len=${q.rx_buf_len ?? 4096}`, `server.refill.area_bytes=${s.area}`,
        `server.refill.rq_entries=${s.refill_ring}`,
        `server.ring.sq_entries=${s.sq}`, `server.ring.cq_entries=${s.cq}`, `server.nic.rx_ring=${s.rx_ring}`,
        `server.socket.rmem_max=${s.rcvbuf}`,
      ],
    });
    const examination = new Examination(scenario);
    const run = runScenario(core, scenario, examination.options());
    expect(run.result.streams[0]?.zeroCopyBytes).toBe(10 * 1024 ** 2);
    expect(examination.findings({ scenario, ...run })).toEqual([]);
  });
});

describe('ringlab size', () => {
  test('prints each size with formula, numbers and source', () => {
    const { code, out } = ringlab('size', '--rate', '100Gbps', '--rtt', '200us', '--mtu', '1500', '--json');
    expect(code).toBe(0);
    const plan = JSON.parse(out) as { rows: Record<string, unknown>[] };
    expect(plan.rows.length).toBeGreaterThanOrEqual(9);
    const parts = ['formula', 'numbers', 'source', 'linux'];
    for (const row of plan.rows) expect(parts.filter((key) => String(row[key]).length < 5)).toEqual([]);
  });
  test.each<[string, string[], RegExp]>([
    ['no rate', ['--rate', 'fast'], /^ringlab: size: --rate fast: expected a rate from 1kbps to 1600Gbps, such as 100Gbps\.$/m],
    ['a round trip without a unit', ['--rtt', '200'], /--rtt 200: expected a time from 1ns to 10s, such as 200us\.$/m],
    ['a time without a unit', ['--hold', '2'], /--hold 2: expected a time from 0 to 1h, such as 2ms\.$/m],
    ['a rate without a unit', ['--rate', '100000'], /--rate 100000: expected a rate .* such as 100Gbps\.$/m],
    ['a number', ['--mtu', '70'], /--mtu 70: expected a size from 576B to 65535B, such as 9000\.$/m],
    ['a time beyond', ['--rtt', '1h'], /--rtt 1h: expected a time from 1ns to 10s/],
    ['no power of two', ['--rx-buf-len', '5000'], /--rx-buf-len 5000: expected a power of two; 4KiB is near/],
    ['no option', ['--speed', '1'], /unknown option '--speed'/],
  ])('%s', (_, args, sentence) => {
    const { code, err } = ringlab('size', ...args);
    expect(err).toMatch(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});
