/**
 * RSTs (net/ipv4/tcp_ipv4.c: tcp_v4_send_reset; net/ipv4/tcp_output.c: tcp_send_active_reset; RFC 9293 section 3.10.7.1):
 * never in answer to a RST; with the sequence number that the other side expects, if its segment told one.
 */
import { loadBe16, TCP_OUTRSTS } from '../../sim/core';
import { Skb } from '../3-pool';
import { mibInc, Sock } from '../6-socket';
import { acceptableSeq } from './ack_out';
import { mstampRefresh } from './clock';
import { INET_ECN_MASK } from './ecn';
import { FLAG_ACK, FLAG_RST } from './header';
import { replyKey } from './stage';
import { transmit, transmitReply } from './transmit';

/** Answers a segment with a RST. Addresses are those of the segment. */
export function sendReset(host: u32, b: Skb, family: u32, saddr0: u64, saddr1: u64, daddr0: u64, daddr1: u64): void {
  if ((b.tcp_flags & <u8>FLAG_RST) != 0) return;
  const th = <usize>b.head + b.transport_off;
  const c = replyKey();
  c.host = <u8>host;
  c.family = <u8>family;
  c.handle = 0xffffffff;
  c.reply_tos = b.ip_dsfield & ~<u8>INET_ECN_MASK;
  c.laddr0 = daddr0;
  c.laddr1 = daddr1;
  c.raddr0 = saddr0;
  c.raddr1 = saddr1;
  c.rport = <u16>loadBe16(th);
  c.lport = <u16>loadBe16(th + 2);
  mibInc(host, TCP_OUTRSTS);
  if ((b.tcp_flags & <u8>FLAG_ACK) != 0) transmitReply(c, b.ack_seq, 0, FLAG_RST, 0, b.hash, 0);
  else transmitReply(c, 0, b.end_seq, FLAG_RST | FLAG_ACK, 0, b.hash, 0);
}

/** Resets a connection of ours. */
export function sendActiveReset(sk: Sock): void {
  mibInc(sk.host, TCP_OUTRSTS);
  mstampRefresh(sk);
  transmit(sk, acceptableSeq(sk), FLAG_ACK | FLAG_RST, 0xffffffff, 0);
}
