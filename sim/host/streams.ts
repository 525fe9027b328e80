/** The table of streams that built-in applications keep (uring-model/8-app/builtin/state.ts: Stream). */
import { VIEW_STREAM, VIEW_STREAMS } from './core_exports.ts';
import type { Engine } from './engine.ts';
import { addressText } from './packet_parse.ts';
import { readStruct } from './struct_read.ts';
import { STREAM } from './structs.gen.ts';

export interface StreamRow {
  /** Place in the table of its host. */
  readonly id: number;
  /** Number of the flow at its source; -1 when no source of this world sends it. */
  readonly flow: number;
  readonly own_port: number;
  readonly peer: string;
  readonly peer_port: number;
  readonly family: number;
  readonly bytes: number;
  readonly zc_bytes: number;
  readonly copy_linear_bytes: number;
  readonly copy_page_bytes: number;
  readonly cqes: number;
  readonly requests: number;
  readonly segs_in: number;
  readonly out_of_order: number;
  readonly duplicates: number;
  readonly loan_max: number;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly res: number;
  /** 1 + position of the first byte that was not what the source sent; 0: none. */
  readonly bad_offset: number;
  readonly done: number;
  readonly notifs: number;
  readonly copied_notifs: number;
  readonly sha256: string;
  readonly sock: number;
}

/** Whether the stream came to its end. */
export const ended = (row: StreamRow): boolean => row.done !== 0;

export function readStreams(engine: Engine, host: number): StreamRow[] {
  const at = engine.core.view(VIEW_STREAMS, host);
  if (at === 0) return [];
  const count = engine.view.getUint32(at, true);
  return Array.from({ length: count }, (_, id) => readStream(engine, engine.core.view(VIEW_STREAM, host * 2 ** 24 + id), id));
}

function readStream(engine: Engine, at: number, id: number): StreamRow {
  const s = readStruct(engine.view, at, STREAM);
  const address = engine.bytes.slice(at + STREAM.peer_addr0.at, at + STREAM.peer_addr0.at + (s.family === 4 ? 4 : 16));
  const digest = engine.bytes.subarray(at + STREAM.sha0.at, at + STREAM.sha0.at + 32);
  const hex = Array.from(digest, (x) => x.toString(16).padStart(2, '0')).join('');
  return { ...s, id, peer: addressText(address), sha256: hex };
}
