/** The questions that a plan of sizes asks, how their answers are read, and how its values are written. */
import { bytesText, durationText } from './numbers_text.ts';
import { formatQuantity, parseQuantity } from './scenario_units.ts';
import type { SizeQuestion, SizeRow } from './size_plan.ts';

/** A question of the plan: what it is called, and which answers it takes. */
export interface SizeAsked {
  readonly name: string;
  readonly field: keyof SizeQuestion;
  readonly unit: 'bps' | 'ns' | 'bytes' | 'count';
  readonly min: number;
  readonly max: number;
  readonly about: string;
  /** What an answer to it looks like. */
  readonly example: string;
  readonly pow2?: true;
}

export const SIZE_QUESTIONS: readonly SizeAsked[] = [
  { name: 'rate', field: 'rate_bps', unit: 'bps', min: 1e3, max: 1.6e12, about: 'bits per second that arrive', example: '100Gbps' },
  { name: 'rtt', field: 'rtt_ns', unit: 'ns', min: 1, max: 10e9, about: 'round trip', example: '200us' },
  { name: 'mtu', field: 'mtu', unit: 'bytes', min: 576, max: 65535, about: 'largest IP packet, from 576 (RFC 1122) as in scenarios',
    example: '9000' },
  { name: 'rx-buf-len', field: 'rx_buf_len', unit: 'bytes', min: 4096, max: 2 ** 21, about: 'bytes of one buffer of the area',
    example: '16KiB',
    pow2: true },
  { name: 'connections', field: 'connections', unit: 'count', min: 1, max: 1e6, about: 'connections of one ring', example: '1000' },
  { name: 'hold', field: 'hold_ns', unit: 'ns', min: 0, max: 3600e9, about: 'how long the application keeps a buffer', example: '2ms' },
  { name: 'rx-ring', field: 'rx_ring', unit: 'count', min: 8, max: 16384, about: 'descriptors of the RX ring; else what is'
    + ' needed', example: '1024', pow2: true },
  { name: 'write-size', field: 'write_size', unit: 'bytes', min: 1, max: 2 ** 30, about: 'bytes of one send, and of one message',
    example: '16KiB' },
  { name: 'buf-size', field: 'buf_size', unit: 'bytes', min: 1, max: 2 ** 30, about: 'bytes of one provided buffer', example: '4KiB' },
  { name: 'poll', field: 'poll_ns', unit: 'ns', min: 1, max: 1e9, about: 'from a frame to the driver\'s poll at the latest',
    example: '50us' },
];

export const SIZE_NOUNS = { bps: 'a rate', ns: 'a time', bytes: 'a size', count: 'a number' } as const;
/** A time or a rate without its unit: 200 may be meant in any. Of nothing there is one kind. */
const bare = (text: string, unit: SizeAsked['unit']): boolean =>
  (unit === 'ns' || unit === 'bps') && /^\d/.test(text) && !/[a-zµ]/i.test(text) && Number(text) !== 0;

/** The answer to a question; without a value, what was expected instead. */
export function readSize(asked: SizeAsked, text: string): { readonly value?: number; readonly problem: string } {
  const { unit, min, max, pow2, example } = asked;
  const value = bare(text, unit) ? undefined : parseQuantity(text, unit);
  const range = `from ${formatQuantity(min, unit)} to ${formatQuantity(max, unit)}`;
  if (value === undefined || value < min || value > max) return { problem: `expected ${SIZE_NOUNS[unit]} ${range}, such as ${example}.` };
  if (pow2 && Math.log2(value) % 1 !== 0)
    return { problem: `expected a power of two; ${formatQuantity(2 ** Math.round(Math.log2(value)), unit)} is near.` };
  return { value, problem: '' };
}

export function sizeText({ value, unit }: Pick<SizeRow, 'value' | 'unit'>): string {
  if (unit === 'bytes') return `${formatQuantity(value, 'bytes')}${value % 1024 === 0 ? '' : ` (${bytesText(value)})`}`;
  return unit === 'ns' ? durationText(value) : `${value} ${unit}`;
}
