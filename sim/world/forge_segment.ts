/**
 * The bytes of a forged segment: an IP datagram from the peer of a connection to it, as plain as its next one would be. What differs is
 * written over it (forge.ts).
 */
import { csumFinish, csumPartial, NONE, storeBe16, storeBe32 } from '../core';
import { netmem, skb, skbFrag } from '../../stack/3-pool';
import { Sock, sock, sockCount, sockLive } from '../../stack/6-socket';

const ETH_HLEN: u32 = 14;
const ETH_TYPE: usize = 12;
const ETH_P_IP: u32 = 0x0800;
const ETH_P_IPV6: u32 = 0x86dd;
const IPPROTO_TCP: u32 = 6;
const IP_DF: u32 = 0x4000;
const HOP_LIMIT: u8 = 64;
export const TCP_HLEN: u32 = 20;
export const TIMESTAMP_BYTES: u32 = 12;
const TIMESTAMP_WORD: u32 = (1 << 24) | (1 << 16) | (8 << 8) | 10;

export const FLAG_FIN: u32 = 1;
export const FLAG_SYN: u32 = 2;
export const FLAG_RST: u32 = 4;
export const FLAG_ACK: u32 = 16;
export const FLAG_URG: u32 = 32;

/** One segment under way; its numbers are those of the peer unless somebody changes them. */
@unmanaged
export class Segment {
  at: u32;
  seq: u32;
  ack: u32;
  flags: u32;
  window: u32;
  urgent: u32;
  dport: u32;
  tsval: u32;
  tsecr: u32;
  /** Bytes of options behind the timestamps, and of payload: they are written already (segmentOptions, segmentPayload). */
  options: u32;
  payload: u32;
}

/** Bytes of the IP header. */
export function ipBytes(sk: Sock): u32 {
  return sk.family == 6 ? 40 : 20;
}
/** Where options behind the timestamps begin. */
export function optionsAt(s: Segment, sk: Sock): usize {
  return <usize>(s.at + ETH_HLEN + ipBytes(sk) + TCP_HLEN + (sk.tstamp_ok != 0 ? TIMESTAMP_BYTES : 0));
}
export function ipAt(s: Segment): usize {
  return <usize>(s.at + ETH_HLEN);
}
export function tcpAt(s: Segment, sk: Sock): usize {
  return <usize>(s.at + ETH_HLEN + ipBytes(sk));
}

/** What the peer would say if it had nothing to say: an ACK of what it has acknowledged, with the window that it has offered. */
export function segmentBegin(s: Segment, sk: Sock): void {
  s.seq = sk.rcv_nxt;
  s.ack = sk.snd_una;
  s.flags = FLAG_ACK;
  s.window = min<u32>(sk.snd_wnd >> sk.snd_wscale, 0xffff);
  s.urgent = 0;
  s.dport = sk.lport;
  s.tsval = sk.ts_recent;
  s.tsecr = sk.rcv_tsecr;
  s.options = 0;
  s.payload = 0;
}

/** Writes the headers. Bytes of the frame. */
export function segmentWrite(s: Segment, sk: Sock): u32 {
  const tcp_len = TCP_HLEN + (sk.tstamp_ok != 0 ? TIMESTAMP_BYTES : 0) + s.options;
  const th = tcpAt(s, sk);
  memory.fill(<usize>s.at, 0, ETH_HLEN + ipBytes(sk) + TCP_HLEN);
  writeIp(s, sk, tcp_len + s.payload);
  storeBe16(th, sk.rport);
  storeBe16(th + 2, s.dport);
  storeBe32(th + 4, s.seq);
  storeBe32(th + 8, (s.flags & FLAG_ACK) != 0 ? s.ack : 0);
  storeBe16(th + 12, (tcp_len << 10) | s.flags);
  storeBe16(th + 14, s.window);
  storeBe16(th + 18, s.urgent);
  if (sk.tstamp_ok != 0) {
    storeBe32(th + TCP_HLEN, TIMESTAMP_WORD);
    storeBe32(th + TCP_HLEN + 4, s.tsval);
    storeBe32(th + TCP_HLEN + 8, s.tsecr);
  }
  return ETH_HLEN + ipBytes(sk) + tcp_len + s.payload;
}

