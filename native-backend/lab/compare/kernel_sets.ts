/** What the simulator has to be told to behave as the kernel behind a trace: `--set`s. */
import { PROFILES } from '../../../sim/schema/behaviours.ts';
import type { TraceLine } from '../../../sim/host/index.ts';
import { behavioursOf, type Probe } from '../profile.ts';

/** 7.2 of 7.2.12+deb13-cloud-amd64; as one number, to be ordered. */
function version(release: string): number | undefined {
  const found = /^(\d+)\.(\d+)/.exec(release);
  return found ? Number(found[1]) * 1000 + Number(found[2]) : undefined;
}

/** The newest profile that is no newer than the release; the oldest one for kernels before it. */
export function nearestProfile(release: string): string {
  const own = version(release) ?? Number.POSITIVE_INFINITY;
  return [...PROFILES].reverse().find((p) => (version(p) ?? 0) <= own) ?? PROFILES[0];
}

/** Release of the kernel that a trace comes from. */
export const kernelOf = (lines: readonly TraceLine[]): string => String(lines.find((l) => l.e === 'caps')?.kernel ?? '');

/** What the agent found out by trying, if it was asked; else what kernels of that release do. */
export function kernelSets(lines: readonly TraceLine[]): readonly string[] {
  const probe = lines.find((l) => l.e === 'probe') as unknown as Probe | undefined;
  if (probe) return behavioursOf(probe);
  return [`kernel.profile=${nearestProfile(kernelOf(lines))}`];
}
