/**
 * Description: SENDMSG, RECVMSG and sends of several ranges: what is read from the application's memory, what is written there, and
 * errors.
 */
import {
  __NR_bind, __NR_sendto, __NR_socket, AF_INET, EAGAIN, EBADF, EFAULT, EINVAL, EMSGSIZE, ENOBUFS, ENOTSOCK, EOPNOTSUPP, EOVERFLOW,
  io_uring_buf, io_uring_buf_reg, IO_URING_BUF_REG_BYTES, io_uring_recvmsg_out, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE,
  IORING_CQE_F_NOTIF, IORING_NOTIF_USAGE_ZC_COPIED, IORING_OP_RECV, IORING_OP_RECVMSG, IORING_OP_SEND, IORING_OP_SEND_ZC,
  IORING_OP_SENDMSG, IORING_RECV_MULTISHOT, IORING_RECVSEND_BUNDLE, IORING_RECVSEND_POLL_FIRST, IORING_REGISTER_PBUF_RING,
  IORING_SEND_VECTORIZED, IORING_SEND_ZC_REPORT_USAGE, IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS, MSG_DONTWAIT, MSG_TRUNC, MSG_WAITALL,
  msghdr, SOCK_DGRAM, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { nextEventTime, popEvent, storeBe16 } from '../../../sim/core';
import { ringExitWork, sysClose } from '../../../uring-model/7-ring';
import { argument, buffers, call, fd, incoming, isBytes, outgoing, pair, recv, send } from '../config_files.as';
import { provide as provideRing } from '../config_provide.as';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, register, ring, seen, socket, sqe, user, verify,
} from '../config_ring.as';

const MORE: u32 = IORING_CQE_F_MORE;

function begin(type: u32): void {
  build();
  buffers();
  ring(32, DEFER);
  pair(type);
}
/** A message of `nr` ranges of `len` bytes at `at`, one behind the other. Its address. */
function message(at: u32, nr: u32, len: u32): u32 {
  const m = user(64);
  const iov = user(nr * 16 + 16);
  const h = changetype<msghdr>(<usize>m);
  h.msg_iov = iov;
  h.msg_iovlen = nr;
  for (let i: u32 = 0; i < nr; i++) {
    store<u64>(iov + i * 16, at + i * len);
    store<u64>(iov + i * 16, len, 8);
  }
  return m;
}
function hdr(m: u32): msghdr {
  return changetype<msghdr>(<usize>m);
}
/** Submits a request about fd(0); its result is waited for elsewhere. */
function go(opcode: u32, user_data: u64, addr: u64, len: u32, ioprio: u32 = 0, msg_flags: u32 = 0): void {
  const s = sqe(opcode, user_data);
  s.fd = fd(0);
  s.addr = addr;
  s.len = len;
  s.ioprio = <u16>ioprio;
  s.msg_flags = msg_flags;
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
}
/** The result of a request that completes at once. */
function result(): i32 {
  assert(cqes() == 1, 'it completed');
  const res = cqe(0).res;
  seen(1);
  return res;
}

export function a_message_is_read_range_by_range_and_may_change_once_it_is_submitted(): void {
  begin(SOCK_STREAM);
  const m = message(outgoing(), 20, 100);
  go(IORING_OP_SENDMSG, 1, m, 1);
  assert(result() == 2000 && recv(fd(1), 4096) == 2000 && isBytes(0, 2000), 'twenty ranges');
  const into = message(incoming(), 3, 7);
  go(IORING_OP_RECVMSG, 2, into, 1);
  memory.fill(<usize>hdr(into).msg_iov, 0, 48);
  send(fd(1), 21);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 2, 21, 0) && isBytes(0, 21), 'the ranges were copied');
  assert(hdr(into).msg_flags == 0 && hdr(into).msg_controllen == 0, 'what there is to say');
  verify();
}

export function wrong_messages_are_refused(): void {
  begin(SOCK_STREAM);
  const m = message(outgoing(), 2, 10);
  go(IORING_OP_SENDMSG, 1, 8, 1);
  assert(result() == -EFAULT, 'no message');
  hdr(m).msg_iovlen = 1025;
  go(IORING_OP_SENDMSG, 1, m, 1);
  assert(result() == -EMSGSIZE, 'too many ranges');
  hdr(m).msg_iovlen = 2;
  store<i64>(<usize>hdr(m).msg_iov, -1, 8);
  go(IORING_OP_SENDMSG, 1, m, 1);
  assert(result() == -EINVAL, 'a range of less than nothing');
  go(IORING_OP_SENDMSG, 1, m, 1, IORING_RECVSEND_BUNDLE);
  assert(result() == -EINVAL, 'no bundles of messages');
  go(IORING_OP_RECVMSG, 1, m, 1, IORING_RECV_MULTISHOT);
  assert(result() == -EINVAL, 'multishot wants buffers');
  go(IORING_OP_RECV, 1, outgoing(), u32.MAX_VALUE);
  assert(result() == -EINVAL, 'a length below zero');
  go(IORING_OP_SEND, 1, outgoing(), 1, 1 << 8);
  assert(result() == -EINVAL, 'a flag that is none');
  verify();
}

