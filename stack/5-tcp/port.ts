/**
 * StartXmit (ndo_start_xmit behind a qdisc), filled in by nic-model/2-nic/driver.ts:
 *   xmit(host, header_addr, header_len, skb_idx, sock_idx, hash, flow, edt_ns) -> 0, or 1 when dropped.
 *   Sends Ethernet + IP + TCP headers from `header_addr` and the skb's payload, as gso_segs frames of gso_size bytes of
 *   payload if gso_segs is above 1; skb_idx NONE sends headers alone. The driver takes its own references on the
 *   fragments. Checksum fields are left 0 by the caller: the driver or the NIC writes them. When the device has sent it,
 *   the SkbDestructor is called with sock_idx (not for NONE) and the skb's truesize. `hash` chooses the TX queue.
 *   `flow` is the socket, or NONE; `edt_ns` when a qdisc that paces may let the packet go, at the earliest; 0: at once.
 *
 * LoXmit (ndo_start_xmit of the loopback device), filled in by nic-model/lo: the same for a packet to an address of the host's
 *   own. It keeps nothing of the socket: the SkbDestructor is called at once.
 *
 * UdpInput, filled in by stack/udp:
 *   receive(host, skb_idx, family) -> NONE when it took the packet, or why it is to be dropped. A packet of UDP or a fragment of one,
 *   whose IP header, at data_off, was checked. Without it nobody handles UDP.
 *   error(host, family, ip, uh, type, code): an ICMP error quotes a datagram, whose headers are at `ip` and `uh`.
 */
import { DROP_UNHANDLED_PROTO, PORTS_ADDR } from '../../sim/core';

const START_XMIT: usize = 20;

export function setStartXmit(
  xmit: (host: u32, header_addr: u32, header_len: u32, skb_idx: u32, sock_idx: u32, hash: u32, flow: u32, edt_ns: u64) => u32,
): void {
  store<u32>(PORTS_ADDR, xmit.index, START_XMIT);
}
export function startXmit(
  host: u32, header_addr: u32, header_len: u32, skb_idx: u32, sock_idx: u32, hash: u32, flow: u32 = 0xffffffff, edt_ns: u64 = 0,
): u32 {
  return call_indirect<u32>(load<u32>(PORTS_ADDR, START_XMIT), host, header_addr, header_len, skb_idx, sock_idx, hash, flow, edt_ns);
}

const LO_XMIT: usize = 36;

export function setLoXmit(xmit: (host: u32, header_addr: u32, header_len: u32, skb_idx: u32, sock_idx: u32, hash: u32) => u32): void {
  store<u32>(PORTS_ADDR, xmit.index, LO_XMIT);
}
export function loXmit(host: u32, header_addr: u32, header_len: u32, skb_idx: u32, sock_idx: u32, hash: u32): u32 {
  return call_indirect<u32>(load<u32>(PORTS_ADDR, LO_XMIT), host, header_addr, header_len, skb_idx, sock_idx, hash);
}

const UDP_RECEIVE: usize = 512;
const UDP_ERROR: usize = 516;

export function setUdpInput(
  receive: (host: u32, skb_idx: u32, family: u32) => u32,
  error: (host: u32, family: u32, ip: usize, uh: usize, type: u32, code: u32) => void,
): void {
  store<u32>(PORTS_ADDR, receive.index, UDP_RECEIVE);
  store<u32>(PORTS_ADDR, error.index, UDP_ERROR);
}
export function udpInput(host: u32, skb_idx: u32, family: u32): u32 {
  const receive = load<u32>(PORTS_ADDR, UDP_RECEIVE);
  return receive != 0 ? call_indirect<u32>(receive, host, skb_idx, family) : DROP_UNHANDLED_PROTO;
}
export function udpInputError(host: u32, family: u32, ip: usize, uh: usize, type: u32, code: u32): void {
  call_indirect<void>(load<u32>(PORTS_ADDR, UDP_ERROR), host, family, ip, uh, type, code);
}
