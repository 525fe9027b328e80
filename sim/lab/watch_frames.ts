/** The bytes of frames, of a world that keeps none: while one step is made, half of the empty trace ring takes them. */
import { CURSORS_ADDR, type Engine, readStruct, readWireFrames, TRACE_CURSOR, type WireFrame } from '../host/index.ts';

export function watchFrames(engine: Engine, step: () => void): WireFrame[] {
  engine.drain();
  const kept = readStruct(engine.view, CURSORS_ADDR, TRACE_CURSOR);
  const set = (name: 'capture_base' | 'capture_next' | 'capture_stop' | 'capture_end' | 'end', value: number) =>
    engine.view.setUint32(CURSORS_ADDR + TRACE_CURSOR[name].at, value, true);
  // Either half has room for what one event may write: TRACE_HEADROOM and CAPTURE_HEADROOM of sim/schema/limits.ts.
  const middle = kept.base + (((kept.end - kept.base) >> 1) & ~63);
  set('capture_base', middle);
  set('capture_next', middle);
  set('capture_end', kept.end);
  set('capture_stop', kept.end);
  set('end', middle);
  const captured = engine.sinks.onCapture;
  const frames: WireFrame[] = [];
  engine.sinks.onCapture = (bytes) => {
    for (const frame of readWireFrames(bytes)) frames.push({ ...frame, data: frame.data.slice() });
  };
  try {
    step();
    engine.drain();
  } finally {
    if (captured) engine.sinks.onCapture = captured;
    else delete engine.sinks.onCapture;
    for (const name of ['capture_base', 'capture_next', 'capture_stop', 'capture_end', 'end'] as const) set(name, kept[name]);
  }
  return frames;
}
