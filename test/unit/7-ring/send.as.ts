/**
 * Description: what a send is asked for and what becomes of the chain behind it (Linux: io_uring/net.c, io_sendmsg_prep, io_send,
 * io_sendmsg, io_send_finish). A part that was sent is a failure only for who wanted all of it.
 */
import {
  EAGAIN, ECANCELED, EFAULT, EINVAL, ENOTSOCK, io_uring_sqe, IORING_CQE_F_BUFFER, IORING_CQE_F_NOTIF, IORING_OP_NOP, IORING_OP_RECV,
  IORING_OP_SEND, IORING_OP_SEND_ZC, IORING_OP_SENDMSG, IORING_OP_SENDMSG_ZC, IORING_RECVSEND_BUNDLE, IORING_RECVSEND_FIXED_BUF,
  IORING_RECVSEND_POLL_FIRST, IORING_REGISTER_BUFFERS, IORING_SEND_VECTORIZED, IOSQE_ASYNC, IOSQE_BUFFER_SELECT, IOSQE_IO_LINK,
  MSG_DONTWAIT, MSG_WAITALL, msghdr, SOCK_DGRAM, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { AT_KERNEL_SEND_FIXED_BUF, AT_KERNEL_SEND_VECTORIZED, setHost } from '../config.gen.as';
import { buffers, close, fd, incoming, isBytes, outgoing, pair, recv, send } from '../config_files.as';
import { provide } from '../config_provide.as';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, register, ring, seen, settle, socket, sqe, user, verify,
} from '../config_ring.as';

const FIXED: u32 = IORING_RECVSEND_FIXED_BUF;

function begin(type: u32): void {
  build();
  buffers();
  ring(64, DEFER);
  pair(type);
}
function request(opcode: u32, addr: u64, len: u32, ioprio: u32 = 0, msg_flags: u32 = 0): io_uring_sqe {
  const s = sqe(opcode, 1);
  s.fd = fd(0);
  s.addr = addr;
  s.len = len;
  s.ioprio = <u16>ioprio;
  s.msg_flags = msg_flags;
  return s;
}
function submit(): void {
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
}
/** What the oldest completion says, which is taken. */
function next(): i32 {
  assert(cqes() > 0, 'it completed');
  const res = cqe(0).res;
  seen(1);
  return res;
}
function only(): i32 {
  submit();
  assert(cqes() == 1, 'one completion');
  return next();
}
function message(addr: u64, nr: u32, len: u64): u32 {
  const m = user(64);
  const iov = user(nr * 16);
  for (let i: u32 = 0; i < nr; i++) {
    store<u64>(iov + i * 16, addr + i * len);
    store<u64>(iov + i * 16, len, 8);
  }
  const h = changetype<msghdr>(<usize>m);
  h.msg_iov = iov;
  h.msg_iovlen = nr;
  return m;
}
/** Until the socket takes no more. */
function fill(): u32 {
  let bytes: u32 = 0;
  for (let n = send(fd(0), 4096); n > 0; n = send(fd(0), 4096)) bytes += n;
  return bytes;
}
function registerOutgoing(): void {
  const iov = user(16);
  store<u64>(iov, outgoing());
  store<u64>(iov, 4096, 8);
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == 0, 'a buffer');
}

export function fields_that_a_send_does_not_know_are_zero(): void {
  begin(SOCK_STREAM);
  store<u16>(changetype<usize>(request(IORING_OP_SEND, outgoing(), 1)), 1, 46);
  assert(only() == -EINVAL, 'padding behind the length of an address');
  request(IORING_OP_SENDMSG, message(outgoing(), 1, 1), 1).addr2 = outgoing();
  assert(only() == -EINVAL, 'a message has its address in itself');
  request(IORING_OP_SENDMSG, message(outgoing(), 1, 1), 1).file_index = 1;
  assert(only() == -EINVAL, 'and no slot');
  request(IORING_OP_SEND, outgoing(), 0x80000000);
  assert(only() == -EINVAL, 'a length below zero');
  const to = request(IORING_OP_SEND, outgoing(), 1);
  to.addr2 = outgoing();
  to.addr_len = 129;
  assert(only() == -EINVAL, 'an address longer than any');
  const wild = request(IORING_OP_SEND, outgoing(), 1);
  wild.addr2 = 64;
  wild.addr_len = 16;
  assert(only() == -EFAULT, 'an address that is not there');
  assert(recv(fd(1), 64) == -EAGAIN, 'nothing was sent');
  verify();
}

