/** Description: values are read exactly, the strongest place wins, and the block holds what the scenario says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configLayout } from '../../../sim/gen/config_layout.ts';
import { compileDraft, loadScenario } from '../../../sim/host/load_scenario.ts';
import { applySet, formatValue, parseQuantity, parseValue, readBlock, readDraft, worldBytes } from '../../../sim/host/scenario.ts';
import { FAULT_KNOBS, HOST_KNOBS, type Knob, RUN_KNOBS, type Unit } from '../../../sim/schema/scenario.ts';

const WRITTEN: readonly (readonly [Unit, string, number | undefined])[] = [
  ['bytes', '64KiB', 65536], ['bytes', '1.5 MiB', 1572864], ['bytes', '10MB', 10_000_000], ['bytes', '2TiB', 2 ** 41], ['bytes', '7', 7],
  ['bytes', '0.3KiB', undefined], ['bytes', '1.0000KiB', 1024], ['bytes', '64K', undefined], ['bytes', '1kib', undefined],
  ['ns', '10us', 10_000], ['ns', '10 µs', 10_000], ['ns', '2.5us', 2500], ['ns', '1s', 1e9], ['ns', '1min', 60e9], ['ns', '1h', 3600e9],
  ['ns', '0.25ns', undefined], ['ns', '', undefined], ['ns', 'us', undefined], ['ns', '1e3', undefined],
  ['bps', '25Gbps', 25e9], ['bps', '100Mbit', 1e8], ['bps', '1.6Tbps', 1.6e12], ['bps', '9kbps', 9000],
  ['ppm', '1%', 10_000], ['ppm', '0.1%', 1000], ['ppm', '500ppm', 500], ['ppm', '0.00001%', undefined],
  ['mhz', '3GHz', 3000], ['mhz', '2.4GHz', 2400], ['mhz', '800MHz', 800],
  ['count', '10_000', 10_000], ['count', '1k', undefined], ['count', '99999999999999999999', undefined], ['count', '-1', undefined],
];
test.each(WRITTEN)('%s: %s', (unit, text, value) => {
  expect(parseQuantity(text, unit)).toBe(value);
});

const anyOf = (k: Knob) => fc.integer({ min: k.min, max: k.max });

test('any value of any knob is read back as it is shown', () => {
  for (const k of [...RUN_KNOBS, ...HOST_KNOBS, ...FAULT_KNOBS]) {
    fc.assert(fc.property(anyOf(k), (v) => parseValue(k, formatValue(k, v)) === v), { seed: 1, numRuns: 20 });
  }
});

const YAML = `
nic: { mtu: 9000, rx_ring: 256 }
app: { port: 80 }
hosts:
  server:
    nic: { rx_ring: 512 }
    app: { ports: [81, 80, 82] }
`;

test('a host\'s value is its own, else that of the top level, else the default', () => {
  const [client, server] = loadScenario(YAML, 'x/demo.yaml').hosts;
  expect([client, server].map((h) => h?.values['nic.mtu'])).toEqual([9000, 9000]);
  expect([client, server].map((h) => h?.values['nic.rx_ring'])).toEqual([256, 512]);
  expect([client, server].map((h) => h?.values['nic.tx_ring'])).toEqual([1024, 1024]);
  expect(client?.ports).toEqual([80]);
  expect(server?.ports).toEqual([80, 81, 82]);
});

test('the name of a scenario is that of its file', () => {
  expect(loadScenario('about: A sentence.\n', 'x/demo.yaml')).toMatchObject({ name: 'demo', file: 'x/demo.yaml', about: 'A sentence.' });
});

test('a scenario that says nothing is all defaults', () => {
  const { run, hosts } = loadScenario('about: x', 'x.yaml');
  for (const k of HOST_KNOBS) expect(hosts[0].values[`${k.section}.${k.name}` as 'nic.mtu']).toBe(k.value);
  for (const k of RUN_KNOBS.filter((k) => !k.auto)) expect(run[`${k.section}.${k.name}` as 'run.seed']).toBe(k.value);
});

test('ports without app.port: the first is the port', () => {
  expect(loadScenario('app: { ports: [81, 82] }', 'x.yaml').hosts[1]).toMatchObject({ ports: [81, 82], values: { 'app.port': 81 } });
});

test('the application of a host with one core runs there', () => {
  expect(loadScenario('cpu: { cores: 1 }', 'x.yaml').hosts[0].values['cpu.app_core']).toBe(0);
});

test('without payload there is nothing to prove', () => {
  expect(loadScenario('run: { payload: off }', 'x.yaml').hosts[1].values['app.check']).toBe(0);
});

const ringsAfter = (...sets: string[]) => loadScenario(YAML, 'x.yaml', { sets }).hosts.map((h) => h.values['nic.rx_ring']);

test('--set of a top-level path holds for both hosts, whatever one of them says', () => {
  expect(ringsAfter('nic.rx_ring=64')).toEqual([64, 64]);
});
test('--set of a host\'s path holds for that host, with and without hosts.', () => {
  expect(ringsAfter('server.nic.rx_ring=64')).toEqual([256, 64]);
  expect(ringsAfter('hosts.client.nic.rx_ring=64')).toEqual([64, 512]);
});
test('the last --set wins', () => {
  expect(ringsAfter('server.nic.rx_ring=64', 'nic.rx_ring=128', 'client.nic.rx_ring=32')).toEqual([32, 128]);
});
test('--set takes units, lists and knobs of the run', () => {
  const sets = [
    'run.seed=7', 'wire.rate_bps=100Gbps', 'server.nic.rules=[{dst_port: 80, queue: 3}]', 'faults=[{frame: 9}]',
    'expect=[dropped == 1]', 'about=x',
  ];
  const s = loadScenario(YAML, 'x.yaml', { sets });
  expect(s.run['run.seed']).toBe(7);
  expect(s.hosts[0].values['wire.rate_bps']).toBe(100e9);
  expect(s.hosts[1].rules.map((r) => r.fields)).toEqual([{ src_port: 0, dst_port: 80, queue: 3, drop: 0 }]);
  expect(s.faults.map((f) => f.fields)).toEqual([{ host: 0, frame: 9, action: 0, param_ns: 0 }]);
  expect(s.expects.map((e) => e.text)).toEqual(['dropped == 1']);
  expect(s.about).toBe('x');
});
test('a wrong --set does not hide a wrong scenario', () => {
  const draft = readDraft('nic: { mtu: x }', 'x.yaml');
  applySet(draft, 'nope=1');
  expect(draft.problems.map((p) => p.key)).toEqual(['nic.mtu', 'nope']);
});

test('limits that are given stay, the others follow from the scenario', () => {
  const s = loadScenario('limits: { socks: 99 }\n', 'x.yaml');
  expect(s.run['limits.socks']).toBe(99);
  for (const k of RUN_KNOBS.filter((k) => k.auto)) expect(s.run[`limits.${k.name}` as 'limits.socks']).toBeGreaterThan(0);
});
test('10,000 connections take less than 1 GiB and have a socket at either end', () => {
  const text = 'hosts:\n  client: { app: { role: source, flows: 10000 } }\n  server: { app: { role: sink } }\n';
  for (const receive of ['zc', 'recv', 'multishot']) {
    const s = loadScenario(text, 'x.yaml', { sets: [`app.receive=${receive}`] });
    expect(worldBytes(s)).toBeLessThan(1024 ** 3);
    expect(s.run['limits.socks']).toBeGreaterThan(20_000);
  }
});
test('a world can be sized for connections that no source opens', () => {
  expect(compileDraft(readDraft('about: x', 'x.yaml'), { flows: 5000 }).run['limits.socks']).toBeGreaterThan(10_000);
});
test('every connection of an application in TypeScript has its sockets', () => {
  const text = 'app: { role: script }\nhosts:\n  client: { app: { script: fetch, flows: 1000 } }\n  server: { app: { script: http } }\n';
  expect(loadScenario(text, 'x.yaml').run['limits.socks']).toBeGreaterThan(2000);
});

test('the block begins with the magic of its layout and its length', () => {
  const { block } = loadScenario('about: x', 'x.yaml');
  const words = new Uint32Array(block.buffer);
  expect(words[0]).toBe(configLayout().magic);
  expect(words[1]).toBe(configLayout().bytes);
  expect(block.length).toBe(configLayout().bytes);
});

test('rules, ports and faults lie in the block in the order of the scenario', () => {
  const { block } = loadScenario(`
nic: { rules: [{ dst_port: 80, queue: 1 }, { src_port: 5, drop: on }] }
app: { ports: [7, 8] }
faults: [{ host: server, frame: 3, action: delay, param_ns: 50us }, { frame: 1 }]
`, 'x.yaml');
  const b = readBlock(block);
  expect(b.hosts.map((h) => h.rules)).toEqual(Array(2).fill([[0, 80, 1, 0], [5, 0, 0, 1]]));
  expect(b.hosts.map((h) => h.ports)).toEqual([[7, 8], [7, 8]]);
  expect(b.faults).toEqual([[1, 3, 2, 50_000], [0, 1, 0, 0]]);
});

/** Knobs that other knobs have a say in: kept at their defaults here. */
const TIED = [
  'nic.rx_ring', 'nic.rx_ring_max', 'nic.tx_ring', 'nic.rx_queues', 'nic.rss_start', 'nic.rss_equal', 'nic.mtu', 'pool.ptr_ring',
  'refill.rx_buf_len', 'refill.rq_entries', 'refill.area_bytes', 'refill.queue', 'ring.sq_entries', 'ring.cq_entries',
  'ring.sqpoll_core', 'ring.sqpoll', 'ring.defer_taskrun', 'cpu.cores', 'cpu.irq_core', 'cpu.app_core', 'tcp.family', 'app.flows',
  'app.check', 'app.port', 'app.waitall', 'app.batch', 'app.notify', 'app.protocol', 'run.payload',
];
const path = (k: Knob) => `${k.section}.${k.name}`;
const free = [
  ...RUN_KNOBS.map((knob) => ({ knob, scope: 'run' })),
  ...HOST_KNOBS.flatMap((knob) => ['both', 'client', 'server'].map((scope) => ({ knob, scope }))),
].filter(({ knob }) => !TIED.includes(path(knob)) && knob.section !== 'limits');

