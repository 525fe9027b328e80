/**
 * The lines of a step trace, which docs/steps.md explains: one JSON object each, keys in a fixed order, no pointers, descriptors,
 * ports or times. A native agent writes the same.
 */
import { errnoName } from '../../../uring-model/8-app/names.ts';

export type TraceValue = string | number | boolean | null | readonly TraceValue[] | { readonly [key: string]: TraceValue | undefined };
export interface TraceLine {
  /** Number of the step in the compiled program, from 0. */
  readonly i: number;
  /** What kind of line it is. */
  readonly e: string;
  readonly [key: string]: TraceValue | undefined;
}

export const traceText = (line: TraceLine): string => JSON.stringify(line);

/** The name of an errno: `ENOMEM` of -12. */
export const errorName = (value: number): string => errnoName(-value) ?? String(value);

/** `{ret: -22, err: 'EINVAL'}`, or `{ret: 3}`. */
export function resultOf<K extends string>(key: K, value: number): { readonly [key: string]: TraceValue } {
  const name = value < 0 ? errnoName(-value) : undefined;
  return name === undefined ? { [key]: value } : { [key]: value, err: name };
}

/** Names of bits, lowest first. A bit without a name is its value. */
function bitNames(value: number, names: readonly (readonly [string, number])[]): string[] {
  const out: string[] = [];
  let left = value >>> 0;
  for (const [name, bit] of names) {
    if (!(left & bit)) continue;
    out.push(name);
    left = (left & ~bit) >>> 0;
  }
  if (left !== 0) out.push(`0x${left.toString(16)}`);
  return out;
}

const CQE_BUFFER = 1;
const CQE_FLAGS: readonly (readonly [string, number])[] = [
  ['MORE', 2], ['SOCK_NONEMPTY', 4], ['NOTIF', 8], ['BUF_MORE', 16], ['SKIP', 32], ['F32', 0x8000],
];

/** Flags of a completion by name; a buffer id is `BUF:3`, other contents of the upper half `hi:…`. */
export function cqeFlags(flags: number): string[] {
  const upper = flags >>> 16;
  const low = bitNames(flags & 0xffff & ~CQE_BUFFER, CQE_FLAGS);
  if (flags & CQE_BUFFER) return [`BUF:${upper}`, ...low];
  return upper === 0 ? low : [`hi:${upper.toString(16)}`, ...low];
}

const SQ_FLAGS: readonly (readonly [string, number])[] = [['NEED_WAKEUP', 1], ['CQ_OVERFLOW', 2], ['TASKRUN', 4]];
export const sqFlags = (flags: number): string[] => bitNames(flags, SQ_FLAGS);

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** CRC-32 as in zlib, of what came before (0: nothing) and of these bytes. */
export function crcOn(before: number, bytes: Uint8Array): number {
  let c = ~before;
  for (const byte of bytes) c = (CRC_TABLE[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8);
  return ~c >>> 0;
}
/** A CRC as 8 hex digits. */
export const crcText = (crc: number): string => crc.toString(16).padStart(8, '0');
export const crc32 = (bytes: Uint8Array): string => crcText(crcOn(0, bytes));
