/**
 * What headers say besides sequence number and length, for those who check a run against its trace (sim/fuzz/invariants): as it stands on
 * the wire, so that what the socket believes of it can be compared.
 */
import { loadBe32, NONE, runConfig, traceTcpHeard, traceTcpSaid } from '../../sim/core';
import { FLAG_SYN, TCP_HLEN, TH_ACK, TH_FLAG_WORD } from './header';

const TCPOPT_WINDOW: u32 = 3;

/** Flags, and 1 + the window scale of a SYN that has one. */
function bitsOf(th: usize): u32 {
  const word = loadBe32(th + TH_FLAG_WORD);
  const flags = (word >> 16) & 0xff;
  if ((flags & FLAG_SYN) == 0) return flags;
  const end = th + (<usize>(word >> 28) << 2);
  for (let at = th + TCP_HLEN; at < end; ) {
    const kind = <u32>load<u8>(at);
    if (kind == 0) break;
    const len = kind == 1 ? 1 : <u32>load<u8>(at, 1);
    if (len == 0 || at + len > end) break;
    if (kind == TCPOPT_WINDOW && len == 3) return flags | ((<u32>load<u8>(at, 2) + 1) << 16);
    at += len;
  }
  return flags;
}

/**
 * A segment reached its socket. Of segments that were joined in the backlog, the header has the last one's window but the first one's ACK
 * (tcp_add_backlog changes TCP_SKB_CB(tail)->ack_seq and thtail->window): `ack` is what the skb says.
 */
export function traceHeard(pkt_id: u32, th: usize, ack: u32): void {
  if (runConfig().run_verify) traceTcpHeard(pkt_id, NONE, ack, loadBe32(th + TH_FLAG_WORD) & 0xffff, bitsOf(th));
}

/** A segment goes to the device. */
export function traceSaid(pkt_id: u32, th: usize): void {
  if (runConfig().run_verify) traceTcpSaid(pkt_id, NONE, loadBe32(th + TH_ACK), loadBe32(th + TH_FLAG_WORD) & 0xffff, bitsOf(th));
}
