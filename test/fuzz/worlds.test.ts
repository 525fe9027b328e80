/** The generator of worlds: what it makes is accepted, runs to its end in few steps, and is made of features that are on or off. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { caseOf, compiledCase, type FuzzCase, GENERATORS, NO_CALM, Runner, STEPS_MAX } from '../../sim/fuzz/index.ts';
import { compileCore, type Plain } from '../../sim/host/index.ts';
import { knobAt } from '../../sim/fuzz/generate/worlds/draw.ts';
import { FEATURES } from '../../sim/fuzz/generate/worlds/features.ts';

const WORLDS = GENERATORS.find((g) => g.name === 'worlds');
if (!WORLDS) throw new RangeError('there is no generator of worlds');
const seeds = Array.from({ length: 200 }, (_, i) => 1000 + i);
let cases: FuzzCase[];
let runner: Runner;
beforeAll(async () => {
  cases = seeds.map((seed) => caseOf(WORLDS, seed));
  runner = new Runner(await compileCore(readFileSync('build/core.fuzz.wasm')));
});

/** Every path that a host of a case has. */
function pathsOf(c: FuzzCase): Set<string> {
  const hosts = Object.values(c.scenario.hosts as Record<string, Record<string, Record<string, Plain>>>);
  return new Set(hosts.flatMap((sections) => Object.entries(sections).flatMap(([s, knobs]) => Object.keys(knobs).map((k) => `${s}.${k}`))));
}

test('a scenario that was made is one that can be', () => {
  for (const [i, c] of cases.entries()) expect(() => compiledCase(c, `seed ${seeds[i]}`)).not.toThrow();
});

test('what is made runs to its end, and the same way each time', () => {
  for (const c of cases.slice(0, 40)) {
    const once = runner.run(c);
    expect(once.refused).toBeUndefined();
    expect(once.steps).toBeLessThan(STEPS_MAX);
    expect(runner.run(c)).toEqual(once);
  }
});

test('features are off in some cases and on in others, and no case has most of them', () => {
  const knobs = cases.map(pathsOf);
  for (const { name, knobs: draws } of FEATURES) {
    const on = knobs.filter((paths) => draws.some(({ knob }) => paths.has(knob))).length;
    expect({ name, on }).toEqual({ name, on: expect.toSatisfy((n: number) => n > 0) });
  }
  const most = Math.max(...knobs.map((paths) => FEATURES.filter((f) => f.knobs.some(({ knob }) => paths.has(knob))).length));
  expect(most).toBeLessThan(FEATURES.length / 2);
});

test('every knob of a feature is one of the schema, and has a number of its own there', () => {
  for (const { knobs } of FEATURES) for (const { knob } of knobs) expect(knobAt(knob).section).toBe(knob.split('.')[0]);
});

const SQPOLL = { sqpoll: true, sqpoll_idle_ms: 3 };
const small = (client: Plain, server: Plain): FuzzCase => ({
  generator: 'worlds', edits: [], calm_at: 20,
  scenario: { run: { verify: true, until_ns: 3_600_000_000_000 }, hosts: { client, server } } as FuzzCase['scenario'],
});

test('a sink with a thread on its queue has its buffers when it begins', () => {
  const c = small({ app: { role: 'source', bytes: 5000 } }, { app: { role: 'sink', receive: 'pbuf' }, ring: SQPOLL });
  expect(runner.run(c).broken).toBeUndefined();
});

test('a source whose sends do not fit into the rest of the queue waits for its thread', () => {
  const source = { app: { role: 'source', bytes: 37136, chunk: 4770, depth: 12 }, ring: { ...SQPOLL, sq_entries: 8 } };
  expect(runner.run(small(source, { app: { role: 'sink' } })).broken).toBeUndefined();
});

test('bytes that lie beside the header are not lost when a tun device\'s packets are joined', () => {
  const nic = { rx_queues: 1, tx_queues: 1, rx_ring: 8 };
  const c = small({ nic: { ...nic, hds_thresh: 16, rx_copybreak: 127, tun: true }, app: { role: 'rpc', bytes: 4154 } },
    { nic, app: { role: 'echo' } });
  expect(runner.run({ ...c, calm_at: NO_CALM }).broken).toBeUndefined();
});

test('a buffer that becomes due while others are given back is given back, too', () => {
  const refill = { area_bytes: 4096, delay_ns: 19_531 };
  const server = { nic: { rx_queues: 1, rx_ring: 64 }, refill, app: { role: 'sink', recv_bytes: 8 } };
  expect(runner.run({ ...small({ app: { role: 'source', bytes: 556 } }, server), calm_at: 106 }).broken).toBeUndefined();
});
