/** The scenario editor without its window: places, completions, and changes that leave the rest alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../scripts/run_command.mjs';
import { loadScenario, scenarioJsonSchema } from '../../sim/host/index.ts';
import { aboutPath, checkText, keysAt, pathAt, removeIn, type Schema, setIn, spotAt, valuesAt } from '../../sim/lab/index.ts';

const schema = scenarioJsonSchema() as Schema;
const file = (name: string) => readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8');
/** A text with a bar for the cursor. */
function spot(marked: string) {
  const at = marked.indexOf('|');
  return spotAt(marked.replace('|', ''), at);
}

describe('where one stands', () => {
  test.each([
    ['|', 'key', []],
    ['ap|', 'key', []],
    ['app:\n  ro|', 'key', ['app']],
    ['app:\n  role: sink\n  |\nnic: { mtu: 1500 }', 'key', ['app']],
    ['hosts:\n  server:\n    app: { role: sink, rec| }', 'key', ['hosts', 'server', 'app']],
    ['hosts:\n  server:\n    app: { role: si| }', 'value', ['hosts', 'server', 'app', 'role']],
    ['app:\n  role: |', 'value', ['app', 'role']],
    ['nic:\n  rules: [{ dst_port: 1, que| }]', 'key', ['nic', 'rules', 0]],
    ['steps:\n  - ring.i|', 'key', ['steps', 0]],
  ] as const)('%j is a %s of %j', (text, kind, path) => {
    expect(spot(text)).toMatchObject({ kind, path });
  });

  test('a comment is no place for completion', () => {
    expect(spot('app: # ro|')).toBeUndefined();
  });

  test('keys that are there are not offered again', () => {
    const s = spot('app:\n  role: sink\n  |');
    expect(s?.kind === 'key' && s.taken).toEqual(['role']);
    const names = keysAt(schema, ['app'], ['role']).map((k) => k.label);
    expect(names).toContain('receive');
    expect(names).not.toContain('role');
  });

  test('values of an enumeration are offered, the default is marked', () => {
    const values = valuesAt(schema, ['hosts', 'server', 'app', 'receive']);
    expect(values.map((v) => v.label)).toContain('bundle');
    expect(values.filter((v) => v.detail === 'default')).toHaveLength(1);
  });

  test('a key has its sentence and its default', () => {
    expect(aboutPath(schema, ['hosts', 'server', 'nic', 'mtu'])).toMatch(/Default: 1500/);
    const text = 'app:\n  role: sink\n';
    expect(pathAt(text, text.indexOf('role') + 1)?.path).toEqual(['app', 'role']);
  });
});

describe('changes', () => {
  const PATHS = [['server', 'ring', 'cq_entries'], ['server', 'app', 'role'], ['client', 'wire', 'loss_ppm']] as const;
  const names = readdirSync(join(root, 'scenarios')).filter((f) => f.endsWith('.yaml')).map((f) => f.replace('.yaml', ''));

  test.each(names)('%s: a value set is there, all else is as it was', (name) => {
    const text = file(name);
    for (const [host, section, key] of PATHS) {
      const value = key === 'role' ? 'sink' : '64';
      const changed = setIn(text, ['hosts', host, section, key], value);
      const want = structuredClone(parse(text)) as Record<string, Record<string, Record<string, Record<string, unknown>>>>;
      want.hosts ??= {};
      want.hosts[host] ??= {};
      want.hosts[host][section] ??= {};
      want.hosts[host][section][key] = key === 'role' ? 'sink' : 64;
      expect(parse(changed), changed).toEqual(want);
    }
  });

  test.each(names)('%s: what was added and taken away again leaves the same scenario', (name) => {
    const text = file(name);
    const path = ['hosts', 'server', 'socket', 'busy_poll_ns'];
    expect(parse(removeIn(setIn(text, path, '7us'), path))).toEqual(parse(text));
  });

  test('an empty text gets its first section', () => {
    expect(parse(setIn('', ['ring', 'cq_entries'], '8'))).toEqual({ ring: { cq_entries: 8 } });
  });

  test('comments stay', () => {
    const text = '# mine\napp:\n  role: sink # here\n\n# end\n';
    const changed = setIn(text, ['app', 'role'], 'source');
    expect(changed).toBe('# mine\napp:\n  role: source # here\n\n# end\n');
  });
});

test('problems come with their places, and a good text with its values', () => {
  const wrong = checkText('ring: { cq_entrys: 8 }\n', 'mine');
  expect(wrong.problems[0]).toMatchObject({ line: 1, col: 9 });
  expect(wrong.problems[0]?.text).toMatch(/cq_entries/);
  const good = checkText(file('bulk'), 'bulk');
  expect(good.problems).toEqual([]);
  expect(good.values?.['server.refill.queue']).toBe(loadScenario(file('bulk'), 'bulk').hosts[1].values['refill.queue']);
});
