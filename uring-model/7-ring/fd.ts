/**
 * File descriptors: a table for each task, least free number first, over files that are counted. A request pins its file;
 * with the last reference a socket is closed and a ring begins to exit.
 */
import { arenaAlloc, EVENT_KWORK, HOSTS_MAX, NONE, now, RINGS_MAX, runConfig, schedule } from '../../sim/core';
import { tcpClose } from '../../stack/5-tcp';
import { ringAt, RING_EXITING, ringState } from './state';

export const FILE_FREE: u8 = 0;
export const FILE_SOCKET: u8 = 1;
export const FILE_RING: u8 = 2;

@unmanaged
export class File {
  kind: u8;
  host: u8;
  unused: u16;
  refs: u32;
  /** sock_idx or ring index. */
  obj: u32;
  /** Free list. */
  next: u32;
}
const FILE_BYTES: usize = 16;
/** 0, 1 and 2 are the terminal's. */
const FD_FIRST: u32 = 3;

export function fileAt(file_idx: u32): File {
  return changetype<File>(<usize>ringState().files_base + <usize>file_idx * FILE_BYTES);
}

export function filesInit(): void {
  const s = ringState();
  const capacity = runConfig().limits_socks + RINGS_MAX;
  s.file_capacity = capacity;
  s.files_base = <u32>arenaAlloc(<u64>capacity * FILE_BYTES);
  s.file_free = NONE;
  for (let i = capacity; i > 0; i--) {
    fileAt(i - 1).next = s.file_free;
    s.file_free = i - 1;
  }
  s.fds_max = (capacity + FD_FIRST + 63) & ~63;
  s.fds_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * s.fds_max) * 4);
  memory.fill(<usize>s.fds_base, 0xff, <usize>(HOSTS_MAX * s.fds_max) * 4);
  // A word in front of each bitmap: no bit is free in the words before it.
  s.fd_bits_base = <u32>arenaAlloc(<u64>HOSTS_MAX * fdBitsBytes());
  for (let task: u32 = 0; task < HOSTS_MAX; task++) store<u64>(fdBits(task) + 8, (<u64>1 << FD_FIRST) - 1);
}

function fdBitsBytes(): u32 {
  return 8 + (ringState().fds_max >> 3);
}
function fdBits(task: u32): usize {
  return <usize>ringState().fd_bits_base + <usize>(task * fdBitsBytes());
}
function fdSlot(task: u32, fd: u32): usize {
  const s = ringState();
  return <usize>s.fds_base + (<usize>(task * s.fds_max + fd) << 2);
}

/** The file behind a descriptor, or NONE. */
export function fdFile(task: u32, fd: i32): u32 {
  return <u32>fd < ringState().fds_max ? load<u32>(fdSlot(task, <u32>fd)) : NONE;
}

/** Puts a file into the least free descriptor; NONE when there is none. The descriptor owns one reference. */
export function fdInstall(task: u32, file_idx: u32): u32 {
  const bits = fdBits(task);
  const words = ringState().fds_max >> 6;
  let w = load<u32>(bits);
  while (w < words && load<u64>(bits + 8 + (<usize>w << 3)) == u64.MAX_VALUE) w++;
  store<u32>(bits, w);
  if (w == words) return NONE;
  const at = bits + 8 + (<usize>w << 3);
  const word = load<u64>(at);
  const bit = ctz<u64>(~word);
  store<u64>(at, word | (<u64>1 << bit));
  const fd = (w << 6) + <u32>bit;
  store<u32>(fdSlot(task, fd), file_idx);
  return fd;
}

/** Is there a free descriptor? (get_unused_fd_flags) */
export function fdFree(task: u32): bool {
  const bits = fdBits(task);
  const words = ringState().fds_max >> 6;
  let w = load<u32>(bits);
  while (w < words && load<u64>(bits + 8 + (<usize>w << 3)) == u64.MAX_VALUE) w++;
  store<u32>(bits, w);
  return w < words && ringState().file_free != NONE;
}

/** Takes a descriptor back; its file, whose reference is the caller's now, or NONE. */
export function fdRemove(task: u32, fd: i32): u32 {
  const file_idx = fdFile(task, fd);
  if (file_idx == NONE) return NONE;
  store<u32>(fdSlot(task, <u32>fd), NONE);
  const bits = fdBits(task);
  const w = <u32>fd >> 6;
  const at = bits + 8 + (<usize>w << 3);
  store<u64>(at, load<u64>(at) & ~(<u64>1 << (<u64>fd & 63)));
  if (w < load<u32>(bits)) store<u32>(bits, w);
  return file_idx;
}

/** A file with one reference, or NONE. */
export function fileNew(kind: u8, host: u32, obj: u32): u32 {
  const s = ringState();
  const idx = s.file_free;
  if (idx == NONE) return NONE;
  const f = fileAt(idx);
  s.file_free = f.next;
  f.kind = kind;
  f.host = <u8>host;
  f.refs = 1;
  f.obj = obj;
  return idx;
}
export function fileGet(file_idx: u32): void {
  const f = fileAt(file_idx);
  assert(f.refs != 0, 'R5 a closed file is not used');
  f.refs++;
}
/** A worker thread takes the exit work of a ring up a moment after the last reference has gone. */
const EXIT_WORK_DELAY_NS: u64 = 10000;

/** Drops a reference. The last one closes a socket; a ring exits later, in a worker (io_ring_ctx_wait_and_kill). */
export function filePut(file_idx: u32): void {
  const f = fileAt(file_idx);
  assert(f.refs != 0, 'R5 a file loses no reference that nobody held');
  if (--f.refs != 0) return;
  const s = ringState();
  const kind = f.kind;
  const obj = f.obj;
  f.kind = FILE_FREE;
  f.next = s.file_free;
  s.file_free = file_idx;
  if (kind == FILE_SOCKET) {
    tcpClose(obj);
  } else {
    ringAt(obj).used = RING_EXITING;
    schedule(now() + EXIT_WORK_DELAY_NS, EVENT_KWORK, obj);
  }
}

/** The socket behind a descriptor, or NONE: for reports. */
export function fdSock(task: u32, fd: i32): u32 {
  const file_idx = fdFile(task, fd);
  if (file_idx == NONE) return NONE;
  const f = fileAt(file_idx);
  return f.kind == FILE_SOCKET ? f.obj : NONE;
}