export function a_registered_buffer_is_sent_from_or_the_send_fails(): void {
  begin(SOCK_STREAM);
  request(IORING_OP_SEND, outgoing(), 16, FIXED);
  assert(only() == -EFAULT, 'none is registered');
  registerOutgoing();
  request(IORING_OP_SEND, outgoing() + 5, 16, FIXED);
  assert(only() == 16 && recv(fd(1), 64) == 16 && isBytes(5, 16), 'a part of it');
  request(IORING_OP_SEND, outgoing(), 4096, FIXED);
  assert(only() == 4096 && recv(fd(1), 4096) == 4096, 'all of it');
  request(IORING_OP_SEND, outgoing() + 1, 4096, FIXED);
  assert(only() == -EFAULT, 'a byte more');
  request(IORING_OP_SEND, outgoing() - 1, 16, FIXED);
  assert(only() == -EFAULT, 'a byte before');
  request(IORING_OP_SEND, outgoing(), 16, FIXED).buf_index = 1;
  assert(only() == -EFAULT, 'another slot');
  verify();
}

export function a_registered_buffer_goes_with_a_plain_send_alone(): void {
  begin(SOCK_STREAM);
  registerOutgoing();
  request(IORING_OP_SENDMSG, message(outgoing(), 1, 4), 1, FIXED);
  assert(only() == -EINVAL, 'no message');
  request(IORING_OP_SEND, outgoing(), 4, FIXED | IORING_RECVSEND_BUNDLE);
  assert(only() == -EINVAL, 'no bundle');
  request(IORING_OP_SEND, message(outgoing(), 1, 4), 1, FIXED | IORING_SEND_VECTORIZED);
  assert(only() == -EINVAL, 'no ranges');
  request(IORING_OP_SEND, 0, 4, FIXED).flags = <u8>IOSQE_BUFFER_SELECT;
  assert(only() == -EINVAL, 'no provided one');
  request(IORING_OP_SENDMSG, message(outgoing(), 1, 4), 1, IORING_RECVSEND_BUNDLE);
  assert(only() == -EINVAL, 'nor is there a bundle of messages');
  request(IORING_OP_SEND, outgoing(), 4, 1 << 6);
  assert(only() == -EINVAL, 'no such flag');
  verify();
}

export function an_older_kernel_knows_fewer_flags_of_a_send(): void {
  build();
  buffers();
  setHost(HOST, AT_KERNEL_SEND_FIXED_BUF, 0);
  ring(64, DEFER);
  pair(SOCK_STREAM);
  registerOutgoing();
  request(IORING_OP_SEND, outgoing(), 4, FIXED);
  assert(only() == -EINVAL, 'registered buffers');
  request(IORING_OP_RECV, incoming(), 4, FIXED);
  assert(only() == -EINVAL, 'nor to receive into');
  const iov = <u32>changetype<msghdr>(<usize>message(outgoing(), 2, 4)).msg_iov;
  request(IORING_OP_SEND, iov, 2, IORING_SEND_VECTORIZED);
  assert(only() == 8, 'ranges it knows');
  setHost(HOST, AT_KERNEL_SEND_VECTORIZED, 0);
  request(IORING_OP_SEND, iov, 2, IORING_SEND_VECTORIZED);
  assert(only() == -EINVAL, 'and then not');
  verify();
}

