/** Scenarios of every kind, those with programs of steps among them. */
import type { Sizing } from './scenario_limits.ts';
import { compileDraftWith, type Draft, type LoadOptions, loadScenarioWith, type Scenario } from './scenario.ts';
import { draftOf } from './scenario_draft.ts';
import { type Plain, treeOf } from './scenario_tree.ts';
import { compileSteps } from './steps/compile.ts';

/** Defaults, checks across knobs and sizes. Throws a ScenarioError with everything that is wrong. */
export const compileDraft = (draft: Draft, sizing: Sizing = {}): Scenario => compileDraftWith(compileSteps, draft, sizing);

/** Reads, changes and compiles a scenario. */
export const loadScenario = (text: string, file: string, options: LoadOptions = {}): Scenario =>
  loadScenarioWith(compileSteps, text, file, options);

/** Compiles a scenario that is a value, as its YAML would be read. `name` stands for its file. */
export const scenarioOf = (value: Plain, name: string, sizing: Sizing = {}): Scenario =>
  compileDraft(draftOf(treeOf(value, { source: name, line: 0, col: 0 }), name), sizing);