export function a_send_may_have_several_ranges(): void {
  begin(SOCK_STREAM);
  const m = message(outgoing(), 3, 11);
  go(IORING_OP_SEND, 1, hdr(m).msg_iov, 3, IORING_SEND_VECTORIZED);
  assert(result() == 33 && recv(fd(1), 64) == 33 && isBytes(0, 33), 'in one');
  verify();
}

export function a_send_that_waits_for_all_goes_on_when_there_is_room(): void {
  begin(SOCK_STREAM);
  while (send(fd(0), 4096) > 0) {}
  go(IORING_OP_SENDMSG, 1, message(outgoing(), 2, 100000), 1, 0, MSG_WAITALL);
  assert(cqes() == 0, 'full');
  for (let i = 0; i < 100 && cqes() == 0; i++) {
    recv(fd(1), 65536);
    getEvents();
  }
  assert(cqes() == 1 && isCqe(0, 1, 200000, 0), 'all of it, in the end');
  verify();
}

export function without_waiting_there_is_no_waiting(): void {
  begin(SOCK_STREAM);
  go(IORING_OP_RECV, 1, incoming(), 10, 0, MSG_DONTWAIT);
  assert(result() == -EAGAIN, 'nothing is there');
  go(IORING_OP_RECVMSG, 1, message(incoming(), 1, 10), 1, 0, MSG_DONTWAIT);
  assert(result() == -EAGAIN, 'for messages too');
  send(fd(1), 3);
  go(IORING_OP_RECV, 1, incoming(), 10, IORING_RECVSEND_POLL_FIRST);
  assert(result() == 3, 'a look at the socket first does not lose what is there');
  verify();
}

/** Group 1: two buffers of `len` bytes. The address of the first. */
function provide(len: u32): u32 {
  const at = user(4096);
  const bufs = user(4096);
  const reg = changetype<io_uring_buf_reg>(<usize>bench().ctrl);
  memory.fill(bench().ctrl, 0, IO_URING_BUF_REG_BYTES);
  reg.ring_addr = at;
  reg.ring_entries = 4;
  reg.bgid = 1;
  assert(register(IORING_REGISTER_PBUF_RING, bench().ctrl, 1) == 0, 'registered');
  for (let i: u32 = 0; i < 2; i++) {
    const buf = changetype<io_uring_buf>(<usize>(at + i * 16));
    buf.addr = bufs + i * len;
    buf.len = len;
    buf.bid = <u16>i;
  }
  store<u16>(at, 2, 14);
  return bufs;
}
function recvmsgMultishot(user_data: u64, m: u32): void {
  const s = sqe(IORING_OP_RECVMSG, user_data);
  s.fd = fd(0);
  s.addr = m;
  s.len = 1;
  s.ioprio = <u16>IORING_RECV_MULTISHOT;
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 1;
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
}

export function each_shot_of_a_multishot_message_begins_with_what_there_is_to_say(): void {
  begin(SOCK_DGRAM);
  const buf = provide(100);
  const m = message(0, 0, 0);
  hdr(m).msg_namelen = 20;
  hdr(m).msg_controllen = 8;
  recvmsgMultishot(1, m);
  send(fd(1), 30);
  getEvents();
  const out = changetype<io_uring_recvmsg_out>(<usize>buf);
  assert(cqes() == 1 && isCqe(0, 1, 16 + 20 + 8 + 30, IORING_CQE_F_BUFFER | MORE), 'head, name, control messages, payload');
  assert(out.payloadlen == 30 && out.controllen == 0 && load<u8>(buf + 44) == 0 && load<u8>(buf + 73) == 29, 'payload behind them');
  send(fd(1), 80);
  getEvents();
  const cut = changetype<io_uring_recvmsg_out>(<usize>(buf + 100));
  assert(isCqe(1, 1, 100, IORING_CQE_F_BUFFER | MORE | (1 << 16)), 'what does not fit is cut');
  assert(cqes() == 3 && isCqe(2, 1, -ENOBUFS, 0), 'a datagram socket does not say that it is empty, so it is tried at once');
  assert(cut.flags == MSG_TRUNC && cut.payloadlen == 56, 'and it is told');
  verify();
}

export function a_multishot_message_needs_room_for_its_head(): void {
  begin(SOCK_DGRAM);
  provide(40);
  const m = message(0, 0, 0);
  hdr(m).msg_namelen = 20;
  hdr(m).msg_controllen = 8;
  recvmsgMultishot(1, m);
  assert(cqes() == 1 && isCqe(0, 1, -EFAULT, 0), '44 of 40');
  hdr(m).msg_namelen = u32.MAX_VALUE;
  recvmsgMultishot(2, m);
  hdr(m).msg_name = outgoing();
  recvmsgMultishot(3, m);
  assert(cqes() == 3 && isCqe(1, 2, -EOVERFLOW, 0) && isCqe(2, 3, -EINVAL, 0), 'a name of less than nothing');
  verify();
}

