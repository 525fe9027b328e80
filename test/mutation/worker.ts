/** A thread of the campaign: has the mutated core, and does what it is told. Circles outside of the core are ended from outside. */
import { parentPort, workerData } from 'node:worker_threads';
import { suite } from './suite.ts';
import { type Baseline, Trial } from './trial.ts';
import type { Mutated } from './compile.ts';

export interface WorkerData {
  readonly core: WebAssembly.Module;
  readonly units: Mutated['units'];
}
export type Job =
  | { readonly kind: 'baseline'; readonly check: number; readonly mutants: number }
  | { readonly kind: 'judge'; readonly mutant: number; readonly checks: readonly Pick<Baseline, 'check' | 'small' | 'steps'>[] };
export type Reply =
  | { readonly kind: 'baseline'; readonly baseline: Baseline }
  | { readonly kind: 'at'; readonly check: number }
  | { readonly kind: 'judged'; readonly check: number; readonly why: string };

const port = parentPort;
if (!port) throw new Error('this is a thread of npm run mutation');
const { core, units } = workerData as WorkerData;
const trial = new Trial(core, suite(units));
const say = (reply: Reply) => port.postMessage(reply);

port.on('message', (job: Job) => {
  if (job.kind === 'baseline') {
    say({ kind: 'baseline', baseline: trial.baseline(job.check, job.mutants) });
    return;
  }
  for (const one of job.checks) {
    say({ kind: 'at', check: one.check });
    const why = trial.judge(one, job.mutant);
    if (why === '') continue;
    say({ kind: 'judged', check: one.check, why });
    return;
  }
  say({ kind: 'judged', check: -1, why: '' });
});
