/** Target host: the kernel that we run on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Job, jobOf, openTarget } from '../../native-backend/lab/index.ts';
import { loadScenario } from '../../sim/host/index.ts';

const root = join(import.meta.dirname, '..', '..');
const watch = () => ({ progress: () => {}, signal: new AbortController().signal });
function job(name: string, sets: readonly string[] = []): Job {
  const file = `scenarios/${name}.yaml`;
  return jobOf(name, loadScenario(readFileSync(join(root, file), 'utf8'), file, { sets }));
}

describe.skipIf(process.platform !== 'linux')('target host', () => {
  test('step scenarios run one after the other and say which kernel it was', async () => {
    const runs = await (await openTarget('host')).run([job('conform/cancel'), job('conform/links')], watch());
    expect(runs.map((r) => [r.job.name, r.failure])).toEqual([['conform/cancel', undefined], ['conform/links', undefined]]);
    for (const run of runs) expect([run.lines[0]?.e, run.lines.at(-1)?.e]).toEqual(['caps', 'end']);
  });
});
