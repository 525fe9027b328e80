/** What a turn of a built-in application leaves in its completion queue. */
import { LIMITS } from '../schema/limits.ts';

const TURN_CQES = LIMITS.find((l) => l.name === 'TURN_CQES')?.value ?? 0;

/**
 * Completions that are left when `handled` were, of `before` that the trace told of. A turn that handled fewer than it may found no more;
 * what an application took while it set itself up is in no turn.
 */
export const completionsLeft = (before: number, handled: number): number => (handled < TURN_CQES ? 0 : Math.max(0, before - handled));
