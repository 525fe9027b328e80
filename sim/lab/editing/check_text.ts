/** What is wrong with a scenario's text, and what its knobs are. */
import { type HostKnob, InputError, loadScenario, type RunKnob, ScenarioError } from '../../host/index.ts';
import { HOST_KNOBS, HOSTS, RUN_KNOBS } from '../../schema/scenario.ts';

export interface TextProblem {
  /** From 1; 0: it is about the whole. */
  readonly line: number;
  readonly col: number;
  readonly text: string;
}
export interface CheckedText {
  readonly problems: readonly TextProblem[];
  /** Values by run.seed, client.nic.mtu; undefined while something is wrong. */
  readonly values: Readonly<Record<string, number>> | undefined;
}

function valuesOf(text: string, name: string): Record<string, number> {
  const scenario = loadScenario(text, name, {});
  const run = RUN_KNOBS.map((k) => `${k.section}.${k.name}` as RunKnob).map((k) => [k, scenario.run[k]] as const);
  const hosts = HOSTS.flatMap((host, i) => HOST_KNOBS.map((k) => `${k.section}.${k.name}` as HostKnob)
    .map((k) => [`${host}.${k}`, scenario.hosts[i as 0 | 1].values[k]] as const));
  return Object.fromEntries([...run, ...hosts]);
}

export function checkText(text: string, name: string): CheckedText {
  try {
    return { problems: [], values: valuesOf(text, name) };
  } catch (error) {
    if (error instanceof ScenarioError) {
      const problems = error.problems.map(({ place, key, text: what }) => ({
        line: place.line, col: place.col, text: key === '' ? what : `${key}: ${what}`,
      }));
      return { problems, values: undefined };
    }
    if (error instanceof InputError) return { problems: [{ line: 0, col: 0, text: error.message }], values: undefined };
    throw error;
  }
}
