/**
 * SCM_TIMESTAMPING_OPT_STATS (net/ipv4/tcp.c: tcp_get_timestamping_opt_stats): how the connection stood when a timestamp was
 * taken, as netlink attributes {length, type, value}, each padded to four bytes.
 *
 * Differs from Linux: the TTL of the ACK is not told (TCP_NLA_TTL).
 */
import { Sock, sock } from '../6-socket';
import { skb } from '../3-pool';
import { pacingRate } from './cong';
import { busyUs, rwndLimitedUs, sndbufLimitedUs } from './chrono';
import { minRtt } from './rto';

const TCP_NLA_BUSY: u32 = 1;
const TCP_NLA_RWND_LIMITED: u32 = 2;
const TCP_NLA_SNDBUF_LIMITED: u32 = 3;
const TCP_NLA_DATA_SEGS_OUT: u32 = 4;
const TCP_NLA_TOTAL_RETRANS: u32 = 5;
const TCP_NLA_PACING_RATE: u32 = 6;
const TCP_NLA_DELIVERY_RATE: u32 = 7;
const TCP_NLA_SND_CWND: u32 = 8;
const TCP_NLA_REORDERING: u32 = 9;
const TCP_NLA_MIN_RTT: u32 = 10;
const TCP_NLA_RECUR_RETRANS: u32 = 11;
const TCP_NLA_DELIVERY_RATE_APP_LMT: u32 = 12;
const TCP_NLA_SNDQ_SIZE: u32 = 13;
const TCP_NLA_CA_STATE: u32 = 14;
const TCP_NLA_SND_SSTHRESH: u32 = 15;
const TCP_NLA_DELIVERED: u32 = 16;
const TCP_NLA_DELIVERED_CE: u32 = 17;
const TCP_NLA_BYTES_SENT: u32 = 18;
const TCP_NLA_BYTES_RETRANS: u32 = 19;
const TCP_NLA_DSACK_DUPS: u32 = 20;
const TCP_NLA_REORD_SEEN: u32 = 21;
const TCP_NLA_SRTT: u32 = 22;
const TCP_NLA_TIMEOUT_REHASH: u32 = 23;
const TCP_NLA_BYTES_NOTSENT: u32 = 24;
const TCP_NLA_EDT: u32 = 25;
const TCP_NLA_REHASH: u32 = 27;

const NLA_HDRLEN: u32 = 4;

/** Writes an attribute of 1, 2, 4 or 8 bytes; where the next one goes. */
function put(at: usize, type: u32, bytes: u32, value: u64): usize {
  store<u32>(at, (NLA_HDRLEN + bytes) | (type << 16));
  store<u32>(at, <u32>value, NLA_HDRLEN);
  if (bytes == 8) store<u32>(at, <u32>(value >> 32), 8);
  return at + NLA_HDRLEN + max<u32>(bytes, 4);
}

function notNegative(n: u32): u64 {
  return <u64>max<i32>(<i32>n, 0);
}

function putTimesAndRates(sk: Sock, to: usize): usize {
  let at = put(to, TCP_NLA_BUSY, 8, busyUs(sk));
  at = put(at, TCP_NLA_RWND_LIMITED, 8, rwndLimitedUs(sk));
  at = put(at, TCP_NLA_SNDBUF_LIMITED, 8, sndbufLimitedUs(sk));
  at = put(at, TCP_NLA_DATA_SEGS_OUT, 8, sk.data_segs_out);
  at = put(at, TCP_NLA_TOTAL_RETRANS, 8, sk.total_retrans);
  at = put(at, TCP_NLA_PACING_RATE, 8, pacingRate(sk));
  at = put(at, TCP_NLA_DELIVERY_RATE, 8, 0);
  at = put(at, TCP_NLA_SND_CWND, 4, sk.snd_cwnd);
  at = put(at, TCP_NLA_REORDERING, 4, sk.reordering);
  at = put(at, TCP_NLA_MIN_RTT, 4, minRtt(sk));
  at = put(at, TCP_NLA_RECUR_RETRANS, 1, sk.retransmits);
  return put(at, TCP_NLA_DELIVERY_RATE_APP_LMT, 1, 0);
}

/** About a socket and a packet of it, to `to`. Bytes written, at most 256. */
export function timestampStats(sock_idx: u32, skb_idx: u32, to: u32): u32 {
  const sk = sock(sock_idx);
  let at = putTimesAndRates(sk, to);
  at = put(at, TCP_NLA_SND_SSTHRESH, 4, sk.snd_ssthresh);
  at = put(at, TCP_NLA_DELIVERED, 4, sk.delivered);
  at = put(at, TCP_NLA_DELIVERED_CE, 4, sk.delivered_ce);
  at = put(at, TCP_NLA_SNDQ_SIZE, 4, notNegative(sk.write_seq - sk.snd_una));
  at = put(at, TCP_NLA_CA_STATE, 1, sk.ca_state);
  at = put(at, TCP_NLA_BYTES_SENT, 8, sk.bytes_sent);
  at = put(at, TCP_NLA_BYTES_RETRANS, 8, sk.bytes_retrans);
  at = put(at, TCP_NLA_DSACK_DUPS, 4, sk.dsack_dups);
  at = put(at, TCP_NLA_REORD_SEEN, 4, sk.reord_seen);
  at = put(at, TCP_NLA_SRTT, 4, sk.srtt_us >> 3);
  at = put(at, TCP_NLA_TIMEOUT_REHASH, 2, 0);
  at = put(at, TCP_NLA_BYTES_NOTSENT, 4, notNegative(sk.write_seq - sk.snd_nxt));
  at = put(at, TCP_NLA_EDT, 8, skb(skb_idx).cb1 * 1000);
  at = put(at, TCP_NLA_REHASH, 4, 0);
  return <u32>at - to;
}
