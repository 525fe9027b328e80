/**
 * SO_TIMESTAMPING (net/core/sock.c: sock_set_timestamping; net/socket.c: __sock_tx_timestamp; net/core/skbuff.c:
 * __skb_tstamp_tx): which timestamps a process wants, and how they come to it. Bits of Sock.tsflags are the interface's own,
 * SOF_TIMESTAMPING_*.
 *
 * Differs from Linux: no hardware timestamps: bits that ask for them give none, SOF_TIMESTAMPING_BIND_PHC is -EOPNOTSUPP.
 * Differs from Linux: received bytes have a timestamp for who set SOF_TIMESTAMPING_RX_SOFTWARE, not also for all others of the machine.
 */
import { NONE, now } from '../../sim/core';
import { Skb, skb, skbAlloc, skbClone, skbCopyUbufs, skbFree, SKB_HEAD_TRUESIZE } from '../3-pool';
import { clearExtendedErr, queueErrSkb, SO_EE_ORIGIN_TIMESTAMPING } from './error_queue';
import { Sock } from './sock';
import { SOCK_TSTAMP_NEW, TCP_CLOSE, TCP_LISTEN } from './sock_flags';

export const SOF_TIMESTAMPING_TX_HARDWARE: u32 = 1 << 0;
export const SOF_TIMESTAMPING_TX_SOFTWARE: u32 = 1 << 1;
export const SOF_TIMESTAMPING_RX_SOFTWARE: u32 = 1 << 3;
export const SOF_TIMESTAMPING_SOFTWARE: u32 = 1 << 4;
export const SOF_TIMESTAMPING_OPT_ID: u32 = 1 << 7;
export const SOF_TIMESTAMPING_TX_SCHED: u32 = 1 << 8;
export const SOF_TIMESTAMPING_TX_ACK: u32 = 1 << 9;
export const SOF_TIMESTAMPING_OPT_TSONLY: u32 = 1 << 11;
export const SOF_TIMESTAMPING_OPT_STATS: u32 = 1 << 12;
export const SOF_TIMESTAMPING_BIND_PHC: u32 = 1 << 15;
export const SOF_TIMESTAMPING_OPT_ID_TCP: u32 = 1 << 16;
export const SOF_TIMESTAMPING_TX_COMPLETION: u32 = 1 << 18;
const SOF_TIMESTAMPING_MASK: u32 = (1 << 19) - 1;
/** Bits that a control message of a send may set for that send. */
export const SOF_TIMESTAMPING_TX_RECORD_MASK: u32 = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED
  | SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_TX_COMPLETION;

/** Skb.tx_flags. */
export const SKBTX_HW_TSTAMP: u8 = 1;
export const SKBTX_SW_TSTAMP: u8 = 2;
export const SKBTX_COMPLETION_TSTAMP: u8 = 8;
export const SKBTX_SCHED_TSTAMP: u8 = 64;

/** ee_info of a timestamp: of what. */
export const SCM_TSTAMP_SND: u32 = 0;
export const SCM_TSTAMP_SCHED: u32 = 1;
export const SCM_TSTAMP_ACK: u32 = 2;

const EINVAL: i32 = 22;
const EOPNOTSUPP: i32 = 95;
const ENOMSG: u32 = 42;

