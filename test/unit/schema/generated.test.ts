/** Description: what is generated is fresh, and fits what it is generated for. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { expect, test } from 'vitest';
import { root, run } from '../../../scripts/run_command.mjs';
import { divergencesOf } from '../../../sim/gen/emit_divergence.ts';
import { emitUapiC, emitUapiTs } from '../../../sim/gen/emit_uapi.ts';
import { loadScenario } from '../../../sim/host/load_scenario.ts';
import { parseExpect, scenarioJsonSchema } from '../../../sim/host/scenario.ts';
import { STRUCTS } from '../../../sim/schema/uapi.ts';
import { CONSTANTS } from '../../../sim/schema/uapi_constants.ts';
import { fieldType, SCALARS } from '../../../sim/schema/uapi_form.ts';
import { io_uring_buf_ring, io_uring_cqe, io_uring_params, IORING_ZCRX_AREA_MASK } from '../../../uring-model/8-app/uapi.gen.ts';

const schema = z.fromJSONSchema(scenarioJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
const valid = (text: string) => schema.safeParse(parse(text)).success;
const scenarios = readdirSync(join(root, 'scenarios')).filter((f) => f.endsWith('.yaml'));

test.each(scenarios)('scenario %s compiles and fits the JSON Schema', (file) => {
  const text = readFileSync(join(root, 'scenarios', file), 'utf8');
  expect(loadScenario(text, file).about).not.toBe('');
  expect(schema.safeParse(parse(text)).error).toBeUndefined();
});

test('the examples of docs/scenarios.md hold', () => {
  const text = readFileSync(join(root, 'docs/scenarios.md'), 'utf8');
  const yaml = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  expect(loadScenario(yaml, 'loss.yaml').expects).toHaveLength(3);
  const message = /^ {4}(loss\.yaml:.*)$/m.exec(text)?.[1];
  expect(() => loadScenario(yaml.replace('2%', 'much'), 'loss.yaml')).toThrow(message);
  const lines = [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((m) => m[1] ?? '');
  expect(lines.map((line) => parseExpect(line).text)).toEqual(lines);
});

test.each([
  ['wires: {}'], ['nic: { mtuu: 1 }'], ['nic: { mtu: 1 }'], ['nic: { mtu: 9KB }'], ['napi: { gro: 1 }'],
  ['tcp: { family: ipv5 }'], ['nic: { mtu: auto }'],
  ['hosts: { router: {} }'], ['hosts: { client: { run: {} } }'], ['faults: [{ frame: 0 }]'],
  ['nic: { rules: [{ port: 1 }] }'], ['expect: [1]'],
])('the JSON Schema refuses %s, and so does the loader', (text) => {
  expect(valid(text)).toBe(false);
  expect(() => loadScenario(text, 'x.yaml')).toThrow();
});

test.each([
  ['wire: { rate_bps: 25Gbps, delay_ns: 2.5us, loss_ppm: 0.1% }'], ['nic: { mtu: 1500 }'],
  ['limits: { socks: auto, user_bytes: 64MiB }'], ['napi: { gro: off }\ntcp: { sack: true }'],
  ['faults: [{ host: server, frame: 1, action: drop }]'],
])('the JSON Schema takes %s, and so does the loader', (text) => {
  expect(valid(text)).toBe(true);
  expect(() => loadScenario(text, 'x.yaml')).not.toThrow();
});

test('rows of a UAPI struct lie inside it, aligned, and names are unique', () => {
  for (const s of STRUCTS) {
    expect(new Set(s.fields.map((f) => f[2])).size, s.name).toBe(s.fields.length);
    for (const [offset, type, name] of s.fields) {
      const { scalar, count, base } = fieldType(type);
      const size = scalar ? SCALARS[scalar] : (STRUCTS.find((o) => o.name === base)?.bytes ?? Number.NaN);
      if (count !== Number.POSITIVE_INFINITY) expect(offset + size * (count ?? 1), `${s.name}.${name}`).toBeLessThanOrEqual(s.bytes);
      if (scalar) expect(offset % SCALARS[scalar], `${s.name}.${name}`).toBe(0);
    }
  }
  const names = CONSTANTS.flatMap((g) => g.constants.map((c) => c.name));
  expect(new Set(names).size).toBe(names.length);
});

test('TypeScript accessors read and write the bytes of the table', () => {
  const view = new DataView(new ArrayBuffer(128));
  const params = new io_uring_params(view);
  params.sq_off.array = 7;
  params.cq_off.user_addr = 5n;
  params.set_resv_at(2, 9);
  expect([view.getUint32(40 + 24, true), view.getBigUint64(80 + 32, true), view.getUint32(36, true)]).toEqual([7, 5n, 9]);
  const cqe = new io_uring_cqe(view, 16);
  cqe.res = -22;
  expect(view.getInt32(24, true)).toBe(-22);
  const ring = new io_uring_buf_ring(view);
  ring.bufs_at(1).bid = 3;
  ring.tail = 4;
  expect([view.getUint16(16 + 12, true), view.getUint16(14, true)]).toEqual([3, 4]);
  expect(IORING_ZCRX_AREA_MASK).toBe(0xffff000000000000n);
  expect(emitUapiTs()).toContain('export class io_uring_zcrx_ifq_reg extends UapiStruct');
});

const headers = join(root, 'build/kernel-headers/usr/include');
const can = existsSync(join(headers, 'linux/io_uring/zcrx.h')) && existsSync('/usr/bin/gcc');
test.skipIf(!can)('a wrong offset of the UAPI table does not compile (needs gcc and the headers that npm test -- c fetches)', () => {
  const right = emitUapiC();
  const offset = 'offsetof(struct io_uring_zcrx_ifq_reg, zcrx_id) ==';
  const wrong = right.replace(`${offset} 64`, `${offset} 60`);
  expect(wrong).not.toBe(right);
  const compile = (text: string) => {
    const file = join(root, 'build/uapi_assert_test.c');
    writeFileSync(file, text);
    const include = [headers, ...readdirSync(headers).filter((d) => d.endsWith('-linux-gnu')).map((d) => join(headers, d))];
    execFileSync('gcc', ['-std=gnu11', '-fsyntax-only', ...include.flatMap((d) => ['-isystem', d]), file], { stdio: 'pipe' });
  };
  compile(right);
  expect(() => compile(wrong)).toThrow(/offset of io_uring_zcrx_ifq_reg\.zcrx_id/);
});

test('every generated file is fresh', async () => {
  const { code, output } = await run('npm', ['run', '-s', 'gen', '--', '--check']);
  expect(code, output).toBe(0);
});

test('differences from Linux are found with the function that they belong to', () => {
  const source = [
    '/** A file. Differs from Linux: heads count. More.', ' */', "import x from 'y';", '',
    '/**', ' * Does a.', ' * Differs from Linux: it is', ' * short.', ' */', 'export function a(): void {', '  b();',
    '  // Differs from Linux: inside. It goes on.', '}', '',
  ].join('\n');
  expect(divergencesOf(source)).toEqual([
    { text: 'Heads count.', name: '' }, { text: 'It is short.', name: 'a' }, { text: 'Inside.', name: 'a' },
  ]);
});
