/**
 * StartXmit (ndo_start_xmit behind a FIFO qdisc), filled in by nic-model/2-nic/driver.ts:
 *   xmit(host, header_addr, header_len, skb_idx, payload_off, payload_len, sock_idx, hash) -> 0, or 1 when dropped.
 *   Sends Ethernet + IP + TCP headers from `header_addr` and `payload_len` bytes of the skb's fragments from
 *   `payload_off` on; skb_idx NONE sends headers alone. The driver takes its own references on the fragments. Checksum
 *   fields are left 0 by the caller: the driver or the NIC writes them. When the device has sent it, the SkbDestructor
 *   is called with sock_idx (not for NONE) and header_len + payload_len. `hash` chooses the TX queue.
 */
import { PORTS_ADDR } from '../../sim/core';

const START_XMIT: usize = 20;

export function setStartXmit(
  xmit: (host: u32, header_addr: u32, header_len: u32, skb_idx: u32, payload_off: u32, payload_len: u32, sock_idx: u32, hash: u32) => u32,
): void {
  store<u32>(PORTS_ADDR, xmit.index, START_XMIT);
}
export function startXmit(
  host: u32, header_addr: u32, header_len: u32, skb_idx: u32, payload_off: u32, payload_len: u32, sock_idx: u32, hash: u32,
): u32 {
  return call_indirect<u32>(
    load<u32>(PORTS_ADDR, START_XMIT), host, header_addr, header_len, skb_idx, payload_off, payload_len, sock_idx, hash,
  );
}
