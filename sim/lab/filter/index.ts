/** The filter language: one for log, breakpoints, search and whatever dims what does not fit (docs/filter.md). */
export { compileFilter, type Predicate } from './compile.ts';
export { type Completion, completeFilter, EXAMPLES } from './complete.ts';
export { FilterError } from './error.ts';
export { type LevelChanges, levelsOf, NO_LEVEL } from './levels.ts';
export { type LevelName, LEVELS } from './vocabulary.ts';
export { MatchIndex, matchesOf } from './match_index.ts';
