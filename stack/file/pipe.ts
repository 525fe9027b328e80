/**
 * Pipes (fs/pipe.c): sixteen buffers of a page each, and two wait queues. A write that leaves the last page with room lets the
 * next small write go there.
 *
 * Differs from Linux: a reader that slept does not pass its wake-up on to the next reader when something is left.
 */
import {
  chainAlloc, chainFree, FILE_ADDR, NONE, PAGE_SIZE, PIPES_MAX, Slab, slabAt, slabNew, slabPut, slabTake, waitForget, wakeUp,
} from '../../sim/core';
import { EAGAIN, EFAULT, ENOMEM, EPIPE } from '../../uring-model/uapi.gen';
import { iovTotal, Msg, msgFromChain, msgToChain, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../6-socket';
import { EPOLLET } from './epoll_item';
import { O_DIRECT } from './flags';

const BUFFERS: u32 = 16;

@unmanaged
class PipeState {
  pipes: Slab;
}
@unmanaged
class Pipe {
  head: u32;
  tail: u32;
  readers: u32;
  writers: u32;
  /** Heads: readers and writers that wait. */
  rd_wait: u32;
  wr_wait: u32;
  /** Somebody polls for edges: every write is told (pseudo_edgetrigger). */
  edge: u32;
  unused: u32;
  // Then BUFFERS of PipeBuffer
}
const PIPE_HEAD: usize = 32;
@unmanaged
class PipeBuffer {
  chain: u32;
  offset: u32;
  len: u32;
  /** A message of its own: not joined, and never read in parts (PIPE_BUF_FLAG_PACKET). */
  packet: u32;
}
const BUFFER_BYTES: usize = 16;
const PIPE_BYTES: usize = PIPE_HEAD + 16 * BUFFER_BYTES;
const PIPE_STATE: usize = FILE_ADDR + 0x40;

function state(): PipeState {
  return changetype<PipeState>(PIPE_STATE);
}
function pipeAt(idx: u32): Pipe {
  return changetype<Pipe>(slabAt(state().pipes, idx));
}
function bufferAt(p: Pipe, slot: u32): PipeBuffer {
  return changetype<PipeBuffer>(changetype<usize>(p) + PIPE_HEAD + <usize>(slot & (BUFFERS - 1)) * BUFFER_BYTES);
}
function readersHead(p: Pipe): usize {
  return changetype<usize>(p) + offsetof<Pipe>('rd_wait');
}
function writersHead(p: Pipe): usize {
  return changetype<usize>(p) + offsetof<Pipe>('wr_wait');
}

export function pipesInit(): void {
  state().pipes = slabNew(PIPES_MAX, PIPE_BYTES);
}

/** An empty pipe with a reader and a writer, or NONE. */
export function pipeNew(): u32 {
  const idx = slabTake(state().pipes);
  if (idx == NONE) return NONE;
  const p = pipeAt(idx);
  memory.fill(changetype<usize>(p), 0, PIPE_BYTES);
  p.readers = 1;
  p.writers = 1;
  return idx;
}

function empty(p: Pipe): bool {
  return p.head == p.tail;
}
function full(p: Pipe): bool {
  return p.head - p.tail >= BUFFERS;
}
function wakeReaders(p: Pipe): void {
  wakeUp(readersHead(p), POLLIN | POLLRDNORM);
}
function wakeWriters(p: Pipe): void {
  wakeUp(writersHead(p), POLLOUT | POLLWRNORM);
}

/** Reads into the message: bytes, 0 when there is no writer any more, -EAGAIN or -EFAULT. */
export function pipeRead(idx: u32, m: Msg): i64 {
  const p = pipeAt(idx);
  let left = iovTotal(m.iov, m.iov_count);
  if (left == 0) return 0;
  let done: u32 = 0;
  let fault = false;
  let wake_writer = false;
  while (left != 0 && !empty(p)) {
    const b = bufferAt(p, p.tail);
    const chars = <u32>min<u64>(b.len, left);
    if (!msgFromChain(m, done, chars, b.chain, b.offset)) {
      fault = true;
      break;
    }
    done += chars;
    b.offset += chars;
    b.len -= chars;
    left -= chars;
    const packet = b.packet != 0;
    if (packet) b.len = 0;
    if (b.len == 0) {
      wake_writer = wake_writer || full(p);
      chainFree(b.chain);
      p.tail++;
    }
    if (packet) break;
  }
  if (wake_writer) wakeWriters(p);
  if (done != 0) return done;
  return fault ? -EFAULT : p.writers == 0 ? 0 : -EAGAIN;
}

/** Goes on in the last page, if all of the part of the write that is less than a page fits. Bytes, or -EFAULT. */
function merge(p: Pipe, m: Msg, skip: u32, total: u32): i32 {
  const chars = total & (PAGE_SIZE - 1);
  if (chars == 0 || empty(p)) return 0;
  const b = bufferAt(p, p.head - 1);
  const at = b.offset + b.len;
  if (b.packet != 0 || at + chars > PAGE_SIZE) return 0;
  if (!msgToChain(m, skip, chars, b.chain, at)) return -EFAULT;
  b.len += chars;
  return <i32>chars;
}

/** Fills pages with the rest. Bytes, or -errno. */
function fill(p: Pipe, m: Msg, from: u32, total: u32, packet: bool): i32 {
  let done: u32 = 0;
  while (done < total) {
    if (full(p)) return done != 0 ? <i32>done : -EAGAIN;
    const chain = chainAlloc(PAGE_SIZE);
    if (chain == NONE) return done != 0 ? <i32>done : -ENOMEM;
    const chars = min(total - done, PAGE_SIZE);
    if (!msgToChain(m, from + done, chars, chain, 0)) {
      chainFree(chain);
      return done != 0 ? <i32>done : -EFAULT;
    }
    const b = bufferAt(p, p.head++);
    b.chain = chain;
    b.offset = 0;
    b.len = chars;
    b.packet = packet ? 1 : 0;
    done += chars;
  }
  return <i32>done;
}

/** Writes what is behind the first `skip` bytes of the message: bytes, -EPIPE, -EAGAIN … */
export function pipeWrite(idx: u32, m: Msg, skip: u32, f_flags: u32): i64 {
  const p = pipeAt(idx);
  const total = <u32>iovTotal(m.iov, m.iov_count) - skip;
  if (total == 0) return 0;
  if (p.readers == 0) return -EPIPE;
  const was_empty = empty(p);
  let ret = merge(p, m, skip, total);
  if (ret >= 0 && <u32>ret < total) {
    const more = fill(p, m, skip + <u32>ret, total - <u32>ret, (f_flags & O_DIRECT) != 0);
    ret = more >= 0 ? ret + more : ret != 0 ? ret : more;
  }
  if (was_empty || p.edge != 0) wakeReaders(p);
  return ret;
}

export function pipePoll(idx: u32, write: bool, events: u32): u32 {
  const p = pipeAt(idx);
  if (write) return (full(p) ? 0 : POLLOUT | POLLWRNORM) | (p.readers == 0 ? POLLERR : 0);
  if ((events & EPOLLET) != 0) p.edge = 1;
  return (empty(p) ? 0 : POLLIN | POLLRDNORM) | (p.writers == 0 ? POLLHUP : 0);
}
export function pipeWaitHead(idx: u32, write: bool): usize {
  return write ? writersHead(pipeAt(idx)) : readersHead(pipeAt(idx));
}

/** One end is closed (pipe_release). */
export function pipeRelease(idx: u32, write: bool): void {
  const p = pipeAt(idx);
  if (write) p.writers--;
  else p.readers--;
  if (p.readers != 0 || p.writers != 0) {
    wakeUp(readersHead(p), 0);
    wakeUp(writersHead(p), 0);
    return;
  }
  while (!empty(p)) chainFree(bufferAt(p, p.tail++).chain);
  waitForget(readersHead(p));
  waitForget(writersHead(p));
  slabPut(state().pipes, idx);
}