export function the_end_of_a_stream_is_a_head_without_payload(): void {
  begin(SOCK_DGRAM);
  provide(100);
  recvmsgMultishot(1, message(0, 0, 0));
  send(fd(1), 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 16, IORING_CQE_F_BUFFER), 'and the last shot');
  verify();
}

function sendZc(user_data: u64, which: i32, addr: u64, len: u32, ioprio: u32, flags: u32 = 0, notif: u64 = 0): void {
  const s = sqe(IORING_OP_SEND_ZC, user_data);
  s.fd = which;
  s.addr = addr;
  s.len = len;
  s.ioprio = <u16>ioprio;
  s.flags = <u8>flags;
  s.addr3 = notif;
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
}
/** Two completions: the result, and the notification. */
function both(user_data: u64, res: i32, usage: u32, notif: u64): bool {
  const good = cqes() == 2 && isCqe(0, user_data, res, MORE) && isCqe(1, notif, <i32>usage, IORING_CQE_F_NOTIF);
  seen(cqes());
  return good;
}

export function a_zero_copy_send_that_fails_has_its_notification_too(): void {
  begin(SOCK_STREAM);
  sendZc(1, fd(0), outgoing(), 100, 0, IOSQE_CQE_SKIP_SUCCESS);
  assert(result() == -EINVAL, 'but for one that nobody would see');
  sendZc(2, 999, outgoing(), 100, IORING_SEND_ZC_REPORT_USAGE);
  assert(both(2, -EBADF, IORING_NOTIF_USAGE_ZC_COPIED, 2), 'no file; nothing was lent');
  sendZc(3, fd(0), outgoing(), 100, 0x8000);
  assert(both(3, -EINVAL, 0, 3), 'no such flag');
  sendZc(4, fd(0), outgoing(), 100, IORING_SEND_ZC_REPORT_USAGE, 0, 77);
  assert(both(4, -EOPNOTSUPP, IORING_NOTIF_USAGE_ZC_COPIED, 77), 'AF_UNIX lends nothing; a notification of its own');
  verify();
}

export function a_ring_stays_until_packets_have_let_its_notifications_go(): void {
  begin(SOCK_STREAM);
  const to = socket();
  sendZc(1, <i32>to, outgoing(), 100, 0);
  assert(cqes() == 1 && isCqe(0, 1, 100, MORE), 'sent, and not acknowledged');
  sysClose(HOST, bench().fd);
  for (let i = 0; i < 3; i++) {
    assert(nextEventTime() != u64.MAX_VALUE, 'a worker looks again later');
    ringExitWork(<u32>(popEvent() >> 32));
  }
  verify();
}

export function what_is_no_socket_sends_nothing(): void {
  begin(SOCK_STREAM);
  const s = sqe(IORING_OP_SEND, 1);
  s.fd = <i32>bench().fd;
  s.addr = outgoing();
  s.len = 1;
  assert(enter(1, 0, 0) == 1 && result() == -ENOTSOCK, 'a ring');
  assert(socket() > 0, 'but a socket would');
  verify();
}

/** A socket of UDP with the name in `argument() + 32`, which has 16 bytes. */
function datagrams(): i32 {
  const at = argument() + 32;
  store<u16>(at, <u16>AF_INET);
  storeBe16(at + 2, 5000);
  store<u32>(at, 0x0100007f, 4);
  const to = call(__NR_socket, AF_INET, SOCK_DGRAM, 0);
  assert(call(__NR_bind, to, at, 16) == 0, 'bound');
  return to;
}

export function a_zero_copy_send_says_where_it_goes(): void {
  begin(SOCK_STREAM);
  const to = datagrams();
  const from = call(__NR_socket, AF_INET, SOCK_DGRAM, 0);
  const s = sqe(IORING_OP_SEND_ZC, 1);
  s.fd = from;
  s.addr = outgoing();
  s.len = 30;
  s.addr2 = argument() + 32;
  s.addr_len = 16;
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
  assert(cqes() > 0 && isCqe(0, 1, 30, MORE) && recv(to, 100) == 30 && isBytes(0, 30), 'it is there');
  verify();
}

export function a_multishot_receive_that_has_had_its_turn_looks_before_it_goes_on(): void {
  build();
  buffers();
  ring(128, DEFER);
  const to = datagrams();
  const from = call(__NR_socket, AF_INET, SOCK_DGRAM, 0);
  // Of a datagram socket nobody knows how much is there. 33 shots as it is submitted, 33 in a turn of task work.
  const shots: u32 = 66;
  provideRing(5, 128, shots, 16);
  for (let i: u32 = 0; i < shots; i++) call(__NR_sendto, from, outgoing(), 3, 0, argument() + 32, 16);
  const s = sqe(IORING_OP_RECV, 1);
  s.fd = to;
  s.ioprio = <u16>IORING_RECV_MULTISHOT;
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 5;
  assert(enter(1, 0, 0) == 1 && cqes() == 33, 'a first turn');
  for (let i = 0; i < 4; i++) getEvents();
  assert(cqes() == shots, 'and a second one');
  for (let i: u32 = 0; i < shots; i++) assert(cqe(i).res == 3 && (cqe(i).flags & MORE) != 0, 'which do not end it');
  verify();
}
