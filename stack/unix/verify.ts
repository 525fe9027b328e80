/** AF_UNIX, recounted: queues, and what senders have outstanding. */
import { NONE, UNIX_SOCKS_MAX, waitVerify } from '../../sim/core';
import { peerWait, unixSkb, unixSock, unixWaiters } from './sock';

/** Checks every socket. Returns the number of things looked at. */
export function unixVerify(): u32 {
  let sockets: u32 = 0;
  let sent: u64 = 0;
  let waiting: u64 = 0;
  for (let i: u32 = 0; i < UNIX_SOCKS_MAX; i++) {
    const u = unixSock(i);
    if (u.type == 0) continue;
    sockets++;
    sent += u.wmem_alloc;
    assert(u.peer == NONE || (unixSock(u.peer).type == u.type && unixSock(u.peer).refs != 0), 'X1 a peer is there as long as it is held');
    waitVerify(unixWaiters(u));
    waitVerify(peerWait(u));
    let len: u32 = 0;
    let bytes: u32 = 0;
    for (let idx = u.queue_head; idx != NONE; idx = unixSkb(idx).next) {
      const b = unixSkb(idx);
      len++;
      bytes += b.len - b.consumed;
      waiting += b.truesize;
    }
    assert(len == u.queue_len && bytes == u.inq_len, 'X3 queues are counted');
  }
  assert(sent == waiting, 'X3 what senders have outstanding waits in queues');
  return sockets;
}