export function the_ranges_of_a_zero_copy_message_lie_in_the_registered_buffer(): void {
  begin(SOCK_STREAM);
  registerOutgoing();
  const to = <i32>socket();
  const good = request(IORING_OP_SENDMSG_ZC, message(outgoing(), 3, 100), 1, FIXED);
  good.fd = to;
  submit();
  assert(cqes() == 1 && cqe(0).res == 300, 'inside');
  seen(1);
  const bad = request(IORING_OP_SENDMSG_ZC, message(outgoing() + 3896, 3, 100), 1, FIXED);
  bad.fd = to;
  submit();
  assert(cqes() == 2 && cqe(0).res == -EFAULT && cqe(1).flags == IORING_CQE_F_NOTIF, 'the third ends outside');
  seen(2);
  const one = request(IORING_OP_SEND_ZC, outgoing() + 4000, 97, FIXED);
  one.fd = to;
  submit();
  assert(cqes() == 2 && cqe(0).res == -EFAULT, 'one range');
}

export function a_part_that_was_sent_is_enough_unless_all_was_wanted(): void {
  begin(SOCK_STREAM);
  const room = fill();
  recv(fd(1), 65536);
  request(IORING_OP_SEND, outgoing(), 1 << 18).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  enter(2, 0, 0);
  getEvents();
  assert(cqe(0).res > 0 && cqe(0).res < 1 << 18 && isCqe(1, 2, 0, 0), 'a part, and the chain goes on');
  seen(2);
  while (recv(fd(1), 65536) > 0) {}
  fill();
  recv(fd(1), 65536);
  request(IORING_OP_SENDMSG, message(outgoing(), 2, 1 << 17), 1).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  enter(2, 0, 0);
  getEvents();
  assert(cqes() == 2 && cqe(0).res > 0 && cqe(0).res < 1 << 18 && isCqe(1, 2, 0, 0), 'of a message too');
  assert(room > 65536, 'as much as the socket takes');
  verify();
}

export function who_wanted_all_fails_with_a_part_when_the_other_end_goes(): void {
  begin(SOCK_STREAM);
  fill();
  const s = request(IORING_OP_SEND, outgoing(), 1 << 18, 0, MSG_WAITALL);
  s.flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  assert(enter(2, 0, 0) == 2 && cqes() == 0, 'full');
  while (recv(fd(1), 65536) > 0) {}
  getEvents();
  assert(cqes() == 0, 'a part is sent, and it waits on');
  assert(close(fd(1)) == 0, 'the other end goes');
  getEvents();
  getEvents();
  assert(cqes() == 2 && cqe(0).res > 0 && cqe(0).res < 1 << 18 && isCqe(1, 2, -ECANCELED, 0), 'the part counts, the chain ends');
  verify();
}

export function without_waiting_a_full_socket_is_an_error(): void {
  begin(SOCK_STREAM);
  fill();
  request(IORING_OP_SEND, outgoing(), 1, 0, MSG_DONTWAIT);
  assert(only() == -EAGAIN, 'at once');
  request(IORING_OP_SENDMSG, message(outgoing(), 1, 1), 1, 0, MSG_DONTWAIT);
  assert(only() == -EAGAIN, 'a message');
  request(IORING_OP_SEND, outgoing(), 1);
  submit();
  assert(cqes() == 0, 'who may wait does');
  while (recv(fd(1), 65536) > 0) {}
  getEvents();
  assert(cqes() == 1 && next() == 1, 'until there is room');
  verify();
}

export function who_asks_for_a_poll_first_is_sent_by_task_work(): void {
  begin(SOCK_STREAM);
  request(IORING_OP_SENDMSG, message(outgoing(), 1, 9), 1, IORING_RECVSEND_POLL_FIRST);
  enter(1, 0, 0);
  assert(cqes() == 0, 'not at once');
  getEvents();
  assert(next() == 9, 'a message');
  request(IORING_OP_SEND, outgoing(), 7, IORING_RECVSEND_POLL_FIRST);
  enter(1, 0, 0);
  assert(cqes() == 0, 'not at once');
  getEvents();
  assert(next() == 7 && recv(fd(1), 64) == 16, 'bytes');
  verify();
}

