/**
 * SOCKET_URING_OP_TX_TIMESTAMP (io_uring/cmd_net.c: io_uring_cmd_timestamp): the transmit timestamps of a socket, one completion
 * each, from its error queue, as long as there is room. Timestamps that carry bytes stay for recvmsg.
 */
import { NONE } from '../../sim/core';
import { skb } from '../../stack/3-pool';
import {
  errorQueue, extendedErr, freeErrSkb, queueUnlink, SO_EE_ORIGIN_TIMESTAMPING, sock, Sock, SOF_TIMESTAMPING_SOFTWARE,
} from '../../stack/6-socket';
import { fileAt, FILE_SOCKET } from '../../stack/file';
import {
  EAGAIN, ECANCELED, EINVAL, ENOBUFS, IORING_CQE_F_32, IORING_CQE_F_MORE, IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED,
  IORING_TIMESTAMP_TYPE_SHIFT, POLLERR,
} from '../uapi.gen';
import { fillCqeAux32 } from './cq';
import { IOU_ISSUE_SKIP_COMPLETE } from './issue';
import { APOLL_OK, armPoll } from './poll';
import { Req, REQ_F_APOLL_MULTISHOT } from './request';
import { Ring, ringAt } from './state';

const ENOMSG: u32 = 42;
const NS_PER_SEC: u64 = 1000000000;

/** skb_has_tx_timestamp, of one without payload */
function isTimestamp(sk: Sock, skb_idx: u32): bool {
  const ee = extendedErr(skb_idx);
  if (ee.ee_errno != ENOMSG || ee.ee_origin != SO_EE_ORIGIN_TIMESTAMPING) return false;
  return (sk.tsflags & SOF_TIMESTAMPING_SOFTWARE) != 0 && skb(skb_idx).len == 0;
}

/** One completion: the key of the byte, the time, and of what (io_process_timestamp_skb). */
function post(r: Ring, req: Req, skb_idx: u32): bool {
  const ee = extendedErr(skb_idx);
  const ns = skb(skb_idx).tstamp_ns;
  let cflags = IORING_CQE_F_MORE | (ee.ee_info << IORING_TIMESTAMP_TYPE_SHIFT);
  if ((r.flags & IORING_SETUP_CQE_MIXED) != 0) cflags |= IORING_CQE_F_32;
  r.cq_flush = 1;
  return fillCqeAux32(r, req, <i32>ee.ee_data, cflags, ns / NS_PER_SEC, ns % NS_PER_SEC);
}

export function cmdTimestamp(req: Req): i32 {
  const r = ringAt(req.ring);
  if ((r.flags & (IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED)) == 0) return -EINVAL;
  // The first time it only begins to wait (io_cmd_poll_multishot).
  if ((req.flags & REQ_F_APOLL_MULTISHOT) == 0) {
    req.flags |= REQ_F_APOLL_MULTISHOT;
    return armPoll(req, POLLERR, false) == APOLL_OK ? IOU_ISSUE_SKIP_COMPLETE : -ECANCELED;
  }
  const f = fileAt(req.file);
  if (f.kind != FILE_SOCKET) return -EAGAIN;
  const sk = sock(f.obj);
  for (let i = sk.error_head; i != NONE; ) {
    const next = skb(i).next;
    if (isTimestamp(sk, i)) {
      if (!post(r, req, i)) return -ENOBUFS;
      queueUnlink(errorQueue(sk), i);
      freeErrSkb(sk, i);
    }
    i = next;
  }
  return -EAGAIN;
}
