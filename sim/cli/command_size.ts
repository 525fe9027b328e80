/** ringlab size: how large rings, areas and buffers must be, with the derivation. */
import type { Command } from 'commander';
import {
  bytesText, countText, durationText, formatQuantity, InputError, parseQuantity, resultJson, SIZE_DEFAULTS, type SizePlan,
  type SizeQuestion, type SizeRow, sizePlan,
} from '../host/index.ts';
import { bold, dim, say } from './terminal.ts';

interface Asked {
  readonly flag: string;
  readonly field: keyof SizeQuestion;
  readonly unit: 'bps' | 'ns' | 'bytes' | 'count';
  readonly min: number;
  readonly max: number;
  readonly about: string;
  /** What an answer to it looks like. */
  readonly example: string;
  readonly pow2?: true;
}

const ASKED: readonly Asked[] = [
  { flag: 'rate', field: 'rate_bps', unit: 'bps', min: 1e3, max: 1.6e12, about: 'bits per second that arrive', example: '100Gbps' },
  { flag: 'rtt', field: 'rtt_ns', unit: 'ns', min: 1, max: 10e9, about: 'round trip', example: '200us' },
  { flag: 'mtu', field: 'mtu', unit: 'bytes', min: 576, max: 65535, about: 'largest IP packet, from 576 (RFC 1122) as in scenarios',
    example: '9000' },
  { flag: 'rx-buf-len', field: 'rx_buf_len', unit: 'bytes', min: 4096, max: 2 ** 21, about: 'bytes of one buffer of the area',
    example: '16KiB',
    pow2: true },
  { flag: 'connections', field: 'connections', unit: 'count', min: 1, max: 1e6, about: 'connections of one ring', example: '1000' },
  { flag: 'hold', field: 'hold_ns', unit: 'ns', min: 0, max: 3600e9, about: 'how long the application keeps a buffer', example: '2ms' },
  { flag: 'rx-ring', field: 'rx_ring', unit: 'count', min: 8, max: 16384, about: 'descriptors of the RX ring; else what is'
    + ' needed', example: '1024', pow2: true },
  { flag: 'write-size', field: 'write_size', unit: 'bytes', min: 1, max: 2 ** 30, about: 'bytes of one send, and of one message',
    example: '16KiB' },
  { flag: 'buf-size', field: 'buf_size', unit: 'bytes', min: 1, max: 2 ** 30, about: 'bytes of one provided buffer', example: '4KiB' },
  { flag: 'poll', field: 'poll_ns', unit: 'ns', min: 1, max: 1e9, about: 'from a frame to the driver\'s poll at the latest',
    example: '50us' },
];

export function addSize(program: Command): void {
  const command = program.command('size').description('how large area, rings and buffers must be, each with its derivation');
  for (const { flag, field, unit, about } of ASKED) {
    const value = SIZE_DEFAULTS[field] as number;
    const shown = value === 0 ? '' : ` (default ${formatQuantity(value, unit)})`;
    command.option(`--${flag} <${NOUN[unit].replace(/^a /, '')}>`, `${about}${shown}`);
  }
  command
    .option('--ipv6', 'headers of IPv6')
    .option('--cqe-mixed', 'the ring has IORING_SETUP_CQE_MIXED')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Examples:
  $ ringlab size --rate 100Gbps --rtt 200us --mtu 1500
  $ ringlab size --rate 25Gbps --rtt 1ms --mtu 9000 --rx-buf-len 16KiB --hold 2ms
  $ ringlab size --connections 1000 --write-size 16KiB --json`)
    .action((flags: Readonly<Record<string, string | boolean | undefined>>) => {
      const plan = sizePlan(question(flags));
      if (flags.json) say(resultJson(plan));
      else for (const line of lines(plan)) say(line);
    });
}

const camel = (flag: string) => flag.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase());

function question(flags: Readonly<Record<string, string | boolean | undefined>>): Partial<SizeQuestion> {
  const asked: Record<string, number | boolean> = {};
  for (const { flag, field, unit, min, max, pow2, example } of ASKED) {
    const text = flags[camel(flag)];
    if (typeof text !== 'string') continue;
    const value = bare(text, unit) ? undefined : parseQuantity(text, unit);
    const range = `from ${formatQuantity(min, unit)} to ${formatQuantity(max, unit)}`;
    if (value === undefined || value < min || value > max)
      throw new InputError(`size: --${flag} ${text}: expected ${NOUN[unit]} ${range}, such as ${example}.`);
    if (pow2 && Math.log2(value) % 1 !== 0)
      throw new InputError(`size: --${flag} ${text}: expected a power of two;`
        + ` ${formatQuantity(2 ** Math.round(Math.log2(value)), unit)} is near.`);
    asked[field] = value;
  }
  return { ...asked, ...(flags.ipv6 ? { family: 6 as const } : {}), ...(flags.cqeMixed ? { cqe_mixed: true } : {}) };
}
/** A time or a rate without its unit: 200 may be meant in any. Of nothing there is one kind. */
const bare = (text: string, unit: Asked['unit']): boolean => (unit === 'ns' || unit === 'bps') && /^\d/.test(text) && !/[a-zµ]/i.test(text)
  && Number(text) !== 0;
const NOUN = { bps: 'a rate', ns: 'a time', bytes: 'a size', count: 'a number' } as const;

function valueText({ value, unit }: SizeRow): string {
  if (unit === 'bytes') return `${formatQuantity(value, 'bytes')}${value % 1024 === 0 ? '' : ` (${bytesText(value)})`}`;
  return unit === 'ns' ? durationText(value) : `${value} ${unit}`;
}

function lines(plan: SizePlan): string[] {
  const q = plan.question;
  const out = [
    `${bold('sizes')} for ${formatQuantity(q.rate_bps, 'bps')}, round trip ${durationText(q.rtt_ns)}, MTU ${q.mtu}, buffers of`
      + ` ${q.rx_buf_len} bytes, `
      + `${countText(q.connections, 'connection')}, `
      + `${q.hold_ns === 0 ? 'buffers given back at once' : `each held for ${durationText(q.hold_ns)}`}, `
      + `sends of ${formatQuantity(q.write_size, 'bytes')}, IPv${q.family}`,
  ];
  for (const row of plan.rows) {
    const what = row.knob === '' ? row.linux : `${row.knob} · ${row.linux}`;
    out.push('', `${bold(row.name.padEnd(20))}${valueText(row)}`, dim(`  ${what}`), `  ${row.formula}`, `  ${row.numbers}`, dim(` `
      + ` ${row.source}`));
  }
  if (plan.warnings.length > 0) out.push('', bold('warnings'), ...plan.warnings.map((w) => `  ${w}`));
  return out;
}
