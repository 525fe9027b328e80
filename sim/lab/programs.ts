/**
 * Applications in TypeScript, as the laboratory needs them. They and what compiles programs of steps are a third of the page's worker,
 * and few scenarios have any: the page loads them when one does.
 */
import {
  type Engine, type LoadOptions, loadScenarioWith, roleOf, type Scenario, type ScriptHosts, type ScriptOptions,
} from '../host/index.ts';

export type Scripts = Pick<ScriptHosts, 'streams' | 'steps' | 'step' | 'in_turn'>;

export interface Programs {
  readonly load: (text: string, file: string, options: LoadOptions) => Scenario;
  readonly scripts: (engine: Engine, scenario: Scenario, options: ScriptOptions) => Scripts;
}

/** The scenario has applications in TypeScript, and they are not here. */
export class ProgramsWanted extends Error {}

const wanted = (): never => {
  throw new ProgramsWanted('this scenario has applications in TypeScript');
};

const NO_SCRIPTS: Scripts = { streams: new Map(), steps: undefined, step: wanted, in_turn: false };

/** For scenarios without any; for others, ProgramsWanted. */
export const NO_PROGRAMS: Programs = {
  load: (text, file, options) => loadScenarioWith(wanted, text, file, options),
  scripts: (_, scenario) => ([0, 1] as const).some((host) => roleOf(scenario, host) === 'script') ? wanted() : NO_SCRIPTS,
};
