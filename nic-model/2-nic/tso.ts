/**
 * Cutting a large TCP packet into frames: by the NIC (TSO) when it sends, or by the driver's side of the stack (GSO) where the
 * NIC cannot (net/ipv4/tcp_offload.c: tcp_gso_segment; net/ipv4/af_inet.c: inet_gso_segment).
 *
 *     +------+-------------------------------------------------------------+
 *     | head | payload                                                     |      one packet of the stack, pkt_id n
 *     +------+---------------------+---------------------+-----------------+
 *              gso_size              gso_size              the rest
 *     +------+--------------+ +------+--------------+ +------+----------+
 *     | head |              | | head |              | | head |          |         frames n, n + 1, n + 2
 *     +------+--------------+ +------+--------------+ +------+----------+
 *       seq, id                 seq + gso_size, id+1    … and PSH, FIN
 */
import { loadBe16, NONE, storeBe16, storeBe32 } from '../../sim/core';
import { netmemRef } from '../../stack/3-pool';
import { copyHeader, Frame, frame, FRAME_ACCECN, frameAddFrag, frameAlloc, frameFrag, frameHead, PROTO_IPV4 } from '../1-wire';

const IPV4_TOT_LEN: usize = 2;
const IPV4_ID: usize = 4;
const IPV6_PAYLOAD_LEN: usize = 4;
const IPV6_HLEN: u32 = 40;
const TCP_SEQ: usize = 4;
const TCP_FLAGS: usize = 13;
/** FIN and PSH stand on the last segment only, CWR on the first only, unless it means something else (FRAME_ACCECN). */
const LAST_ONLY: u32 = 0x09;
const FIRST_ONLY: u32 = 0x80;

/** Frames that a packet becomes. */
export function segmentCount(f: Frame): u32 {
  const size = <u32>f.gso_size;
  if (size == 0) return 1;
  return (f.len - <u32>f.payload_off + size - 1) / size;
}

/** The i-th frame of a packet, with references of its own; NONE when there is no frame. */
export function segment(frame_idx: u32, i: u32): u32 {
  const f = frame(frame_idx);
  const idx = frameAlloc(f.host);
  if (idx == NONE) return NONE;
  const to = frame(idx);
  const head_len = <u32>f.payload_off;
  const size = <u32>f.gso_size;
  const off = i * size;
  const left = f.len - head_len - off;
  const len = min(left, size);
  to.pkt_id = f.pkt_id + i;
  to.len = head_len + len;
  to.hash = f.hash;
  to.ip_end = head_len + len;
  to.head_len = <u16>head_len;
  to.flags = f.flags;
  to.queue = f.queue;
  to.l3_off = f.l3_off;
  to.l4_off = f.l4_off;
  to.payload_off = f.payload_off;
  to.proto = f.proto;
  to.seq = f.seq + off;
  const head = frameHead(to);
  copyHeader(head, frameHead(f), head_len);
  writeFields(to, head, i, len == left);
  shareFrags(f, to, off, len);
  return idx;
}

/** Lengths, identification, sequence number and flags of one segment. */
function writeFields(to: Frame, head: usize, i: u32, last: bool): void {
  const ip = head + <u32>to.l3_off;
  const th = head + <u32>to.l4_off;
  const ip_len = to.len - <u32>to.l3_off;
  if ((to.proto & PROTO_IPV4) != 0) {
    storeBe16(ip + IPV4_TOT_LEN, ip_len);
    storeBe16(ip + IPV4_ID, loadBe16(ip + IPV4_ID) + i);
  } else {
    storeBe16(ip + IPV6_PAYLOAD_LEN, ip_len - IPV6_HLEN);
  }
  storeBe32(th + TCP_SEQ, to.seq);
  let flags = <u32>load<u8>(th + TCP_FLAGS);
  if (!last) flags &= ~LAST_ONLY;
  if (i != 0 && (to.flags & FRAME_ACCECN) == 0) flags &= ~FIRST_ONLY;
  store<u8>(th + TCP_FLAGS, <u8>flags);
}

/** References to `len` bytes of a packet's payload from `off` on. */
function shareFrags(f: Frame, to: Frame, off: u32, len: u32): void {
  let skip = off;
  let left = len;
  for (let i: u32 = 0; left > 0; i++) {
    const frag = frameFrag(f, i);
    const frag_len = frag.len;
    if (skip >= frag_len) {
      skip -= frag_len;
      continue;
    }
    const part = min(frag_len - skip, left);
    netmemRef(frag.netmem);
    frameAddFrag(to, frag.netmem, frag.off + skip, part);
    left -= part;
    skip = 0;
  }
}
