/** What was done to a run by hand, as far as it excuses what comes of it. */
import { KNOB_BITS } from '../../host/index.ts';
import { EDIT_OP } from '../../schema/edits.ts';
import { HOST_KNOBS } from '../../schema/scenario.ts';

const OF = (names: readonly string[]): ReadonlySet<number> => new Set(names.map((name) => EDIT_OP[name] ?? -1));

/** The number of a knob, as an edit names it. */
export const knobNumber = (section: string, name: string): number => HOST_KNOBS.findIndex((k) => k.section === section && k.name === name);

/** Edits that keep a core, an interrupt or a task waiting. */
export const HOLDS: ReadonlySet<number> = OF(['hold_softirq', 'hold_irq', 'stall']);
export const HOLD_SOFTIRQ = EDIT_OP['hold_softirq'] ?? -1;
export const KNOB = EDIT_OP['knob'] ?? 0;
/** Of an edit's second word: the number of its knob. */
export const KNOB_MASK = 2 ** KNOB_BITS - 1;
export const SHRINK_CQ = EDIT_OP['shrink_cq'] ?? -1;
/** Number of the knob that stops every writer for ever when it is 0, in Linux, too (include/net/tcp.h: tcp_stream_memory_free). */
export const NOTSENT_LOWAT = knobNumber('tcp', 'notsent_lowat');
