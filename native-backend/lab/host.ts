/** Target host: the kernel that we run on. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nativeRun, runAgent } from './agent_process.ts';
import type { Job } from './job.ts';
import { cacheFolder, native } from './places.ts';
import { LabError, type NativeRun, type Target, type Watch } from './target.ts';

function agentPath(): string {
  const path = join(cacheFolder('agent'), 'host');
  if (existsSync(path)) return path;
  try {
    execFileSync(native('agent', 'build.sh'), [path], { stdio: 'pipe' });
  } catch (error) {
    throw new LabError(`the agent cannot be built here (${(error as Error).message.trim().split('\n').at(-1)}).`);
  }
  return path;
}

export class HostTarget implements Target {
  readonly name = 'host';
  readonly shown = 'host';
  private readonly agent: string;

  private constructor(agent: string) {
    this.agent = agent;
  }

  static open(): HostTarget {
    if (process.platform !== 'linux') throw new LabError(`--on host needs Linux, and this is ${process.platform}; try --on vm.`);
    return new HostTarget(agentPath());
  }

  async run(jobs: readonly Job[], watch: Watch): Promise<readonly NativeRun[]> {
    const runs: NativeRun[] = [];
    for (const job of jobs) {
      watch.progress(`${job.name} on this machine`);
      runs.push(nativeRun(job, await runAgent({ argv: [this.agent], input: job.program }, watch.signal), []));
    }
    return runs;
  }
}
