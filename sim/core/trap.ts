/**
 * Our own faults. An assert that fails writes where and why to a fixed address and traps; the host reads the record
 * and reports it. Nothing catches it and nothing goes on. Compiled in with `--use abort=sim/core/trap/onAbort`, so that
 * the module needs no import.
 */
import { TRAP_ADDR } from './memory_map';

/** 0: message, 4: its bytes, 8: file, 12: its bytes, 16: line, 20: column. Texts are UTF-16. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  if (message) {
    store<u32>(TRAP_ADDR, <u32>changetype<usize>(message));
    store<u32>(TRAP_ADDR, <u32>(message.length << 1), 4);
  }
  if (file) {
    store<u32>(TRAP_ADDR, <u32>changetype<usize>(file), 8);
    store<u32>(TRAP_ADDR, <u32>(file.length << 1), 12);
  }
  store<u32>(TRAP_ADDR, line, 16);
  store<u32>(TRAP_ADDR, column, 20);
  unreachable();
}
