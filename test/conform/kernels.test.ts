/**
 * Step scenarios beside what real kernels said to the same programs: traces that native-backend/agent recorded
 * (scripts/conform_native.mjs), a folder for each release. Line by line, without exception but the first line and what LOCAL says.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, loadScenario, runScenario, traceText } from '../../sim/host/index.ts';
import { localRule } from './local_rules.mjs';

const root = process.env.RINGLAB_ROOT ?? join(import.meta.dirname, '..', '..');
const RELEASES = [{ release: '6.18.44', profile: '6.18' }, { release: '7.3.4', profile: '7.3' }] as const;
const CONTEXT = 3;

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});

/** The first lines that differ, with what stands before them; '' when none do. */
function difference(want: readonly string[], got: readonly string[]): string {
  const at = want.findIndex((line, i) => line !== got[i]);
  const place = at >= 0 ? at : got.length > want.length ? want.length : -1;
  if (place < 0) return '';
  const before = want.slice(Math.max(0, place - CONTEXT), place).map((l) => `   ${l}\n`).join('');
  return `line ${place + 1}\n${before}kernel    ${want[place]}\nsimulator ${got[place]}`;
}

describe.each(RELEASES)('Linux $release', ({ release, profile }) => {
  const folder = join(root, 'test/fixtures/golden', release);
  const names = existsSync(folder) ? readdirSync(folder).map((f) => f.replace(/\.jsonl$/, '')) : [];

  test('there are traces', () => {
    expect(names.length).toBeGreaterThan(0);
  });

  test.each(names)('%s says what the kernel said', (name) => {
    const file = `scenarios/conform/${name}.yaml`;
    const golden = readFileSync(join(folder, `${name}.jsonl`), 'utf8').trimEnd().split('\n');
    const got: string[] = [];
    const scenario = loadScenario(readFileSync(join(root, file), 'utf8'), file, { sets: [`kernel.profile=${profile}`] });
    runScenario(core, scenario, { onStep: (line) => got.push(traceText(line)) });
    expect(JSON.parse(golden[0] ?? '{}')).toMatchObject({ e: 'caps', on: 'linux', kernel: release });
    expect(difference(golden.slice(1).map(localRule), got.slice(1).map(localRule))).toBe('');
  });
});
