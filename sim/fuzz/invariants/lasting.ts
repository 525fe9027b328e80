/**
 * What somebody has done to a run for good: a connection that was reset or was told lies, a buffer whose return was lost. Nothing makes it
 * whole again, in Linux neither (sim/schema/edits.ts: lasting), so what is owed for it ends there.
 */
import { EDITS } from '../../schema/edits.ts';
import type { OnRecord } from './form.ts';

const LASTING = EDITS.map((form) => form.lasting);

export class Lasting {
  /** Some connection may have ended early, or may wait for ever. */
  connection = false;
  /** Some buffer is on loan for ever. */
  buffer = false;

  readonly edit: OnRecord = (batch, i) => {
    const what = LASTING[batch.a(i)];
    if (what === 'connection') this.connection = true;
    if (what === 'buffer') this.buffer = true;
  };
}
