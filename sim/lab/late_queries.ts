/** Questions of views that are not there from the beginning. */
import { breakpointStates } from './views/breakpoints.ts';
import { filterCheck, findRecord, matches } from './views/find.ts';
import { logRowOf, logRows, logText, matchingThings } from './views/log.ts';
import { inspect, newest } from './views/inspect/index.ts';
import { why } from './views/inspect/why.ts';
import { lessonAnswer, lessonJudge, lessonPlace, lessonValues } from './views/lesson.ts';
import { rings } from './views/rings/index.ts';
import { slot } from './views/rings/slot.ts';
import { runTo } from './views/stops.ts';
import { runFile } from './views/run_file.ts';
import { tcpEnds, tcpFlows, tcpLadder, tcpOfPacket, tcpPlot } from './views/tcp/index.ts';

export const LATE_QUERIES = {
  breakpoint_states: breakpointStates,
  filter_check: filterCheck,
  find_record: findRecord,
  log_row_of: logRowOf,
  log_rows: logRows,
  log_text: logText,
  matches,
  matching_things: matchingThings,
  inspect,
  lesson_answer: lessonAnswer,
  lesson_judge: lessonJudge,
  lesson_place: lessonPlace,
  lesson_values: lessonValues,
  newest,
  rings,
  run_to: runTo,
  run_file: runFile,
  slot,
  tcp_ends: tcpEnds,
  tcp_flows: tcpFlows,
  tcp_ladder: tcpLadder,
  tcp_of_packet: tcpOfPacket,
  tcp_plot: tcpPlot,
  why,
};
export type LateQueries = typeof LATE_QUERIES;
