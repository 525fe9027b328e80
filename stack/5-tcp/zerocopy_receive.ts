/**
 * TCP_ZEROCOPY_RECEIVE (net/ipv4/tcp.c: tcp_zerocopy_receive): received pages are mapped into an area of the user's instead of being
 * copied. Only whole pages can be: a fragment of 4 KiB that begins with its page. What comes before the next such fragment is for the
 * user to read (recv_skip_hint), or is copied to a buffer of his in the same call (copybuf).
 *
 *     struct tcp_zerocopy_receive: address u64, length u32, recv_skip_hint u32, inq u32, err s32, copybuf_address u64, copybuf_len s32,
 *                                  flags u32, msg_control u64, msg_controllen u64, msg_flags u32, reserved u32
 *
 * Differs from Linux: no timestamps come along with it.
 */
import {
  charge, COST_RECV, memCopied, memUser, NONE, PAGE_SIZE, traceSockRead,
} from '../../sim/core';
import { KIND_PAGE, netmem, pageMap, pagesUnmap, Skb, skb, skbFrag, userOk, vmaEnd } from '../3-pool';
import { Sock, SOCK_DONE, TCP_LISTEN } from '../6-socket';
import { EFAULT, EINVAL, EIO, ENOTCONN } from './errno';
import { takeSockError } from './error';
import { lockSock, releaseSock } from './lock';
import { inqOf, tcpInqHint } from './options';
import { cleanupRbuf, copySkb, recvLocked, recvSkb, skbReadable } from './recvmsg';
import { rcvSpaceAdjust } from './rcvbuf';

@unmanaged
export class ZeroCopyReceive {
  address: u64;
  length: u32;
  recv_skip_hint: u32;
  inq: u32;
  err: i32;
  copybuf_address: u64;
  copybuf_len: i32;
  flags: u32;
  msg_control: u64;
  msg_controllen: u64;
  msg_flags: u32;
  reserved: u32;
}
export const ZC_BYTES: u32 = 64;
/** The struct as far as each of its versions has it; shorter ones end before inq. */
const LENGTH_END: u32 = 12;
const INQ_END: u32 = 20;
const VERSIONS: u64 = (<u64>1 << 24) | (<u64>1 << 32) | (<u64>1 << 36) | (<u64>1 << 40) | (<u64>1 << 48) | (<u64>1 << 56);
const MSG_FLAGS_END: u32 = 60;
const TCP_CMSG_TS: u32 = 2;
const TLB_CLEAN_HINT: u32 = 1;
const PAGE_MASK: u32 = PAGE_SIZE - 1;

/** The fragment that begins at an offset of an skb; NONE: it begins none (skb_advance_to_frag, with what its callers make of it). */
function fragAt(b: Skb, skb_idx: u32, offset: u32): u32 {
  if (offset < <u32>b.head_len) return NONE;
  let left = offset - <u32>b.head_len;
  let i: u32 = 0;
  for (; i < b.nr_frags && left >= skbFrag(skb_idx, i).len; i++) left -= skbFrag(skb_idx, i).len;
  return left == 0 && i < b.nr_frags ? i : NONE;
}

/** can_map_frag */
function mappable(skb_idx: u32, i: u32): bool {
  const f = skbFrag(skb_idx, i);
  return f.len == PAGE_SIZE && f.off == 0 && netmem(f.netmem).kind == KIND_PAGE;
}
/** Bytes before the next fragment that can be mapped, at most `left` (find_next_mappable_frag). */
function unmappable(skb_idx: u32, frag: u32, left: u32): u32 {
  let bytes: u32 = 0;
  for (let i = frag; bytes < left && !mappable(skb_idx, i); i++) bytes += skbFrag(skb_idx, i).len;
  return bytes;
}

/** What has to be read before something can be mapped again (tcp_zerocopy_set_hint_for_skb). */
function setHint(zc: ZeroCopyReceive, b: Skb, skb_idx: u32, offset: u32): void {
  zc.recv_skip_hint = b.len - offset;
  const linear = <u32>b.head_len;
  if (offset < linear) return;
  let left = offset - linear;
  let i: u32 = 0;
  for (; i < b.nr_frags && left >= skbFrag(skb_idx, i).len; i++) left -= skbFrag(skb_idx, i).len;
  if (left != 0 && i + 1 >= b.nr_frags) return;
  const rest = left != 0 ? skbFrag(skb_idx, i++).len - left : 0;
  zc.recv_skip_hint = rest + unmappable(skb_idx, i, zc.recv_skip_hint - rest);
}

/** All that is there fits the user's buffer (receive_fallback_to_copy). */
function copyAll(sk: Sock, zc: ZeroCopyReceive, inq: u32): i32 {
  zc.length = 0;
  zc.recv_skip_hint = 0;
  if (!userOk(zc.copybuf_address, inq)) return -<i32>EFAULT;
  const ret = recvLocked(sk, <usize>zc.copybuf_address, inq);
  if (ret < 0) return ret;
  zc.copybuf_len = ret;
  const idx = ret != 0 ? recvSkb(sk, sk.copied_seq) : NONE;
  if (idx != NONE) setHint(zc, skb(idx), idx, sk.copied_seq - skb(idx).seq);
  return 0;
}

