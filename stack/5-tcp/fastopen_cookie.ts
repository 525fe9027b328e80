/**
 * Cookies of Fast Open (RFC 7413): the option, and the hash that a server gives and recognizes them by
 * (net/ipv4/tcp_fastopen.c: __tcp_fastopen_cookie_gen_cipher).
 *
 *     +------+------+---------------------+      +-----+------+--------+--------+---------------------+
 *     |  34  |  len | cookie, 4-16 bytes  |      | 254 |  len |  0xf9  |  0x89  | cookie, 4-16 bytes  |
 *     +------+------+---------------------+      +-----+------+--------+--------+---------------------+
 *      no cookie: a request for one               the experimental option of before the RFC
 *
 * Differs from Linux: the key of a host that was given none is 0, not random.
 * Differs from Linux: routes do not say that a peer needs no cookie (RTAX_FASTOPEN_NO_COOKIE).
 */
import { hostConfig, TCP_ADDR } from '../../sim/core';
import { Sock } from '../6-socket';
import { MAX_TCP_OPTION_SPACE, TCP_HLEN } from './header';
import { siphash } from './siphash';
import { Options } from './stage';

/** net.ipv4.tcp_fastopen. */
export const TFO_CLIENT_ENABLE: u32 = 1;
export const TFO_SERVER_ENABLE: u32 = 2;
export const TFO_CLIENT_NO_COOKIE: u32 = 4;
export const TFO_SERVER_COOKIE_NOT_REQD: u32 = 0x200;
export const TFO_SERVER_WO_SOCKOPT1: u32 = 0x400;

export const TCPOPT_FASTOPEN: u32 = 34;
export const TCPOPT_EXP: u32 = 254;
const FASTOPEN_MAGIC: u32 = 0xf989;
const COOKIE_MIN: u32 = 4;
const COOKIE_MAX: u32 = 16;
/** What Linux gives. */
export const COOKIE_SIZE: i32 = 8;

/** len: bytes, 0 for a request, -1 for no option. */
@unmanaged
export class Cookie {
  len: i32;
  exp: u32;
  val0: u64;
  val1: u64;

  clear(len: i32): void {
    this.len = len;
    this.exp = 0;
    this.val0 = 0;
    this.val1 = 0;
  }
}

const COOKIE_OUT_AT: usize = 0x600;
const COOKIE_IN_AT: usize = 0x620;
const HASHED_AT: usize = 0x640;

/** What the SYN or SYN-ACK that is being built carries. No longer than that. */
export function cookieOut(): Cookie {
  return changetype<Cookie>(TCP_ADDR + COOKIE_OUT_AT);
}
/** What the segment in hand brought; see takeCookie. */
export function cookieIn(): Cookie {
  return changetype<Cookie>(TCP_ADDR + COOKIE_IN_AT);
}
export function fastopenCookieInit(): void {
  cookieOut().clear(-1);
  cookieIn().clear(-1);
}

/** An option that may be one (tcp_parse_options, tcp_parse_fastopen_option). `p`: the option; only those of a SYN count. */
export function parseFastopen(opt: Options, p: usize, at: u32, kind: u32, option_len: u32): void {
  let base: u32 = 2;
  if (kind == TCPOPT_EXP) {
    if (option_len < 4 || <u32>bswap<u16>(load<u16>(p, 2)) != FASTOPEN_MAGIC) return;
    base = 4;
  }
  const len = option_len - base;
  if ((len & 1) != 0) return;
  opt.fastopen_len = len == 0 || (len >= COOKIE_MIN && len <= COOKIE_MAX) ? <i32>len : -1;
  opt.fastopen_at = at + base;
  opt.fastopen_exp = base == 4 ? 1 : 0;
}

