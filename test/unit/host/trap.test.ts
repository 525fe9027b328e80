/** A trap of the core is told with what, where, when and how to see it again; without a record it is told all the same. */
import { expect, test } from 'vitest';
import { TRAP_ADDR } from '../../../sim/host/memory_map.gen.ts';
import { readTrapRecord, TrapError } from '../../../sim/host/trap_error.ts';

function memoryWith(message: string, file: string): ArrayBuffer {
  const memory = new ArrayBuffer(65536);
  const view = new DataView(memory);
  [[message, 0x8000, 0], [file, 0x9000, 8]].forEach(([text, at, offset]) => {
    const s = String(text);
    for (let i = 0; i < s.length; i++) view.setUint16(Number(at) + i * 2, s.charCodeAt(i), true);
    view.setUint32(TRAP_ADDR + Number(offset), Number(at), true);
    view.setUint32(TRAP_ADDR + Number(offset) + 4, s.length * 2, true);
  });
  view.setUint32(TRAP_ADDR + 16, 42, true);
  view.setUint32(TRAP_ADDR + 20, 7, true);
  return memory;
}

test('message, file, line and column come from the record', () => {
  const record = readTrapRecord(memoryWith('T1 rcv_nxt never moves back — ü', 'stack/5-tcp/data_queue.ts'));
  expect(record).toEqual({ message: 'T1 rcv_nxt never moves back — ü', file: 'stack/5-tcp/data_queue.ts', line: 42, column: 7 });
  const error = new TrapError({ ...record, time_ns: 5, events: 3, state_hash: '0123456789abcdef', seed: 1 });
  expect(error.message).toBe('T1 rcv_nxt never moves back — ü (stack/5-tcp/data_queue.ts:42:7)');
});

test('no record, or one that points outside of memory, is no text', () => {
  expect(readTrapRecord(new ArrayBuffer(65536))).toEqual({ message: '', file: '', line: 0, column: 0 });
  const memory = new ArrayBuffer(65536);
  new DataView(memory).setUint32(TRAP_ADDR, 65530, true);
  new DataView(memory).setUint32(TRAP_ADDR + 4, 100, true);
  expect(readTrapRecord(memory).message).toBe('');
});
