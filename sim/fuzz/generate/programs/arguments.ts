/** Memory that requests point at. Each piece is made where it is wanted first. */
import type { Genes } from './genes.ts';
import type { FileModel, Model } from './model.ts';

export const MEMORY_BYTES = 8192;
/** So much lies behind each address in it that no length goes beyond. */
const STEADY_BYTES = 65536;
const BYTES = 'm';

const bytes = (m: Model): string => m.memory(BYTES, 'mem.bytes', { len: m.steady ? STEADY_BYTES : MEMORY_BYTES, fill: 'q' });

/** An address: of a buffer, or of what is none. */
export function memory(m: Model, g: Genes): string | number {
  const at = g.rare(4) ? `${bytes(m)}+${g.below(MEMORY_BYTES)}` : bytes(m);
  return g.right<string | number>(at, 0, 8, `${BYTES}+${MEMORY_BYTES - 1}`);
}

export const iovecs = (m: Model): string => m.memory('iov', 'mem.iov', { of: [[bytes(m), 100], [`${BYTES}+200`, 300]] });

export function message(m: Model, g: Genes): string {
  bytes(m);
  if (!g.rare(3)) return m.memory('msg', 'mem.msg', { of: [[BYTES, 100], [`${BYTES}+200`, 300]] });
  return m.memory('msgc', 'mem.msg', { of: [[`${BYTES}+600`, 64]], control: `${BYTES}+1000`, control_len: 64 });
}

/** Times that pass while the program sleeps, that never pass, and that are none. */
const TIMES: readonly (readonly [string, Record<string, string | number>])[] = [
  ['t10', { time: '10ms' }], ['t100s', { time: '100s' }], ['t20', { time: '20ms' }], ['t0', {}], ['tneg', { sec: -1 }],
  ['tbad', { nsec: 1_000_000_000 }],
];
/** What fires at once has fired or not when somebody looks; the others last longer than a program that does not sleep (steadySleep). */
const STEADY_TIMES: typeof TIMES = [
  ['t50', { time: '50ms' }], ['t100s', { time: '100s' }], ['t100', { time: '100ms' }], ['tneg', { sec: -1 }],
  ['tbad', { nsec: 1_000_000_000 }],
];
/** How long a program sleeps, or waits: well beyond any of these, where it may have some, and beyond an ACK that is delayed by 40 ms. */
export const steadySleep = (m: Model): number => (m.may('timeouts') ? 150 : 80);
export const steadyWait = (m: Model): string => (m.may('timeouts') ? '200ms' : '80ms');

export function timespec(m: Model, g: Genes): string | number {
  const [name, fields] = g.pick(m.steady ? STEADY_TIMES : TIMES);
  return g.right<string | number>(m.memory(name, 'mem.ts', fields), 0, 8);
}

export const sockaddr = (m: Model, of: FileModel): string => m.memory(`s_${of.name}`, 'mem.sockaddr', { of: of.name });
