/** The laboratory's public surface: recordings, branches, and the questions that views ask. No browser is needed. */
export { type Edit, type FaultEdit, type KnobEdit } from './edits.ts';
export { type Branch, BRANCHES_MAX, Lab, type Source } from './lab.ts';
export { type At, Moment } from './moment.ts';
export { type Answer, type Params, QUERIES, type Queries, type Query, type QueryName } from './queries.ts';
export { type Fork, type ProgramLine, Recording } from './recording.ts';
