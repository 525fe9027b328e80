/**
 * What a file of a kind does (struct file_operations): the one switch by kind of each operation. Kinds that live in a
 * neighbour of the stack are filled in by it, as function-table indices:
 *
 *   poll(obj) -> poll bits     head(obj, which) -> address of a wait queue's head, or 0     release(obj)
 */
import { PORTS_ADDR } from '../../sim/core';
import { tcpClose, tcpPoll } from '../5-tcp';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM, sock, sockWaiters } from '../6-socket';
import { udpPoll, udpRelease, udpWaitHead } from '../udp';
import { unixPoll, unixRelease, unixWaitHead } from '../unix';
import { watchersRelease } from './epoll_item';
import { eventfdPoll, eventfdRelease, eventfdWaitHead } from './eventfd';
import { pipePoll, pipeRelease, pipeWaitHead } from './pipe';
import {
  fileAt, fileFree, FILE_BLOCK, FILE_EVENTFD, FILE_PIPE_READ, FILE_PIPE_WRITE, FILE_SOCKET, FILE_UDP, FILE_UNIX,
} from './table';

/** What a poll says of a file that cannot be polled. */
const DEFAULT_POLLMASK: u32 = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

/** Can the file be waited for? (file_can_poll) */
export function fileCanPoll(file_idx: u32): bool {
  return fileAt(file_idx).kind != FILE_BLOCK;
}

const FILE_OPS: usize = 128;
const FILE_OPS_BYTES: usize = 12;

function ops(kind: u8): usize {
  return PORTS_ADDR + FILE_OPS + <usize>kind * FILE_OPS_BYTES;
}
export function setFileOps(
  kind: u8, poll: (obj: u32) => u32, head: (obj: u32, which: u32) => usize, release: (obj: u32) => void,
): void {
  store<u32>(ops(kind), poll.index);
  store<u32>(ops(kind), head.index, 4);
  store<u32>(ops(kind), release.index, 8);
}

/** The poll bits that are true now (vfs_poll). `events`: what is asked for, with EPOLLET, by whoever is going to wait. */
export function filePoll(file_idx: u32, events: u32 = 0): u32 {
  const f = fileAt(file_idx);
  switch (f.kind) {
    case FILE_SOCKET: return tcpPoll(f.obj);
    case FILE_UNIX: return unixPoll(f.obj);
    case FILE_UDP: return udpPoll(f.obj);
    case FILE_PIPE_READ: return pipePoll(f.obj, false, events);
    case FILE_PIPE_WRITE: return pipePoll(f.obj, true, events);
    case FILE_EVENTFD: return eventfdPoll(f.obj);
    case FILE_BLOCK: return DEFAULT_POLLMASK;
    default: return call_indirect<u32>(load<u32>(ops(f.kind)), f.obj);
  }
}

/** Head of the `which`-th wait queue that a poll of the file joins: 0 or 1. 0 when there is none (poll_wait). */
export function fileWaitHead(file_idx: u32, which: u32): usize {
  const f = fileAt(file_idx);
  switch (f.kind) {
    case FILE_SOCKET: return which == 0 ? sockWaiters(sock(f.obj)) : 0;
    case FILE_UNIX: return which == 0 ? unixWaitHead(f.obj) : 0;
    case FILE_UDP: return which == 0 ? udpWaitHead(f.obj) : 0;
    case FILE_PIPE_READ: return which == 0 ? pipeWaitHead(f.obj, false) : 0;
    case FILE_PIPE_WRITE: return which == 0 ? pipeWaitHead(f.obj, true) : 0;
    case FILE_EVENTFD: return which == 0 ? eventfdWaitHead(f.obj) : 0;
    case FILE_BLOCK: return 0;
    default: return call_indirect<usize>(load<u32>(ops(f.kind), 4), f.obj, which);
  }
}

/** What the file stood for has lost its file. */
function release(kind: u8, obj: u32): void {
  switch (kind) {
    case FILE_SOCKET: return tcpClose(obj);
    case FILE_UNIX: return unixRelease(obj);
    case FILE_UDP: return udpRelease(obj);
    case FILE_PIPE_READ: return pipeRelease(obj, false);
    case FILE_PIPE_WRITE: return pipeRelease(obj, true);
    case FILE_EVENTFD: return eventfdRelease(obj);
    case FILE_BLOCK: return;
    default: call_indirect<void>(load<u32>(ops(kind), 8), obj);
  }
}

/** Drops a reference. With the last one the file is free, and what it stood for is released (__fput). */
export function filePut(file_idx: u32): void {
  const f = fileAt(file_idx);
  assert(f.refs != 0, 'F1 a file loses no reference that nobody held');
  if (--f.refs != 0) return;
  if (f.watchers != 0) watchersRelease(file_idx);
  const kind = f.kind;
  const obj = f.obj;
  fileFree(file_idx);
  release(kind, obj);
}
