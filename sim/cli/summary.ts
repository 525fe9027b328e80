/** What happened in a run, in about ten lines. */
import {
  bytesText, countText, durationText, type RunResult, rateText, type Scenario, shareText, type StreamResult,
} from '../host/index.ts';
import { wrap } from './command_list.ts';
import { bold, dim, green, red } from './terminal.ts';

const LABEL = 12;
const line = (label: string, text: string): string => `  ${label.padEnd(LABEL)}${text}`;
const sum = (streams: readonly StreamResult[], of: (s: StreamResult) => number): number => streams.reduce((n, s) => n + of(s), 0);

export function summaryLines(scenario: Scenario, result: RunResult, wall_ms: number): string[] {
  const width = (process.stdout.columns ?? 100) - 2;
  return [
    bold(`${scenario.name}`) + dim(` · seed ${result.seed}`),
    ...wrap(scenario.about, width).map((l) => `  ${l}`),
    '',
    line('received', receivedText(result)),
    line('zero copy', zeroCopyText(result)),
    line('road', roadText(result)),
    line('loss', lossText(result)),
    line('cpu', cpuText(result)),
    line(
      'time',
      `${endText(result)}; ${result.eventCount} events in ${wall_ms.toFixed(0)} ms of yours`,
    ),
    line('state', `hash ${result.stateHash}: the same seed gives the same hash`),
    ...expectLines(result),
  ];
}

function receivedText(result: RunResult): string {
  const { streams } = result;
  const bytes = sum(streams, (s) => s.bytes);
  const whole = streams.filter((s) => s.complete).length;
  const begin = Math.min(...streams.map((s) => s.startNs));
  const end = Math.max(...streams.map((s) => s.endNs || result.virtualTimeNs));
  if (streams.length === 0) return 'nothing: no stream reached an application';
  const sha = streams.length === 1 && streams[0]?.complete ? `, sha256 ${streams[0].sha256.slice(0, 16)}…` : '';
  const all = `${bytesText(bytes)} on ${countText(streams.length, 'stream')}`;
  return `${all}, ${whole} complete and verified, ${rateText(bytes, end - begin)}${sha}`;
}

function zeroCopyText(result: RunResult): string {
  const zero = sum(result.streams, (s) => s.zeroCopyBytes);
  const linear = sum(result.streams, (s) => s.copiedWhy.linear);
  const page = sum(result.streams, (s) => s.copiedWhy.page);
  const all = sum(result.streams, (s) => s.bytes);
  const recv = sum(result.streams, (s) => s.copiedWhy.recv);
  const why = [
    recv > 0 ? `${bytesText(recv)} by a receive that copies` : '',
    linear > 0 ? `${bytesText(linear)} were linear` : '',
    page > 0 ? `${bytesText(page)} lay in ordinary pages` : '',
  ].filter(Boolean);
  const held = Math.max(0, ...result.server.zcrx.map((z) => z.loan_max ?? 0), ...result.client.zcrx.map((z) => z.loan_max ?? 0));
  const loans = held > 0 ? `; at most ${countText(held, 'buffer')} on loan` : '';
  const copied = why.length > 0 ? `; copied: ${why.join(', ')}` : '';
  return `${shareText(zero, all)} of the bytes stayed where the NIC wrote them${copied}${loans}`;
}

function roadText(result: RunResult): string {
  const segments = sum(result.streams, (s) => s.segments);
  const cqes = sum(result.streams, (s) => s.cqes);
  const irqs = result.server.nicq.reduce((n, q) => n + (q.rx_irqs ?? 0), 0);
  const merged = result.server.events.gro_merge ?? 0;
  return `${countText(segments, 'segment')} (${merged} merged by GRO), ${countText(irqs, 'interrupt')}, ${countText(cqes, 'completion')}`;
}

function lossText(result: RunResult): string {
  const drops = Object.entries(result.drops).sort((a, b) => b[1] - a[1]).map(([reason, n]) => `${reason} ${n}`);
  const again = (result.client.tcp.RetransSegs ?? 0) + (result.server.tcp.RetransSegs ?? 0);
  const early = (result.client.tcp.TCPOFOQueue ?? 0) + (result.server.tcp.TCPOFOQueue ?? 0);
  const tcp = `${countText(again, 'retransmission')}, ${early} out of order`;
  return drops.length === 0 ? `no drops; ${tcp}` : `drops: ${drops.join(', ')}; ${tcp}`;
}

/** The server's cycles: where most of them went. */
function cpuText(result: RunResult): string {
  const accounts = new Map<string, number>();
  for (const core of result.server.cores) for (const [name, n] of Object.entries(core)) accounts.set(name, (accounts.get(name) ?? 0) + n);
  const all = [...accounts.values()].reduce((a, b) => a + b, 0);
  const bytes = sum(result.streams, (s) => s.bytes);
  if (all === 0 || bytes === 0) return 'no cycles were booked';
  const top = [...accounts].sort((a, b) => b[1] - a[1]).slice(0, 4).map(([name, n]) => `${name} ${shareText(n, all)}`);
  return `server ${(all / bytes).toFixed(2)} cycles a byte: ${top.join(', ')}`;
}

/** When the streams ended, and when the machine was stopped: connections linger in TIME-WAIT long after the last byte. */
function endText(result: RunResult): string {
  const last = Math.max(0, ...result.streams.map((s) => s.endNs));
  const open = result.streams.filter((s) => s.endNs === 0).length;
  const all = countText(result.streams.length, 'stream');
  const streams = open > 0 ? `${open} of ${all} still open` : `the last stream ended at ${durationText(last)}`;
  const stop = result.stopped === 'idle' ? 'nothing was left to happen at' : 'stopped at';
  // Who works runs ahead of the clock: the last stream may end after the last event began.
  const end = open > 0 ? result.virtualTimeNs : Math.max(last, result.virtualTimeNs);
  return `${result.streams.length === 0 ? 'no stream' : streams}, ${stop} ${durationText(end)}`;
}

export function expectLines(result: Pick<RunResult, 'expect'>): string[] {
  return result.expect.map((e) => (e.ok ? `  ${green('✓')} ${e.text}` : `  ${red('✗')} ${e.text}  ${red(`— it was ${e.actual}`)}`));
}
