/** The core trapped: our fault, never the user's. It says what happened, where, and how to see it again. */
import { TRAP_ADDR } from './memory_map.gen.ts';

export interface TrapPlace {
  readonly message: string;
  /** AssemblyScript source, line and column; empty and 0 when the trap left no record. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly time_ns: number;
  readonly events: number;
  readonly state_hash: string;
  readonly seed: number;
}

export class TrapError extends Error {
  override readonly name = 'TrapError';
  readonly place: TrapPlace;

  constructor(place: TrapPlace) {
    super(place.file === '' ? place.message : `${place.message} (${place.file}:${place.line}:${place.column})`);
    this.place = place;
  }
}

/** What sim/core/trap.ts wrote: addresses of two UTF-16 texts, line and column. */
export function readTrapRecord(memory: ArrayBuffer): Pick<TrapPlace, 'message' | 'file' | 'line' | 'column'> {
  const view = new DataView(memory);
  const text = (at: number): string => {
    const address = view.getUint32(at, true);
    const bytes = view.getUint32(at + 4, true);
    if (address === 0 || address + bytes > memory.byteLength) return '';
    return new TextDecoder('utf-16le').decode(new Uint8Array(memory, address, bytes));
  };
  return {
    message: text(TRAP_ADDR),
    file: text(TRAP_ADDR + 8),
    line: view.getUint32(TRAP_ADDR + 16, true),
    column: view.getUint32(TRAP_ADDR + 20, true),
  };
}
