/** What the doctor finds in a recorded run, and how it is told. */
import { atText, Chart, examine, type Finding, patientOf, storyOfSteps } from '../host/index.ts';
import type { Moment } from './moment.ts';
import type { Recording } from './recording.ts';

const FOUND = new WeakMap<Recording, readonly Finding[]>();

/** Of the whole run; undefined until it is recorded. */
export function findingsIn(recording: Recording): readonly Finding[] | undefined {
  const known = FOUND.get(recording);
  const result = recording.result();
  if (known || !result) return known;
  const { scenario } = recording;
  const chart = new Chart(scenario.steps === undefined);
  for (const batch of recording.trace.batches) chart.add(batch);
  const story = scenario.steps && storyOfSteps(scenario.steps, recording.program_lines.map((l) => l.line), []);
  const found = examine(patientOf(scenario.name, chart, { scenario, result, engine: recording.engineAt(recording.length) }, story));
  FOUND.set(recording, found);
  return found;
}

/** A finding, and where each piece of its evidence stands. */
export interface ToldFinding extends Omit<Finding, 'evidence'> {
  readonly evidence: readonly { readonly at: string; readonly text: string }[];
}
export const told = (findings: readonly Finding[]): ToldFinding[] =>
  findings.map((f) => ({ ...f, evidence: f.evidence.map((e) => ({ at: atText(e), text: e.text })) }));

/** The doctor's findings about the run, the worst first; undefined while it is being recorded. */
export function doctor({ recording }: Moment, _: Readonly<Record<string, never>>): readonly ToldFinding[] | undefined {
  const found = findingsIn(recording);
  return found && told(found);
}
