/**
 * Description: a receive that gets a part of what it wants, more than it has room for, or as much as it may have at all (Linux:
 * io_uring/net.c, io_recv, io_recv_buf_select, io_recv_finish).
 */
import {
  ECANCELED, EFAULT, EINVAL, ENOTSOCK, io_uring_sqe, IORING_CQE_F_BUF_MORE, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE,
  IORING_CQE_F_SOCK_NONEMPTY, IORING_OP_NOP, IORING_OP_RECV, IORING_RECV_MULTISHOT, IORING_RECVSEND_BUNDLE, IORING_RECVSEND_FIXED_BUF,
  IORING_REGISTER_BUFFERS, IOSQE_ASYNC, IOSQE_BUFFER_SELECT, IOSQE_IO_LINK, IOU_PBUF_RING_INC, MSG_DONTWAIT, MSG_TRUNC, MSG_WAITALL,
  SOCK_DGRAM, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { AT_KERNEL_PBUF_TRUNC_WRITTEN, AT_KERNEL_RECV_MSHOT_LEN, setHost } from '../config.gen.as';
import { buffers, close, fd, incoming, isBytes, pair, recv, send, write } from '../config_files.as';
import { provide, provided } from '../config_provide.as';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, register, ring, seen, settle, sqe, user, verify,
} from '../config_ring.as';

const BUFFER: u32 = IORING_CQE_F_BUFFER;
const MORE: u32 = IORING_CQE_F_MORE;
const NONEMPTY: u32 = IORING_CQE_F_SOCK_NONEMPTY;
const BUNDLE: u32 = IORING_RECVSEND_BUNDLE;
const MULTI: u32 = IORING_RECV_MULTISHOT;

function begin(type: u32): void {
  build();
  buffers();
  ring(64, DEFER);
  pair(type);
}
/** A receive into the application's memory. */
function plain(len: u32, msg_flags: u32 = 0, ioprio: u32 = 0): io_uring_sqe {
  const s = sqe(IORING_OP_RECV, 1);
  s.fd = fd(0);
  s.addr = incoming();
  s.len = len;
  s.msg_flags = msg_flags;
  s.ioprio = <u16>ioprio;
  return s;
}
/** One that picks from group 5. */
function picking(ioprio: u32, len: u32 = 0, msg_flags: u32 = 0, limit: u32 = 0): io_uring_sqe {
  const s = plain(len, msg_flags, ioprio);
  s.addr = 0;
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 5;
  s.optlen = limit;
  return s;
}
function submit(n: u32 = 1): void {
  assert(enter(n, 0, 0) == n, 'submitted');
  getEvents();
}
function arrives(len: u32): void {
  assert(send(fd(1), len) == len, 'sent');
  getEvents();
}
function only(): i32 {
  submit();
  assert(cqes() == 1, 'one completion');
  const res = cqe(0).res;
  seen(1);
  return res;
}

export function fields_that_a_receive_does_not_know_are_zero(): void {
  begin(SOCK_STREAM);
  plain(4).addr2 = 1;
  assert(only() == -EINVAL, 'an address');
  plain(4).optlen = 1;
  assert(only() == -EINVAL, 'a limit of one shot');
  plain(4, 0, 1 << 7);
  assert(only() == -EINVAL, 'no such flag');
  picking(MULTI, 0, MSG_WAITALL);
  assert(only() == -EINVAL, 'many shots that each wait for all');
  plain(4, 0, MULTI);
  assert(only() == -EINVAL, 'many shots into one buffer');
  const s = plain(4);
  s.fd = <i32>bench().fd;
  assert(only() == -ENOTSOCK, 'a ring is no socket');
  verify();
}

export function an_older_kernel_has_no_lengths_of_many_shots(): void {
  begin(SOCK_STREAM);
  setHost(HOST, AT_KERNEL_RECV_MSHOT_LEN, 0);
  provide(5, 4, 4, 16);
  picking(MULTI, 8);
  assert(only() == -EINVAL, 'a length');
  picking(MULTI, 0, 0, 8);
  assert(only() == -EINVAL, 'a limit');
  picking(MULTI);
  submit();
  arrives(3);
  assert(cqes() == 1 && isCqe(0, 1, 3, BUFFER | MORE), 'without them');
  verify();
}

