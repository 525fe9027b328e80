/** What the core tells of a socket (stack/5-tcp/info.ts: tcpInfo), word by word. */
import { VIEW_SOCKETS, VIEW_TCP_INFO } from './core_exports.ts';
import type { Engine } from './engine.ts';
import { addressText } from './packet_parse.ts';

export const SOCKET_WORDS = [
  'state',
  'family',
  'lport',
  'rport',
  'snd_una',
  'snd_nxt',
  'rcv_nxt',
  'cwnd',
  'ssthresh',
  'srtt_us',
  'rttvar_us',
  'rto_us',
  'mss',
  'rcv_wnd',
  'snd_wnd',
  'snd_wscale',
  'rcv_wscale',
  'bytes_acked',
  'bytes_received',
  'retrans_total',
  'rcvbuf',
  'sndbuf',
  'rmem_alloc',
  'wmem_queued',
  'unacked',
  'sacked_out',
  'lost_out',
  'retrans_out',
  'reordering',
  'ca_state',
  'laddr0',
  'laddr1',
  'raddr0',
  'raddr1',
  'host',
  'segs_in',
  'segs_out',
  'min_rtt_us',
  'rcv_space',
  'pending',
  'unread',
  'unacked_bytes',
  'data_segs_in',
  'rcv_ooopack',
  'rcv_dup_segs',
] as const;

export type SocketInfo = Record<(typeof SOCKET_WORDS)[number], number> & { readonly local: string; readonly remote: string };

const LOCAL = SOCKET_WORDS.indexOf('laddr0');
const REMOTE = SOCKET_WORDS.indexOf('raddr0');

/** A socket by its number; undefined when it is not in use. */
export function readSocket(engine: Engine, number: number): SocketInfo | undefined {
  const at = engine.core.view(VIEW_TCP_INFO, number);
  if (at === 0) return undefined;
  const values = Object.fromEntries(SOCKET_WORDS.map((name, n) => [name, Number(engine.view.getBigUint64(at + n * 8, true))]));
  const info = values as Record<(typeof SOCKET_WORDS)[number], number>;
  const address = (word: number) => addressText(engine.bytes.slice(at + word * 8, at + word * 8 + (info.family === 4 ? 4 : 16)));
  return { ...info, local: address(LOCAL), remote: address(REMOTE) };
}

/** All sockets that are in use, of both hosts. */
export function readSockets(engine: Engine): SocketInfo[] {
  const count = engine.view.getUint32(engine.core.view(VIEW_SOCKETS, 0), true);
  return Array.from({ length: count }, (_, i) => readSocket(engine, i)).filter((info) => info !== undefined);
}
