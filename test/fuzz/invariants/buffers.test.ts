/** Each invariant of buffers is broken by something, by a bug of the museum or by records made by hand, and by nothing that is right. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { AREA as AREA_ROW, compileCore, KIND, playScenario, scenarioOf, TraceBatch, VIEW_AREA } from '../../../sim/host/index.ts';
import { BUFFERS } from '../../../sim/fuzz/invariants/buffers.ts';
import { type FuzzCase, type Invariant, NO_CALM, Runner, Violation, Watch } from '../../../sim/fuzz/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.fuzz.wasm'));
});

const byId = (id: string): Invariant => BUFFERS.find((i) => i.id === id) as Invariant;

const RING = { sq: 4, cq: 64, flags: ['SINGLE_ISSUER', 'DEFER_TASKRUN', 'CQE32'] };
const LIMITS = { socks: 32, skbs: 1536, frames: 1536, tx_pages: 96, rx_pages: 640, reqs: 256, trace_records: 65_536 };

/** A stream from a built-in source to a sink whose area is small. */
const world = (refill: object, nic: object = {}): FuzzCase => ({
  generator: 'test',
  scenario: {
    run: { verify: false, until_ns: 3_600_000_000_000 }, limits: LIMITS,
    nic: { rx_queues: 1, tx_queues: 1, rx_ring: 32, tx_ring: 32, ...nic },
    hosts: {
      client: { app: { role: 'source', bytes: 400_000 }, refill: { area_bytes: 65_536 } },
      server: { app: { role: 'sink' }, refill: { area_bytes: 65_536, ...refill } },
    },
  },
  edits: [], calm_at: 100,
});
/** A program that loses its first instance while packets and the application have buffers of it, and makes another. */
const lives: FuzzCase = {
  generator: 'test',
  scenario: {
    run: { verify: false }, limits: LIMITS,
    hosts: { server: { nic: { header_split: true, rx_queues: 2, rx_ring: 16, rss_equal: 1, rules: [{ dst_port: 9999, queue: 1 }] } } },
    steps: [
      { 'sock.pair': { over: 'wire', port: 9999 } },
      { 'ring.init': RING }, { 'zcrx.reg': { nodev: false, rxq: 1, pages: 64, rq: 64 } },
      { 'stream.send': { fd: 'b', n: 60_000 } }, { 'zcrx.receive': { fds: 'a', n: 20_000, give: 'none', quiet: '500ms' } },
      { 'ring.exit': 0 }, { sleep_ms: 20 },
      { 'ring.init': { ring: 1, ...RING } }, { 'zcrx.reg': { ring: 1, name: 'z1', nodev: false, rxq: 1, pages: 16, rq: 16 } },
      { 'peer.close': { fd: 'a' } }, { sleep_ms: 20 },
    ],
  },
  edits: [], calm_at: NO_CALM,
};

const BROKEN_BY: readonly (readonly [string, string, FuzzCase])[] = [
  ['B1', 'recycled-after-destroy', lives],
  ['B2', 'frag-bias-kept', world({}, { pack_buffers: true })],
  ['B4', 'zcrx-offset-32', world({})],
  ['B6', 'rq-overrun', world({ rq_entries: 1, delay_ns: 100_000 })],
  ['B7', 'ring-index-untrimmed', world({ rq_entries: 8 })],
  ['B11', 'pool-freed-inflight', lives],
  ['B12', 'rq-overrun', world({ rq_entries: 1, delay_ns: 100_000 })],
];

test.each(BROKEN_BY)('%s is broken by %s', (id, bug, c) => {
  const runner = new Runner(core);
  const options = { invariants: [byId(id)], rest_steps: 1 };
  expect(runner.run(c, options).broken).toBeUndefined();
  expect(runner.run(c, { ...options, bug }).broken?.invariant).toBe(`${id} ${byId(id).name}`);
});

test('none is broken by what is right', () => {
  const runner = new Runner(core);
  for (const [, , c] of BROKEN_BY) expect(runner.run(c, { invariants: BUFFERS, rest_steps: 8 })).not.toHaveProperty('broken');
});

test('a buffer whose time comes while the application gives others back is not forgotten', () => {
  const kept = world({ area_bytes: 4096, delay_ns: 9_999_999 });
  const hosts = kept.scenario.hosts as Record<string, Record<string, object>>;
  const c: FuzzCase = {
    ...kept,
    scenario: {
      ...kept.scenario,
      hosts: {
        client: { ...hosts.client, app: { role: 'source', bytes: 9086 } },
        server: { ...hosts.server, app: { role: 'sink', recv_bytes: 61 } },
      },
    },
  };
  expect(new Runner(core).run(c, { invariants: [byId('B12')] }).broken).toBeUndefined();
});

