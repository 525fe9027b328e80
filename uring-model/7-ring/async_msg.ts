/**
 * What a network request keeps besides its named fields (struct io_async_msghdr): a copy of a socket address, and the ranges of
 * a message that are left. Requests of one range, without an address, need none of it.
 *
 *     AsyncMsg | name, 128 bytes | 8 ranges |        more ranges lie in a block of 1024
 *
 * A ring keeps the vectors of its last requests for the next ones (ctx->netmsg_cache). All that can be seen of that is how many
 * buffers a bundle maps before it knows how much there is: Req.vec_nr.
 */
import { arenaAlloc, NET_IOVS_MAX, NET_MSGS_MAX, NONE, RINGS_MAX, slabAt, slabNew, slabPut, slabTake } from '../../sim/core';
import { EFAULT, EINVAL, ENOMEM } from '../uapi.gen';
import { userOk } from '../../stack/3-pool';
import { iovBase, iovLen } from '../../stack/6-socket';
import { MAX_RW_COUNT } from './kbuf';
import { Req, REQ_F_NEED_CLEANUP } from './request';
import { ringState } from './state';
import { accessOk } from './user_memory';

@unmanaged
export class AsyncMsg {
  /** Control messages in user memory. */
  control: u64;
  /** RECVMSG: where the message itself is, and where the name goes. */
  umsg: u64;
  uaddr: u64;
  /** Ranges that are left (msg_iter). */
  iov: u32;
  iov_nr: u32;
  /** Block that the ranges lie in, or NONE. */
  block: u32;
  name_len: u32;
  control_len: u32;
  /** Multishot RECVMSG: room for name and control messages in front of the payload. */
  namelen: u32;
  controllen: u32;
  /** RECVMSG: what is left of the buffer that was picked; and is the last shot done? */
  buf_len: u32;
  finished: u32;
  unused: u32;
  buf: u64;
}
const ASYNC_BYTES: usize = 72;
/** sizeof(struct sockaddr_storage) */
export const NAME_BYTES: usize = 128;
const IOVS_INLINE: u32 = 8;
const MSG_BYTES: usize = ASYNC_BYTES + NAME_BYTES + <usize>IOVS_INLINE * 16;
export const UIO_MAXIOV: u32 = 1024;
const BLOCK_BYTES: usize = <usize>UIO_MAXIOV * 16;

/** IO_ALLOC_CACHE_MAX; and vectors that are too long to keep (IO_VEC_CACHE_SOFT_CAP). */
const CACHE_MAX: u32 = 128;
const VEC_CACHE_SOFT_CAP: u32 = 256;
/** A ring's cache: a count, and the length of each vector, last come first served. */
const CACHE_BYTES: usize = 4 + <usize>CACHE_MAX * 2;

export function asyncMsgsInit(): void {
  const s = ringState();
  assert(offsetof<AsyncMsg>() <= ASYNC_BYTES, 'ASYNC_BYTES is too small');
  s.msgs = slabNew(NET_MSGS_MAX, MSG_BYTES);
  s.iovs = slabNew(NET_IOVS_MAX, BLOCK_BYTES);
  s.netmsg_cache = <u32>arenaAlloc(<u64>RINGS_MAX * CACHE_BYTES);
}
export function asyncMsg(i: u32): AsyncMsg {
  return changetype<AsyncMsg>(slabAt(ringState().msgs, i));
}
/** Address of the copy of the socket address. */
export function asyncName(m: AsyncMsg): usize {
  return changetype<usize>(m) + ASYNC_BYTES;
}

