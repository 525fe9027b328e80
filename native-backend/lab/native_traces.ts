/** Scenarios on a target: fitted to what it has, run as jobs, each with what the simulator has to be told to be compared with it. */
import { loadScenario, type TraceLine } from '../../sim/host/index.ts';
import { type Written, writtenJob } from './compare/beside.ts';
import { kernelOf, kernelSets } from './compare/kernel_sets.ts';
import { fitted as fittedTo } from './fit.ts';
import type { Job } from './job.ts';
import type { NativeRun, Target, TargetName, Watch } from './target.ts';

export interface NativeTrace extends NativeRun {
  readonly target: TargetName;
  /** As the user wrote it: ssh:HOST. */
  readonly shown: string;
  /** Release of its kernel; empty when it said nothing. */
  readonly kernel: string;
  /** Behaviours of that kernel, and what was changed for the target. */
  readonly sets: readonly string[];
}

/** Asks the kernel how it behaves: before the scenarios, and in the same boot. */
function probeJob(job: Job): Job {
  return { ...job, name: 'probe', kind: 'steps', program: `${JSON.stringify({ step: 'probe' })}\n` };
}

export async function nativeTraces(target: Target, all: readonly Written[], watch: Watch): Promise<readonly NativeTrace[]> {
  const can = await target.capabilities?.(watch);
  const fitted = all.map((written) => {
    const scenario = loadScenario(written.text, written.file, { sets: written.sets });
    const { sets, sentences } = can ? fittedTo(scenario, can) : { sets: [], sentences: [] };
    return { job: writtenJob({ ...written, sets: [...written.sets, ...sets] }), sets, sentences };
  });
  const [first] = fitted;
  if (!first) return [];
  const [probe, ...runs] = await target.run([probeJob(first.job), ...fitted.map((f) => f.job)], watch);
  const asked: readonly TraceLine[] = probe?.lines ?? [];
  return runs.map((run, i): NativeTrace => {
    const kernel = kernelOf(run.lines) || kernelOf(asked);
    return {
      ...run, target: target.name, shown: target.shown, kernel,
      sets: [
        ...kernelSets([...asked, ...run.lines]), ...(run.job.kind === 'steps' ? target.step_sets ?? [] : []), ...(fitted[i]?.sets ?? []),
      ],
      unlike: [...(fitted[i]?.sentences ?? []), ...run.unlike],
    };
  });
}