export function a_receive_into_a_registered_buffer_needs_one(): void {
  begin(SOCK_STREAM);
  write(fd(1), 32);
  plain(16, 0, IORING_RECVSEND_FIXED_BUF);
  assert(only() == -EFAULT, 'none is registered');
  const iov = user(16);
  store<u64>(iov, incoming());
  store<u64>(iov, 4096, 8);
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == 0, 'one');
  plain(16, 0, IORING_RECVSEND_FIXED_BUF);
  assert(only() == 16 && isBytes(0, 16), 'received');
  plain(4097, 0, IORING_RECVSEND_FIXED_BUF);
  assert(only() == -EFAULT, 'more than it is long');
  plain(16, 0, IORING_RECVSEND_FIXED_BUF).buf_index = 1;
  assert(only() == -EFAULT, 'another slot');
  plain(16, 0, IORING_RECVSEND_FIXED_BUF | BUNDLE);
  assert(only() == -EINVAL, 'no bundle');
  picking(IORING_RECVSEND_FIXED_BUF, 16);
  assert(only() == -EINVAL, 'nor a provided one');
  verify();
}

export function parts_of_a_receive_that_waits_for_all_lie_one_behind_the_other(): void {
  begin(SOCK_STREAM);
  plain(30, MSG_WAITALL).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  arrives(10);
  write(fd(1), 5);
  getEvents();
  assert(cqes() == 0, 'a half is not all');
  arrives(15);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 30, 0) && isCqe(1, 2, 0, 0), 'all, and the chain goes on');
  assert(isBytes(0, 10) && load<u8>(incoming() + 10) == 0 && load<u8>(incoming() + 15) == 0 && load<u8>(incoming() + 29) == 14, 'bytes');
  verify();
}

export function a_stream_that_ends_early_gives_its_part_and_fails_the_chain(): void {
  begin(SOCK_STREAM);
  plain(30, MSG_WAITALL).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  arrives(10);
  assert(close(fd(1)) == 0, 'the other end goes');
  getEvents();
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 10, 0) && isCqe(1, 2, -ECANCELED, 0), 'ten of thirty');
  verify();
}

export function a_short_receive_is_no_failure_for_who_did_not_want_all(): void {
  begin(SOCK_STREAM);
  write(fd(1), 10);
  plain(30).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  assert(cqes() == 2 && isCqe(0, 1, 10, 0) && isCqe(1, 2, 0, 0), 'the chain goes on');
  verify();
}

export function a_datagram_that_was_cut_fails_the_chain_of_who_wanted_all(): void {
  begin(SOCK_DGRAM);
  send(fd(1), 30);
  send(fd(1), 30);
  plain(10, MSG_WAITALL).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  assert(cqes() == 2 && isCqe(0, 1, 10, 0) && isCqe(1, 2, -ECANCELED, 0), 'twenty bytes are lost');
  seen(2);
  plain(10).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  assert(cqes() == 2 && isCqe(0, 1, 10, 0) && isCqe(1, 2, 0, 0), 'of another one it does not');
  verify();
}

export function of_a_datagram_longer_than_its_buffer_only_what_was_written_is_used(): void {
  begin(SOCK_DGRAM);
  provide(5, 4, 2, 64, IOU_PBUF_RING_INC);
  send(fd(1), 50);
  picking(0, 10, MSG_TRUNC);
  submit();
  assert(cqes() == 1 && isCqe(0, 1, 50, BUFFER | IORING_CQE_F_BUF_MORE) && provided(0).len == 54, 'fifty were there, ten were written');
  seen(1);
  setHost(HOST, AT_KERNEL_PBUF_TRUNC_WRITTEN, 0);
  send(fd(1), 50);
  picking(0, 10, MSG_TRUNC);
  submit();
  assert(cqes() == 1 && isCqe(0, 1, 50, BUFFER | IORING_CQE_F_BUF_MORE) && provided(0).len == 4, 'an older kernel uses all fifty');
  verify();
}

export function a_part_in_an_incremental_buffer_ends_a_receive_that_waits_for_all(): void {
  begin(SOCK_STREAM);
  provide(5, 4, 2, 64, IOU_PBUF_RING_INC);
  picking(0, 30, MSG_WAITALL).flags = <u8>(IOSQE_BUFFER_SELECT | IOSQE_IO_LINK);
  sqe(IORING_OP_NOP, 2);
  submit(2);
  arrives(10);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 10, BUFFER | IORING_CQE_F_BUF_MORE) && isCqe(1, 2, -ECANCELED, 0), 'its place is not kept');
  verify();
}

export function a_buffer_of_four_gigabytes_is_two_long(): void {
  begin(SOCK_STREAM);
  provide(5, 4, 1, 64);
  provided(0).len = u32.MAX_VALUE;
  picking(0, 0, MSG_WAITALL);
  submit();
  arrives(10);
  assert(cqes() == 0, 'it waits for all of it');
  verify();
}

