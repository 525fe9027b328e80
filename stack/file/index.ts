/**
 * Files: what descriptors stand for, of every kind, and what can be done with them whatever their kind.
 *
 * Linux 7.3   fs/file.c, fs/file_table.c, fs/read_write.c, net/socket.c
 * Owns        descriptors, files, the switch by kind
 * Does not    block: who would have to wait gets -EAGAIN, and may join the file's wait queue
 * Invariants  F1 a file is used and let go only by who holds it.
 */
import { DMABUFS_MAX, IFQS_MAX, RINGS_MAX, runConfig } from '../../sim/core';
import { fdsInit } from './fd';
import { fileTableInit } from './table';

export * from './fd';
export { filePoll, filePut, fileWaitHead, setFileOps } from './kinds';
export * from './sockaddr';
export * from './table';

/** Makes the tables. */
export function filesInit(): void {
  const capacity = runConfig().limits_socks + RINGS_MAX + IFQS_MAX + DMABUFS_MAX;
  fileTableInit(capacity);
  fdsInit(capacity);
}
