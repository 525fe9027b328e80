/** ringlab pcap FILE */
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Command } from 'commander';
import {
  bytesText, countText, durationText, InputError, pcapRemarks, type PcapResult, type PcapStream, replayCapture, resultJson, shareText,
} from '../host/index.ts';
import { loadCore, readBytes } from './files.ts';
import { collect, loadOptionsOf } from './run_options.ts';
import { expectLines } from './summary.ts';
import { bold, dim, Progress, say, table } from './terminal.ts';

const STREAMS_SHOWN = 20;

export function addPcap(program: Command): void {
  program.command('pcap')
    .description('feed the client\'s packets of a real capture (pcap, pcapng) through the NIC of a server that receives by zero copy')
    .argument('<file>', 'pcap or pcapng, also gzipped; - is standard input')
    .option('--json', 'the report as JSON')
    .option('--set <path=value>', 'change a knob of the server that receives', collect, [])
    .option('--seed <n>', 'seed of every random draw')
    .addHelpText('after', `
Each TCP connection whose SYN is in the capture is replayed from its client's side, with the capture's own timing, losses and
reordering. The report says for each stream what the NIC wrote straight into the area, what was copied and why.

Exit code: 0 every stream arrived whole, 1 one did not, 2 the file cannot be used, 3 the simulator found a fault of its own.

Examples:
  $ ringlab pcap capture.pcap
  $ ringlab pcap - < capture.pcap
  $ ringlab pcap capture.pcapng --json | jq '.streams[] | [.srcPort, .sha256]'
  $ ringlab pcap capture.pcap --set server.nic.header_split=off --set server.refill.nodev=on`)
    .action(async (path: string, flags: { json?: boolean; set: readonly string[]; seed?: string }) => {
      checkSets(flags.set);
      const name = path === '-' ? 'standard input' : basename(path);
      const file = inflate(readBytes(path), name);
      const progress = new Progress();
      const begun = performance.now();
      const result = replayCapture(await loadCore(), file, {
        name, ...loadOptionsOf(flags), onProgress: (done, all) => progress.show(() => `${name}: frame ${done} of ${all}`),
      });
      progress.end();
      if (flags.json) say(resultJson(result));
      else for (const line of reportLines(result, performance.now() - begun)) say(line);
      if (result.expect.some((e) => !e.ok)) process.exitCode = 1;
    });
}

/** A capture stands for the client and its link: what is set there would change nothing. */
function checkSets(sets: readonly string[]): void {
  const path = (set: string) => set.slice(0, Math.max(set.indexOf('='), 0)).trim().replace(/^hosts\./, '');
  for (const set of sets) {
    if (!/^(client|wire)\b/.test(path(set))) continue;
    throw new InputError(`--set ${set}: the capture stands for the client and its link, so this changes nothing; set knobs of the server.`);
  }
}

function inflate(data: Uint8Array, path: string): Uint8Array {
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data;
  try {
    return gunzipSync(data);
  } catch (error) {
    throw new InputError(`${path} is gzipped and cannot be read: ${(error as Error).message}.`);
  }
}

const line = (label: string, text: string): string => `  ${label.padEnd(12)}${text}`;
const total = (streams: readonly PcapStream[], of: (s: PcapStream) => number): number => streams.reduce((n, s) => n + of(s), 0);

/** A stream's own count ends with the stream: what came again after that is only among the drops. */
const duplicates = (r: PcapResult): number => Math.max(total(r.streams, (s) => s.duplicates), r.drops.TCP_OLD_DATA ?? 0);

export function reportLines(r: PcapResult, wall_ms: number): string[] {
  const { streams } = r;
  const bytes = total(streams, (s) => s.bytes);
  const zero = total(streams, (s) => s.zeroCopyBytes);
  const linear = total(streams, (s) => s.copiedWhy.linear);
  const page = total(streams, (s) => s.copiedWhy.page);
  const dropped = Object.entries(r.drops).map(([reason, n]) => `${reason} ${n}`).join(', ');
  const loans = Math.max(0, ...r.server.zcrx.map((z) => z.loan_max ?? 0));
  return [
    bold(r.file) + dim(` · ${r.format}, ${countText(r.frames, 'frame')}, ${r.clientFrames} from clients`),
    line(
      'received',
      `${bytesText(bytes)} on ${countText(streams.length, 'stream')}, ${streams.filter((s) => s.complete).length} whole and verified`,
    ),
    line(
      'zero copy',
      `${bytesText(zero)} (${shareText(zero, bytes)}) by DMA straight into the area; ` +
        `copied: ${linear} bytes linear, ${page} in ordinary pages`,
    ),
    line(
      'segments',
      `${total(streams, (s) => s.segments)}, ${total(streams, (s) => s.outOfOrder)} out of order, ` +
        `${duplicates(r)} duplicates`,
    ),
    line('completions', `${total(streams, (s) => s.cqes)}; at most ${countText(loans, 'buffer')} in flight`),
    line('drops', dropped === '' ? 'none' : dropped),
    line(
      'time',
      `${durationText(r.virtualTimeNs)} simulated in ${wall_ms.toFixed(0)} ms, ${r.eventCount} events, state hash ${r.stateHash}`,
    ),
    ...remarkLines(r),
    '',
    ...streamTable(streams),
    ...expectLines(r),
  ];
}

function remarkLines(r: PcapResult): string[] {
  return pcapRemarks(r).map((s, i) => line(i === 0 ? 'remarks' : '', s));
}

function streamTable(streams: readonly PcapStream[]): string[] {
  const head = ['stream', 'bytes', 'zero copy', 'copied', 'segs', 'ooo', 'dup', 'cqes', 'bufs', 'sha256', ''];
  const rows = streams.slice(0, STREAMS_SHOWN).map((s) => [
    `${s.client} > ${s.server}`, s.bytes, s.zeroCopyBytes, s.copiedBytes, s.segments, s.outOfOrder, s.duplicates, s.cqes,
    s.buffersInFlightMax,
    `${s.sha256.slice(0, 16)}…`, s.missing === '' ? 'whole' : s.missing,
  ]);
  const lines = table([head, ...rows], [false, true, true, true, true, true, true, true, true]);
  const more = streams.length - rows.length;
  return [
    dim(`  ${lines[0] ?? ''}`),
    ...lines.slice(1).map((l) => `  ${l}`),
    ...(more > 0 ? [dim(`  … and ${more} more: --json has them all`)] : []),
    '',
  ];
}
