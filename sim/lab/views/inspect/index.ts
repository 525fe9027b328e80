/** The inspector's question: all that is to be said at a moment of what a selection names. */
import { InputError, narrate } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { inspectBuffer } from './buffer.ts';
import type { Inspection } from './doc.ts';
import { inspectPacket } from './packet.ts';
import { inspectCqe, inspectRequest } from './request.ts';
import { idOfRecord } from './why.ts';
import { inspectRecord, inspectRing, inspectSlot, inspectSock } from './state.ts';

export type { Dissection, Fact, Happening, Inspection, LifeEvent, Lifeline, TreeNode } from './doc.ts';
export type { WhatIf, Why, WhyLink } from './why.ts';

const FORMS: readonly (readonly [RegExp, (moment: Moment, id: string, a: number, b: number) => Inspection])[] = [
  [/^packet:(\d+)$/, inspectPacket],
  [/^buffer:([01]):(\d+)$/, (moment, id, host, niov) => inspectBuffer(moment, id, host, niov)],
  [/^cqe:(\d+)$/, inspectCqe],
  [/^request:(\d+)$/, inspectRequest],
  [/^sock:(\d+)$/, inspectSock],
  [/^ring:(\d+)$/, inspectRing],
  [/^(?:slot|rxd):/, inspectSlot],
  [/^record:(\d+)$/, inspectRecord],
];

/** What the inspector offers while nothing is selected: the newest of each kind. */
export function newest(moment: Moment): readonly { readonly id: string; readonly text: string }[] {
  const { trace } = moment.recording;
  const found = new Map<string, { id: string; text: string }>();
  for (let i = moment.records - 1; i >= Math.max(0, moment.records - NEWEST_FAR) && found.size < 4; i--) {
    const r = trace.record(i);
    const id = idOfRecord(r, i);
    const kind = id.slice(0, id.indexOf(':'));
    if (kind !== 'record' && !found.has(kind)) found.set(kind, { id, text: narrate(r) });
  }
  return [...found.values()];
}
const NEWEST_FAR = 20_000;

/** What cannot be shown is said in a sentence: it is not there yet, or not any more. */
export function inspect(moment: Moment, { id }: { readonly id: string }): Inspection | { readonly id: string; readonly missing: string } {
  for (const [form, show] of FORMS) {
    const match = form.exec(id);
    if (!match) continue;
    try {
      return show(moment, id, Number(match[1]), Number(match[2]));
    } catch (error) {
      if (error instanceof InputError) return { id, missing: error.message };
      throw error;
    }
  }
  return { id, missing: `${id}: nothing is called so` };
}
