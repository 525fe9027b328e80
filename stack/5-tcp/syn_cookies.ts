/**
 * SYN cookies (net/ipv4/syncookies.c; net/ipv4/tcp_ipv4.c: tcp_v4_syn_recv_sock by way of cookie_v4_check): the answer to a SYN
 * holds, in its sequence number and its timestamp, what would else be kept until the last ACK.
 *
 *      sequence number   hash + the peer's number + minute << 24 + (another hash + index of the MSS, 24 bits)
 *      timestamp         our clock, rounded down to 64 ms, with the peer's options in the lowest six bits
 *
 * Differs from Linux: hashes are those of the connection table with the scenario's seed, not SipHash with a secret.
 */
import { hostConfig, runConfig, TCP_SYNCOOKIESFAILED, TCP_SYNCOOKIESRECV, TCP_SYNCOOKIESSENT } from '../../sim/core';
import { Skb } from '../3-pool';
import { ehashFn, KEY_OFFSET, mibInc, Mini, Sock } from '../6-socket';
import { jiffies } from './clock';
import { FLAG_ACK, FLAG_RST, FLAG_SYN } from './header';
import { Options } from './stage';

const COOKIE_MASK: u32 = 0xffffff;
/** Cookies of this minute and of the one before are good. */
const MAX_SYNCOOKIE_AGE: u32 = 2;
const MINUTE: u32 = 60000;
const TSBITS: u32 = 6;
const TS_OPT_WSCALE_MASK: u32 = 15;
const TS_OPT_SACK: u32 = 16;
/** A listener takes cookies for this long after it sent one (TCP_SYNCOOKIE_VALID). */
const VALID: u32 = MAX_SYNCOOKIE_AGE * MINUTE;

/** msstab of IPv4 and of IPv6. */
function tableMss(family: u32, i: u32): u32 {
  if (family == 4) return i == 0 ? 536 : i == 1 ? 1300 : i == 2 ? 1440 : 1460;
  return i == 0 ? 1220 : i == 1 ? 1420 : i == 2 ? 1440 : 8940;
}

function hash(m: Mini, count: u32, c: u32): u32 {
  const key = load<u64>(changetype<usize>(m), KEY_OFFSET);
  return ehashFn(m.laddr0 ^ runConfig().run_seed, m.laddr1 ^ <u64>count, m.raddr0, m.raddr1, key ^ (<u64>(c + 1) << 48));
}

/** Is a SYN answered with a cookie: always, or because too many wait (tcp_syn_flood_action)? */
export function cookieWanted(sk: Sock, full: bool): bool {
  const mode = hostConfig(sk.host).tcp_syncookies;
  return mode == 2 || (mode == 1 && full);
}

/** Puts a half-open connection into its own answer: snd_seq, ts_off, and the MSS that the table has for it. */
export function cookieInit(sk: Sock, m: Mini, opt: Options): void {
  sk.ts_recent_stamp = jiffies();
  if (opt.saw_tstamp == 0) {
    m.sack_ok = 0;
    m.wscale_ok = 0;
    m.snd_wscale = 0;
  }
  let i: u32 = 3;
  while (i > 0 && m.mss < tableMss(m.family, i)) i--;
  m.mss = tableMss(m.family, i);
  const count = jiffies() / MINUTE;
  m.snd_seq = hash(m, 0, 0) + m.rcv_seq + (count << 24) + ((hash(m, count, 1) + i) & COOKIE_MASK);
  let bits = m.wscale_ok != 0 ? <u32>m.snd_wscale : TS_OPT_WSCALE_MASK;
  if (m.sack_ok != 0) bits |= TS_OPT_SACK;
  let ts = (jiffies() >> TSBITS << TSBITS) | bits;
  if (ts > jiffies()) ts -= 1 << TSBITS;
  m.ts_off = ts - jiffies() + hash(m, 0, 2);
  mibInc(sk.host, TCP_SYNCOOKIESSENT);
}

/** Index of the MSS in a cookie, or -1 for a number that is none (check_tcp_syn_cookie). */
function checkCookie(m: Mini, cookie: u32): i32 {
  const count = jiffies() / MINUTE;
  const rest = cookie - (hash(m, 0, 0) + m.rcv_seq);
  const diff = (count - (rest >> 24)) & 0xff;
  if (diff >= MAX_SYNCOOKIE_AGE) return -1;
  const i = (rest - hash(m, count - diff, 1)) & COOKIE_MASK;
  return i < 4 ? <i32>i : -1;
}

/**
 * Fills a half-open connection from the ACK of a cookie (cookie_tcp_check); its addresses and ports are set. False: it is none.
 */
export function cookieCheck(sk: Sock, m: Mini, b: Skb, opt: Options): bool {
  const c = hostConfig(sk.host);
  const flags = <u32>b.tcp_flags & (FLAG_ACK | FLAG_RST | FLAG_SYN);
  if (c.tcp_syncookies == 0 || flags != FLAG_ACK) return false;
  // No cookie was sent for a while: this is no answer to one.
  if (sk.ts_recent_stamp == 0 || jiffies() - sk.ts_recent_stamp > VALID) return false;
  m.rcv_seq = b.seq - 1;
  m.snd_seq = b.ack_seq - 1;
  const i = checkCookie(m, m.snd_seq);
  if (i < 0) {
    mibInc(sk.host, TCP_SYNCOOKIESFAILED);
    return false;
  }
  m.mss = tableMss(m.family, <u32>i);
  m.ts_off = hash(m, 0, 2);
  m.tstamp_ok = <u8>opt.saw_tstamp;
  if (opt.saw_tstamp != 0) {
    const bits = opt.tsecr - m.ts_off;
    m.ts_recent = opt.tsval;
    m.sack_ok = (bits & TS_OPT_SACK) != 0 ? 1 : 0;
    const scale = bits & TS_OPT_WSCALE_MASK;
    m.wscale_ok = scale != TS_OPT_WSCALE_MASK ? 1 : 0;
    m.snd_wscale = m.wscale_ok != 0 ? <u8>scale : 0;
    if ((m.sack_ok != 0 && !c.tcp_sack) || (m.wscale_ok != 0 && !c.tcp_window_scaling)) return false;
  }
  mibInc(sk.host, TCP_SYNCOOKIESRECV);
  return true;
}
