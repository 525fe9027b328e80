/** Invariants of io_uring's rings, in the order of their ids. */
import { COMPLETION_QUEUE, SUBMISSION_QUEUE } from './completion_queue.ts';
import { COMPLETIONS, FULL_ENDS } from './completions.ts';
import type { Invariant } from './form.ts';
import { PROVIDED_BUFFERS } from './provided_buffers.ts';
import { LINKS } from './request_links.ts';
import { DEFERRED, DESCRIPTORS, RING_GONE } from './ring_end.ts';
import { TIMEOUTS } from './timeouts.ts';
import { CANCELLATIONS, WAKEUPS, WORKERS } from './waiting_requests.ts';

export const RINGS: readonly Invariant[] = [
  COMPLETIONS, FULL_ENDS, COMPLETION_QUEUE, SUBMISSION_QUEUE, PROVIDED_BUFFERS, TIMEOUTS, LINKS, WAKEUPS, WORKERS, CANCELLATIONS,
  RING_GONE, DESCRIPTORS, DEFERRED,
];
