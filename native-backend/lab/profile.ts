/** What the simulator has to be so that it does as a real kernel does, from what the agent found out by trying (agent --probe). */
import { BEHAVIOURS, type Profile, PROFILES } from '../../sim/schema/behaviours.ts';
import { LabError } from './target.ts';

export interface Probe {
  readonly kernel: string;
  /** By the names of sim/schema/behaviours.ts; what could not be decided is not there. */
  readonly behaviours: Readonly<Record<string, boolean>>;
  readonly unknown: readonly string[];
}

/** The probe in what the agent printed. */
export function probeOf(text: string): Probe {
  const line = text.split('\n').find((l) => l.includes('"e":"probe"'));
  if (line === undefined) throw new LabError(`the agent could not probe this kernel (${whyNot(text)}).`);
  const { kernel, behaviours, unknown } = JSON.parse(line) as Probe;
  return { kernel, behaviours, unknown };
}

function whyNot(text: string): string {
  const stop = text.split('\n').find((l) => l.includes('"e":"stop"'));
  return stop === undefined ? 'it said nothing' : (JSON.parse(stop) as { why: string }).why;
}

/** Behaviours in which a kernel differs from a profile. */
const unlike = ({ behaviours }: Probe, profile: Profile) =>
  BEHAVIOURS.filter(({ name, profiles }) => (behaviours[name] ?? profiles.includes(profile)) !== profiles.includes(profile));

/** Of equally near profiles, the one that the kernel says it is: no behaviour tells 7.0 from its neighbour in every respect. */
function nearest(probe: Probe): Profile {
  const own = PROFILES.filter((p) => probe.kernel === p || probe.kernel.startsWith(`${p}.`));
  const differences = (p: Profile) => unlike(probe, p).length;
  return [...own, ...[...PROFILES].reverse()].reduce((best, p) => (differences(p) < differences(best) ? p : best));
}

/** `--set`s for the simulator: the nearest profile, and the single behaviours that differ from it. */
export function behavioursOf(probe: Probe): string[] {
  const profile = nearest(probe);
  const flags = unlike(probe, profile).map(({ name }) => `kernel.${name}=${probe.behaviours[name] ? 'on' : 'off'}`);
  return [`kernel.profile=${profile}`, ...flags];
}
