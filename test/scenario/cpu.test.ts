/** Where work is done, and what it costs there: cores, wake-ups, modes of rings. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type EngineSinks, compileCore, foldedStacks, loadScenario, type RunResult, runScenario } from '../../sim/host/index.ts';
import { CONTEXTS, COSTS } from '../../sim/schema/costs.ts';
import { EVENTS } from '../../sim/schema/events.ts';
import { ringlab } from './cli.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});
/** A connection of a mebibyte into a sink, which proves what it receives. */
function bulk(sets: readonly string[], sinks: EngineSinks = {}): RunResult {
  const text = readFileSync(new URL('../../scenarios/bulk.yaml', import.meta.url), 'utf8');
  const all = ['client.app.bytes=1MiB', 'expect=[streams.all.complete]', ...sets];
  const { result } = runScenario(core, loadScenario(text, 'scenarios/bulk.yaml', { sets: all }), { sinks });
  expect(new Set(result.streams.map((s) => s.complete))).toEqual(new Set([true]));
  return result;
}
const RECV = 'server.app.receive=recv';
type Where = Partial<Record<'cost' | 'context', string>>;
const sum = (result: RunResult, host: 'client' | 'server', what: 'units' | 'cycles', where: Where): number =>
  result[host].charges.filter((c) => Object.entries(where).every(([k, v]) => c[k as keyof Where] === v)).reduce((n, c) => n + c[what], 0);
const units = (result: RunResult, cost: string): number => sum(result, 'server', 'units', { cost });

test('on two cores softirq and application both take longer, by lines that come over', () => {
  const [same, other] = [bulk(['server.cpu.app_core=0']), bulk([])];
  expect([units(same, 'remote_line'), units(same, 'remote_buf')]).toEqual([0, 0]);
  const cycles = (r: RunResult, context: string) => sum(r, 'server', 'cycles', { context });
  expect(cycles(other, 'softirq')).toBeGreaterThan(1.05 * cycles(same, 'softirq'));
  expect(cycles(other, 'task_work')).toBeGreaterThan(1.2 * cycles(same, 'task_work'));
});

test('who is woken on another core is switched to, and an idle core that is halted is interrupted first', () => {
  // Slow enough that the application sleeps between receives.
  const slow = [RECV, 'wire.rate_bps=5Gbps'];
  const [watching, halted] = [bulk(slow), bulk([...slow, 'server.cpu.idle=halt'])];
  expect(units(watching, 'context_switch')).toBeGreaterThan(20);
  expect(units(watching, 'ipi')).toBe(0);
  expect(units(halted, 'ipi')).toBe(units(halted, 'ipi_send'));
  expect(units(halted, 'ipi')).toBeGreaterThan(20);
});

test('task work interrupts a task that computes, unless it is deferred or the task cooperates', () => {
  const busy = [RECV, 'server.app.work_ns=20us', 'client.app.flows=4', 'client.app.bytes=256KiB'];
  const signal = bulk([...busy, 'server.ring.defer_taskrun=off']);
  const coop = bulk([...busy, 'server.ring.defer_taskrun=off', 'server.ring.coop_taskrun=on']);
  expect(units(coop, 'ipi')).toBe(0);
  expect(units(bulk(busy), 'ipi')).toBe(0);
  expect(units(signal, 'ipi')).toBeGreaterThan(0);
});

test('fixed files need no look-up', () => {
  const [plain, fixed] = [bulk([RECV]), bulk([RECV, 'server.ring.fixed_files=on'])];
  expect(units(plain, 'file_ref')).toBeGreaterThan(40);
  expect(units(fixed, 'file_ref')).toBeLessThan(10);
});

test('a thread that reads the submission queue takes its work to its own core', () => {
  const result = bulk(['client.ring.sqpoll=on', 'client.ring.sqpoll_core=0', 'client.ring.sqpoll_idle_ms=1', 'client.app.chunk=16KiB']);
  const sqe = result.client.charges.filter((c) => c.cost === 'sqe');
  expect([...new Set(sqe.map((c) => c.core))]).toEqual([0]);
  expect(sum(result, 'client', 'cycles', { cost: 'sq_spin' })).toBeGreaterThan(1_000_000);
});

