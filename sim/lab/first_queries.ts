/**
 * The questions that the first screen asks: small, so that it is there soon. The page gets all others when the first of
 * them is asked (web/lab/worker.ts); what is not listed here is one of those.
 */
import { newest } from './views/inspect/newest.ts';
import { memory } from './views/memory.ts';
import { overview } from './views/overview.ts';
import { playTo, stepAtTime } from './views/playhead.ts';
import { result } from './views/result.ts';
import { rings } from './views/rings/index.ts';
import { slot } from './views/rings/slot.ts';
import { road } from './views/road.ts';
import { ruler } from './views/ruler.ts';

export const FIRST_QUERIES = {
  memory, newest, overview, play_to: playTo, result, rings, road, ruler, slot, step_at_time: stepAtTime,
};
