/** Built-in applications on every kernel that there is a profile of: what they need of it, older ones have under another name. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { compileCore, loadScenario, runScenario } from '../../sim/host/index.ts';
import { PROFILES } from '../../sim/schema/behaviours.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});
const text = readFileSync(new URL('../../scenarios/many-flows.yaml', import.meta.url), 'utf8');

test.each(PROFILES)('a sink on Linux %s knows who its peers are', (profile) => {
  const sets = [`kernel.profile=${profile}`, 'server.app.receive=multishot', 'client.app.flows=3', 'client.app.bytes=10kB'];
  const { streams } = runScenario(core, loadScenario(text, 'scenarios/many-flows.yaml', { sets })).result;
  expect(new Set(streams.map((s) => s.peerPort)).size).toBe(3);
  expect(streams.map((s) => [s.peer, s.complete])).toEqual([['10.0.0.1', true], ['10.0.0.1', true], ['10.0.0.1', true]]);
});
