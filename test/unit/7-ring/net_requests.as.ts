/**
 * Description: what network requests keep while they run: room for messages is given back whatever becomes of the request, names and ranges
 * are read where they lie, and notifications can be shared.
 */
import { hostConfig, nextEventTime, NONE, slabTake } from '../../../sim/core';
import { fdFile, fileAt } from '../../../stack/file';
import { ringAt, ringNotifSlot, ringNotifSlotFlush, userFirst } from '../../../uring-model/7-ring';
import { netmsgCacheInit, netmsgRecycle, netmsgTake } from '../../../uring-model/7-ring/async_msg';
import { reqAlloc, reqAt, REQ_DEFERRED } from '../../../uring-model/7-ring/request';
import { Ring, ringState } from '../../../uring-model/7-ring/state';
import {
  EAGAIN, EBADF, EFAULT, EINVAL, io_uring_sqe, IORING_CQE_F_MORE, IORING_OP_CONNECT, IORING_OP_RECV, IORING_OP_RECVMSG, IORING_OP_SEND_ZC,
  IORING_OP_SENDMSG, IORING_REGISTER_IOWQ_MAX_WORKERS, IORING_SETUP_NO_SQARRAY, IOSQE_ASYNC, IOSQE_BUFFER_SELECT, IOSQE_IO_DRAIN, msghdr,
  SOCK_STREAM, IORING_OP_PROVIDE_BUFFERS, IORING_OP_SEND, IORING_RECVSEND_BUNDLE, ENOENT, IORING_OP_ASYNC_CANCEL, ENOMEM, IORING_OP_BIND,
  IORING_OP_READV,
} from '../../../uring-model/uapi.gen';
import { AT_RING_CAP_IPC_LOCK, AT_RING_MEMLOCK, setHost } from '../config.gen.as';
import { buffers, call, fd, incoming, isBytes, outgoing, pair, recv as receive, send } from '../config_files.as';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, register, ring, seen, settle, socket, sqe, user, verify,
} from '../config_ring.as';
import { nop, recv } from '../config_requests.as';

const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;
const USER_BYTES: u32 = 8 << 20;
const MORE: u32 = IORING_CQE_F_MORE;

function begin(flags: u32): void {
  build();
  buffers();
  ring(16, flags);
  pair(SOCK_STREAM);
}
function here(): Ring {
  return ringAt(fileAt(fdFile(HOST, <i32>bench().fd)).obj);
}
function userEnd(): u32 {
  return <u32>userFirst() + USER_BYTES;
}
function result(): i32 {
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
  assert(cqes() == 1, 'it completed');
  const res = cqe(0).res;
  seen(1);
  return res;
}
/** A message of `nr` ranges of `len` bytes each at `mem`, where there are 64 bytes for its head. */
function message(mem: u32, nr: u32, at: u32, len: u32): msghdr {
  memory.fill(mem, 0, 64);
  const h = changetype<msghdr>(<usize>mem);
  h.msg_iov = mem + 64;
  h.msg_iovlen = nr;
  for (let i: u32 = 0; i < nr; i++) {
    store<u64>(mem + 64 + i * 16, at + i * len);
    store<u64>(mem + 64 + i * 16, len, 8);
  }
  return h;
}
function about(opcode: u32, which: i32, addr: u64): io_uring_sqe {
  const s = sqe(opcode, 1);
  s.fd = which;
  s.addr = addr;
  s.len = 1;
  return s;
}

export function room_for_messages_is_given_back(): void {
  begin(DEFER);
  const mem = user(1024);
  for (let i: u32 = 0; i < 600; i++) {
    message(mem, i % 2 == 0 ? 1 : 20, outgoing(), 5);
    about(IORING_OP_SENDMSG, fd(0), mem);
    assert(result() == (i % 2 == 0 ? 5 : 100), 'sent');
    assert(receive(fd(1), 200) == (i % 2 == 0 ? 5 : 100), 'received');
  }
}
export function room_for_messages_that_fail_is_given_back(): void {
  begin(DEFER);
  const mem = user(1024);
  message(mem, 20, outgoing(), 5);
  for (let i: u32 = 0; i < 600; i++) {
    about(IORING_OP_SENDMSG, 99, mem);
    assert(result() == -EBADF, 'no such descriptor, though the message was read');
  }
  about(IORING_OP_SENDMSG, fd(0), mem);
  assert(result() == 100, 'and there is room still');
}

