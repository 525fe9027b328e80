/**
 * Description: RECVMSG writes to a message of the application's when it completes, and reads from it when it is prepared and then
 * again (Linux: io_uring/net.c, io_recvmsg, io_recvmsg_multishot; net/socket.c, ____sys_recvmsg, move_addr_to_user).
 */
import {
  AF_UNIX, __NR_bind, ECANCELED, EFAULT, EINVAL, EMSGSIZE, ENOTSOCK, EOVERFLOW, io_uring_recvmsg_out, io_uring_sqe, IORING_CQE_F_BUFFER,
  IORING_CQE_F_MORE, IORING_OP_NOP, IORING_OP_RECVMSG, IORING_RECV_MULTISHOT, IORING_RECVSEND_BUNDLE, IORING_RECVSEND_POLL_FIRST,
  IOSQE_BUFFER_SELECT, IOSQE_IO_LINK, MSG_TRUNC, MSG_WAITALL, msghdr, SOCK_DGRAM, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { argument, buffers, call, close, fd, incoming, isBytes, pair, send, write } from '../config_files.as';
import { provide } from '../config_provide.as';
import { userFirst } from '../../../uring-model/7-ring';
import { bench, build, cqe, cqes, DEFER, enter, getEvents, isCqe, ring, seen, sqe, user, verify } from '../config_ring.as';

const BUFFER: u32 = IORING_CQE_F_BUFFER;
const MORE: u32 = IORING_CQE_F_MORE;
/** struct io_uring_recvmsg_out */
const HEAD: u32 = 16;
/** Of a name that the kernel has chosen: its family, a zero, five digits (unix_autobind). */
const NAME: u32 = 8;

function begin(type: u32): void {
  build();
  buffers();
  ring(64, DEFER);
  pair(type);
}
/** The other end gets a name. */
function nameOther(): void {
  const at = argument() + 32;
  store<u16>(at, <u16>AF_UNIX);
  assert(call(__NR_bind, fd(1), at, 2) == 0, 'a name');
}
/** A message of `nr` ranges of `len` bytes where what is read goes. */
function message(nr: u32, len: u32): msghdr {
  const iov = user(nr * 16 + 16);
  for (let i: u32 = 0; i < nr; i++) {
    store<u64>(iov + i * 16, incoming() + i * len);
    store<u64>(iov + i * 16, len, 8);
  }
  const h = changetype<msghdr>(<usize>user(64));
  h.msg_iov = iov;
  h.msg_iovlen = nr;
  return h;
}
function receive(m: msghdr, flags: u32 = 0, ioprio: u32 = 0): io_uring_sqe {
  const s = sqe(IORING_OP_RECVMSG, 1);
  s.fd = fd(0);
  s.addr = changetype<usize>(m);
  s.len = 1;
  s.msg_flags = flags;
  s.ioprio = <u16>ioprio;
  return s;
}
/** The same into buffers of group 5. */
function picking(m: msghdr, flags: u32 = 0, ioprio: u32 = 0): io_uring_sqe {
  const s = receive(m, flags, ioprio);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 5;
  return s;
}
function submit(n: u32 = 1): void {
  assert(enter(n, 0, 0) == n, 'submitted');
  getEvents();
}
function arrives(len: u32): void {
  assert(send(fd(1), len) == len, 'sent');
  getEvents();
  getEvents();
}
function only(): i32 {
  submit();
  assert(cqes() == 1, 'one completion');
  const res = cqe(0).res;
  seen(1);
  return res;
}
function out(at: u32): io_uring_recvmsg_out {
  return changetype<io_uring_recvmsg_out>(<usize>at);
}

export function a_name_is_written_as_far_as_there_is_room(): void {
  begin(SOCK_DGRAM);
  nameOther();
  const m = message(1, 64);
  const to = user(64);
  memory.fill(to, 0xaa, 64);
  m.msg_name = to;
  m.msg_namelen = 64;
  send(fd(1), 10);
  receive(m);
  assert(only() == 10 && m.msg_namelen == NAME && load<u16>(to) == AF_UNIX && load<u8>(to + 3) == 48, 'a name of the kernel\'s');
  assert(load<u8>(to + NAME - 1) != 0xaa && load<u8>(to + NAME) == 0xaa, 'and nothing behind it');
  memory.fill(to, 0xaa, 64);
  m.msg_namelen = 4;
  send(fd(1), 10);
  receive(m);
  assert(only() == 10 && m.msg_namelen == NAME && load<u8>(to + 3) == 48 && load<u8>(to + 4) == 0xaa, 'four bytes; how long it is is told');
  m.msg_name = 0;
  m.msg_namelen = 64;
  send(fd(1), 10);
  receive(m);
  assert(only() == 10 && m.msg_namelen == 64, 'without an address nothing is told');
  verify();
}

export function room_for_a_name_is_looked_at_when_there_is_one(): void {
  begin(SOCK_DGRAM);
  nameOther();
  const m = message(1, 64);
  m.msg_name = 64;
  m.msg_namelen = 64;
  receive(m);
  submit();
  assert(cqes() == 0, 'not before');
  arrives(10);
  assert(cqes() == 1 && isCqe(0, 1, -EFAULT, 0), 'no such address');
  seen(1);
  m.msg_name = user(64);
  receive(m);
  submit();
  m.msg_namelen = u32.MAX_VALUE;
  arrives(10);
  assert(cqes() == 1 && isCqe(0, 1, -EINVAL, 0), 'its length is read again');
  verify();
}

export function a_message_that_is_wrong_is_refused_when_it_is_prepared(): void {
  begin(SOCK_STREAM);
  const m = message(1, 10);
  m.msg_name = user(64);
  m.msg_namelen = 0x80000000;
  receive(m);
  assert(only() == -EINVAL, 'a name of less than nothing');
  m.msg_name = 0;
  m.msg_iovlen = 1025;
  receive(m);
  assert(only() == -EMSGSIZE, 'too many ranges');
  m.msg_iovlen = 2;
  picking(m);
  assert(only() == -EINVAL, 'a provided buffer is one range');
  m.msg_iovlen = 1;
  m.msg_iov = 64;
  picking(m);
  assert(only() == -EFAULT, 'whose length is read');
  receive(m);
  assert(only() == -EFAULT, 'and so are ranges');
  receive(m, 0, IORING_RECVSEND_BUNDLE);
  assert(only() == -EINVAL, 'no bundles');
  const limit = receive(message(1, 10));
  limit.optlen = 4;
  assert(only() == -EINVAL, 'no limits');
  picking(message(0, 0), 0, IORING_RECV_MULTISHOT).optlen = 4;
  assert(only() == -EINVAL, 'of many shots neither');
  const s = receive(message(1, 10));
  s.fd = <i32>bench().fd;
  assert(only() == -ENOTSOCK, 'a ring is no socket');
  verify();
}

export function heads_of_many_shots_are_not_too_long_to_count(): void {
  begin(SOCK_DGRAM);
  provide(5, 4, 4, 64);
  const m = message(0, 0);
  m.msg_controllen = 0x80000000;
  picking(m, 0, IORING_RECV_MULTISHOT);
  assert(only() == -EOVERFLOW, 'control messages');
  m.msg_controllen = 0x7fffffff - HEAD - 19;
  m.msg_namelen = 20;
  picking(m, 0, IORING_RECV_MULTISHOT);
  assert(only() == -EOVERFLOW, 'all together');
  m.msg_controllen = 0x7fffffff - HEAD - 20;
  picking(m, 0, IORING_RECV_MULTISHOT);
  assert(only() == -EFAULT, 'a byte less is only too long for the buffer');
  verify();
}

export function a_shot_tells_a_name_within_its_room(): void {
  begin(SOCK_DGRAM);
  nameOther();
  const buf = provide(5, 4, 4, 64);
  const m = message(0, 0);
  m.msg_namelen = 20;
  picking(m, 0, IORING_RECV_MULTISHOT);
  submit();
  arrives(5);
  assert(cqes() == 1 && isCqe(0, 1, HEAD + 20 + 5, BUFFER | MORE), 'head, room for a name, payload');
  assert(out(buf).namelen == NAME && load<u16>(buf + HEAD) == AF_UNIX && load<u8>(buf + HEAD + 3) == 48, 'the name');
  assert(out(buf).payloadlen == 5 && out(buf).flags == 0 && load<u8>(buf + HEAD + 20 + 4) == 4, 'the payload');
  verify();
}

export function a_name_longer_than_its_room_does_not_run_into_the_payload(): void {
  begin(SOCK_DGRAM);
  nameOther();
  const buf = provide(5, 4, 4, 64);
  const m = message(0, 0);
  m.msg_namelen = 4;
  picking(m, 0, IORING_RECV_MULTISHOT);
  submit();
  arrives(6);
  assert(isCqe(0, 1, HEAD + 4 + 6, BUFFER | MORE) && out(buf).namelen == NAME, 'how long it is is told');
  assert(load<u8>(buf + HEAD + 3) == 48 && load<u8>(buf + HEAD + 4) == 0 && load<u8>(buf + HEAD + 9) == 5, 'the payload is whole');
  verify();
}

export function a_buffer_that_the_head_fills_has_a_shot_without_payload(): void {
  begin(SOCK_DGRAM);
  const buf = provide(5, 4, 4, HEAD + 8);
  const m = message(0, 0);
  m.msg_controllen = 8;
  picking(m, 0, IORING_RECV_MULTISHOT);
  submit();
  arrives(6);
  assert(cqes() == 1 && isCqe(0, 1, HEAD + 8, BUFFER), 'a shot, and the last');
  assert(out(buf).payloadlen == 0 && out(buf).flags == MSG_TRUNC, 'all of it was cut');
  verify();
}

export function one_shot_into_a_provided_buffer_needs_no_room_for_a_head(): void {
  begin(SOCK_DGRAM);
  const buf = provide(5, 4, 4, 8);
  picking(message(0, 0));
  submit();
  arrives(6);
  assert(cqes() == 1 && isCqe(0, 1, 6, BUFFER) && load<u8>(buf + 5) == 5, 'payload and nothing else');
  verify();
}

export function who_asks_for_a_poll_first_gets_its_message_by_task_work(): void {
  begin(SOCK_STREAM);
  write(fd(1), 9);
  receive(message(1, 64), 0, IORING_RECVSEND_POLL_FIRST);
  enter(1, 0, 0);
  assert(cqes() == 0, 'not at once');
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 9, 0), 'then');
  verify();
}

