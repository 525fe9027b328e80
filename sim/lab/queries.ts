/** Every question that a view may ask of the laboratory. The page asks over its worker, tests ask directly. */
import type { Lab } from './lab.ts';
import type { Moment } from './moment.ts';
import { breakpointStates } from './views/breakpoints.ts';
  compare,
  compare_series: compareSeries,
  faults,
  knobs,
  next_event: nextEvent,