export function vectors_are_kept_and_used_again_last_come_first_served(): void {
  begin(DEFER);
  const r = here();
  const req = reqAt(reqAlloc(r, HOST));
  netmsgCacheInit(r.idx);
  assert(netmsgTake(r.idx) == 0, 'none');
  for (let i: u32 = 1; i < 200; i++) {
    req.vec_nr = i;
    netmsgRecycle(req);
  }
  for (let i: u32 = 128; i > 0; i--) assert(netmsgTake(r.idx) == i, 'a hundred and twenty-eight, the last first');
  assert(netmsgTake(r.idx) == 0, 'no more');
  req.vec_nr = 256;
  netmsgRecycle(req);
  req.vec_nr = 257;
  netmsgRecycle(req);
  assert(netmsgTake(r.idx) == 0 && netmsgTake(r.idx) == 256 && netmsgTake(r.idx) == 0, 'one that is too long is not kept');
  netmsgRecycle(req);
  netmsgCacheInit(r.idx);
  netmsgRecycle(req);
  assert(netmsgTake(r.idx + 1) == 0, 'each ring has its own');
}

export function names_of_messages_are_read_where_they_lie(): void {
  begin(DEFER);
  const mem = user(1024);
  const h = message(mem, 1, outgoing(), 5);
  h.msg_name = 64;
  h.msg_namelen = 16;
  about(IORING_OP_SENDMSG, fd(0), mem);
  assert(result() == -EFAULT, 'no memory of a task\'s');
  h.msg_name = userEnd() - 15;
  about(IORING_OP_SENDMSG, fd(0), mem);
  assert(result() == -EFAULT, 'it ends outside');
  h.msg_namelen = 0;
  about(IORING_OP_SENDMSG, fd(0), mem);
  assert(result() == 5, 'a name without a length is none');
  h.msg_namelen = <u32>-1;
  about(IORING_OP_SENDMSG, fd(0), mem);
  assert(result() == -EINVAL, 'less than nothing');
  h.msg_name = 0;
  about(IORING_OP_SENDMSG, fd(0), mem);
  assert(result() == 5, 'without an address its length is nothing');
}

export function a_message_into_a_picked_buffer_has_one_range_at_most(): void {
  begin(DEFER);
  const mem = user(1024);
  const h = message(mem, 2, incoming(), 5);
  assert(selected(mem) == -EINVAL, 'two');
  h.msg_iovlen = 1;
  store<i64>(mem + 64, -1, 8);
  assert(selected(mem) == -EINVAL, 'of less than nothing');
  h.msg_iov = userEnd() - 15;
  assert(selected(mem) == -EFAULT, 'that ends outside');
  h.msg_iov = userEnd() - 16;
  store<u64>(userEnd() - 8, 5);
  assert(selected(mem) == -105, 'the last place: no buffers there');
  h.msg_iovlen = 0;
  h.msg_iov = 64;
  assert(selected(mem) == -105, 'none is read');
}
function selected(mem: u32): i32 {
  const s = about(IORING_OP_RECVMSG, fd(0), mem);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 3;
  send(fd(1), 1);
  return result();
}

export function an_address_has_a_hundred_and_twenty_eight_bytes_at_most(): void {
  begin(DEFER);
  const name = user(256);
  const s = about(IORING_OP_CONNECT, fd(0), name);
  s.len = 0;
  s.off = 129;
  assert(result() == -EINVAL, 'one more');
  const t = about(IORING_OP_CONNECT, fd(0), userEnd() - 64);
  t.len = 0;
  t.off = 128;
  assert(result() == -EFAULT, 'which end outside');
  const u = about(IORING_OP_CONNECT, 99, name);
  u.len = 0;
  u.off = 128;
  assert(result() == -EBADF, 'all of them');
}
function sendZc(user_data: u64, to: u32): void {
  const s = sqe(IORING_OP_SEND_ZC, user_data);
  s.fd = <i32>to;
  s.addr = outgoing();
  s.len = 100;
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
}

export function sends_may_share_a_notification(): void {
  begin(DEFER);
  const to = socket();
  ringNotifSlot(HOST, 999);
  assert(ringNotifSlotFlush(HOST, 999) == 0 && ringNotifSlotFlush(HOST, bench().fd) == 0, 'there is none to come');
  sendZc(1, to);
  assert(cqes() == 1 && isCqe(0, 1, 100, MORE) && ringState().reqs_used == 1, 'each has its own');
  ringNotifSlot(HOST, bench().fd);
  assert(ringNotifSlotFlush(HOST, bench().fd) == 0, 'nothing was sent');
  sendZc(2, to);
  sendZc(3, to);
  assert(cqes() == 3 && isCqe(1, 2, 100, 0) && isCqe(2, 3, 100, 0) && ringState().reqs_used == 2, 'two have one');
  assert(ringNotifSlotFlush(HOST, bench().fd) == 1 && ringNotifSlotFlush(HOST, bench().fd) == 0, 'it comes, once');
  sendZc(4, to);
  assert(ringState().reqs_used == 3 && ringNotifSlotFlush(HOST, bench().fd) == 1, 'the next one has another');
}

