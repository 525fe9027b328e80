/** Something that runs a job on a real kernel: this machine, a virtual one, one with a NIC of ours, or one over SSH. */
import type { TraceLine } from '../../sim/host/index.ts';
import type { Capabilities } from './fit.ts';
import type { Job } from './job.ts';

export const TARGETS = ['host', 'vm', 'nic', 'ssh'] as const;
export type TargetName = (typeof TARGETS)[number];

/** What one job said. A run that did not come to its end is no result: `failure` says in one sentence why, with the remedy. */
export interface NativeRun {
  readonly job: Job;
  /** Lines of the agent's trace, `caps` first. */
  readonly lines: readonly TraceLine[];
  /** The same as text, as the agent printed them. */
  readonly text: string;
  readonly failure?: string;
  /** Which kernel it was, to the last digit, where this is known: release, version of the package, hash of the image. */
  readonly image?: string;
  /** What of the scenario this target does not have, a sentence each: it is named beside every comparison. */
  readonly unlike: readonly string[];
}

export interface Watch {
  /** What is going on, for the progress line. */
  readonly progress: (text: string) => void;
  /** A line that is to stay: what is done to somebody's machine. Without it such lines go to `progress`. */
  readonly note?: (text: string) => void;
  /** Aborted by Ctrl-C: the target cleans up and throws. */
  readonly signal: AbortSignal;
}

/** A target that can be used. */
export interface Target {
  readonly name: TargetName;
  /** As the user wrote it: host, vm, nic, ssh:HOST. */
  readonly shown: string;
  /** What it can do, for fitted(): a scenario is fitted before it becomes a job. Without it: everything that scenarios depend on. */
  capabilities?(watch: Watch): Promise<Capabilities>;
  /** What the simulator has to be told about the machine where it runs the same steps. */
  readonly step_sets?: readonly string[];
  /** Runs jobs one after the other (a virtual machine: in one boot) and leaves nothing behind, however it ends. */
  run(jobs: readonly Job[], watch: Watch): Promise<readonly NativeRun[]>;
}

/** The lab cannot do what was asked of it: one sentence with the remedy. The command line ends with exit code 1, never with a pass. */
export class LabError extends Error {
  override readonly name: string = 'LabError';
}

/** Our own sources do not build: a fault of ours, and nothing that the machine lacks. */
export class BuildError extends LabError {
  override readonly name = 'BuildError';
}
