/** Scenarios of every kind, those with programs of steps among them. */
import type { Sizing } from './scenario_limits.ts';
import { compileDraftWith, type Draft, type LoadOptions, loadScenarioWith, type Scenario } from './scenario.ts';
import { compileSteps } from './steps/compile.ts';

/** Defaults, checks across knobs and sizes. Throws a ScenarioError with everything that is wrong. */
export const compileDraft = (draft: Draft, sizing: Sizing = {}): Scenario => compileDraftWith(compileSteps, draft, sizing);

/** Reads, changes and compiles a scenario. */
export const loadScenario = (text: string, file: string, options: LoadOptions = {}): Scenario =>
  loadScenarioWith(compileSteps, text, file, options);