function writeIp(s: Segment, sk: Sock, len: u32): void {
  const ip = ipAt(s);
  if (sk.family == 6) {
    storeBe16(<usize>s.at + ETH_TYPE, ETH_P_IPV6);
    store<u8>(ip, 0x60);
    storeBe16(ip + 4, len);
    store<u8>(ip, <u8>IPPROTO_TCP, 6);
    store<u8>(ip, HOP_LIMIT, 7);
    store<u64>(ip, sk.raddr0, 8);
    store<u64>(ip, sk.raddr1, 16);
    store<u64>(ip, sk.laddr0, 24);
    store<u64>(ip, sk.laddr1, 32);
    return;
  }
  storeBe16(<usize>s.at + ETH_TYPE, ETH_P_IP);
  store<u8>(ip, 0x45);
  storeBe16(ip + 2, 20 + len);
  storeBe16(ip + 6, IP_DF);
  store<u8>(ip, HOP_LIMIT, 8);
  store<u8>(ip, <u8>IPPROTO_TCP, 9);
  store<u32>(ip, <u32>sk.raddr0, 12);
  store<u32>(ip, <u32>sk.laddr0, 16);
  ipSum(ip);
}
/** Writes the checksum of an IPv4 header without options. */
export function ipSum(ip: usize): void {
  store<u16>(ip, 0, 10);
  store<u16>(ip, <u16>csumFinish(csumPartial(0, ip, 20)), 10);
}

/** The other end of a connection, or NONE when it has gone. */
function peerOf(sk: Sock): u32 {
  for (let i: u32 = 0; i < sockCount(); i++) {
    if (!sockLive(i)) continue;
    const p = sock(i);
    if (p.host != sk.host && p.lport == sk.rport && p.rport == sk.lport && p.family == sk.family && p.laddr0 == sk.raddr0
      && p.raddr0 == sk.laddr0) return i;
  }
  return NONE;
}

/**
 * Bytes of the stream from `seq` on become the payload, as its sender has them still; those from before rcv_nxt may have gone, and are
 * zeros: nobody reads them again. Fewer than `len` when the sender has sent no more. False: there is none.
 */
export function segmentPayload(s: Segment, sk: Sock, seq: u32, len: u32): bool {
  const to = optionsAt(s, sk);
  memory.fill(to, 0, len);
  // Old bytes need no sender.
  let end = <i32>(sk.rcv_nxt - seq);
  if (end < 0) end = 0;
  const peer = peerOf(sk);
  for (let i = peer == NONE ? NONE : sock(peer).rtx_head; i != NONE; i = skb(i).next) {
    const b = skb(i);
    let at = b.seq;
    for (let n: u32 = 0; n < b.nr_frags; n++) {
      const f = skbFrag(i, n);
      end = copyPart(to, seq, len, at, <usize>(netmem(f.netmem).addr + f.off), f.len, end);
      at += f.len;
    }
  }
  s.seq = seq;
  s.payload = min(<u32>end, len);
  // What is ahead of the first byte that could be had is no payload: then there is a hole in it.
  return s.payload != 0;
}

/** Copies the part of a fragment that lies in the payload. `end`: bytes from `seq` on that are there; the new number of them. */
function copyPart(to: usize, seq: u32, len: u32, frag_seq: u32, addr: usize, frag_len: u32, end: i32): i32 {
  const first = <i32>(frag_seq - seq);
  const last = first + <i32>frag_len;
  const from = max(first, 0);
  const until = min(last, <i32>len);
  if (from >= until || from > end) return end;
  memory.copy(to + from, addr + <usize>(from - first), until - from);
  return max(end, until);
}
