/** What users ran into, one scenario a public report: the outcome is the one that the report tells, and the doctor names the cause. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, Examination, loadScenario, runScenario } from '../../sim/host/index.ts';
import { FINDINGS } from '../../sim/schema/findings.ts';

const folder = new URL('../../scenarios/pain/', import.meta.url);
const names = readdirSync(folder).filter((f) => f.endsWith('.yaml')).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
const load = (name: string) => loadScenario(readFileSync(new URL(name, folder), 'utf8'), `scenarios/pain/${name}`);
let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});

test('there is a scenario for most cases', () => {
  expect(names.length).toBeGreaterThanOrEqual(70);
  expect(names.filter((n) => !/^[A-J]\d{1,2}[a-z]?\.yaml$/.test(n))).toEqual([]);
});

test('a finding answers only cases that there are', () => {
  const letters = FINDINGS.flatMap((f) => f.cases).filter((c) => !/^[A-J]\d{1,2}$/.test(c));
  expect(letters).toEqual([]);
});

describe.each(names)('%s', (name) => {
  test('comes out as reported, and the doctor names the cause', () => {
    const scenario = load(name);
    expect(scenario.about.length).toBeGreaterThan(60);
    expect(scenario.source.length).toBeGreaterThan(10);
    expect(scenario.expects.length).toBeGreaterThan(0);
    expect(scenario.doctor).toBeDefined();
    const examination = new Examination(scenario);
    const run = runScenario(core, scenario, examination.options());
    expect(run.result.expect.filter((e) => !e.ok)).toEqual([]);
    const findings = examination.findings({ scenario, ...run });
    expect(findings.map((f) => f.name).sort()).toEqual([...(scenario.doctor ?? [])].sort());
    for (const f of findings) {
      expect(f.evidence.length, f.name).toBeGreaterThan(0);
      expect(f.evidence.every((e) => e.text.length > 10), f.name).toBe(true);
    }
  });
});
