/** The build's own check must find what it is there to find. Modules are written out by hand, byte by byte. */
import { expect, test } from 'vitest';
import { brokenRules, globalsOf } from '../../../scripts/wasm_rules.mjs';

const HEAD = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const text = (s: string) => [s.length, ...new TextEncoder().encode(s)];
const section = (id: number, body: readonly number[]) => [id, body.length, ...body];
const wasm = (...sections: readonly number[][]) => new Uint8Array([...HEAD, ...sections.flat()]);

const I32 = 0x7f;
const I64 = 0x7e;
const constant = [I32, 0, 0x41, 0x80, 0x80, 0x08, 0x0b];
const mutable = [I64, 1, 0x42, 0x07, 0x0b];
const globals = (...list: readonly number[][]) => section(6, [list.length, ...list.flat()]);
const names = (index: number, name: string) => section(0, [...text('name'), ...section(7, [1, index, ...text(name)])]);

test('an empty module breaks no rule', () => {
  expect(brokenRules(wasm())).toEqual([]);
});

test('a constant global is no state', () => {
  expect(globalsOf(wasm(globals(constant, constant)))).toHaveLength(2);
  expect(brokenRules(wasm(globals(constant)))).toEqual([]);
});

test('a mutable global is found behind others, with its name when the build kept it', () => {
  const [broken] = brokenRules(wasm(globals(constant, mutable), names(1, 'sim/core/x')));
  expect(broken).toContain('global 1 (sim/core/x) is mutable');
  expect(brokenRules(wasm(globals(mutable)))[0]).toContain('global 0 is mutable');
});

test('an import is found unless its module is allowed', () => {
  const type = section(1, [1, 0x60, 0, 0]);
  const imports = section(2, [1, ...text('env'), ...text('seed'), 0, 0]);
  expect(brokenRules(wasm(type, imports))[0]).toContain('imports env.seed');
  expect(brokenRules(wasm(type, imports), ['env'])).toEqual([]);
});
