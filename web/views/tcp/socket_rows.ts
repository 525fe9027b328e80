/** What `ss -ti` shows of a connection, both ends side by side, each with a word on what it is. */
import type { Answer } from '../../../sim/lab/index.ts';
import { bytes, count, duration } from '../../format.ts';

export type Socket = NonNullable<Answer<'tcp_ends'>[number]>;
export interface SocketRow {
  /** As ss calls it. */
  readonly name: string;
  readonly about: string;
  readonly values: readonly [string, string];
}

const STATES = [
  '', 'ESTAB', 'SYN-SENT', 'SYN-RECV', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'UNCONN', 'CLOSE-WAIT', 'LAST-ACK', 'LISTEN', 'CLOSING',
  'NEW-SYN-RECV',
];
const CA_STATES = ['Open', 'Disorder', 'CWR', 'Recovery', 'Loss'];
const NO_SSTHRESH = 0x7fffffff;
const us = (n: number) => (n === 0 ? '–' : duration(n * 1000));

export const stateOf = (s: Socket): string => STATES[s.state] ?? `state ${s.state}`;

type Read = (s: Socket) => string;
const ROWS: readonly (readonly [name: string, about: string, read: Read])[] = [
  ['State', 'of the connection', stateOf],
  ['Recv-Q', 'in order, not read yet', (s) => bytes(s.unread)],
  ['Send-Q', 'sent or to be sent, not acknowledged', (s) => bytes(s.unacked_bytes)],
  ['cwnd', 'segments that may be under way', (s) => count(s.cwnd)],
  ['ssthresh', 'where slow start ends', (s) => (s.ssthresh >= NO_SSTHRESH ? 'none yet' : count(s.ssthresh))],
  ['ca_state', 'of congestion control', (s) => CA_STATES[s.ca_state] ?? String(s.ca_state)],
  ['unacked', 'segments under way', (s) => count(s.unacked)],
  ['sacked / lost', 'of them, by the scoreboard', (s) => `${count(s.sacked_out)} / ${count(s.lost_out)}`],
  ['retrans', 'sent again and under way / in all', (s) => `${count(s.retrans_out)} / ${count(s.retrans_total)}`],
  ['rtt / var', 'smoothed round trip', (s) => `${us(s.srtt_us)} / ${us(s.rttvar_us)}`],
  ['minrtt', 'shortest round trip', (s) => us(s.min_rtt_us)],
  ['rto', 'until the retransmission timer fires', (s) => us(s.rto_us)],
  ['mss', 'payload of a full segment', (s) => bytes(s.mss)],
  ['snd_wnd', 'what the peer lets it send', (s) => bytes(s.snd_wnd)],
  ['rcv_wnd', 'what it lets the peer send', (s) => bytes(s.rcv_wnd)],
  ['rcv_space', 'for auto-tuning of the receive buffer', (s) => bytes(s.rcv_space)],
  ['skmem', 'receive: used of allowed', (s) => `${bytes(s.rmem_alloc)} of ${bytes(s.rcvbuf)}`],
  ['', 'send: queued of allowed', (s) => `${bytes(s.wmem_queued)} of ${bytes(s.sndbuf)}`],
  ['bytes acked', 'by the peer', (s) => count(s.bytes_acked)],
  ['bytes received', 'in order', (s) => count(s.bytes_received)],
  ['segs out / in', '', (s) => `${count(s.segs_out)} / ${count(s.segs_in)}`],
  ['ooo / dup', 'segments out of order, had before', (s) => `${count(s.rcv_ooopack)} / ${count(s.rcv_dup_segs)}`],
  ['wscale', 'of what it sends, receives', (s) => `${s.snd_wscale}, ${s.rcv_wscale}`],
];

export function socketRows(ends: readonly [Socket | undefined, Socket | undefined]): SocketRow[] {
  const value = (s: Socket | undefined, read: Read) => (s ? read(s) : '–');
  return ROWS.map(([name, about, read]) => ({ name, about, values: [value(ends[0], read), value(ends[1], read)] }));
}

/** One end in a line. */
export function socketLine(s: Socket): string {
  const ssthresh = s.ssthresh >= NO_SSTHRESH ? '' : ` ssthresh:${s.ssthresh}`;
  const lost = s.lost_out + s.retrans_total > 0 ? ` lost:${s.lost_out} retrans:${s.retrans_out}/${s.retrans_total}` : '';
  return `${stateOf(s)} cwnd:${s.cwnd}${ssthresh} rtt:${us(s.srtt_us)} unacked:${s.unacked}${lost} snd_wnd:${bytes(s.snd_wnd)}`;
}
