/** ringlab size: how large rings, areas and buffers must be, with the derivation. */
import type { Command } from 'commander';
import {
  countText, durationText, formatQuantity, InputError, readSize, resultJson, SIZE_DEFAULTS, SIZE_NOUNS, SIZE_QUESTIONS, type SizePlan,
  type SizeQuestion, sizePlan, sizeText,
} from '../host/index.ts';
import { bold, dim, say } from './terminal.ts';

export function addSize(program: Command): void {
  const command = program.command('size').description('how large area, rings and buffers must be, each with its derivation');
  for (const { name, field, unit, about } of SIZE_QUESTIONS) {
    const value = SIZE_DEFAULTS[field] as number;
    const shown = value === 0 ? '' : ` (default ${formatQuantity(value, unit)})`;
    command.option(`--${name} <${SIZE_NOUNS[unit].replace(/^a /, '')}>`, `${about}${shown}`);
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
  for (const q of SIZE_QUESTIONS) {
    const text = flags[camel(q.name)];
    if (typeof text !== 'string') continue;
    const { value, problem } = readSize(q, text);
    if (value === undefined) throw new InputError(`size: --${q.name} ${text}: ${problem}`);
    asked[q.field] = value;
  }
  return { ...asked, ...(flags.ipv6 ? { family: 6 as const } : {}), ...(flags.cqeMixed ? { cqe_mixed: true } : {}) };
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
    out.push('', `${bold(row.name.padEnd(20))}${sizeText(row)}`, dim(`  ${what}`), `  ${row.formula}`, `  ${row.numbers}`, dim(` `
      + ` ${row.source}`));
  }
  if (plan.warnings.length > 0) out.push('', bold('warnings'), ...plan.warnings.map((w) => `  ${w}`));
  return out;
}
