/** The machine's state in the columns that Linux's tools print. Each view is lines of text. */
import type { Engine } from './engine.ts';
import type { RunResult } from './result.ts';
import { HOSTS } from './trace.ts';
import type { Counts } from './tables.ts';

type Host = 0 | 1;
const hostOf = (result: RunResult, host: Host) => (host === 0 ? result.client : result.server);

/** `ethtool -S`: the NIC's counters, then those of its queues. */
export function ethtoolView(result: RunResult, host: Host): string[] {
  const h = hostOf(result, host);
  const lines = ['NIC statistics:'];
  for (const [name, n] of Object.entries(h.nic)) lines.push(`     ${name}: ${n}`);
  h.nicq.forEach((queue, q) => {
    for (const [name, n] of Object.entries(queue)) {
      const [side, ...rest] = name.split('_');
      lines.push(`     ${side}${q}_${rest.join('_')}: ${n}`);
    }
  });
  return lines;
}

/** `nstat -az`: what counters have counted; those at zero only when `zeros`. */
export function nstatView(result: RunResult, host: Host, zeros = false): string[] {
  const SNMP = new Set([
    'ActiveOpens',
    'PassiveOpens',
    'AttemptFails',
    'EstabResets',
    'InSegs',
    'OutSegs',
    'RetransSegs',
    'InErrs',
    'InCsumErrors',
    'OutRsts',
  ]);
  const rows = Object.entries(hostOf(result, host).tcp).filter(([, n]) => zeros || n > 0);
  return ['#kernel', ...rows.map(([name, n]) => `${`${SNMP.has(name) ? 'Tcp' : 'TcpExt'}${name}`.padEnd(32)}${String(n).padEnd(18)} 0.0`)];
}

/** Page-pool statistics by queue, as netlink's `page-pool-stats-get` names them. */
export function poolView(result: RunResult, host: Host): string[] {
  const h = hostOf(result, host);
  const names = [
    'queue',
    'provider',
    'inflight',
    'cache',
    'ring',
    'alloc_fast',
    'alloc_slow',
    'alloc_refill',
    'alloc_empty',
    'recycle_cached',
    'recycle_ring',
    'recycle_ring_full',
    'released',
  ];
  const rows = h.pool.map((p) => names.map((n) => (n === 'provider' ? (p.provider ? 'zcrx' : 'pages') : String(p[n] ?? 0))));
  const widths = names.map((n, i) => Math.max(n.length, ...rows.map((r) => (r[i] ?? '').length)));
  const line = (cells: readonly string[]) => cells.map((c, i) => c.padStart(widths[i] ?? 0)).join('  ');
  const areas = h.area.map((a, i) => `area ${i}: ${words(a)}`);
  return [line(names), ...rows.map(line), ...areas];
}

const words = (counts: Counts): string => Object.entries(counts).map(([k, v]) => `${v} ${k}`).join(', ');

/** The zcrx and ring part of /proc/PID/fdinfo, with the truth that Linux's statistics do not count. */
export function fdinfoView(result: RunResult, host: Host): string[] {
  const h = hostOf(result, host);
  const lines = [`# ${HOSTS[host]}`];
  h.zcrx.forEach((z, i) => {
    lines.push(`zcrx${i}:`);
    for (const [name, n] of Object.entries(z)) lines.push(`  ${name}:\t${n}`);
  });
  lines.push(
    `CqOverflowEvents:\t${h.events.cq_overflow ?? 0}`,
    `Submissions:\t${h.events.ring_submit ?? 0}`,
    `Completions:\t${h.events.cqe ?? 0}`,
  );
  return lines;
}

/** `ss -ti`: the streams that applications hold. */
export function socketView(_engine: Engine, result: RunResult): string[] {
  const lines = ['State       Recv-Q  Local               Peer'];
  for (const s of result.streams) {
    const state = s.endNs > 0 ? 'CLOSED' : 'ESTAB';
    lines.push(`${state.padEnd(12)}${'0'.padEnd(8)}${`*:${s.localPort}`.padEnd(20)}${s.peer}:${s.peerPort}`);
    lines.push(
      `\t bytes_received:${s.bytes} segs_in:${s.segments} rcv_ooopack:${s.outOfOrder} dsack_dups:${s.duplicates} ` +
        `zc:${s.zeroCopyBytes} copied:${s.copiedBytes}`,
    );
  }
  return lines;
}