export function a_ring_is_no_socket(): void {
  begin(SOCK_STREAM);
  const send_ = request(IORING_OP_SEND, outgoing(), 1);
  send_.fd = <i32>bench().fd;
  assert(only() == -ENOTSOCK, 'SEND');
  const sendmsg = request(IORING_OP_SENDMSG, message(outgoing(), 1, 1), 1);
  sendmsg.fd = <i32>bench().fd;
  assert(only() == -ENOTSOCK, 'SENDMSG');
  verify();
}

export function a_worker_sends_too_and_waits_for_room(): void {
  begin(SOCK_STREAM);
  request(IORING_OP_SEND, outgoing(), 30).flags = <u8>IOSQE_ASYNC;
  enter(1, 0, 0);
  assert(cqes() == 0, 'later');
  settle();
  getEvents();
  assert(next() == 30 && recv(fd(1), 64) == 30, 'sent');
  verify();
}

export function a_provided_buffer_is_sent_whole_or_cut_to_the_length(): void {
  begin(SOCK_DGRAM);
  const bufs = provide(5, 8, 4, 16);
  store<u8>(bufs, 77);
  const s = request(IORING_OP_SEND, 0, 0);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 5;
  submit();
  assert(cqes() == 1 && isCqe(0, 1, 16, IORING_CQE_F_BUFFER), 'the first');
  seen(1);
  assert(recv(fd(1), 64) == 16 && load<u8>(incoming()) == 77, 'its bytes');
  const cut = request(IORING_OP_SEND, 0, 7);
  cut.flags = <u8>IOSQE_BUFFER_SELECT;
  cut.buf_group = 5;
  submit();
  assert(cqes() == 1 && isCqe(0, 1, 7, IORING_CQE_F_BUFFER | (1 << 16)) && recv(fd(1), 64) == 7, 'seven of the second');
  seen(1);
  const long = request(IORING_OP_SEND, 0, 40);
  long.flags = <u8>IOSQE_BUFFER_SELECT;
  long.buf_group = 5;
  submit();
  assert(cqes() == 1 && isCqe(0, 1, 16, IORING_CQE_F_BUFFER | (2 << 16)), 'one buffer at most');
  verify();
}

export function a_bundle_is_one_message_of_many_ranges(): void {
  begin(SOCK_STREAM);
  const bufs = provide(5, 16, 9, 16);
  for (let i: u32 = 0; i < 9 * 16; i++) store<u8>(bufs + i, <u8>i);
  const s = request(IORING_OP_SEND, 0, 0, IORING_RECVSEND_BUNDLE);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 5;
  submit();
  assert(cqes() == 1 && isCqe(0, 1, 144, IORING_CQE_F_BUFFER), 'all nine at once, and none is left');
  assert(recv(fd(1), 4096) == 144 && isBytes(0, 144), 'in their order');
  verify();
}

export function a_bundle_is_sent_whole_even_if_that_takes_time(): void {
  begin(SOCK_STREAM);
  const room = fill();
  recv(fd(1), 8192);
  provide(5, 4, 2, 1 << 17);
  const s = request(IORING_OP_SEND, 0, 0, IORING_RECVSEND_BUNDLE);
  s.flags = <u8>(IOSQE_BUFFER_SELECT | IOSQE_IO_LINK);
  s.buf_group = 5;
  sqe(IORING_OP_NOP, 2);
  enter(2, 0, 0);
  assert(cqes() == 0 && room > 65536, 'it wants to send all');
  for (let i = 0; i < 64 && cqes() == 0; i++) {
    recv(fd(1), 65536);
    getEvents();
  }
  getEvents();
  assert(cqes() == 2 && cqe(0).res == 1 << 18 && isCqe(1, 2, 0, 0), 'and does, in the end');
  verify();
}

export function to_send_nothing_is_no_failure(): void {
  begin(SOCK_STREAM);
  request(IORING_OP_SEND, outgoing(), 0).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  assert(enter(2, 0, 0) == 2, 'submitted');
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 0, 0) && isCqe(1, 2, 0, 0), 'the chain goes on');
  verify();
}
