/**
 * Description: the release core has none of the museum's bugs. Every switch asks the word run.bug; the release core reads that word once,
 * in build(), which refuses a scenario that wants a bug. A switch that asc did not fold away would be one more read.
 */
import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { expect, test } from 'vitest';
import { visit } from '../../scripts/binaryen_tree.mjs';
import { CONFIG_ADDR, loadScenario } from '../../sim/host/index.ts';
import { BUG_NAMES, MUSEUM } from '../../sim/schema/museum.ts';
import { STAGES } from '../../sim/schema/stages.ts';
import { asFiles, none, read } from '../tidy/sources.ts';

/** Where the core finds run.bug: where two configurations differ that differ in nothing else. */
function bugAddress(): number {
  const block = (bug: string) => loadScenario(JSON.stringify({ run: { bug }, app: { role: 'none' } }), 'museum').block;
  const [without, with_bug] = [block('none'), block(BUG_NAMES[0] as string)];
  const at = without.findIndex((byte, i) => byte !== with_bug[i]);
  expect(at).toBeGreaterThan(0);
  return CONFIG_ADDR + at;
}

/** Reads of a fixed address, by the functions that do it. */
function readsOf(file: string, address: number): number {
  const module = binaryen.readBinary(readFileSync(file));
  let reads = 0;
  for (let i = 0; i < module.getNumFunctions(); i++) {
    const { body } = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
    visit(body, (node: { ptr: number; offset: number }, id: number) => {
      if (id !== binaryen.LoadId) return;
      const ptr = binaryen.getExpressionInfo(node.ptr) as { id: number; value?: number };
      if (ptr.id === binaryen.ConstId && Number(ptr.value) + node.offset === address) reads++;
    });
  }
  module.dispose();
  return reads;
}

test('the release core asks for run.bug once, where it refuses it', () => {
  expect(readsOf('build/core.wasm', bugAddress())).toBe(1);
});

test('the fuzzing core has them, so the count sees a switch', () => {
  expect(readsOf('build/core.fuzz.wasm', bugAddress())).toBeGreaterThan(1);
});

const constant = (name: string): string => `RUN_BUG_${name.toUpperCase().replaceAll('-', '_')}`;
const NINE = STAGES.map((s) => s.folder);

test('every exhibit is a switch in a stage, and nothing else is', () => {
  const sources = asFiles().filter((f) => !f.endsWith('.gen.ts'));
  const used = sources.flatMap((file) => [...read(file).matchAll(/\bbug\((RUN_BUG_\w+)\)/g)].map((m) => ({ file, name: m[1] as string })));
  none(MUSEUM.filter((e) => !used.some((u) => u.name === constant(e.name))).map((e) => `${e.name}: no switch asks for it`));
  none(used.filter((u) => !BUG_NAMES.some((n) => constant(n) === u.name)).map((u) => `${u.file}: ${u.name} is no exhibit`));
  const beside = ['stack/file', 'stack/unix', 'stack/udp', 'nic-model/lo'];
  none(used.filter((u) => ![...NINE, ...beside].some((f) => u.file.startsWith(f))).map((u) => `${u.file}: a switch outside of the stages`));
});

test('every exhibit says what, where from, and what it broke', () => {
  none(MUSEUM.filter((e) => !NINE.some((f) => f.endsWith(`-${e.stage}`))).map((e) => `${e.name}: there is no stage ${e.stage}`));
  none(MUSEUM.filter((e) => [e.title, e.about, e.broke, e.source].some((t) => t.length < 12)).map((e) => e.name));
  expect(new Set(BUG_NAMES).size).toBe(BUG_NAMES.length);
});
