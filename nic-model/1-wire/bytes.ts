/** The bytes of a frame, wherever they lie, with a flipped bit where the link flipped one; and their checksums. */
import { csumFinish, csumFold, csumPartial, csumPseudo } from '../../sim/core';
import { netmem } from '../../stack/3-pool';
import { Frame, frameFrag, frameHead, FRAME_GOOD, FRAME_PATCHED } from './frame';
import { PROTO_IPV4, PROTO_TCP, PROTO_UDP } from './headers';

const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const TCP_CHECK: u32 = 16;
const UDP_CHECK: u32 = 6;
const IP_CHECK: u32 = 10;

/** Copies headers: 16 bytes at a time, so up to 15 bytes behind `len` are written too. Both buffers have that room. */
export function copyHeader(to: usize, from: usize, len: u32): void {
  const end = from + len;
  while (from < end) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
}

/** Copies `len` bytes of a frame from `offset` on, as they arrive. */
export function frameCopy(f: Frame, offset: u32, to: usize, len: u32): void {
  const head_len = <u32>f.head_len;
  let skip = offset;
  let left = len;
  let at = to;
  if (skip < head_len) {
    const part = min(head_len - skip, left);
    memory.copy(at, frameHead(f) + skip, part);
    at += part;
    left -= part;
    skip = 0;
  } else {
    skip -= head_len;
  }
  for (let i: u32 = 0; left > 0; i++) {
    assert(i < <u32>f.nr_frags, 'W3 a read stays inside its frame');
    const frag = frameFrag(f, i);
    const frag_len = frag.len;
    if (skip >= frag_len) {
      skip -= frag_len;
      continue;
    }
    const part = min(frag_len - skip, left);
    memory.copy(at, <usize>(netmem(frag.netmem).addr + frag.off + skip), part);
    at += part;
    left -= part;
    skip = 0;
  }
  if ((f.flags & FRAME_PATCHED) != 0 && <u32>f.corrupt_at - offset < len) {
    const byte = to + (<u32>f.corrupt_at - offset);
    store<u8>(byte, load<u8>(byte) ^ f.corrupt_mask);
  }
}

/** Sum (RFC 1071) of the bytes from `offset` to `end`, as they arrive, added to `sum`. */
function frameSum(f: Frame, sum: u64, offset: u32, end: u32): u64 {
  const head_len = <u32>f.head_len;
  let from: u32 = 0;
  let odd = false;
  let total = sum;
  if (offset < head_len) {
    const to = min(head_len, end);
    total = csumPartial(total, frameHead(f) + offset, to - offset);
    odd = ((to - offset) & 1) != 0;
  }
  from = head_len;
  for (let i: u32 = 0; i < <u32>f.nr_frags && from < end; i++) {
    const frag = frameFrag(f, i);
    const first = max(from, offset);
    const last = min(from + frag.len, end);
    if (first < last) {
      total = csumPartial(total, <usize>(netmem(frag.netmem).addr + frag.off + first - from), last - first, odd);
      if (((last - first) & 1) != 0) odd = !odd;
    }
    from += frag.len;
  }
  return (f.flags & FRAME_PATCHED) != 0 ? addPatch(f, total, offset, end) : total;
}

/** Takes the clean byte out of the sum and puts the flipped one in. */
function addPatch(f: Frame, sum: u64, offset: u32, end: u32): u64 {
  const at = <u32>f.corrupt_at;
  if (at < offset || at >= end) return sum;
  const flipped = frameByte(f, at);
  const clean = flipped ^ <u32>f.corrupt_mask;
  const shift: u32 = ((at - offset) & 1) << 3;
  return sum + <u64>((flipped << shift) + (~(clean << shift) & 0xffff));
}

/** A payload byte, as it arrives. */
function frameByte(f: Frame, offset: u32): u32 {
  let left = offset - <u32>f.head_len;
  let frag = frameFrag(f, 0);
  for (let i: u32 = 1; left >= frag.len; i++) {
    left -= frag.len;
    frag = frameFrag(f, i);
  }
  return <u32>load<u8>(<usize>(netmem(frag.netmem).addr + frag.off + left)) ^ <u32>f.corrupt_mask;
}

