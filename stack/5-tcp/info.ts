/**
 * What `ss -ti` shows (net/ipv4/tcp.c: tcp_get_info): u64 values at fixed places, in this order:
 *
 *      0 state           1 family        2 lport         3 rport         4 snd_una        5 snd_nxt      6 rcv_nxt
 *      7 cwnd            8 ssthresh      9 srtt_us      10 rttvar_us    11 rto_us        12 mss         13 rcv_wnd
 *     14 snd_wnd        15 snd_wscale   16 rcv_wscale   17 bytes_acked  18 bytes_received 19 retrans_total
 *     20 rcvbuf         21 sndbuf       22 rmem_alloc   23 wmem_queued  24 unacked       25 sacked_out  26 lost_out
 *     27 retrans_out    28 reordering   29 ca_state     30 local address (16 bytes)      32 remote address (16 bytes)
 *     34 host           35 segs_in      36 segs_out     37 min_rtt_us   38 rcv_space     39 pending timer
 *     40 bytes unread   41 bytes not acknowledged       42 data_segs_in 43 rcv_ooopack   44 duplicate segments
 */
import { isMini, mini, Sock, sock, TCP_LISTEN } from '../6-socket';
import { minRtt } from './rto';

export const TCP_INFO_WORDS: u32 = 45;

function put(out: usize, i: u32, value: u64): void {
  store<u64>(out + (<usize>i << 3), value);
}

/** Writes TCP_INFO_WORDS words about a socket or mini socket (a handle). */
export function tcpInfo(handle: u32, out: usize): void {
  memory.fill(out, 0, <usize>TCP_INFO_WORDS << 3);
  if (isMini(handle)) {
    const m = mini(handle);
    put(out, 0, m.substate != 0 ? m.substate : m.state);
    put(out, 1, m.family);
    put(out, 2, m.lport);
    put(out, 3, m.rport);
    put(out, 30, m.laddr0);
    put(out, 31, m.laddr1);
    put(out, 32, m.raddr0);
    put(out, 33, m.raddr1);
    put(out, 34, m.host);
    return;
  }
  const sk = sock(handle);
  addressWords(sk, out);
  sendWords(sk, out);
  put(out, 6, sk.rcv_nxt);
  put(out, 13, sk.rcv_wnd);
  put(out, 16, sk.rcv_wscale);
  put(out, 18, sk.bytes_received);
  put(out, 20, sk.rcvbuf);
  put(out, 22, sk.rmem_alloc);
  put(out, 35, sk.segs_in);
  put(out, 38, sk.rcvq_space);
  const listens = sk.state == <u8>TCP_LISTEN;
  put(out, 40, listens ? sk.ack_backlog : sk.rcv_nxt - sk.copied_seq);
  put(out, 41, listens ? sk.max_ack_backlog : sk.write_seq - sk.snd_una);
  put(out, 42, sk.data_segs_in);
  put(out, 43, sk.rcv_ooopack);
  put(out, 44, sk.rcv_dup_segs);
}

function addressWords(sk: Sock, out: usize): void {
  put(out, 0, sk.state);
  put(out, 1, sk.family);
  put(out, 2, sk.lport);
  put(out, 3, sk.rport);
  put(out, 30, sk.laddr0);
  put(out, 31, sk.laddr1);
  put(out, 32, sk.raddr0);
  put(out, 33, sk.raddr1);
  put(out, 34, sk.host);
}

function sendWords(sk: Sock, out: usize): void {
  put(out, 4, sk.snd_una);
  put(out, 5, sk.snd_nxt);
  put(out, 7, sk.snd_cwnd);
  put(out, 8, sk.snd_ssthresh);
  put(out, 9, sk.srtt_us >> 3);
  put(out, 10, sk.mdev_us >> 2);
  put(out, 11, <u64>sk.rto * 1000);
  put(out, 12, sk.mss_cache);
  put(out, 14, sk.snd_wnd);
  put(out, 15, sk.snd_wscale);
  put(out, 17, sk.bytes_acked);
  put(out, 19, sk.total_retrans);
  put(out, 21, sk.sndbuf);
  put(out, 23, sk.wmem_queued);
  put(out, 24, sk.packets_out);
  put(out, 25, sk.sacked_out);
  put(out, 26, sk.lost_out);
  put(out, 27, sk.retrans_out);
  put(out, 28, sk.reordering);
  put(out, 29, sk.ca_state);
  put(out, 36, sk.segs_out);
  put(out, 37, minRtt(sk));
  put(out, 39, sk.pending);
}
