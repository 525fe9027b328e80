/** Run files, and what a run is saved as: the command line's bytes decide. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileCore, loadScenario, resultJson, runScenario } from '../../sim/host/index.ts';
import {
  type ExportId, exportRun, looksLikeRunFile, openingOf, openLab, QUERIES, readRunFile, type RunFile, runFileText,
} from '../../sim/lab/index.ts';
import { ringlab, root } from '../scenario/cli.ts';

let core: WebAssembly.Module;
const folder = mkdtempSync(join(tmpdir(), 'ringlab-exports-'));
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});
afterAll(() => rmSync(folder, { recursive: true }));

const scenario = (name: string) => readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8');
const library = (name: string) => (name === 'bulk' || name === 'loss' ? scenario(name) : undefined);
const bytesOf = (parts: readonly Uint8Array[]) => Buffer.concat(parts);

describe('a run file', () => {
  const run: RunFile = {
    ringlab_run: 1, name: 'loss', text: scenario('loss'), sets: ['client.wire.loss_ppm=5%'], seed: 7,
    edits: [{ at: 10, set: 'server.app.delay_ns=1ms' }], step: 40,
  };

  test('is read as it was written', () => {
    expect(readRunFile(runFileText(run), 'loss.run.json')).toEqual(run);
    expect(looksLikeRunFile(runFileText(run))).toBe(true);
  });

  test('may name a scenario of the library, and nothing else', () => {
    const named = readRunFile('{"scenario": "bulk"}', 'a.json');
    expect(openingOf(named, library).source).toEqual({ name: 'bulk', text: scenario('bulk'), sets: [] });
    expect(() => openingOf(readRunFile('{"scenario": "none"}', 'a.json'), library)).toThrow('there is no scenario none in the library');
  });

  test('is told from a scenario in JSON', () => {
    expect(looksLikeRunFile('{"app": {"role": "sink"}}')).toBe(false);
    expect(looksLikeRunFile('about: a text')).toBe(false);
  });

  test.each([
    ['{', 'this is no JSON'],
    ['{}', "key 'scenario' of a run file: expected the name of a scenario"],
    ['{"scenario": "bulk", "ringlab_run": 2}', 'expected version 1, found 2'],
    ['{"scenario": "bulk", "speed": 2}', "key 'speed'"],
    ['{"scenario": "bulk", "step": -1}', "key 'step' of a run file: expected a whole number from 0 on, found -1"],
    ['{"scenario": "bulk", "sets": ["nic.mtu"]}', 'expected KEY=VALUE, found "nic.mtu"'],
    ['{"scenario": "bulk", "edits": [{"at": 1}]}', 'expected {at, set} or {at, fault, host, args}'],
    ['{"scenario": "bulk", "edits": [{"at": 1, "fault": "forge_rsst", "host": 0, "args": [-1, 0]}]}', 'expected a fault that there is'],
    ['[]', 'expected an object'],
  ])('that is wrong is refused with a sentence: %s', (text, said) => {
    expect(() => readRunFile(text, 'a.json')).toThrow(said);
  });

  test('of an open run makes the same run again, to the same state', () => {
    const lab = openLab(core, { name: 'loss', text: scenario('loss'), sets: [], seed: 9 });
    const { recording } = lab.branch(0);
    recording.finish();
    const step = Math.floor(recording.length / 2);
    const { run: saved, command } = QUERIES.run_file(lab.moment({ branch: 0, step }), { hash: true }, lab);
    expect(command).toBe('ringlab run loss --seed 9');
    const opening = openingOf(readRunFile(runFileText(saved), 'x.run.json'), library);
    const again = openLab(core, opening.source);
    again.branch(0).recording.finish();
    expect(again.branch(0).recording.hashAt(opening.step ?? 0)).toBe(saved.state_hash);
  });
});

describe('a saved run', () => {
  const save = (name: string, id: ExportId, sets: readonly string[] = []) => {
    const run: RunFile = { ringlab_run: 1, name, scenario: name, sets, edits: [] };
    return exportRun(core, openingOf(run, library), run, id);
  };

  test('has the command line\'s bytes: packets, timeline and trace', () => {
    const at = (file: string) => join(folder, file);
    expect(ringlab('run', 'loss', '--pcap', at('a.pcapng'), '--perfetto', at('a.pftrace'), '--trace', at('a.trace')).code).toBe(0);
    for (const [id, file] of [['pcapng', 'a.pcapng'], ['perfetto', 'a.pftrace'], ['trace', 'a.trace']] as const) {
      const { parts, name } = save('loss', id);
      expect(name).toBe(`loss.${id === 'perfetto' ? 'pftrace' : id}`);
      expect(bytesOf(parts).equals(readFileSync(at(file)))).toBe(true);
    }
  });

  test('has the result that ringlab run --json prints', () => {
    const { result } = runScenario(core, loadScenario(scenario('bulk'), 'bulk', { sets: ['run.seed=3'] }));
    expect(bytesOf(save('bulk', 'result', ['run.seed=3']).parts).toString()).toBe(`${resultJson(result)}\n`);
  });

  test('as a table has a line for each record, and as many cells in each', () => {
    const lines = bytesOf(save('loss', 'csv').parts).toString().trimEnd().split('\n');
    expect(lines[0]).toBe('record,time_ns,host,core,context,stage,event,packet,buffer,words,text');
    expect(lines.length - 1).toBe(bytesOf(save('loss', 'trace').parts).length / 32);
    const last = lines.at(-1)?.split(',') ?? [];
    expect(Number(last[0])).toBe(lines.length - 2);
    expect(['client', 'server']).toContain(last[2]);
  });

  test.each(['loss', 'http'])('has the edits of its branch: %s', (name) => {
    const lab = openLab(core, { name, text: scenario(name), sets: [] });
    const base = lab.branch(0).recording.finish();
    const at = Math.floor(base.length / 3);
    const edits = [{ at, set: 'client.wire.delay_ns=90us' }, { at: at + 40, set: 'server.wire.loss_ppm=1%' }];
    const n = lab.fork({ branch: 0, step: at }, 'slow', edits);
    const { recording } = lab.branch(n);
    recording.finish();
    const { run } = QUERIES.run_file(lab.moment({ branch: n, step: recording.length }), { hash: true }, lab);
    expect(run.edits).toEqual(edits);
    const { parts } = exportRun(core, openingOf(run, library), run, 'result');
    const result = JSON.parse(bytesOf(parts).toString()) as { stateHash: string };
    expect(result.stateHash).toBe(run.state_hash);
    expect(result.stateHash).not.toBe(base.result()?.stateHash);
    expect(bytesOf(exportRun(core, openingOf(run, library), run, 'report').parts).toString()).toContain(result.stateHash);
  });

  test('as a report is the page of the run', () => {
    const page = bytesOf(save('loss', 'report').parts).toString();
    expect(page).toContain('<title>loss');
    expect(page).toContain('ringlab run loss --report report.html');
  });

  test.each([
    [[]],
    [['nic.mtu=4000', 'server.refill.batch=8']],
    [['server.nic.rules=[{dst_port: 7000, queue: 1}]', 'run.seed=12', 'client.app.bytes=1MiB', 'client.wire.loss_ppm=5%']],
  ])('as a scenario is the same world, with the changes written in: %s', (sets) => {
    const text = bytesOf(save('bulk', 'scenario', sets).parts).toString();
    expect(loadScenario(text, 'bulk').block).toEqual(loadScenario(scenario('bulk'), 'bulk', { sets }).block);
    expect(text).not.toContain('# Changed by');
  });
});
