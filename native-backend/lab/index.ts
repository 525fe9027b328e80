/** The lab: what the command line may use of it. */
export { calibrate } from './calibrate.ts';
export { type Bench, type CalibratedKnob, type Calibration, machineOf, shippedMachine } from './calibration.ts';
export { beside, type Beside, simulateAs, type Written, writtenJob } from './compare/beside.ts';
export { bothRows, compareTraces, type Comparison, type DifferenceClass } from './compare/difference.ts';
export type { Row } from './compare/fold.ts';
export { captureOf, type Golden, goldenText, readGolden } from './compare/golden.ts';
export { kernelOf, kernelSets } from './compare/kernel_sets.ts';
export { type Rule, RULES, type Where } from './compare/rules.ts';
export { type Capabilities, type Fitted, fitted } from './fit.ts';
export { type Job, jobOf } from './job.ts';
export { missingForNamespaces, staleNamespaces, sweepNamespaces } from './netns.ts';
export { type NativeTrace, nativeTraces } from './native_traces.ts';
export { openTarget, type TargetOptions } from './open_target.ts';
export { simulate, SIMULATED_SETS, type SimulatedRun } from './simulated.ts';
export { LabError, type NativeRun, TARGETS, type Target, type TargetName, type Watch } from './target.ts';
export { type Finding, type Look, survey, type Survey, type TargetState } from './survey.ts';
export { thisMachine } from './this_machine.ts';
