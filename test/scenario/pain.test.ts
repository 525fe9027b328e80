/** What users ran into, one scenario a public report: the outcome is the one that the report tells, and the doctor names the cause. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, Examination, type Finding, loadScenario, runScenario, type Scenario } from '../../sim/host/index.ts';
import { FINDINGS } from '../../sim/schema/findings.ts';
import { IORING_SETUP_CQSIZE } from '../../uring-model/8-app/uapi.gen.ts';

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

function examined(scenario: Scenario) {
  const examination = new Examination(scenario);
  const run = runScenario(core, scenario, examination.options());
  return { result: run.result, findings: examination.findings({ scenario, ...run }) };
}

/** A program whose ring has as many completion entries as a finding advises no longer has that finding. */
const ADVICE = /give ring (\d+) more than its \d+ completion entries: (\d+) would hold/;
let advised = 0;
function adviceHolds(scenario: Scenario, f: Finding): void {
  const [, ring, entries] = ADVICE.exec(f.remedy) ?? [];
  if (entries === undefined) return;
  advised++;
  const larger = (scenario.steps ?? []).map((x) => (x.step === 'ring.init' && x.ring === Number(ring)
    ? { ...x, cq: Number(entries), flags: Number(x.flags) | IORING_SETUP_CQSIZE } : x));
  expect(examined({ ...scenario, steps: larger }).findings.map((x) => x.name), f.remedy).not.toContain(f.name);
}

describe.each(names)('%s', (name) => {
  test('comes out as reported, and the doctor names the cause', () => {
    const scenario = load(name);
    expect(scenario.about.length).toBeGreaterThan(60);
    expect(scenario.source.length).toBeGreaterThan(10);
    expect(scenario.expects.length).toBeGreaterThan(0);
    expect(scenario.doctor).toBeDefined();
    const { result, findings } = examined(scenario);
    expect(result.expect.filter((e) => !e.ok)).toEqual([]);
    expect(findings.map((f) => f.name).sort()).toEqual([...(scenario.doctor ?? [])].sort());
    for (const f of findings) {
      expect(f.evidence.length, f.name).toBeGreaterThan(0);
      for (const e of f.evidence) {
        expect(e.text.length, f.name).toBeGreaterThan(10);
        expect(e.text, f.name).not.toMatch(/\b1 (?:completions|buffers|bytes|entries|frames|sends|times)\b/);
        // Whoever reads of a program counts its steps, not time.
        if (!scenario.steps) continue;
        if (e.time_ns !== undefined) expect(e.step, f.name).toBeDefined();
        expect(e.text, f.name).not.toMatch(/\bat \S+ (?:ns|µs|ms)\b/);
      }
      adviceHolds(scenario, f);
    }
  });
});

test('sizes of completion queues were advised', () => {
  expect(advised).toBeGreaterThan(5);
});