export function a_request_behind_a_drain_is_deferred(): void {
  begin(PLAIN);
  const to = socket();
  recv(to, 1);
  nop(2, IOSQE_IO_DRAIN);
  nop(3);
  enter(3, 0, 0);
  const r = here();
  assert(r.defer_head != 0xffffffff && reqAt(r.defer_head).user_data == 2 && reqAt(r.defer_head).state == REQ_DEFERRED, 'so it is shown');
  assert(reqAt(r.defer_tail).user_data == 3 && reqAt(r.defer_tail).state == REQ_DEFERRED && r.nr_drained == 2, 'and the next');
}

export function a_worker_that_is_done_has_nothing_left_to_do(): void {
  begin(PLAIN);
  nop(1, IOSQE_ASYNC);
  nop(2, IOSQE_ASYNC);
  enter(2, 0, 0);
  settle();
  assert(cqes() == 2 && isCqe(0, 1, 0, 0) && isCqe(1, 2, 0, 0), 'done, and seen without a call');
  enter(0, 0, 0);
  assert(nextEventTime() == u64.MAX_VALUE && ringState().reqs_used == 0, 'nobody comes back');
}

export function workers_of_both_kinds_have_limits(): void {
  begin(PLAIN);
  const at = user(64);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == 0, 'asked');
  const workers = min<u32>(16, 4 * <u32>hostConfig(HOST).cpu_cores);
  assert(load<u32>(at) == workers && load<u32>(at, 4) == 63405, 'as many as there are entries, or four a core; as a user may have');
  store<u32>(at, 0);
  store<u32>(at, 9, 4);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == 0 && load<u32>(at, 4) == 63405, 'what was');
  store<u64>(at, 0);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == 0 && load<u32>(at) == workers && load<u32>(at, 4) == 9, 'what is');
  store<u32>(at, 100000);
  store<u32>(at, 100000, 4);
  register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2);
  store<u64>(at, 0);
  register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2);
  assert(load<u32>(at) == 63405 && load<u32>(at, 4) == 63405, 'no more than that');
}

/** Buffers of a list, `nr` of 50 bytes, one behind the other. */
function provide(nr: i32): void {
  const s = sqe(IORING_OP_PROVIDE_BUFFERS, 1);
  s.fd = nr;
  s.addr = outgoing();
  s.len = 50;
  s.buf_group = 4;
  assert(result() == 0, 'provided');
}
function sendBundle(flags: u32): io_uring_sqe {
  const s = sqe(IORING_OP_SEND, 2);
  s.fd = fd(0);
  s.ioprio = <u16>IORING_RECVSEND_BUNDLE;
  s.flags = <u8>(IOSQE_BUFFER_SELECT | flags);
  s.buf_group = 4;
  return s;
}
/** A bundle of so many buffers of the list went out, one a completion, in order. */
function sentOneByOne(nr: u32): bool {
  getEvents();
  let good = cqes() == nr && receive(fd(1), 500) == <i32>(nr * 50) && isBytes(0, nr * 50);
  for (let i: u32 = 0; i < nr; i++) {
    const flags = cqe(i).flags;
    good = good && cqe(i).res == 50 && (flags & 1) != 0 && ((flags & MORE) != 0) == (i + 1 < nr) && flags >> 16 == i;
  }
  seen(cqes());
  return good;
}
export function a_bundle_out_of_a_list_is_one_whole_buffer_a_completion(): void {
  begin(PLAIN);
  provide(3);
  sendBundle(0);
  assert(enter(1, 0, 0) == 1 && sentOneByOne(3), 'all that the list has');
  provide(1);
  sendBundle(0);
  assert(enter(1, 0, 0) == 1 && sentOneByOne(1), 'of one');
  verify();
}

export function a_receive_that_found_nothing_leaves_its_buffer(): void {
  begin(PLAIN);
  provide(1);
  const s = sqe(IORING_OP_RECV, 3);
  s.fd = fd(0);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.buf_group = 4;
  s.msg_flags = 0x40;
  assert(result() == -EAGAIN, 'MSG_DONTWAIT');
  sendBundle(0);
  assert(result() == 50, 'the buffer is there for the next');
}

export function ranges_are_read_where_they_lie(): void {
  begin(DEFER);
  const mem = user(1024);
  const h = message(mem, 2, outgoing(), 5);
  for (let off: u32 = 15; off < 48; off += 16) {
    h.msg_iov = userEnd() - off;
    about(IORING_OP_SENDMSG, fd(0), mem);
    const res = result();
    assert(off < 32 ? res == -EFAULT : res >= 0, 'two ranges take thirty-two bytes');
  }
  h.msg_iov = 64;
  h.msg_iovlen = 0;
  about(IORING_OP_SENDMSG, fd(0), mem);
  assert(result() == 0, 'none is not read');
  h.msg_iov = mem + 64;
  for (let nr: u32 = 1; nr < 3; nr++) {
    h.msg_iovlen = nr;
    store<u64>(mem + 64, <u64>1 << 63);
    about(IORING_OP_SENDMSG, fd(0), mem);
    assert(result() == -EFAULT, 'nobody has such an address');
    store<u64>(mem + 64, outgoing());
    store<i64>(mem + 64 + (nr - 1) * 16, -1, 8);
    about(IORING_OP_SENDMSG, fd(0), mem);
    assert(result() == -EINVAL, 'less than nothing');
    store<i64>(mem + 64 + (nr - 1) * 16, 5, 8);
  }
}