export function ranges_are_filled_one_after_the_other_by_who_waits_for_all(): void {
  begin(SOCK_STREAM);
  receive(message(3, 10), MSG_WAITALL).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  arrives(14);
  assert(cqes() == 0, 'a part');
  arrives(16);
  assert(cqes() == 2 && isCqe(0, 1, 30, 0) && isCqe(1, 2, 0, 0), 'all');
  assert(isBytes(0, 14) && load<u8>(incoming() + 14) == 0 && load<u8>(incoming() + 29) == 15, 'in order');
  verify();
}

export function a_message_that_ends_early_gives_its_part_and_fails_the_chain(): void {
  begin(SOCK_STREAM);
  receive(message(3, 10), MSG_WAITALL).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  arrives(14);
  assert(close(fd(1)) == 0, 'the other end goes');
  getEvents();
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 14, 0) && isCqe(1, 2, -ECANCELED, 0), 'fourteen of thirty');
  verify();
}

export function a_provided_buffer_is_kept_until_all_has_come(): void {
  begin(SOCK_STREAM);
  const buf = provide(5, 4, 2, 30);
  picking(message(0, 0), MSG_WAITALL);
  submit();
  arrives(10);
  assert(cqes() == 0, 'a part');
  arrives(20);
  assert(cqes() == 1 && isCqe(0, 1, 30, BUFFER) && load<u8>(buf + 9) == 9 && load<u8>(buf + 10) == 0 && load<u8>(buf + 29) == 19, 'all');
  verify();
}