export function a_limit_of_all_shots_cuts_a_bundle(): void {
  begin(SOCK_STREAM);
  provide(5, 16, 16, 16);
  write(fd(1), 100);
  picking(MULTI | BUNDLE, 0, 0, 40);
  submit();
  assert(cqes() == 2 && isCqe(0, 1, 32, BUFFER | MORE | NONEMPTY), 'whole buffers');
  assert(isCqe(1, 1, 8, BUFFER | NONEMPTY | (2 << 16)), 'and a part of one: forty bytes and not one more');
  assert(recv(fd(0), 100) == 60, 'the rest is there');
  verify();
}

export function what_comes_together_is_one_completion_of_a_bundle_each_time(): void {
  begin(SOCK_STREAM);
  provide(5, 128, 128, 16);
  picking(MULTI | BUNDLE);
  submit();
  arrives(400);
  assert(cqes() == 1 && isCqe(0, 1, 400, BUFFER | MORE), 'two parts in one');
  arrives(800);
  assert(cqes() == 2 && isCqe(1, 1, 800, BUFFER | MORE | (25 << 16)), 'and again');
  arrives(5);
  assert(cqes() == 3 && isCqe(2, 1, 5, BUFFER | MORE | (75 << 16)), 'a little');
  verify();
}

export function a_length_of_each_shot_gives_others_their_turn(): void {
  begin(SOCK_STREAM);
  provide(5, 16, 16, 16);
  write(fd(1), 40);
  picking(MULTI | BUNDLE, 16);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 1, 16, BUFFER | MORE | NONEMPTY), 'one shot, and then others');
  for (let i = 0; i < 4; i++) getEvents();
  assert(cqes() == 3 && isCqe(1, 1, 16, BUFFER | MORE | NONEMPTY | (1 << 16)) && isCqe(2, 1, 8, BUFFER | MORE | (2 << 16)), 'the rest');
  verify();
}

export function a_capped_shot_does_not_cap_the_next(): void {
  begin(SOCK_DGRAM);
  provide(5, 16, 16, 16);
  send(fd(1), 16);
  for (let i: u32 = 0; i < 3; i++) send(fd(1), 5);
  picking(MULTI | BUNDLE, 16);
  enter(1, 0, 0);
  assert(cqes() == 1 && cqe(0).res == 16, 'as long as a shot may be: others have their turn');
  getEvents();
  assert(cqes() == 4 && cqe(3).res == 5, 'short ones follow each other');
  verify();
}

export function a_shot_without_a_cap_goes_on_thirty_two_times(): void {
  begin(SOCK_STREAM);
  provide(5, 128, 100, 4);
  write(fd(1), 200);
  picking(MULTI);
  enter(1, 0, 0);
  assert(cqes() == 33 && (cqe(32).flags & MORE) != 0, 'then others have their turn');
  getEvents();
  assert(cqes() > 33, 'and it goes on');
  for (let i = 0; i < 4; i++) getEvents();
  assert(cqes() == 50 && cqe(49).flags == (BUFFER | MORE | (49 << 16)), 'until nothing is left');
  verify();
}

export function a_new_request_begins_to_count_its_shots_anew(): void {
  begin(SOCK_STREAM);
  provide(5, 128, 100, 4);
  write(fd(1), 80);
  picking(MULTI, 0, 0, 80);
  submit();
  assert(cqes() == 20 && (cqe(19).flags & MORE) == 0, 'twenty, and done');
  seen(20);
  write(fd(1), 120);
  picking(MULTI);
  enter(1, 0, 0);
  assert(cqes() == 30, 'thirty at once');
  verify();
}

export function a_worker_takes_the_buffers_of_a_bundle_one_by_one(): void {
  begin(SOCK_STREAM);
  provide(5, 8, 8, 16);
  write(fd(1), 40);
  picking(BUNDLE).flags = <u8>(IOSQE_BUFFER_SELECT | IOSQE_ASYNC);
  enter(1, 0, 0);
  settle();
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 32, BUFFER | NONEMPTY), 'one, and one more for what is left');
  verify();
}

export function who_does_not_wait_is_told_and_uses_no_buffer(): void {
  begin(SOCK_STREAM);
  provide(5, 8, 1, 16);
  picking(0, 0, MSG_DONTWAIT);
  assert(only() < 0, 'nothing is there');
  write(fd(1), 4);
  picking(0);
  submit();
  assert(cqes() == 1 && isCqe(0, 1, 4, BUFFER), 'the only buffer was kept');
  verify();
}

export function a_datagram_is_all_that_who_waits_for_all_gets(): void {
  begin(SOCK_DGRAM);
  plain(30, MSG_WAITALL).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  submit(2);
  arrives(10);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 10, 0) && isCqe(1, 2, -ECANCELED, 0), 'the rest of it does not come in another');
  verify();
}
