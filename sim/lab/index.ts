/** The laboratory's public surface: recordings, branches, and the questions that views ask. No browser is needed. */
export { applyEdit, type Edit, editText, type FaultEdit, type KnobEdit, refusalOf } from './edits.ts';
export { EXPORT_KINDS, type ExportId, type ExportKind } from './export_kinds.ts';
export * from './explore/index.ts';
export type { ToldFinding } from './findings.ts';
export { type Opened, type OpenedLine, openFile, type OpenOptions } from './opened.ts';
export { type Exported, exportRun, runCommandOf, TRACE_COLUMNS, traceLines } from './exports.ts';
export { type Branch, BRANCHES_MAX, Lab, setsOfSource, type Source } from './lab.ts';
export { FIRST_QUERIES } from './first_queries.ts';
export { Machine as StepMachine } from './machine.ts';
export { type At, Moment } from './moment.ts';
export { type Answer, type Params, QUERIES, type Queries, type Query, type QueryName } from './queries.ts';
export { openLab, PROGRAMS } from './open_lab.ts';
export { NO_PROGRAMS, type Programs, ProgramsWanted } from './programs.ts';
export { rerun, withEdits } from './rerun.ts';
export { looksLikeRunFile, type Opening, openingOf, readRunFile, type RunFile, RUN_FILE_VERSION, runFileText } from './run_file.ts';
export { scenarioText } from './scenario_text.ts';
export { type Fork, type ProgramLine, Recording } from './recording.ts';
export { type BrokenRun, brokenRun } from './broken_run.ts';
export type { BrokenRule, Guard, Guards } from './guard.ts';
export { type CheckedText, checkText, type TextProblem } from './editing/check_text.ts';
export { aboutPath, type Choice, keysAt, type Path, type Schema, valuesAt } from './editing/schema.ts';
export { removeIn, setIn } from './editing/yaml_edit.ts';
export { pathAt, type Spot, spotAt } from './editing/yaml_place.ts';
export { type Picture, PICTURE_COLUMNS, pictureOf } from './picture.ts';
export type { Piece, RingKind, RingMark, RingView, SlotState, Twice } from './views/rings/index.ts';
export type { Decoded, DecodedField } from './views/uapi_decode.ts';
export { FilterError, compileFilter, type Predicate } from './filter/index.ts';
export type { Stop } from './views/stops.ts';
export { GAUGES as GAUGE_NAMES } from './views/road/gauges.ts';
export { type DropCount, type Movers, MOVES, type RoadDrop, type RoadFrame, type RoadHost, type RoadParams } from './views/road.ts';
export { moverId, placeCode, placeOfCode, ROAD_KINDS, type RoadKind } from './views/road/places.ts';
export * from './lessons/index.ts';
export type {
  Dissection, Fact, Happening, Inspection, LifeEvent, Lifeline, TreeNode, WhatIf, Why, WhyLink,
} from './views/inspect/index.ts';
export type { BufferLife, LifeStep } from './views/memory/life.ts';
export { AGES, BUFFER_STATES, type BufferState } from './views/memory/states.ts';
export type { AreaInfo, MemoryFrame, MemoryParams, Trouble } from './views/memory.ts';
export {
  type ChangedNumber, COMPARE_LEVELS, type CompareLevel, type CompareSeries, type Comparison, type LevelPair, type SideEvent,
} from './views/compare/index.ts';
export type { FaultRow, FaultTarget } from './views/faults.ts';
export type { KnobRow } from './views/knobs.ts';
export { type NextAnswer, STEPS_BY, type StepBy } from './views/next_event.ts';