export function a_datagram_that_was_cut_fails_a_chain_only_for_who_wanted_all(): void {
  begin(SOCK_DGRAM);
  for (let i = 0; i < 3; i++) send(fd(1), 30);
  receive(message(1, 10), MSG_WAITALL).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  getEvents();
  assert(cqes() == 2 && cqe(0).res == 10 && isCqe(1, 2, -ECANCELED, 0), 'twenty bytes are lost');
  seen(2);
  const m = message(1, 10);
  receive(m).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  getEvents();
  assert(cqes() == 2 && cqe(0).res == 10 && isCqe(1, 2, 0, 0) && m.msg_flags == MSG_TRUNC, 'it is told');
  seen(2);
  const whole = message(1, 30);
  receive(whole, MSG_WAITALL).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  getEvents();
  assert(cqes() == 2 && cqe(0).res == 30 && isCqe(1, 2, 0, 0) && whole.msg_flags == 0, 'a whole one does not');
  verify();
}

export function there_is_no_second_part_for_control_messages(): void {
  begin(SOCK_STREAM);
  const m = message(1, 30);
  m.msg_control = user(64);
  m.msg_controllen = 64;
  receive(m, MSG_WAITALL);
  submit();
  arrives(10);
  assert(cqes() == 1 && isCqe(0, 1, 10, 0) && m.msg_controllen == 0, 'a part is all');
  verify();
}

export function a_message_that_is_gone_when_data_comes_is_an_error(): void {
  begin(SOCK_STREAM);
  const last = <u32>userFirst() + (8 << 20) - 56;
  const m = message(1, 30);
  memory.copy(<usize>last, changetype<usize>(m), 56);
  receive(changetype<msghdr>(<usize>last));
  submit();
  arrives(10);
  assert(cqes() == 1 && isCqe(0, 1, 10, 0), 'the last place for one');
  seen(1);
  receive(changetype<msghdr>(<usize>(last + 8)));
  assert(only() == -EFAULT, 'and one behind it');
  verify();
}
