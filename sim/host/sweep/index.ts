/** Sweeps: a scenario measured at every combination of some knobs' values. */
export { type Axis, knobOf, parseAxis } from './axis.ts';
export { type CellJob, cellKey, type CellRecord, measureCell } from './cell.ts';
export { type Choice, choicesOf, median } from './choices.ts';
export { type Goal, paretoFront } from './front.ts';
export { CELLS_MAX, type Grid, type PlannedCell, planGrid, setsOf } from './grid.ts';
export { type Knee, kneeOf, kneeSentences } from './knee.ts';
export { type CellMeasurement, DEFAULT_METRICS, METRICS, type Metric, metricsNamed, metricText } from './metrics.ts';
export { type Asked, askedOf, type SweepCell, sweepCsv, type SweepResult, sweepResult } from './sweep_result.ts';
export { sweepPage } from './sweep_page.ts';
export { type PathResult, pathResults } from './paths.ts';
export { type Direction, type PlannedPath, planPaths, type WayName } from './paths_plan.ts';
export { memoryNote, PATH_COLUMNS, pathCell, pathGroups, pathSentence, pathsPage, pathTitle, refusedPaths } from './paths_page.ts';
