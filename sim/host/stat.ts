/** The machine's state in the columns that Linux's tools print. Each view is lines of text. */
import type { Engine } from './engine.ts';
import type { RunResult } from './result.ts';
import { readSockets, type SocketInfo } from './socket_info.ts';
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
  const IP_EXT = new Set(['InNoECTPkts', 'InECT1Pkts', 'InECT0Pkts', 'InCEPkts']);
  const prefix = (name: string) => (SNMP.has(name) ? 'Tcp' : IP_EXT.has(name) ? 'IpExt' : 'TcpExt');
  const rows = Object.entries(hostOf(result, host).tcp).filter(([, n]) => zeros || n > 0);
  return ['#kernel', ...rows.map(([name, n]) => `${`${prefix(name)}${name}`.padEnd(32)}${String(n).padEnd(18)} 0.0`)];
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

const STATES = [
  '',
  'ESTAB',
  'SYN-SENT',
  'SYN-RECV',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'UNCONN',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
];
const LISTEN = 10;
const NO_SSTHRESH = 0x7fffffff;

/** `ss -tani` of a host: a line for each socket, and what TCP knows of the connection. */
export function socketView(engine: Engine, host: Host): string[] {
  const columns = (state: string, recv: string, send: string, local: string, peer: string) =>
    `${state.padEnd(11)}${recv.padEnd(8)}${send.padEnd(8)}${local.padEnd(24)}${peer}`.trimEnd();
  const lines = [columns('State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port')];
  for (const s of readSockets(engine)) {
    if (s.host !== host) continue;
    const end = (address: string, port: number) => `${s.family === 6 ? `[${address}]` : address}:${port === 0 ? '*' : port}`;
    lines.push(
      columns(
        STATES[s.state] ?? String(s.state),
        String(s.unread),
        String(s.unacked_bytes),
        end(s.local, s.lport),
        end(s.remote, s.rport),
      ),
    );
    if (s.state !== LISTEN) lines.push(`\t ${connectionWords(s).join(' ')}`);
  }
  return lines;
}

function connectionWords(s: SocketInfo): string[] {
  const ms = (us: number) => Number((us / 1000).toFixed(3));
  const optional = (name: string, n: number) => (n === 0 ? [] : [`${name}:${n}`]);
  return [
    `wscale:${s.snd_wscale},${s.rcv_wscale}`,
    `rto:${ms(s.rto_us)}`,
    `rtt:${ms(s.srtt_us)}/${ms(s.rttvar_us)}`,
    `mss:${s.mss}`,
    `cwnd:${s.cwnd}`,
    ...(s.ssthresh >= NO_SSTHRESH ? [] : [`ssthresh:${s.ssthresh}`]),
    ...optional('bytes_acked', s.bytes_acked),
    ...optional('bytes_received', s.bytes_received),
    `segs_out:${s.segs_out}`,
    `segs_in:${s.segs_in}`,
    ...optional('data_segs_in', s.data_segs_in),
    ...optional('unacked', s.unacked),
    ...(s.retrans_total > 0 ? [`retrans:${s.retrans_out}/${s.retrans_total}`] : []),
    ...optional('lost', s.lost_out),
    ...optional('sacked', s.sacked_out),
    ...optional('rcv_ooopack', s.rcv_ooopack),
    `rcv_space:${s.rcv_space}`,
    `rcv_wnd:${s.rcv_wnd}`,
    `snd_wnd:${s.snd_wnd}`,
    `minrtt:${ms(s.min_rtt_us)}`,
    `skmem:(r${s.rmem_alloc},rb${s.rcvbuf},w${s.wmem_queued},tb${s.sndbuf})`,
  ];
}

/** What applications received, stream by stream. */
export function streamView(result: RunResult): string[] {
  return result.streams.map((s) => {
    const state = s.endNs > 0 ? 'ended' : 'open';
    return (
      `${`${s.peer}:${s.peerPort}`.padEnd(24)} ${state.padEnd(6)} bytes_received:${s.bytes} data_segs:${s.segments} ooo:${s.outOfOrder} ` +
      `dups:${s.duplicates} cqes:${s.cqes} zero_copy:${s.zeroCopyBytes} copied:${s.copiedBytes}`
    );
  });
}
