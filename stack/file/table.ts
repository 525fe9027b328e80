/**
 * Files (struct file): what a descriptor, a fixed slot or a request holds on to. With the last reference a file is released,
 * as its kind says (kinds.ts).
 */
import { NONE, slabAt, slabNew, slabPut, slabTake, slabTaken } from '../../sim/core';
import { fileState } from './state';

export const FILE_FREE: u8 = 0;
/** A TCP socket: obj is its sock_idx. */
export const FILE_SOCKET: u8 = 1;
export const FILE_RING: u8 = 2;
export const FILE_UNIX: u8 = 3;
export const FILE_UDP: u8 = 4;
export const FILE_PIPE_READ: u8 = 5;
export const FILE_PIPE_WRITE: u8 = 6;
export const FILE_EVENTFD: u8 = 7;
export const FILE_EPOLL: u8 = 8;
export const FILE_BLOCK: u8 = 9;
export const FILE_ZCRX: u8 = 10;
export const FILE_DMABUF: u8 = 11;
export const FILE_KINDS: u32 = 12;

@unmanaged
export class File {
  kind: u8;
  host: u8;
  unused: u16;
  refs: u32;
  /** Index in the table of its kind. */
  obj: u32;
  unused_too: u32;
  /** O_NONBLOCK, O_DIRECT, access mode. */
  f_flags: u32;
  /** 1 + the first of the epoll items that watch it (f_ep). */
  watchers: u32;
  /** f_pos */
  pos: u64;
}

export function fileAt(file_idx: u32): File {
  return changetype<File>(slabAt(fileState().files, file_idx));
}

export function fileTableInit(capacity: u32): void {
  fileState().files = slabNew(capacity, offsetof<File>());
}

/** Files that somebody holds. */
export function filesUsed(): u32 {
  return fileState().files.used;
}

/** References to all of them. */
export function fileRefs(): u32 {
  const files = fileState().files;
  let refs: u32 = 0;
  for (let i: u32 = 0; i < files.capacity; i++) if (slabTaken(files, i)) refs += fileAt(i).refs;
  return refs;
}

/** A file with one reference, or NONE. */
export function fileNew(kind: u8, host: u32, obj: u32, f_flags: u32 = 0): u32 {
  const idx = slabTake(fileState().files);
  if (idx == NONE) return NONE;
  const f = fileAt(idx);
  f.kind = kind;
  f.host = <u8>host;
  f.refs = 1;
  f.obj = obj;
  f.f_flags = f_flags;
  f.watchers = 0;
  f.pos = 0;
  return idx;
}

export function fileGet(file_idx: u32): void {
  const f = fileAt(file_idx);
  assert(f.refs != 0, 'F1 a closed file is not used');
  f.refs++;
}

/** Back to the table: nobody refers to it any more. */
export function fileFree(file_idx: u32): void {
  fileAt(file_idx).kind = FILE_FREE;
  slabPut(fileState().files, file_idx);
}
