/** Applications in TypeScript on the simulated kernel: the same rings, the same road, the same bytes as the built-in ones. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, loadScenario, runScenario, Sha256, Transcript } from '../../sim/host/index.ts';
import { echo, sink, source } from '../../uring-model/8-app/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});

const YAML = `
about: a TypeScript application receives what the built-in source sends
app: { port: 9999 }
hosts:
  client:
    app: { role: source, bytes: 300kB, chunk: 64KiB }
  server:
    nic: { rules: [{ dst_port: 9999, queue: 1 }], rss_equal: 1 }
    app: { role: script }
`;
const SINK = { family: 4, port: 9999, zcrx: { if_idx: 2, if_rxq: 1, area_bytes: 4 << 20, rq_entries: 1024 } } as const;

function receive(transcript?: Transcript) {
  const sha = new Sha256();
  let bytes = 0;
  const app = sink({ ...SINK, onData: (data) => {
    sha.update(data);
    bytes += data.length;
  } });
  const { result } = runScenario(core, loadScenario(YAML, 'script.yaml', { flows: 4, user_bytes: 16 << 20 }), {
    apps: { 1: app }, ...(transcript ? { transcript } : {}),
  });
  return { bytes, sha256: sha.hex(), result };
}

describe('a sink in TypeScript', () => {
  test('receives the same bytes as the built-in one', () => {
    const built_in = loadScenario(`${YAML.replace('role: script', 'role: sink')}    refill: { queue: 1 }\n`, 'builtin.yaml');
    const [stream] = runScenario(core, built_in).result.streams;
    expect(receive()).toMatchObject({ bytes: 300_000, sha256: stream?.sha256 });
  });

  test('twice the same run, twice the same state', () => {
    expect(receive().result.stateHash).toBe(receive().result.stateHash);
  });

  test('its transcript has the calls, the requests and the buffers given back, in order of time', () => {
    const transcript = new Transcript();
    receive(transcript);
    const { entries } = transcript;
    expect(entries.slice(0, 3).map((e) => e.call.call)).toEqual(['setup', 'mmap', 'mmap']);
    expect(entries.filter((e) => e.call.call === 'register')).toHaveLength(1);
    const opcodes = entries.flatMap((e) => e.sqes).map((sqe) => Number.parseInt(sqe.slice(0, 2), 16));
    expect(opcodes.slice(0, 5)).toEqual([45, 56, 57, 13, 58]); // SOCKET BIND LISTEN ACCEPT RECV_ZC
    expect(opcodes.at(-1)).toBe(19); // CLOSE
    expect(entries.flatMap((e) => e.rqes).length).toBeGreaterThan(100);
    for (const [i, e] of entries.entries()) {
      expect(e.end_ns).toBeGreaterThanOrEqual(e.begin_ns);
      if (i > 0) expect(e.begin_ns).toBeGreaterThanOrEqual(entries[i - 1]?.end_ns ?? 0);
    }
    for (const line of transcript.lines()) expect(() => JSON.parse(line)).not.toThrow();
  });
});

test('source and echo in TypeScript talk to each other', () => {
  const yaml = 'about: both ends are TypeScript\napp: { role: script }\n';
  const data = Uint8Array.from({ length: 20_000 }, (_, i) => i & 0xff);
  const { result } = runScenario(core, loadScenario(yaml, 'both.yaml', { flows: 4, user_bytes: 8 << 20 }), {
    apps: {
      0: source({ to: { family: 4, address: new Uint8Array([10, 0, 0, 2]), port: 9999 }, data, chunk: 4096 }),
      1: echo({ family: 4, port: 9999, buffer_bytes: 8192 }),
    },
  });
  expect(result.server.tcp.PassiveOpens).toBe(1);
  expect(result.client.tcp.ActiveOpens).toBe(1);
});

test('who watches a run is told of it, also where an application keeps coming back', () => {
  const text = readFileSync(new URL('../../scenarios/http.yaml', import.meta.url), 'utf8');
  const scenario = loadScenario(text, 'http.yaml', { sets: ['app.flows=100'] });
  const seen: number[] = [];
  runScenario(core, scenario, { onSlice: (engine) => {
    seen.push(engine.eventCount());
    return seen.length === 2;
  } });
  expect(seen).toHaveLength(2);
  expect(seen[1]).toBeGreaterThan(seen[0] as number);
});
