/**
 * A block device (block/fops.c): bytes at positions. With O_DIRECT positions, lengths and addresses are multiples of its block.
 *
 * Differs from Linux: there is one device, on each host, of which nothing is cached; a transfer takes no time.
 */
import { arenaAlloc, BLOCK_DEVICE_BYTES, FILE_ADDR, HOSTS_MAX } from '../../sim/core';
import { iovBase, iovLen, iovTotal, Msg, msgCopyIn, msgCopyOut } from '../6-socket';
import { EFAULT, EINVAL, ENOSPC } from '../../uring-model/uapi.gen';
import { O_DIRECT } from './flags';
import { fileAt } from './table';

/** Logical block size, and the alignment that DMA wants. */
const BLOCK: u32 = 512;

@unmanaged
class BlockState {
  base: u32;
}
function base(host: u32): usize {
  return <usize>changetype<BlockState>(FILE_ADDR + 0xb0).base + <usize>host * BLOCK_DEVICE_BYTES;
}
export function blockInit(): void {
  changetype<BlockState>(FILE_ADDR + 0xb0).base = <u32>arenaAlloc(<u64>HOSTS_MAX * BLOCK_DEVICE_BYTES);
}

/** blkdev_dio_invalid, bio_iov_iter_get_pages */
function aligned(m: Msg, pos: u64): bool {
  if (((pos | iovTotal(m.iov, m.iov_count)) & (BLOCK - 1)) != 0) return false;
  for (let i: u32 = 0; i < m.iov_count; i++) if (((iovBase(m.iov, i) | iovLen(m.iov, i)) & (BLOCK - 1)) != 0) return false;
  return true;
}

/** Transfers between the message and the device. `pos` u64.MAX_VALUE: the file's own position, which moves on. Bytes, or -errno. */
export function blockTransfer(file_idx: u32, m: Msg, skip: u32, pos: u64, write: bool): i64 {
  const f = fileAt(file_idx);
  const at = pos == u64.MAX_VALUE ? f.pos : pos;
  if (<i64>at < 0) return -EINVAL;
  const wanted = iovTotal(m.iov, m.iov_count) - skip;
  if (wanted == 0) return 0;
  if (at >= BLOCK_DEVICE_BYTES) return write ? -ENOSPC : 0;
  if ((f.f_flags & O_DIRECT) != 0 && !aligned(m, at)) return -EINVAL;
  const len = <u32>min<u64>(wanted, BLOCK_DEVICE_BYTES - at);
  const bytes = base(f.host) + <usize>at;
  const ok = write ? msgCopyIn(m, skip, len, bytes) : msgCopyOut(m, skip, len, bytes);
  if (!ok) return -EFAULT;
  if (pos == u64.MAX_VALUE) f.pos = at + len;
  return len;
}
