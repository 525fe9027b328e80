/** How often each event was traced, by host: an answer to many questions that costs one pass. */
import { EVENTS } from '../schema/events.ts';
import type { TraceBatch } from './trace.ts';

export class EventCounts {
  private readonly counts = [new Float64Array(256), new Float64Array(256)];

  add(batch: TraceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const of_host = this.counts[batch.host(i)];
      if (of_host) of_host[batch.kind(i)] = (of_host[batch.kind(i)] as number) + 1;
    }
  }

  /** All events by name, also those that did not occur. */
  of(host: number): Record<string, number> {
    return Object.fromEntries(EVENTS.map((e, i) => [e.name, this.counts[host]?.[i + 1] ?? 0]));
  }
}
