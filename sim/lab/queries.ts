/**
 * Every question that a view may ask of the laboratory. The page asks over its worker, tests ask directly. Those of the first views are
 * here; the others are loaded when they are asked for (late.ts), so that the page is there soon.
 */
import type { Lab } from './lab.ts';
import type { LateQueries } from './late_queries.ts';
import type { Moment } from './moment.ts';
import { overview } from './views/overview.ts';
import { playTo, stepAtTime } from './views/playhead.ts';
import { result } from './views/result.ts';
import { ruler } from './views/ruler.ts';
import { road } from './views/road.ts';

/** A question: what is to be known at a moment. Its parameters and its answer are plain data (structured clone). */
export type Query<P, R> = (moment: Moment, params: P, lab: Lab) => R;

export const FIRST_QUERIES = {
  overview,
  play_to: playTo,
  result,
  ruler,
  road,
  step_at_time: stepAtTime,
};
export type Queries = typeof FIRST_QUERIES & LateQueries;
export type QueryName = keyof Queries;
export type Params<K extends QueryName> = Parameters<Queries[K]>[1];
export type Answer<K extends QueryName> = ReturnType<Queries[K]>;