test('who polls the NIC himself is not interrupted, and hardly sleeps', () => {
  const [sleeps, polls] = [bulk([]), bulk(['server.ring.napi_busy_poll_ns=50us'])];
  expect(units(sleeps, 'irq_entry')).toBeGreaterThan(20);
  expect(units(polls, 'irq_entry')).toBeLessThan(5);
  expect(units(polls, 'context_switch')).toBeLessThan(5);
  expect(units(polls, 'busy_poll')).toBeGreaterThan(0);
  const [reads, spins] = [bulk(['server.app.receive=read']), bulk(['server.app.receive=read', 'server.socket.busy_poll_ns=50us'])];
  expect(units(spins, 'irq_entry')).toBeLessThan(units(reads, 'irq_entry') / 4);
  expect(units(spins, 'busy_poll')).toBeGreaterThan(0);
});

test('a wait for several completions ends less often', () => {
  const [one, many] = [bulk([]), bulk(['server.ring.wait_batch=16'])];
  expect(units(many, 'enter')).toBeLessThan(0.7 * units(one, 'enter'));
});

test('threads of a sink have cores of their own', () => {
  const cores = ['server.cpu.cores=4', 'server.cpu.app_spread=1'];
  const sets = ['server.app.receive=read', 'client.app.flows=2', 'client.app.bytes=256KiB', ...cores];
  const text = readFileSync(new URL('../../scenarios/bulk.yaml', import.meta.url), 'utf8');
  const { result } = runScenario(core, loadScenario(text, 'bulk', { sets: [...sets, 'expect=[streams.all.complete]'] }));
  expect(result.streams.map((s) => s.complete)).toEqual([true, true]);
  const copies = result.server.charges.filter((c) => c.cost === 'copy_kib');
  expect([...new Set(copies.map((c) => c.core))].sort()).toEqual([1, 2]);
});

test('charges in the trace sum up to those of the result, and change nothing', () => {
  const kind = EVENTS.findIndex((e) => e.name === 'cpu_charge') + 1;
  const sums = new Map<string, number>();
  const traced = bulk(['run.charges=on'], {
    onTrace: (batch) => {
      for (let i = 0; i < batch.length; i++) {
        if (batch.kind(i) !== kind || batch.host(i) !== 1) continue;
        const row = `${batch.core(i)} ${CONTEXTS[batch.context(i)]} ${COSTS[batch.a(i)]?.name}`;
        sums.set(row, (sums.get(row) ?? 0) + batch.b(i));
      }
    },
  });
  const rows = traced.server.charges.filter((c) => c.cycles > 0);
  expect(Object.fromEntries(sums)).toMatchObject(Object.fromEntries(rows.map((c) => [`${c.core} ${c.context} ${c.cost}`, c.cycles])));
  expect(traced.stateHash).toBe(bulk([]).stateHash);
});

test('run --cycles says where the cycles went, and --folded writes them for flame graphs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ringlab-folded-'));
  try {
    const file = join(dir, 'bulk.folded');
    const { code, out } = ringlab('run', 'bulk', '--cycles', '--folded', file);
    expect(code).toBe(0);
    expect(out).toMatch(/^ {4}softirq +[\d ]+ +\d+\.\d %/m);
    const { result } = runScenario(core, loadScenario(readFileSync(new URL('../../scenarios/bulk.yaml', import.meta.url), 'utf8'), 'bulk'));
    expect(readFileSync(file, 'utf8')).toBe(foldedStacks(result));
    const both = ringlab('run', 'bulk', '--cycles', '--json', '--folded', join(dir, 'no'));
    expect([both.code, both.err, existsSync(join(dir, 'no'))]).toEqual([2, expect.stringContaining('leave out --cycles'), false]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('modes that do not go together are refused in one sentence', () => {
  expect(() => bulk(['server.ring.sqpoll=on'])).toThrow(/app\.receive: zc needs IORING_SETUP_DEFER_TASKRUN/);
  expect(() => bulk([RECV, 'server.ring.sqpoll=on', 'server.ring.sqpoll_core=5'])).toThrow(/expected a core below 2/);
});