/** Gives a request room for a message, empty; 0 or -ENOMEM. */
export function asyncAlloc(req: Req): i32 {
  const idx = slabTake(ringState().msgs);
  if (idx == NONE) return -ENOMEM;
  const m = asyncMsg(idx);
  memory.fill(changetype<usize>(m), 0, ASYNC_BYTES);
  m.block = NONE;
  req.msg = idx;
  req.flags |= REQ_F_NEED_CLEANUP;
  return 0;
}
/** The request has ended. */
export function asyncFree(req: Req): void {
  if (req.msg == NONE) return;
  const s = ringState();
  const m = asyncMsg(req.msg);
  if (m.block != NONE) slabPut(s.iovs, m.block);
  slabPut(s.msgs, req.msg);
  req.msg = NONE;
}

/** Room for `nr` ranges; false without memory. */
export function asyncRanges(m: AsyncMsg, nr: u32): bool {
  const iovs = ringState().iovs;
  if (nr <= IOVS_INLINE) {
    m.iov = <u32>(asyncName(m) + NAME_BYTES);
  } else {
    if (m.block == NONE) m.block = slabTake(iovs);
    if (m.block == NONE) return false;
    m.iov = <u32>slabAt(iovs, m.block);
  }
  m.iov_nr = nr;
  return true;
}

/**
 * Copies `nr` ranges of user memory in (import_iovec): at most MAX_RW_COUNT bytes of them. Total length, or -errno.
 */
export function asyncImport(m: AsyncMsg, uiov: u64, nr: u64): i32 {
  if (nr > UIO_MAXIOV) return -EINVAL;
  const n = <u32>nr;
  // Of no ranges there is nothing to read (iovec_from_user).
  if (n != 0 && !userOk(uiov, <u64>n * 16)) return -EFAULT;
  if (!asyncRanges(m, n)) return -ENOMEM;
  if (n != 0) memory.copy(m.iov, <usize>uiov, <usize>n * 16);
  for (let i: u32 = 0; i < n; i++) if (<i64>iovLen(m.iov, i) < 0) return -EINVAL;
  let total: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const len = iovLen(m.iov, i);
    // One range is cut before its address is looked at, several are not (__import_iovec_ubuf).
    if (n != 1 && !accessOk(iovBase(m.iov, i), len)) return -EFAULT;
    const part = <u32>min(len, <u64>(MAX_RW_COUNT - total));
    if (n == 1 && !accessOk(iovBase(m.iov, i), part)) return -EFAULT;
    store<u64>(<usize>(m.iov + (i << 4)), <u64>part, 8);
    total += part;
  }
  return <i32>total;
}

/** Goes on behind `len` bytes of the ranges (iov_iter_advance). */
export function asyncAdvance(m: AsyncMsg, len: u32): void {
  let left = <u64>len;
  while (left != 0) {
    const have = iovLen(m.iov, 0);
    const part = min(left, have);
    store<u64>(<usize>m.iov, iovBase(m.iov, 0) + part);
    store<u64>(<usize>m.iov, have - part, 8);
    left -= part;
    if (part != have) return;
    m.iov += 16;
    m.iov_nr--;
  }
}

/** How long the vector is that a new request of a ring gets (io_msg_alloc_async). */
export function netmsgTake(ring: u32): u32 {
  const at = <usize>ringState().netmsg_cache + <usize>ring * CACHE_BYTES;
  const n = load<u32>(at);
  if (n == 0) return 0;
  store<u32>(at, n - 1);
  return load<u16>(at + 4 + (<usize>(n - 1) << 1));
}
/** A request of a ring has ended as it should (io_netmsg_recycle). */
export function netmsgRecycle(req: Req): void {
  const at = <usize>ringState().netmsg_cache + <usize>req.ring * CACHE_BYTES;
  const n = load<u32>(at);
  if (n == CACHE_MAX) return;
  store<u16>(at + 4 + (<usize>n << 1), req.vec_nr > VEC_CACHE_SOFT_CAP ? 0 : <u16>req.vec_nr);
  store<u32>(at, n + 1);
}
/** A ring begins without any. */
export function netmsgCacheInit(ring: u32): void {
  store<u32>(<usize>ringState().netmsg_cache + <usize>ring * CACHE_BYTES, 0);
}
