/**
 * Frames that the host feeds, from a capture of a real network: they arrive at the far end of a link at their time, as
 * they are, past rate and impairments. Their bytes are copied into TX pages of the sending host, one behind the other.
 */
import { coreState, FRAME_HEAD_SIZE, HOSTS_MAX, newPktId, NONE, TX_PAGE_SIZE } from '../../sim/core';
import { fragUnref, netmem, netmemRef, txPageAlloc } from '../../stack/3-pool';
import { frame, Frame, frameAddFrag, frameAlloc, frameFree, frameHead, FRAME_GOOD, FRAME_INJECTED } from './frame';
import { ETH_HLEN, frameParse, VLAN_HLEN } from './headers';
import { Link, link, linkPush } from './link';

const EINVAL: i32 = 22;
const ENOMEM: i32 = 12;
/** The longest IP datagram behind two VLAN tags: what segmentation offload leaves in a capture. */
const FRAME_LEN_MAX: u32 = 65535 + ETH_HLEN + 2 * VLAN_HLEN;
/** The capture was taken where checksums were still to be written by a NIC: take the frame as good. */
export const INJECT_OFFLOADED: u32 = 1;

/** Can a frame be this long? */
export function frameLengthOk(len: u32): bool {
  return len >= ETH_HLEN && len <= FRAME_LEN_MAX;
}

/** A frame of a host with the `len` bytes at `addr`, or NONE when there is no memory for it. */
export function frameOfBytes(host: u32, addr: usize, len: u32): u32 {
  const idx = frameAlloc(host);
  if (idx == NONE) return NONE;
  const f = frame(idx);
  const most = min(len, FRAME_HEAD_SIZE);
  memory.copy(frameHead(f), addr, most);
  f.head_len = <u16>most;
  f.len = len;
  f.hash = 0;
  frameParse(f);
  // Payload that lies in one piece goes to a posted buffer in one piece.
  if (f.payload_off != 0) f.head_len = <u16>f.payload_off;
  const head_len = <u32>f.head_len;
  if (!addBytes(link(host), f, addr + head_len, len - head_len)) {
    frameFree(idx);
    return NONE;
  }
  f.pkt_id = newPktId();
  return idx;
}

/** `len` bytes at `addr` arrive at the host that link does not send for. 0, or -errno with nothing done. */
export function wireInject(link_idx: u32, time_ns: u64, addr: usize, len: u32, flags: u32): i32 {
  if (link_idx >= HOSTS_MAX || !frameLengthOk(len) || time_ns < coreState().clock_ns) return -EINVAL;
  const idx = frameOfBytes(link_idx, addr, len);
  if (idx == NONE) return -ENOMEM;
  const f = frame(idx);
  f.flags = FRAME_INJECTED;
  if ((flags & INJECT_OFFLOADED) != 0) f.flags |= FRAME_GOOD;
  // The other half says how large the segments were that the frame is made of (virtio_net_hdr.gso_size); 0: it is one.
  f.gso_size = <u16>(flags >> 16);
  linkPush(link_idx, idx, time_ns);
  return 0;
}

/** Copies payload behind that of the frame before; false when there are no TX pages. */
function addBytes(l: Link, f: Frame, addr: usize, len: u32): bool {
  let from = addr;
  let left = len;
  while (left > 0) {
    if (l.inject_page == NONE || l.inject_off == TX_PAGE_SIZE) {
      const page = txPageAlloc(f.host);
      if (page == NONE) return false;
      if (l.inject_page != NONE) fragUnref(l.inject_page, false);
      l.inject_page = page;
      l.inject_off = 0;
    }
    const part = min(left, TX_PAGE_SIZE - l.inject_off);
    memory.copy(<usize>(netmem(l.inject_page).addr + l.inject_off), from, part);
    netmemRef(l.inject_page);
    frameAddFrag(f, l.inject_page, l.inject_off, part);
    l.inject_off += part;
    from += part;
    left -= part;
  }
  return true;
}