test('any assignment of values compiles, and reads back from the block', () => {
  const assignment = fc.subarray(free, { maxLength: 40 }).chain((chosen) => fc.tuple(...chosen.map(({ knob, scope }) =>
    anyOf(knob).map((value) => ({ knob, scope, value })))));
  fc.assert(fc.property(assignment, (values) => {
    const tree: Record<string, Record<string, Record<string, string>>> = {};
    for (const { knob, scope, value } of values) {
      tree[scope] ??= {};
      const sections = tree[scope];
      sections[knob.section] = { ...sections[knob.section], [knob.name]: formatValue(knob, value) };
    }
    const text = JSON.stringify({ ...tree.run, ...tree.both, hosts: { client: tree.client ?? {}, server: tree.server ?? {} } });
    const got = readBlock(loadScenario(text, 'any.yaml').block);
    for (const { knob, scope, value } of values) {
      const key = path(knob) as 'nic.mtu';
      if (scope === 'run') expect(got.run[key as unknown as 'run.seed']).toBe(value);
      else {
        (['client', 'server'] as const).forEach((name, i) => {
          if (scope === name) expect(got.hosts[i]?.values[key]).toBe(value);
          const own = values.some((v) => v.knob === knob && v.scope === name);
          if (scope === 'both' && !own) expect(got.hosts[i]?.values[key]).toBe(value);
        });
      }
    }
  }), { seed: 42, numRuns: 200 });
});

test('a profile is what is written, digit for digit: YAML reads 7.10 and 7.1 as the same number', () => {
  const profile = (text: string) => loadScenario(`kernel: {profile: ${text}}`, 'a.yaml').hosts[1].values['kernel.profile'];
  expect([profile('7.0'), profile('7'), profile("'7.0'")]).toEqual(Array(3).fill(profile('"7.0"')));
  expect(profile('7.1')).not.toBe(profile('7.0'));
  for (const text of ['7.10', '7.00', '6.1', '07.1']) expect(() => profile(text)).toThrow(`found ${text}`);
});
