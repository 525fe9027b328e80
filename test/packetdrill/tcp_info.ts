/** What a code fragment sees of the socket: the fields of struct tcp_info and of SO_MEMINFO, and names of their values. */
import type { Runtime } from './runtime.ts';
import type { Variables } from './python.ts';
import { getOption } from './syscalls_option.ts';
import { ScriptFailure } from './verdict.ts';

const SOL_SOCKET = 1;
const SOL_TCP = 6;
const TCP_INFO = 11;
const SO_MEMINFO = 55;
const TCP_INFO_BYTES = 280;

/** Names by size, in the order of the struct, which leaves no gaps. */
const FIELDS: readonly (readonly [1 | 2 | 4 | 8, string])[] = [
  [1, 'state ca_state retransmits probes backoff options wscale limited'],
  [4, 'rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent last_ack_sent last_data_recv last_ack_recv'],
  [4, 'pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans'],
  [8, 'pacing_rate max_pacing_rate bytes_acked bytes_received'],
  [4, 'segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out'],
  [8, 'delivery_rate busy_time rwnd_limited sndbuf_limited'],
  [4, 'delivered delivered_ce'],
  [8, 'bytes_sent bytes_retrans'],
  [4, 'dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash'],
  [2, 'total_rto total_rto_recoveries'],
  [4, 'total_rto_time received_ce delivered_e1_bytes delivered_e0_bytes delivered_ce_bytes received_e1_bytes received_e0_bytes'],
  [4, 'received_ce_bytes ecn'],
];
const MEMINFO = ['RMEM_ALLOC', 'RCVBUF', 'WMEM_ALLOC', 'SNDBUF', 'FWD_ALLOC', 'WMEM_QUEUED', 'OPTMEM', 'BACKLOG', 'DROPS'];

const NAMES: Readonly<Record<string, number>> = {
  TCP_ESTABLISHED: 1, TCP_SYN_SENT: 2, TCP_SYN_RECV: 3, TCP_FIN_WAIT1: 4, TCP_FIN_WAIT2: 5, TCP_TIME_WAIT: 6, TCP_CLOSE: 7,
  TCP_CLOSE_WAIT: 8, TCP_LAST_ACK: 9, TCP_LISTEN: 10, TCP_CLOSING: 11,
  TCP_CA_Open: 0, TCP_CA_Disorder: 1, TCP_CA_CWR: 2, TCP_CA_Recovery: 3, TCP_CA_Loss: 4,
  TCPI_OPT_TIMESTAMPS: 1, TCPI_OPT_SACK: 2, TCPI_OPT_WSCALE: 4, TCPI_OPT_ECN: 8, TCPI_OPT_ECN_SEEN: 16, TCPI_OPT_SYN_DATA: 32,
  TCPI_OPT_USEC_TS: 64, TCPI_OPT_TFO_CHILD: 128,
};

function readInfo(bytes: Uint8Array, out: Variables): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (const [size, names] of FIELDS) {
    for (const name of names.split(' ')) {
      const value = size === 8 ? view.getBigUint64(at, true) : BigInt(
        size === 4 ? view.getUint32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at),
      );
      out.set(`tcpi_${name}`, value);
      at += size;
    }
  }
  const field = (name: string) => out.get(`tcpi_${name}`) ?? 0n;
  out.set('tcpi_snd_wscale', field('wscale') & 15n);
  out.set('tcpi_rcv_wscale', field('wscale') >> 4n);
  out.set('tcpi_delivery_rate_app_limited', field('limited') & 1n);
  out.set('tcpi_fastopen_client_fail', (field('limited') >> 1n) & 3n);
  const ecn = field('ecn');
  out.set('tcpi_ecn_mode', ecn & 3n);
  out.set('tcpi_accecn_opt_seen', (ecn >> 2n) & 3n);
  out.set('tcpi_accecn_fail_mode', (ecn >> 4n) & 15n);
  out.set('tcpi_options2', ecn >> 8n);
  for (const name of ['wscale', 'limited', 'ecn']) out.delete(`tcpi_${name}`);
}

/** All that is known of the socket under test, now. */
export function recordVariables(rt: Runtime): Variables {
  const connection = rt.under_test;
  if (!connection) throw new ScriptFailure('no socket to use for code');
  if (connection.live_fd < 0 || connection.closed) throw new ScriptFailure('can\'t find getsockopt to get TCP info');
  const { sock } = rt.process.socket(connection.live_fd);
  const out: Variables = new Map(Object.entries(NAMES).map(([name, value]) => [name, BigInt(value)]));
  const info = getOption(rt, sock, SOL_TCP, TCP_INFO, TCP_INFO_BYTES);
  const memory = getOption(rt, sock, SOL_SOCKET, SO_MEMINFO, MEMINFO.length * 4);
  if (typeof info === 'number' || typeof memory === 'number') throw new ScriptFailure('can\'t find getsockopt to get TCP info');
  readInfo(info, out);
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  MEMINFO.forEach((name, i) => { out.set(`SK_MEMINFO_${name}`, BigInt(view.getUint32(i * 4, true))); });
  return out;
}