export function requests_with_many_ranges_do_not_share_them(): void {
  begin(DEFER);
  const first = user(1024);
  const other = user(1024);
  message(first, 20, incoming(), 3);
  message(other, 20, incoming() + 1000, 3);
  about(IORING_OP_RECVMSG, fd(0), first);
  about(IORING_OP_RECVMSG, fd(1), other);
  assert(enter(2, 0, 0) == 2 && cqes() == 0, 'both wait');
  memory.fill(incoming(), 0, 2000);
  send(fd(1), 60);
  send(fd(0), 60);
  getEvents();
  assert(cqes() == 2 && cqe(0).res == 60 && cqe(1).res == 60 && isBytes(0, 60), 'all of the first');
  assert(memory.compare(incoming() + 1000, outgoing(), 60) == 0 && load<u8>(incoming() + 60) == 0, 'and of the other');
}

export function a_buffer_of_a_list_is_filled_as_far_as_was_asked_for(): void {
  begin(DEFER);
  provide(2);
  for (let len: u32 = 0; len < 2; len++) {
    const s = sqe(IORING_OP_RECV, 3);
    s.fd = fd(0);
    s.len = len;
    s.flags = <u8>IOSQE_BUFFER_SELECT;
    s.buf_group = 4;
    send(fd(1), 20);
    assert(result() == (len == 0 ? 20 : 1), 'all of it, or one byte');
  }
}

export function a_ring_does_not_cancel_what_another_has(): void {
  begin(DEFER);
  recv(fd(0), 8);
  enter(1, 0, 0);
  const first = bench().fd;
  ring(16, DEFER);
  const s = sqe(IORING_OP_ASYNC_CANCEL, 1);
  s.addr = 8;
  assert(result() == -ENOENT && ringAt(fileAt(fdFile(HOST, <i32>first)).obj).reqs == 1, 'the same name, another ring');
}

export function without_room_for_messages_there_is_no_memory(): void {
  begin(DEFER);
  const mem = user(1024);
  message(mem, 1, outgoing(), 5);
  while (slabTake(ringState().msgs) != NONE) {}
  about(IORING_OP_SENDMSG, fd(0), mem);
  assert(result() == -ENOMEM, 'a message');
  about(IORING_OP_RECVMSG, fd(0), mem);
  assert(result() == -ENOMEM, 'one to receive');
  about(IORING_OP_READV, fd(0), mem + 64);
  assert(result() == -ENOMEM, 'ranges');
  for (let i = 0; i < 2; i++) {
    const s = about(i == 0 ? IORING_OP_CONNECT : IORING_OP_BIND, fd(0), mem);
    s.len = 0;
    s.off = 16;
    assert(result() == -ENOMEM, 'an address');
  }
  const to = about(IORING_OP_SEND, fd(0), outgoing());
  to.addr2 = mem;
  to.addr_len = 16;
  assert(result() == -ENOMEM, 'where it goes');
  about(IORING_OP_SEND, fd(0), outgoing());
  assert(result() == 1, 'bytes alone need none');
}

export function an_address_that_no_user_has_is_refused_when_it_is_read(): void {
  begin(DEFER);
  for (let i = 0; i < 2; i++) {
    about(i == 0 ? IORING_OP_SEND : IORING_OP_RECV, fd(0), u64.MAX_VALUE - 100);
    assert(result() == -EFAULT, 'to send and to receive');
  }
}

export function memory_that_is_lent_is_counted_with_two_pages_more(): void {
  begin(DEFER);
  const to = socket();
  setHost(HOST, AT_RING_CAP_IPC_LOCK, 0);
  setHost(HOST, AT_RING_MEMLOCK, 4096);
  const s = about(IORING_OP_SEND_ZC, <i32>to, outgoing());
  s.len = 100;
  assert(enter(1, 0, 0) == 1 && cqes() > 0 && cqe(0).res == -ENOMEM, 'one page is too little');
  seen(cqes());
  getEvents();
  seen(cqes());
  setHost(HOST, AT_RING_MEMLOCK, 2 * 4096);
  sendZc(2, to);
  assert(cqes() == 1 && isCqe(0, 2, 100, MORE), 'two will do');
}
