/** What the timeline asks. */
export {
  type Timeline, timeline, type TimelineCounter, timelineNow, type TimelineParams, type TimelineSpan, type TimelineTrack,
} from './frame.ts';
export { type SpanDetail, timelineSpan } from './span.ts';
