/** Recordings: what one can go back in. The command line's hashes decide. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, runScenario } from '../../sim/host/index.ts';
import { openLab, withEdits } from '../../sim/lab/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});
const open = (name: string, sets: readonly string[] = []) =>
  openLab(core, { name, text: readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), sets });

describe.each(['bulk', 'loss', 'http', 'conform/zcrx-exhaustion'])('%s', (name) => {
  test('ends with the result of a run that nobody watched', () => {
    const lab = open(name);
    const { recording } = lab.branch(0);
    recording.finish();
    expect(recording.failure).toBeUndefined();
    const plain = runScenario(core, lab.scenario);
    expect(recording.result()).toEqual(plain.result);
    expect(recording.hashAt(recording.length)).toBe(plain.result.stateHash);
  });

  test('any step has the same state, whichever way one comes', () => {
    const { recording } = open(name).branch(0);
    const while_recording = new Map<number, string>();
    // A hash is one of all memory, of which a file server has much.
    for (let i = 0; recording.advance(0.01) && i < (name === 'http' ? 4 : 12); i++)
      while_recording.set(recording.length, recording.hashAt(recording.length));
    recording.finish();
    const steps = [...while_recording.keys()];
    for (const step of [...steps].reverse()) expect(recording.hashAt(step)).toBe(while_recording.get(step));
    for (const step of steps) expect(recording.hashAt(step)).toBe(while_recording.get(step));
  });
});

test('a program of steps stops between any two of its calls, and what is done to it there is done in every run', () => {
  const lab = open('conform/zcrx-exhaustion');
  const base = lab.branch(0).recording.finish();
  // Until it first waits it is one turn: no event of the core lies in it.
  const turn = Array.from({ length: base.length }, (_, step) => step).filter((step) => base.engineAt(step).eventCount() === 1);
  // A call that is refused leaves nothing behind.
  expect(new Set(turn.map((step) => base.hashAt(step))).size).toBeGreaterThan(5);
  const edits = [{ at: turn[3] as number, set: 'server.wire.delay_ns=3ms' }];
  const { recording } = lab.branch(lab.fork({ branch: 0, step: turn[3] as number }, 'far', edits));
  const again = runScenario(core, lab.scenario, withEdits(edits));
  expect(recording.finish().result()?.stateHash).toBe(again.result.stateHash);
  expect(again.result.stateHash).not.toBe(base.result()?.stateHash);
});

test('a fork in which nothing is changed stays equal to the branch that it left', () => {
  const lab = open('loss');
  const base = lab.branch(0).recording.finish();
  const at = Math.floor(base.length / 3);
  const fork = lab.branch(lab.fork({ branch: 0, step: at }, 'same', [])).recording.finish();
  expect(fork.length).toBe(base.length);
  expect(fork.result()).toEqual(base.result());
  expect(fork.hashAt(at - 10)).toBe(base.hashAt(at - 10));
  expect(fork.trace.length).toBe(base.trace.length);
});

test('who looks back while it is recorded changes nothing of the trace, nor of what was charged', () => {
  const sets = ['run.charges=on', 'client.app.bytes=512KiB'];
  const straight = open('bulk', sets).branch(0).recording.finish();
  const { recording } = open('bulk', sets).branch(0);
  for (let i = 1; recording.advance(0.01); i++) recording.engineAt((i * 977) % recording.length);
  expect(recording.trace.length).toBe(straight.trace.length);
  for (const i of straight.trace.batches.keys())
    expect(Buffer.compare(recording.trace.batches[i]?.bytes() as Uint8Array, straight.trace.batches[i]?.bytes() as Uint8Array)).toBe(0);
  expect(recording.result()).toEqual(straight.result());
});

test('far from a checkpoint the state is what it is next to one: digests, and where they stand', () => {
  const { recording } = open('many-flows', ['client.app.bytes=64KiB']).branch(0);
  const hashes = new Map<number, string>();
  for (let i = 0; recording.advance(0.01); i++) if (i % 7 === 0) hashes.set(recording.length, recording.hashAt(recording.length));
  expect(hashes.size).toBeGreaterThan(10);
  for (const [step, hash] of [...hashes].reverse()) expect(recording.hashAt(step)).toBe(hash);
});

test('a branch that is removed gives the room of its snapshots back', () => {
  const lab = open('bulk', ['client.app.bytes=1MiB']);
  const base = lab.branch(0).recording.finish();
  const hash = base.hashAt(200);
  const before = base.checkpoint_bytes;
  const n = lab.fork({ branch: 0, step: 100 }, 'slow', [{ at: 100, set: 'server.app.work_ns=20us' }]);
  lab.branch(n).recording.finish();
  expect(base.checkpoint_bytes).toBeGreaterThan(before);
  lab.remove(n);
  expect(base.checkpoint_bytes).toBeLessThanOrEqual(before + 2 ** 20);
  expect(base.hashAt(200)).toBe(hash);
});
