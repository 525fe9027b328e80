/**
 * dma-bufs: memory of a device that a descriptor stands for (drivers/dma-buf/dma-buf.c). An area can lie in one; the kernel cannot
 * read it, so that nothing is ever copied there. Here, as with /dev/udmabuf, the memory is a piece of the user's own.
 */
import { arenaAlloc, DMABUFS_MAX, NONE } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { fdFile, fdFree, fdInstall, fileAt, fileNew, FILE_DMABUF, processOf, setFileOps } from '../../stack/file';
import { EBADF, EINVAL, EMFILE, ENOMEM } from '../uapi.gen';
import { refillState } from './state';

@unmanaged
export class Dmabuf {
  /** The descriptor's and each area's; 0: the slot is free. */
  refs: u32;
  addr: u32;
  bytes: u32;
  /** Its contiguous runs; a power of two. */
  run: u32;
}
const DMABUF_BYTES: usize = 16;
const PAGE_MASK: u64 = 4095;

export function dmabufAt(idx: u32): Dmabuf {
  return changetype<Dmabuf>(<usize>refillState().dmabufs_base + <usize>idx * DMABUF_BYTES);
}
export function dmabufsInit(): void {
  refillState().dmabufs_base = <u32>arenaAlloc(<u64>DMABUFS_MAX * DMABUF_BYTES);
  setFileOps(FILE_DMABUF, noPoll, noHead, dmabufPut);
}
export function noPoll(obj: u32): u32 {
  return 0;
}
export function noHead(obj: u32, which: u32): usize {
  return 0;
}

/** A descriptor of a dma-buf over [addr, addr + bytes) in contiguous runs of `run` bytes, or -errno (UDMABUF_CREATE). */
export function dmabufCreate(task: u32, addr: u64, bytes: u64, run: u32): i32 {
  if (bytes == 0 || ((addr | bytes) & PAGE_MASK) != 0 || run < 4096 || popcnt<u32>(run) != 1) return -EINVAL;
  if (!userOk(addr, bytes)) return -EINVAL;
  let idx: u32 = 0;
  while (idx < DMABUFS_MAX && dmabufAt(idx).refs != 0) idx++;
  if (idx == DMABUFS_MAX) return -ENOMEM;
  if (!fdFree(task)) return -EMFILE;
  const d = dmabufAt(idx);
  d.refs = 1;
  d.addr = <u32>addr;
  d.bytes = <u32>bytes;
  d.run = run;
  return <i32>fdInstall(task, fileNew(FILE_DMABUF, processOf(task), idx));
}

/** The dma-buf behind a descriptor, with one more reference, or -errno (dma_buf_get). */
export function dmabufGet(host: u32, fd: i32): i32 {
  const file_idx = fdFile(host, fd);
  if (file_idx == NONE) return -EBADF;
  const f = fileAt(file_idx);
  if (f.kind != FILE_DMABUF) return -EINVAL;
  dmabufAt(f.obj).refs++;
  return <i32>f.obj;
}
export function dmabufPut(idx: u32): void {
  const d = dmabufAt(idx);
  assert(d.refs > 0, 'Z14 a dma-buf lives as long as somebody has it');
  d.refs--;
}
