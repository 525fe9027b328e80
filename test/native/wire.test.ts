/** Step programs that play both hosts: on this machine's kernel, in two namespaces with a veth pair, they say what the simulator says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HostTarget } from '../../native-backend/lab/host.ts';
import { jobOf } from '../../native-backend/lab/index.ts';
import { missingForNamespaces } from '../../native-backend/lab/netns.ts';
import { compileCore, loadScenario, runScenario, traceText } from '../../sim/host/index.ts';

const root = join(import.meta.dirname, '..', '..');
const missing = process.platform === 'linux' ? missingForNamespaces() : 'this is not Linux';
if (missing !== undefined) console.log(`steps over the wire: not tested on this kernel (${missing}).`);

describe.skipIf(missing !== undefined)('over the wire', () => {
  test('a program for both hosts says on a real kernel what it says in the simulator', async () => {
    const file = 'scenarios/conform/wire.yaml';
    const scenario = loadScenario(readFileSync(join(root, file), 'utf8'), file);
    const said: string[] = [];
    runScenario(await compileCore(readFileSync(join(root, 'build/core.wasm'))), scenario, { onStep: (l) => said.push(traceText(l)) });
    const watch = { progress: () => {}, signal: new AbortController().signal };
    const [run] = await HostTarget.open().run([jobOf('conform/wire', scenario)], watch);
    expect(run?.failure).toBeUndefined();
    const lines = (run?.lines ?? []).map(traceText);
    expect(lines.slice(1)).toEqual(said.slice(1));
  });
});
