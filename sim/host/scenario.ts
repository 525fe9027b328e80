/**
 * A scenario, from YAML to what a run needs: the configuration block, and the lines that its result must fulfil.
 *
 *     text ── readDraft ──► draft ── applySet … ──► draft ── compileDraft ──► scenario
 *
 * Whatever is wrong ends in one ScenarioError with a line for each problem.
 */
import type { Comparing } from '../schema/comparing.ts';
import { HOST_KNOBS, HOSTS } from '../schema/scenario.ts';
import { writeBlock } from './scenario_block.ts';
import { applyChange, type Change } from './scenario_change.ts';
import { checkSetup } from './scenario_check.ts';
import { type Draft, readDraft } from './scenario_draft.ts';
import { type Place, placeText, ScenarioError } from './scenario_error.ts';
import type { Expectation } from './scenario_expect.ts';
import { autoLimits, type Sizing } from './scenario_limits.ts';
import { checkMemory } from './scenario_memory.ts';
import { resolveDraft, type Setup } from './scenario_resolve.ts';
import type { compileSteps } from './steps/compile.ts';
import type { Program } from './steps/program.ts';

export { machineText, readMachine } from './machine_file.ts';
export { readBlock } from './scenario_block.ts';
export { applyChange, type Change } from './scenario_change.ts';
export { applySet, type Assigned, type Draft, type Item, readDraft } from './scenario_draft.ts';
export { type Place, type Problem, problemText, ScenarioError } from './scenario_error.ts';
export type { Expectation } from './scenario_expect.ts';
export { parseExpect } from './scenario_expect.ts';
export { scenarioJsonSchema } from './scenario_json_schema.ts';
export type { Sizing } from './scenario_limits.ts';
export { worldBytes } from './scenario_memory.ts';
export { evaluateExpects, type ExpectOutcome } from './scenario_outcome.ts';
export type { HostSetup, Setup } from './scenario_resolve.ts';
export type { HostKnob, RunKnob } from './scenario_types.gen.ts';
export { formatQuantity, formatValue, parseQuantity, parseValue } from './scenario_units.ts';

export interface Scenario extends Setup {
  readonly name: string;
  readonly file: string;
  /** The sentence that says what it shows. */
  readonly about: string;
  /** Where its story was told in public, if it was. */
  readonly source: string;
  readonly expects: readonly Expectation[];
  /** Names of the findings that the doctor must have: exactly these; undefined when the scenario does not say. */
  readonly doctor: readonly string[] | undefined;
  /** What the core reads: copied to CONFIG_ADDR before build(). */
  readonly block: Uint8Array<ArrayBuffer>;
  /** Where each knob that somebody wrote got its value, for error messages: by `run.seed` or `server.nic.mtu`. */
  readonly written: Readonly<Record<string, string>>;
  /** The program of a step scenario, compiled. */
  readonly steps?: Program;
  /** Where each of its steps is written. */
  readonly step_places?: readonly Place[];
  /** How its trace is compared with that of a real kernel. */
  readonly compare: Comparing;
}

/** Where to look for a knob: what gave it its value, or the file. */
export const placeOf = (s: Scenario, knob: string): string => s.written[knob] ?? s.file;

/** What the engine needs of it. */
export const worldOf = ({ block, run, file, written }: Scenario) => ({ block, seed: run['run.seed'], file, written });

function writtenPlaces(draft: Draft): Record<string, string> {
  const places: Record<string, string> = {};
  for (const [knob, { place }] of draft.run) places[knob] = placeText(place);
  HOSTS.forEach((host, i) => {
    for (const { knobs } of [draft.both, draft.hosts[i as 0 | 1]]) {
      for (const [knob, { place }] of knobs) places[`${host}.${knob}`] = placeText(place);
    }
  });
  return places;
}

const optionOf = (section: string, name: string, option: string): number =>
  HOST_KNOBS.find((k) => k.section === section && k.name === name)?.options?.indexOf(option) ?? 0;
const OF_STEPS = [
  ['app.role', optionOf('app', 'role', 'script')], ['app.script', optionOf('app', 'script', 'steps')],
] as const;

/** The program of a step scenario is the server's application, and the client's when it has steps for the client. */
function runSteps(draft: Draft, program: Program): void {
  const place = draft.steps?.steps.place ?? { source: draft.file, line: 1, col: 1 };
  const client = program.some((s) => s.host === 'client' || s.over === 'wire');
  for (const host of client ? [0, 1] as const : [1] as const) {
    for (const [knob, value] of OF_STEPS) {
      const written = draft.hosts[host].knobs.get(knob) ?? draft.both.knobs.get(knob);
      if (written && written.value !== value)
        draft.problems.push({ place: written.place, key: written.key,
          text: `the ${HOSTS[host]}'s application is the program in 'steps'; leave this out` });
      draft.hosts[host].knobs.set(knob, { value, place, key: knob });
    }
  }
}

/** Makes a program of written steps. It is brought by the caller, since it is large and few scenarios have any. */
export type StepCompiler = typeof compileSteps;

/** Defaults, checks across knobs and sizes. Throws a ScenarioError with everything that is wrong. */
export function compileDraftWith(compile: StepCompiler, draft: Draft, sizing: Sizing = {}): Scenario {
  const compiled = draft.steps ? compile(draft.steps, draft.problems) : undefined;
  if (compiled) runSteps(draft, compiled.program);
  if (draft.problems.length > 0) throw new ScenarioError(draft.problems);
  const setup = resolveDraft(draft);
  const problems = checkSetup(draft, setup);
  if (problems.length > 0) throw new ScenarioError(problems);
  const sized: Setup = { ...setup, run: autoLimits(setup, sizing) };
  const memory = checkMemory(draft, sized);
  if (memory.length > 0) throw new ScenarioError(memory);
  return {
    ...sized, name: draft.name, file: draft.file, about: draft.about, source: draft.source,
    expects: draft.expects, doctor: draft.doctor, compare: draft.compare, block: writeBlock(sized),
    written: writtenPlaces(draft), ...(compiled ? { steps: compiled.program, step_places: compiled.places } : {}),
  };
}

export interface LoadOptions extends Sizing {
  /** `PATH=VALUE`, in the order of the command line; with what the user wrote where that was something else. */
  readonly sets?: readonly Change[];
}

/** Reads, changes and compiles a scenario. */
export function loadScenarioWith(compile: StepCompiler, text: string, file: string, options: LoadOptions = {}): Scenario {
  const draft = readDraft(text, file);
  for (const change of options.sets ?? []) applyChange(draft, change);
  return compileDraftWith(compile, draft, options);
}