/** Copies what lies before the next page that can be mapped, as far as the user's buffer has room (tcp_zc_handle_leftover). */
function copyLeftover(sk: Sock, zc: ZeroCopyReceive, skb_idx: u32, seq: u32, room: i32): u32 {
  const len = min(<u32>max(room, 0), zc.recv_skip_hint);
  if (len == 0) return 0;
  const idx = skb_idx != NONE ? skb_idx : recvSkb(sk, seq);
  const b = skb(idx);
  const to = <usize>zc.copybuf_address;
  if (!userOk(zc.copybuf_address, len) || !skbReadable(b, idx) || !copySkb(b, idx, seq - b.seq, len, to, memUser(sk.host, to, len))) {
    zc.copybuf_len = -<i32>EFAULT;
    return 0;
  }
  memCopied(len);
  zc.recv_skip_hint -= len;
  zc.copybuf_len = <i32>len;
  return len;
}

function receive(sk: Sock, zc: ZeroCopyReceive): i32 {
  const room = zc.copybuf_len;
  zc.copybuf_len = 0;
  zc.msg_flags = 0;
  if ((zc.address & PAGE_MASK) != 0) return -<i32>EINVAL;
  if (sk.state == <u8>TCP_LISTEN) return -<i32>ENOTCONN;
  const inq = inqOf(sk);
  if (inq != 0 && <i32>inq <= room) return copyAll(sk, zc, inq);
  if (inq < PAGE_SIZE) {
    zc.length = 0;
    zc.recv_skip_hint = inq;
    return inq == 0 && sk.hasFlag(SOCK_DONE) ? -<i32>EIO : 0;
  }
  const end = vmaEnd(sk.host, zc.address);
  if (end == 0) return -<i32>EINVAL;
  let address = <u32>zc.address;
  const avail = min(min(zc.length, end - address), inq);
  const total = avail & ~PAGE_MASK;
  if (total != 0 && (zc.flags & TLB_CLEAN_HINT) == 0) pagesUnmap(address, total);
  zc.length = total != 0 ? total : avail;
  zc.recv_skip_hint = total != 0 ? 0 : avail;
  const mapped_end = address + total;
  let seq = sk.copied_seq;
  let length: u32 = 0;
  let idx: u32 = NONE;
  let frag: u32 = 0;
  while (length + PAGE_SIZE <= zc.length) {
    if (zc.recv_skip_hint < PAGE_SIZE) {
      if (idx != NONE && zc.recv_skip_hint > 0) break;
      idx = idx != NONE ? skb(idx).next : recvSkb(sk, seq);
      const b = skb(idx);
      if (!skbReadable(b, idx)) break;
      zc.recv_skip_hint = b.len - (seq - b.seq);
      frag = fragAt(b, idx, seq - b.seq);
      if (frag == NONE) break;
    }
    const bytes = unmappable(idx, frag, zc.recv_skip_hint);
    if (bytes != 0) {
      zc.recv_skip_hint = bytes;
      break;
    }
    const page = skbFrag(idx, frag++).netmem;
    if (!pageMap(address, page)) {
      // The user was wrong: something is mapped there (tcp_zerocopy_vm_insert_batch_error).
      pagesUnmap(address, mapped_end - address);
      pageMap(address, page);
    }
    address += PAGE_SIZE;
    seq += PAGE_SIZE;
    length += PAGE_SIZE;
    zc.recv_skip_hint -= PAGE_SIZE;
  }
  const copied = copyLeftover(sk, zc, idx, seq, room);
  seq += copied;
  let ret: i32 = 0;
  if (length + copied != 0) {
    charge(COST_RECV);
    sk.copied_seq = seq;
    rcvSpaceAdjust(sk);
    recvSkb(sk, seq);
    traceSockRead(0, NONE, sk.handle, length + copied);
    cleanupRbuf(sk, length + copied);
    if (length == zc.length) zc.recv_skip_hint = 0;
  } else if (zc.recv_skip_hint == 0 && sk.hasFlag(SOCK_DONE)) ret = -<i32>EIO;
  zc.length = length;
  return ret;
}

/** getsockopt(): the struct lies at `at`, of which the user has `len` bytes, and the rest is 0. `len`, or -errno. */
export function tcpZerocopyReceive(sk: Sock, at: usize, len: u32): i32 {
  const zc = changetype<ZeroCopyReceive>(at);
  if (len < LENGTH_END || zc.reserved != 0 || (zc.msg_flags & ~TCP_CMSG_TS) != 0) return -<i32>EINVAL;
  lockSock(sk);
  const ret = receive(sk, zc);
  releaseSock(sk);
  if (ret < 0) return ret;
  const known = len >= MSG_FLAGS_END || (VERSIONS & (<u64>1 << len)) != 0;
  if (known) zc.err = takeSockError(sk);
  if (known || len == INQ_END) zc.inq = <u32>tcpInqHint(sk.handle);
  return <i32>len;
}