type Row = readonly [string, { niov?: number; a?: number; b?: number; c?: number }];
const RECORD_WORDS = 8;
/** Records as the core writes them. */
function batchOf(rows: readonly Row[]): TraceBatch {
  const words = new Uint32Array(rows.length * RECORD_WORDS);
  for (const [i, [event, { niov = 0xffffffff, a = 0, b = 0, c = 0 }]] of rows.entries()) {
    words.set([i, 0, (KIND[event] as number) | (1 << 8), 0, niov, a, b, c], i * RECORD_WORDS);
  }
  return new TraceBatch(words.buffer, 0, words.byteLength);
}
const [FREE, POOL, NIC, LIVE] = [0, 1, 2, 3];
const move = (niov: number, a: number, b: number): Row => ['ledger', { niov, a, b }];
/** An area of four buffers, and the first of them on its way to the application. */
const AREA: Row = ['zc_area', { niov: 100, a: 0, b: 4, c: 12 }];
const RECEIVED: readonly Row[] = [
  AREA, move(100, FREE, POOL), ['pool_hold', { niov: 100, a: 5, b: 2 }], move(100, POOL, NIC),
  ['nic_dma', { niov: 100, a: 1, b: 66, c: 1000 }],
  move(100, NIC, LIVE),
];
const lent = (b: number, c: number): Row => ['zc_deliver', { niov: 100, a: 7, b, c }];
const taken = (b: number, c: number): Row => ['rqe_take', { niov: 100, a: 0, b, c }];
const READ = (bytes: number): Row => ['sock_read', { a: 7, b: bytes }];
const LENT: readonly Row[] = [...RECEIVED, lent(0, 1000), READ(1000)];

const BY_HAND: readonly (readonly [string, string, readonly Row[]])[] = [
  ['B1', 'lent while it is posted', [...RECEIVED.slice(0, -1), lent(0, 1000)]],
  ['B1', 'moved from where it is not', [...RECEIVED, move(100, POOL, NIC)]],
  ['B1', 'part of a new area while it is out', [...RECEIVED, AREA]],
  ['B3', 'taken back twice', [...LENT, taken(1, 1), taken(0, 1)]],
  ['B3', 'refused though it is due', [...LENT, taken(3, 1)]],
  ['B3', 'scrubbed of more than it had', [...LENT, ['zc_scrub', { niov: 100, a: 2, b: 0 }]]],
  ['B4', 'bytes of the next buffer', [...RECEIVED, lent(4000, 200)]],
  ['B4', 'the same bytes twice', [...LENT, lent(999, 10)]],
  ['B5', 'received into while it is lent', [...LENT, ['nic_dma_buf', { niov: 100, a: 0, b: 10 }]]],
  ['B5', 'copied into while it is lent', [...LENT, ['zc_copy', { niov: 100, a: 7, b: 10, c: 1 }]]],
  ['B7', 'read and never pushed', [...LENT, taken(0, 1)]],
  ['B8', 'handed out twice', [...RECEIVED, ['pool_hold', { niov: 100, a: 5, b: 0 }]]],
  ['B8', 'back in another pool', [...LENT, move(100, LIVE, POOL), ['pool_release', { niov: 100, a: 6, b: 0 }]]],
  ['B9', 'fewer bytes than left the socket', [...RECEIVED, lent(0, 1000), READ(1400)]],
  ['B11', 'area freed while it is lent', [...LENT, ['zc_area', { niov: 100, a: 0 }]]],
];

const watched = (id: string, rows: readonly Row[]) =>
  new Watch(scenarioOf(world({}).scenario, 'by hand'), [byId(id)]).see(batchOf(rows));

test.each(BY_HAND)('%s finds a buffer %s', (id, _, rows) => {
  expect(() => watched(id, rows)).toThrow(Violation);
});

test.each(BUFFERS.map(({ id }) => id))('%s finds nothing in the life of a buffer', (id) => {
  const push: Row = ['rqe_push', { a: 500, b: 1000, c: 1 }];
  const again: Row = ['pool_hold', { niov: 100, a: 5, b: 0 }];
  const home: readonly Row[] = [['pool_release', { niov: 100, a: 5, b: 2 }], move(100, NIC, FREE), ['zc_area', { niov: 100 }]];
  expect(() => watched(id, [...LENT, push, taken(0, 1), move(100, LIVE, POOL), again, move(100, POOL, NIC), ...home])).not.toThrow();
});

test('B10 finds a byte that was written while it is lent', () => {
  const scenario = scenarioOf(world({ delay_ns: 1_000_000 }).scenario, 'kept for long');
  const play = (spoils: boolean) => {
    const watch = new Watch(scenario, [byId('B10')]);
    let at = -1;
    playScenario(core, scenario, {
      slice_events: 1,
      sinks: {
        onTrace: (batch) => {
          for (let i = 0; i < batch.length; i++) if (batch.kind(i) === KIND.zc_deliver) at = batch.b(i);
          watch.see(batch);
        },
      },
      onSlice: (engine) => {
        engine.drain();
        watch.rest(engine);
        if (!spoils || at < 0) return false;
        const area = engine.view.getUint32(engine.core.view(VIEW_AREA, 0) + AREA_ROW.addr.at, true);
        engine.view.setUint32(area + at, ~engine.view.getUint32(area + at, true), true);
        return false;
      },
    });
  };
  expect(() => play(false)).not.toThrow();
  expect(() => play(true)).toThrow(/changed while they are on loan/);
});
