/** What the fuzzer found wrong in wire, NIC and TCP, each as the smallest world that showed it. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { type FuzzCase, NO_CALM, Runner } from '../../sim/fuzz/index.ts';
import type { Plain } from '../../sim/host/index.ts';

let runner: Runner;
beforeAll(() => {
  runner = new Runner(new WebAssembly.Module(readFileSync('build/core.fuzz.wasm')));
});

type Sections = Readonly<Record<string, Readonly<Record<string, Plain>>>>;

/** A stream from the client to the server. */
const streamCase = (sections: Sections, source: Sections, sink: Sections, edits: FuzzCase['edits'] = []): FuzzCase => ({
  generator: 'mends', edits, calm_at: NO_CALM,
  scenario: {
    ...sections, run: { verify: true, ...sections.run },
    hosts: {
      client: { ...source, app: { role: 'source', bytes: 65536, ...source.app } },
      server: { ...sink, app: { role: 'sink', ...sink.app } },
    } as unknown as Plain,
  },
});

test('headers that go on in the next shared buffer are read whole', () => {
  const packed = { rx_queues: 1, rx_ring: 16, header_split: false, pack_buffers: true, mtu: 1280 };
  expect(runner.run(streamCase({ nic: packed }, {}, { app: { receive: 'multishot' } })).broken).toBeUndefined();
});

test('there is no window to close before the peer has answered', () => {
  for (let at = 1; at < 8; at++) {
    const edits = [{ at, host: 0 as const, fault: 'close_window', args: [0] }];
    expect(runner.run(streamCase({ wire: { delay_ns: 1_000_000 } }, {}, {}, edits)).broken).toBeUndefined();
  }
});

test('a corrupted segment is dropped where payload is off, too', () => {
  let dropped = 0;
  const drop = (name: string) => ({
    run: { payload: false, seed: 1 }, wire: { corrupt_ppm: 200_000 }, nic: { rx_checksum: name === 'soft' },
  });
  for (const name of ['nic', 'soft']) {
    const result = runner.run(streamCase(drop(name) as Sections, {}, {}), {
      onTrace: (b) => {
        for (let i = 0; i < b.length; i++) if (b.kind(i) === 4 && b.b(i) === 5) dropped++;
      },
    });
    expect(result.broken).toBeUndefined();
  }
  expect(dropped).toBeGreaterThan(0);
});