/** Copies what the last parse found into cookieIn(). */
export function takeCookie(opt: Options, th: usize): Cookie {
  const foc = cookieIn();
  foc.clear(opt.fastopen_len);
  foc.exp = opt.fastopen_exp;
  if (foc.len > 0) memory.copy(changetype<usize>(foc) + offsetof<Cookie>('val0'), th + opt.fastopen_at, foc.len);
  return foc;
}

/**
 * Writes the option of cookieOut() behind `options_len` bytes of others, if there is one and it fits. Returns the length of
 * all (tcp_options_write).
 */
export function writeFastopen(th: usize, options_len: u32): u32 {
  const foc = cookieOut();
  if (foc.len < 0) return options_len;
  const base: u32 = foc.exp != 0 ? 4 : 2;
  const len = base + <u32>foc.len;
  const padded = (len + 3) & ~3;
  if (options_len + padded > MAX_TCP_OPTION_SPACE) return options_len;
  const p = th + TCP_HLEN + options_len;
  store<u8>(p, <u8>(foc.exp != 0 ? TCPOPT_EXP : TCPOPT_FASTOPEN));
  store<u8>(p, <u8>len, 1);
  if (foc.exp != 0) store<u16>(p, bswap<u16>(<u16>FASTOPEN_MAGIC), 2);
  memory.copy(p + base, changetype<usize>(foc) + offsetof<Cookie>('val0'), foc.len);
  for (let i = len; i < padded; i++) store<u8>(p + i, 1); // NOP
  return options_len + padded;
}

/** Bytes that the option of cookieOut() takes behind `options_len` bytes of others; 0 when there is none, or no room. */
export function fastopenLen(options_len: u32): u32 {
  const foc = cookieOut();
  if (foc.len < 0) return 0;
  const padded = (<u32>foc.len + (foc.exp != 0 ? 4 : 2) + 3) & ~3;
  return options_len + padded <= MAX_TCP_OPTION_SPACE ? padded : 0;
}

function pair(low: u32, high: u32): u64 {
  return <u64>low | (<u64>high << 32);
}

/** How many keys a listener has: its own, or the host's (tcp_fastopen_get_ctx). */
export function fastopenKeys(sk: Sock): u32 {
  if (sk.fastopen_keys != 0) return sk.fastopen_keys;
  const c = hostConfig(sk.host);
  return (c.tcp_fastopen_backup_key0 | c.tcp_fastopen_backup_key1 | c.tcp_fastopen_backup_key2 | c.tcp_fastopen_backup_key3) != 0 ? 2 : 1;
}
/** Half `half` of key `i`. */
export function fastopenKey(sk: Sock, i: u32, half: u32): u64 {
  if (sk.fastopen_keys != 0) return load<u64>(changetype<usize>(sk) + offsetof<Sock>('fastopen_key0') + ((i * 2 + half) << 3));
  const c = hostConfig(sk.host);
  if (i == 0) return half == 0 ? pair(c.tcp_fastopen_key0, c.tcp_fastopen_key1) : pair(c.tcp_fastopen_key2, c.tcp_fastopen_key3);
  return half == 0 ? pair(c.tcp_fastopen_backup_key0, c.tcp_fastopen_backup_key1)
    : pair(c.tcp_fastopen_backup_key2, c.tcp_fastopen_backup_key3);
}

/** The cookie of a client at raddr that asks laddr, by key `i` of the listener. */
export function cookieOf(sk: Sock, i: u32, family: u32, raddr0: u64, raddr1: u64, laddr0: u64, laddr1: u64): u64 {
  const at = TCP_ADDR + HASHED_AT;
  let words: u32 = 4;
  if (family == 4) {
    store<u32>(at, <u32>raddr0);
    store<u32>(at, <u32>laddr0, 4);
    words = 1;
  } else {
    store<u64>(at, raddr0);
    store<u64>(at, raddr1, 8);
    store<u64>(at, laddr0, 16);
    store<u64>(at, laddr1, 24);
  }
  return siphash(at, words, fastopenKey(sk, i, 0), fastopenKey(sk, i, 1));
}