/** SO_TIMESTAMPING_OLD, or _NEW. 0 or -errno. */
export function setTimestamping(sk: Sock, val: u32, is_new: bool): i32 {
  if ((val & ~SOF_TIMESTAMPING_MASK) != 0) return -EINVAL;
  const id = (val & SOF_TIMESTAMPING_OPT_ID) != 0;
  const id_tcp = (val & SOF_TIMESTAMPING_OPT_ID_TCP) != 0;
  if (id_tcp && !id) return -EINVAL;
  if (id && (sk.tsflags & SOF_TIMESTAMPING_OPT_ID) == 0) {
    if (sk.state == <u8>TCP_CLOSE || sk.state == <u8>TCP_LISTEN) return -EINVAL;
    sk.tskey = id_tcp ? sk.write_seq : sk.snd_una;
  }
  if ((val & SOF_TIMESTAMPING_OPT_STATS) != 0 && (val & SOF_TIMESTAMPING_OPT_TSONLY) == 0) return -EINVAL;
  if ((val & SOF_TIMESTAMPING_BIND_PHC) != 0) return -EOPNOTSUPP;
  sk.tsflags = val;
  if (is_new) sk.flags |= SOCK_TSTAMP_NEW;
  else sk.flags &= ~SOCK_TSTAMP_NEW;
  return 0;
}

/** What a packet is to do for the bits of a send (__sock_tx_timestamp). */
export function txFlagsOf(tsflags: u32): u8 {
  let flags: u8 = 0;
  if ((tsflags & SOF_TIMESTAMPING_TX_HARDWARE) != 0) flags |= SKBTX_HW_TSTAMP;
  if ((tsflags & SOF_TIMESTAMPING_TX_SOFTWARE) != 0) flags |= SKBTX_SW_TSTAMP;
  if ((tsflags & SOF_TIMESTAMPING_TX_SCHED) != 0) flags |= SKBTX_SCHED_TSTAMP;
  if ((tsflags & SOF_TIMESTAMPING_TX_COMPLETION) != 0) flags |= SKBTX_COMPLETION_TSTAMP;
  return flags;
}

/** The packet once more, for its timestamp: headers (none for 0 bytes), then payload. NONE: no memory. */
function clonePacket(skb_idx: u32, header: usize, header_len: u32): u32 {
  const idx = skbClone(skb_idx);
  if (idx == NONE) return NONE;
  if (!skbCopyUbufs(idx)) {
    skbFree(idx, false);
    return NONE;
  }
  const b = skb(idx);
  memory.copy(<usize>b.head, header, header_len);
  b.head_len = <u16>header_len;
  b.len += header_len;
  return idx;
}

/** An skb without bytes, for who wants timestamps only (SOF_TIMESTAMPING_OPT_TSONLY). */
function emptyPacket(sk: Sock): u32 {
  const idx = skbAlloc(sk.host);
  if (idx != NONE) skb(idx).truesize = SKB_HEAD_TRUESIZE;
  return idx;
}

/**
 * Queues a timestamp of a sent packet, taken now. `header_len` bytes of headers lie at `header`. `stats`: table index of
 * (sock_idx, skb_idx, to) -> bytes, who writes statistics of the connection (SOF_TIMESTAMPING_OPT_STATS); 0: nobody.
 */
export function tstampTx(sk: Sock, skb_idx: u32, type: u32, header: usize, header_len: u32, stats: u32): void {
  const tsflags = sk.tsflags;
  const tsonly = (tsflags & SOF_TIMESTAMPING_OPT_TSONLY) != 0;
  const idx = tsonly ? emptyPacket(sk) : clonePacket(skb_idx, header, header_len);
  if (idx == NONE) return;
  const b = skb(idx);
  const tskey = skb(skb_idx).tskey;
  const ee = clearExtendedErr(idx);
  if (tsonly && (tsflags & SOF_TIMESTAMPING_OPT_STATS) != 0 && stats != 0) {
    b.head_len = <u16>call_indirect<u32>(stats, sk.handle, skb_idx, b.head);
    b.len = b.head_len;
    ee.opt_stats = 1;
  }
  b.tstamp_ns = now();
  ee.ee_errno = ENOMSG;
  ee.ee_origin = SO_EE_ORIGIN_TIMESTAMPING;
  ee.ee_info = type;
  if ((tsflags & SOF_TIMESTAMPING_OPT_ID) != 0) ee.ee_data = tskey - sk.tskey;
  if (!queueErrSkb(sk, idx)) skbFree(idx, false);
}
