/**
 * Description: the ranges of a message, and what a request keeps of it: where they may lie, what of a message before is left (nothing), and
 * that each request that waits has its own (lib/iov_iter.c: __import_iovec; io_uring/net.c).
 */
import { slabTake } from '../../../sim/core';
import { userFirst } from '../../../uring-model/7-ring';
import { ringState } from '../../../uring-model/7-ring/state';
import {
  EFAULT, EINVAL, EISCONN, ENOMEM, IORING_OP_RECVMSG, IORING_OP_SEND, IORING_OP_SENDMSG, IORING_SEND_VECTORIZED, msghdr, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { buffers, fd, incoming, outgoing, pair, recv, send } from '../config_files.as';
import { build, cqe, cqes, DEFER, enter, getEvents, isCqe, ring, seen, sqe, user, verify } from '../config_ring.as';

/** Wider than user space, and no address of it. */
const NOWHERE: u64 = 0x7fffffffffff;

function begin(): void {
  build();
  buffers();
  ring(16, DEFER);
  pair(SOCK_STREAM);
}
/** A message whose `nr` ranges lie at `iov`. */
function message(iov: u64, nr: u64): msghdr {
  const m = changetype<msghdr>(<usize>user(64));
  m.msg_iov = iov;
  m.msg_iovlen = nr;
  return m;
}
/** A range of user memory. */
function range(iov: u32, i: u32, base: u64, len: u64): void {
  store<u64>(iov + i * 16, base);
  store<u64>(iov + i * 16, len, 8);
}
function go(opcode: u32, user_data: u64, which: i32, m: msghdr): void {
  const s = sqe(opcode, user_data);
  s.fd = which;
  s.addr = changetype<usize>(m);
  s.len = 1;
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
}
/** What sending this message comes to. */
function sent(m: msghdr): i32 {
  go(IORING_OP_SENDMSG, 1, fd(0), m);
  assert(cqes() == 1, 'it completed');
  const res = cqe(0).res;
  seen(1);
  return res;
}

export function a_range_outside_of_user_space_is_refused_before_anybody_waits(): void {
  begin();
  const iov = user(64);
  range(iov, 0, NOWHERE, 10);
  go(IORING_OP_RECVMSG, 1, fd(0), message(iov, 1));
  assert(cqes() == 1 && isCqe(0, 1, -EFAULT, 0), 'alone');
  range(iov, 0, outgoing(), 10);
  range(iov, 1, NOWHERE, 10);
  go(IORING_OP_RECVMSG, 2, fd(0), message(iov, 2));
  assert(cqes() == 2 && isCqe(1, 2, -EFAULT, 0), 'behind another');
  range(iov, 0, outgoing(), u64.MAX_VALUE);
  go(IORING_OP_RECVMSG, 3, fd(0), message(iov, 1));
  assert(cqes() == 3 && isCqe(2, 3, -EINVAL, 0), 'a length below zero is another matter');
  verify();
}

export function of_no_ranges_no_address_is_looked_at(): void {
  begin();
  assert(sent(message(0xfffffff0, 0)) == 0, 'nothing is sent');
  assert(sent(message(0xfffffff0, 1)) == -EFAULT, 'but of one it is');
}

export function ranges_may_lie_at_the_end_of_user_memory(): void {
  begin();
  const end = <u32>userFirst() + (8 << 20);
  range(end - 32, 0, outgoing(), 3);
  range(end - 32, 1, outgoing(), 4);
  assert(sent(message(end - 32, 2)) == 7 && sent(message(end - 16, 1)) == 4, 'up to its last byte');
  assert(sent(message(end - 16, 2)) == -EFAULT, 'and not behind it');
}

export function ranges_have_lengths_of_their_own(): void {
  begin();
  const iov = user(64);
  for (let i: u32 = 0; i < 4; i++) range(iov, i, outgoing() + 10 * i, 3 + i);
  assert(sent(message(iov, 4)) == 18 && recv(fd(1), 64) == 18, 'three, four, five, six');
  for (let i: u32 = 0; i < 6; i++) assert(load<u8>(incoming() + 12 + i) == <u8>(30 + i), 'the last');
}

export function messages_that_wait_have_ranges_of_their_own(): void {
  begin();
  const to = user(64);
  const iov = user(64);
  range(iov, 0, to, 4);
  range(iov, 1, to + 16, 4);
  go(IORING_OP_RECVMSG, 1, fd(0), message(iov, 2));
  range(iov, 0, to + 32, 4);
  range(iov, 1, to + 48, 4);
  go(IORING_OP_RECVMSG, 2, fd(1), message(iov, 2));
  assert(cqes() == 0, 'both wait');
  send(fd(1), 6);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 6, 0) && load<u32>(to) == 0x03020100 && load<u32>(to + 16) == 0x0504, 'the first');
  send(fd(0), 6);
  getEvents();
  assert(cqes() == 2 && isCqe(1, 2, 6, 0) && load<u32>(to + 32) == 0x03020100 && load<u32>(to + 48) == 0x0504, 'the second');
  verify();
}

export function a_message_has_nothing_of_the_one_before(): void {
  begin();
  const iov = user(64);
  range(iov, 0, outgoing(), 5);
  const m = message(iov, 1);
  m.msg_name = user(64);
  m.msg_namelen = 2;
  assert(sent(m) == -EISCONN, 'who is connected sends to nobody else');
  const s = sqe(IORING_OP_SEND, 2);
  s.fd = fd(0);
  s.addr = iov;
  s.len = 1;
  s.ioprio = <u16>IORING_SEND_VECTORIZED;
  assert(enter(1, 0, 0) == 1 && cqes() == 1 && isCqe(0, 2, 5, 0) && recv(fd(1), 64) == 5, 'a send of ranges names nobody');
}

export function long_messages_end_where_memory_does(): void {
  begin();
  const iov = user(512);
  for (let i: u32 = 0; i < 20; i++) range(iov, i, outgoing(), 1);
  while (slabTake(ringState().iovs) != u32.MAX_VALUE) {}
  assert(sent(message(iov, 20)) == -ENOMEM, 'there is no room for twenty ranges');
  assert(sent(message(iov, 8)) == 8, 'and for eight there is');
}

export function ranges_may_be_longer_than_a_call_reads(): void {
  begin();
  const iov = user(64);
  for (let i: u32 = 0; i < 2; i++) range(iov, i, incoming(), 0x80000000);
  send(fd(0), 10);
  go(IORING_OP_RECVMSG, 1, fd(1), message(iov, 2));
  assert(cqes() == 1 && isCqe(0, 1, 10, 0), 'they are cut to what one may (MAX_RW_COUNT)');
}
