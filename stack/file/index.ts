/**
 * Files: what descriptors stand for, of every kind, and what can be done with them whatever their kind.
 *
 * Linux 7.3   fs/file.c, fs/file_table.c, fs/read_write.c, net/socket.c
 * Owns        descriptors, files, the switch by kind
 * Does not    block: who would have to wait gets -EAGAIN, and may join the file's wait queue
 * Invariants  F1 a file is used and let go only by who holds it.
 */
import {
  BYTES_MAX, chainsInit, DMABUFS_MAX, EPOLLS_MAX, EVENTFDS_MAX, IFQS_MAX, PIPES_MAX, RINGS_MAX, runConfig, UDP_SOCKS_MAX, UNIX_SOCKS_MAX,
} from '../../sim/core';
import { udpInit } from '../udp';
import { unixInit } from '../unix';
import { blockInit } from './block';
import { epollInit } from './epoll';
import { eventfdsInit } from './eventfd';
import { fdsInit } from './fd';
import { pipesInit } from './pipe';
import { fileTableInit } from './table';

export * from './create';
export * from './epoll';
export { EPOLL_URING_WAKE, EPOLLET } from './epoll_item';
export { eventfdSignal, eventfdSignalAllowed } from './eventfd';
export * from './fd';
export { O_DIRECT } from './flags';
export { fileCanPoll, filePoll, filePut, fileWaitHead, setFileOps } from './kinds';
export { chargeMessage } from './message_cost';
export * from './rw';
export * from './sockaddr';
export * from './socket';
export * from './table';

/** Makes the tables. */
export function filesInit(): void {
  const other = RINGS_MAX + IFQS_MAX + DMABUFS_MAX + UNIX_SOCKS_MAX + UDP_SOCKS_MAX + 2 * PIPES_MAX + EVENTFDS_MAX + EPOLLS_MAX;
  const capacity = runConfig().limits_socks + other;
  chainsInit(BYTES_MAX);
  unixInit();
  udpInit();
  pipesInit();
  eventfdsInit();
  epollInit();
  blockInit();
  fileTableInit(capacity);
  fdsInit(capacity);
}
