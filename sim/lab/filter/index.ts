/** The filter language: one for log, breakpoints, search and whatever dims what does not fit (docs/filter.md). */
export { compileFilter, type Predicate } from './compile.ts';
export { type Completion, completeFilter } from './complete.ts';
export { FilterError } from './error.ts';
export { levelsOf, NO_LEVEL } from './levels.ts';
export { type LevelName, LEVELS } from './vocabulary.ts';
