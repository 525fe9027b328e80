/** The table of streams that built-in applications keep (uring-model/8-app/builtin/state.ts: Stream). */
import { VIEW_STREAMS } from './core_exports.ts';
import type { Engine } from './engine.ts';
import { addressText } from './packet_parse.ts';
import { readStruct } from './struct_read.ts';
import { STREAM, STREAM_BYTES } from './structs.gen.ts';

export interface StreamRow {
  /** Place in the table of its host. */
  readonly id: number;
  /** Number of the flow at its source; -1 when no source of this world sends it. */
  readonly flow: number;
  readonly local_port: number;
  readonly peer: string;
  readonly peer_port: number;
  readonly family: number;
  readonly bytes: number;
  readonly zc_bytes: number;
  readonly copied_linear: number;
  readonly copied_page: number;
  readonly cqes: number;
  readonly segments: number;
  readonly out_of_order: number;
  readonly duplicates: number;
  readonly held_max: number;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly res: number;
  readonly bad: number;
  readonly phase: number;
  readonly sha256: string;
  readonly sock: number;
}

const PHASE_CLOSING = 3;

/** Whether the stream came to its end. */
export const ended = (row: StreamRow): boolean => row.phase >= PHASE_CLOSING;

export function readStreams(engine: Engine, host: number): StreamRow[] {
  const at = engine.core.view(VIEW_STREAMS, host);
  if (at === 0) return [];
  const count = engine.view.getUint32(at, true);
  const base = engine.view.getUint32(at + 4, true);
  return Array.from({ length: count }, (_, id) => readStream(engine, base + id * STREAM_BYTES, id));
}

function readStream(engine: Engine, at: number, id: number): StreamRow {
  const s = readStruct(engine.view, at, STREAM);
  const address = engine.bytes.slice(at + STREAM.peer_addr0.at, at + STREAM.peer_addr0.at + (s.family === 4 ? 4 : 16));
  const digest = engine.bytes.subarray(at + STREAM.digest0.at, at + STREAM.digest0.at + 32);
  const hex = Array.from(digest, (x) => x.toString(16).padStart(2, '0')).join('');
  return { ...s, id, peer: addressText(address), sha256: hex };
}
