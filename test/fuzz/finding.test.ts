/** Description: what a finding says of edits, of requests, of rules that are no invariants; and its YAML without the edits. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Broken, caseOfFile, type Finding, findingOf, placed, reproOf, ruleOf } from '../../sim/fuzz/index.ts';
import { compileCore } from '../../sim/host/index.ts';
import { readRunFile } from '../../sim/lab/index.ts';
import { campaignJson, type Kept, summaryLines } from '../../sim/cli/fuzz/fuzz_text.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.fuzz.wasm'));
});

const fileOf = (bug: string) => `test/museum/found/${bug}.run.json`;
const textOf = (bug: string) => readFileSync(fileOf(bug), 'utf8');

function finding(bug: string): Finding {
  const found = findingOf(core, caseOfFile(readRunFile(textOf(bug), fileOf(bug))), { name: 'found', bug });
  expect(found).toBeDefined();
  return found as Finding;
}

const BROKEN: Broken = { invariant: 'T6 a RST must be exact', text: '' };
const kept = (one: Finding): Kept => ({
  found: { seed: 1, generator: 'worlds', broken: BROKEN, runs: 1, steps: 1, also_without: false, at_ms: 0 }, after_ms: 0, finding: one,
  files: ['found.run.json'], fragment: '#',
});
const WORK = { runs: 1, steps: 1, records: 1, refused: 0 };
const RESULT = { runs: 1, steps: 1, work: WORK, time_ms: 1, findings: [], ended: false };
const FLAGS = { aim: 'all', seed: 1, jobs: 1, keep_going: false, shrink_ms: 1 } as const;

test('edits are told one by one, and that a calm phase begins', () => {
  const rst = finding('tcp-blind-reset');
  expect(summaryLines(RESULT, [kept(rst)], FLAGS)).toContain('    after step 12: forge_rst -1 100 at the client');
  const json = JSON.parse(campaignJson(RESULT, [kept(rst)], FLAGS, 'hash')) as { findings: { edits: string[] }[] };
  expect(json.findings[0]?.edits).toEqual(['after step 12: forge_rst -1 100 at the client']);
  const calm = summaryLines(RESULT, [kept(finding('tcp-probe-deadlock'))], FLAGS).filter((l) => l.startsWith('    after step'));
  expect(calm).toEqual(['    after step 1: nothing disturbs any more']);
});

test('the YAML of a finding with edits says that it does not break alone, and what makes them', () => {
  const about = ({ files }: Finding) => (parse(files['.yaml'] ?? '') as { about: string }).about;
  expect(about(finding('tcp-blind-reset'))).toMatch(/^Alone it does not break; ringlab fuzz --repro found\.run\.json makes the edits/);
  expect(about(finding('cancel-skips-iowq'))).toMatch(/^Step \d+ of the run, in step \d+ of the program/);
});

test('a request is named as the timeline has it: by its operation, its user_data and when it was taken', () => {
  const { broken, timeline } = placed(core, reproOf(textOf('bundle-truncated'), { file: 'x', library: () => undefined }).run);
  const [, user_data, taken] = /RECV \(user_data (\d+), ring 0, taken at ([\d.]+) µs\)/.exec(broken?.text ?? '') ?? [];
  expect(timeline.filter((l) => l.endsWith(`ring 0 takes RECV (user_data ${user_data})`) && l.includes(` ${taken} µs`))).toHaveLength(1);
});

test('each kind of finding has its sentence and a source', () => {
  const rule = (invariant: string, text = '') => ruleOf({ invariant, text });
  expect(rule('T6 a RST must be exact').source).toContain('RFC 5961');
  const of_core = rule('core: L3 x', 'the core stopped itself at stack/3-pool/page_pool.ts:154');
  expect(of_core.source).toBe('Ringlab stack/3-pool/index.ts: Invariants');
  for (const other of ['core: unreachable', 'D1 the same again', 'host: TypeError'])
    expect(rule(other)).toEqual({ about: expect.stringMatching(/\.$/), source: expect.stringContaining('Ringlab') });
});
