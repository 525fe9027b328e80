/** The inspector's question: all that is to be said at a moment of what a selection names. */
import { InputError } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { inspectBuffer } from './buffer.ts';
import type { Inspection } from './doc.ts';
import { inspectPacket } from './packet.ts';
import { inspectCqe, inspectRequest } from './request.ts';
import { inspectRecord, inspectRing, inspectSlot, inspectSock } from './state.ts';

export { newest } from './newest.ts';
export type { Dissection, Fact, Happening, Inspection, LifeEvent, Lifeline, TreeNode } from './doc.ts';
export type { WhatIf, Why, WhyLink } from './why.ts';

const FORMS: readonly (readonly [RegExp, (moment: Moment, id: string, a: number, b: number) => Inspection])[] = [
  [/^packet:(\d+)$/, inspectPacket],
  [/^buffer:([01]):(\d+)$/, (moment, id, host, niov) => inspectBuffer(moment, id, host, niov)],
  [/^cqe:(\d+)$/, inspectCqe],
  [/^request:(\d+)$/, inspectRequest],
  [/^sock:(\d+)$/, inspectSock],
  [/^ring:(\d+)$/, inspectRing],
  [/^(?:slot|rxd|overflow):/, inspectSlot],
  [/^record:(\d+)$/, inspectRecord],
];

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