function pseudoSum(f: Frame, head: usize): u64 {
  const ip = head + <u32>f.l3_off;
  const len = f.ip_end - <u32>f.l4_off;
  const protocol = (f.proto & PROTO_UDP) != 0 ? IPPROTO_UDP : IPPROTO_TCP;
  if ((f.proto & PROTO_IPV4) != 0) return csumPseudo(ip + 12, ip + 16, 4, protocol, len);
  return csumPseudo(ip + 8, ip + 24, 16, protocol, len);
}
/** Has it a checksum behind the IP header that a NIC computes? */
function hasL4Checksum(f: Frame): bool {
  return (f.proto & (PROTO_TCP | PROTO_UDP)) != 0;
}
/** Where, from the L4 header on. */
function checkOffset(f: Frame): u32 {
  return (f.proto & PROTO_UDP) != 0 ? UDP_CHECK : TCP_CHECK;
}
/** A sum as it is written: UDP's 0 says that there is none. */
function checkField(f: Frame, sum: u64): u16 {
  const check = csumFinish(sum);
  return check == 0 && (f.proto & PROTO_UDP) != 0 ? 0xffff : <u16>check;
}

function writeIpChecksum(f: Frame, head: usize): void {
  assert((f.flags & FRAME_GOOD) != 0, 'W4 only a frame that is known to be good gets its checksums written');
  if ((f.proto & PROTO_IPV4) == 0) return;
  const ip = head + <u32>f.l3_off;
  store<u16>(ip + IP_CHECK, 0);
  store<u16>(ip + IP_CHECK, <u16>csumFinish(csumPartial(0, ip, (<u32>load<u8>(ip) & 15) << 2)));
}

/** Writes the sums that the fields of a FRAME_GOOD frame stand for. */
export function frameWriteChecksums(f: Frame): void {
  const head = frameHead(f);
  writeIpChecksum(f, head);
  if (!hasL4Checksum(f)) return;
  const field = head + <u32>f.l4_off + checkOffset(f);
  store<u16>(field, 0);
  store<u16>(field, checkField(f, frameSum(f, pseudoSum(f, head), f.l4_off, f.ip_end)));
}

/** The same in a copy of all of the frame's bytes; the frame keeps its fields. */
export function copyWriteChecksums(f: Frame, copy: usize): void {
  writeIpChecksum(f, copy);
  if (!hasL4Checksum(f)) return;
  const l4 = copy + <u32>f.l4_off;
  store<u16>(l4 + checkOffset(f), 0);
  store<u16>(l4 + checkOffset(f), checkField(f, csumPartial(pseudoSum(f, copy), l4, f.ip_end - <u32>f.l4_off)));
}

/** Whether the IPv4 and TCP or UDP checksums of a frame that has them are right. Computes them, unless the frame is known to be good. */
export function frameChecksumsOk(f: Frame): bool {
  if ((f.flags & FRAME_GOOD) != 0) return true;
  const ip = frameHead(f) + <u32>f.l3_off;
  if ((f.proto & PROTO_IPV4) != 0 && csumFold(csumPartial(0, ip, (<u32>load<u8>(ip) & 15) << 2)) != 0xffff) return false;
  return csumFold(frameSum(f, pseudoSum(f, frameHead(f)), f.l4_off, f.ip_end)) == 0xffff;
}

/** Flips one bit, counted from the first byte of the frame. Its checksums are what the sender computed: now they do not fit. */
export function frameFlipBit(f: Frame, bit: u32): void {
  if ((f.flags & FRAME_GOOD) != 0) frameWriteChecksums(f);
  const at = bit >> 3;
  const mask = <u8>((<u32>1) << (bit & 7));
  let flags = f.flags & ~FRAME_GOOD;
  if (at < <u32>f.head_len) {
    const byte = frameHead(f) + at;
    store<u8>(byte, load<u8>(byte) ^ mask);
  } else {
    f.corrupt_at = <u16>at;
    f.corrupt_mask = mask;
    flags |= FRAME_PATCHED;
  }
  f.flags = flags;
}
