/** Every question that a view may ask of the laboratory. The page asks over its worker, tests ask directly. */
import type { Lab } from './lab.ts';
import type { Moment } from './moment.ts';
import { breakpointStates } from './views/breakpoints.ts';
import { charts } from './views/charts/index.ts';
import { compare, compareSeries } from './views/compare/index.ts';
import { doctor } from './findings.ts';
import { faults } from './views/faults.ts';
import { filterCheck, findRecord, matches } from './views/find.ts';
import { knobs } from './views/knobs.ts';
import { logRowOf, logRows, logText, matchingThings } from './views/log.ts';
import { lessonAnswer, lessonJudge, lessonPlace, lessonValues } from './views/lesson.ts';
import { inspect, newest } from './views/inspect/index.ts';
import { why } from './views/inspect/why.ts';
import { bufferLife } from './views/memory/life.ts';
import { memory } from './views/memory.ts';
import { nextEvent } from './views/next_event.ts';
import { overview } from './views/overview.ts';
import { playTo, stepAtTime } from './views/playhead.ts';
import { result } from './views/result.ts';
import { ruler } from './views/ruler.ts';
import { rings } from './views/rings/index.ts';
import { slot } from './views/rings/slot.ts';
import { runTo } from './views/stops.ts';
import { road } from './views/road.ts';
import { runFile } from './views/run_file.ts';
import { tcpEnds, tcpFlows, tcpLadder, tcpOfPacket, tcpPlot } from './views/tcp/index.ts';
import { timeline, timelineNow, timelineSpan } from './views/timeline/index.ts';

/** A question: what is to be known at a moment. Its parameters and its answer are plain data (structured clone). */
export type Query<P, R> = (moment: Moment, params: P, lab: Lab) => R;

export const QUERIES = {
  buffer_life: bufferLife,
  memory,
  breakpoint_states: breakpointStates,
  charts,
  compare,
  compare_series: compareSeries,
  doctor,
  faults,
  knobs,
  next_event: nextEvent,
  filter_check: filterCheck,
  find_record: findRecord,
  log_row_of: logRowOf,
  log_rows: logRows,
  log_text: logText,
  matches,
  matching_things: matchingThings,
  lesson_answer: lessonAnswer,
  lesson_judge: lessonJudge,
  lesson_place: lessonPlace,
  lesson_values: lessonValues,
  inspect,
  newest,
  overview,
  play_to: playTo,
  result,
  ruler,
  rings,
  run_to: runTo,
  road,
  run_file: runFile,
  slot,
  step_at_time: stepAtTime,
  tcp_ends: tcpEnds,
  tcp_flows: tcpFlows,
  tcp_ladder: tcpLadder,
  tcp_of_packet: tcpOfPacket,
  tcp_plot: tcpPlot,
  why,
  timeline,
  timeline_now: timelineNow,
  timeline_span: timelineSpan,
};
export type Queries = typeof QUERIES;
export type QueryName = keyof Queries;
export type Params<K extends QueryName> = Parameters<Queries[K]>[1];
export type Answer<K extends QueryName> = ReturnType<Queries[K]>;
