/** A run as a small picture: which stages were at work when, and where packets were lost. */
import { type EngineSinks, KIND, runScenario, type Scenario, STAGES, stageNumber, type TraceBatch } from '../host/index.ts';
import { EVENTS } from '../schema/events.ts';

export const PICTURE_COLUMNS = 48;
/** Nobody waits for a picture longer than this many events; what came until then is drawn. */
const EVENTS_MAX = 60_000;

export interface Picture {
  /** Records by stage (nine rows) and column, row by row: 0 to 255, by the root of their share. */
  readonly cells: Uint8Array;
  /** Drops by stage and column. */
  readonly drops: Uint8Array;
  readonly streams: number;
  readonly events: number;
  /** Its end was not reached. */
  readonly cut: boolean;
}

const STAGE_OF_KIND = EVENTS.map((e) => stageNumber(e.stage) - 1);
const stageOf = (batch: TraceBatch, i: number): number =>
  batch.kind(i) === KIND['drop'] ? Math.max(0, batch.b(i) - 1) : (STAGE_OF_KIND[batch.kind(i) - 1] ?? 0);

/** Each record's time and stage, and whether it is a drop (bit 7). */
class Stages {
  length = 0;
  bytes = new Uint8Array(1 << 16);
  times = new Float64Array(1 << 16);

  add(batch: TraceBatch): void {
    if (this.length + batch.length > this.bytes.length) {
      const size = Math.max(this.bytes.length * 2, this.length + batch.length);
      const [bytes, times] = [new Uint8Array(size), new Float64Array(size)];
      bytes.set(this.bytes);
      times.set(this.times);
      [this.bytes, this.times] = [bytes, times];
    }
    for (let i = 0; i < batch.length; i++) {
      this.times[this.length] = batch.timeNs(i);
      this.bytes[this.length++] = stageOf(batch, i) | (batch.kind(i) === KIND['drop'] ? 0x80 : 0);
    }
  }

  /** From the first record until all but the last few: most runs end in a long silence with a timer or two. */
  window(): readonly [number, number] {
    const from = this.times[0] ?? 0;
    return [from, Math.max(from + 1, this.times[Math.floor(this.length * MOST)] ?? 0)];
  }
}
const MOST = 0.99;

/** Runs a scenario and draws it. Columns are equal shares of the time in which nearly all happened. */
export function pictureOf(core: WebAssembly.Module, scenario: Scenario): Picture {
  const stages = new Stages();
  const sinks: EngineSinks = { onTrace: (batch) => stages.add(batch) };
  let cut = false;
  const onSlice = (engine: { eventCount(): number }): boolean => {
    cut = engine.eventCount() > EVENTS_MAX;
    return cut;
  };
  const { result } = runScenario(core, scenario, { sinks, onSlice, slice_events: 10_000 });
  const rows = STAGES.length;
  const counts = new Float64Array(rows * PICTURE_COLUMNS);
  const drops = new Uint8Array(rows * PICTURE_COLUMNS);
  const [from, to] = stages.window();
  for (let i = 0; i < stages.length; i++) {
    const share = ((stages.times[i] as number) - from) / (to - from);
    const column = Math.max(0, Math.min(PICTURE_COLUMNS - 1, Math.floor(share * PICTURE_COLUMNS)));
    const byte = stages.bytes[i] as number;
    const cell = (byte & 0x7f) * PICTURE_COLUMNS + column;
    counts[cell] = (counts[cell] as number) + 1;
    if (byte & 0x80) drops[cell] = 1;
  }
  const most = Math.max(1, ...counts);
  const cells = Uint8Array.from(counts, (n) => Math.round(255 * Math.sqrt(n / most)));
  return { cells, drops, streams: result.streams.length, events: result.eventCount, cut };
}
