/** Descriptors: a table for each process, least free number first (fs/file.c). The threads of a process share it. */
import { arenaAlloc, HOSTS_MAX, NONE, slabEmpty } from '../../sim/core';
import { fileState } from './state';
import { fileAt, FILE_SOCKET } from './table';

/** 0, 1 and 2 are the terminal's. */
const FD_FIRST: u32 = 3;

/** Tasks of applications are numbered host + HOSTS_MAX * thread: the process is the host. Threads of the kernel's own are not. */
export function processOf(task: u32): u32 {
  return task % HOSTS_MAX;
}

export function fdsInit(capacity: u32): void {
  const s = fileState();
  s.fds_max = (capacity + FD_FIRST + 63) & ~63;
  s.fds_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * s.fds_max) * 4);
  memory.fill(<usize>s.fds_base, 0xff, <usize>(HOSTS_MAX * s.fds_max) * 4);
  // A word in front of each bitmap: no bit is free in the words before it.
  s.fd_bits_base = <u32>arenaAlloc(<u64>HOSTS_MAX * fdBitsBytes());
  for (let process: u32 = 0; process < HOSTS_MAX; process++) store<u64>(fdBits(process) + 8, (<u64>1 << FD_FIRST) - 1);
}

function fdBitsBytes(): u32 {
  return 8 + (fileState().fds_max >> 3);
}
function fdBits(task: u32): usize {
  return <usize>fileState().fd_bits_base + <usize>(processOf(task) * fdBitsBytes());
}
function fdSlot(task: u32, fd: u32): usize {
  const s = fileState();
  return <usize>s.fds_base + (<usize>(processOf(task) * s.fds_max + fd) << 2);
}

/** Descriptors are below this. */
export function fdsMax(): u32 {
  return fileState().fds_max;
}

/** The file behind a descriptor, or NONE. */
export function fdFile(task: u32, fd: i32): u32 {
  return <u32>fd < fileState().fds_max ? load<u32>(fdSlot(task, <u32>fd)) : NONE;
}

/** The first word of the bitmap with a free bit; one behind the last if there is none. */
function freeWord(bits: usize): u32 {
  const words = fileState().fds_max >> 6;
  let w = load<u32>(bits);
  while (w < words && load<u64>(bits + 8 + (<usize>w << 3)) == u64.MAX_VALUE) w++;
  store<u32>(bits, w);
  return w;
}

/** Puts a file into the least free descriptor; NONE when there is none. The descriptor owns one reference. */
export function fdInstall(task: u32, file_idx: u32): u32 {
  const bits = fdBits(task);
  const w = freeWord(bits);
  if (w == fileState().fds_max >> 6) return NONE;
  const at = bits + 8 + (<usize>w << 3);
  const word = load<u64>(at);
  const bit = ctz<u64>(~word);
  store<u64>(at, word | (<u64>1 << bit));
  const fd = (w << 6) + <u32>bit;
  store<u32>(fdSlot(task, fd), file_idx);
  return fd;
}

/** Descriptors that are in use. */
export function fdsUsed(): u32 {
  let used: u32 = 0;
  for (let process: u32 = 0; process < HOSTS_MAX; process++) {
    for (let w: u32 = 0; w < fileState().fds_max >> 6; w++) used += <u32>popcnt<u64>(load<u64>(fdBits(process) + 8 + (<usize>w << 3)));
    used -= FD_FIRST;
  }
  return used;
}

/** Is there a free descriptor, and a file for it? (get_unused_fd_flags) */
export function fdFree(task: u32): bool {
  return freeWord(fdBits(task)) < fileState().fds_max >> 6 && !slabEmpty(fileState().files);
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

/** The TCP socket behind a descriptor, or NONE: for reports. */
export function fdSock(task: u32, fd: i32): u32 {
  const file_idx = fdFile(task, fd);
  if (file_idx == NONE) return NONE;
  const f = fileAt(file_idx);
  return f.kind == FILE_SOCKET ? f.obj : NONE;
}
