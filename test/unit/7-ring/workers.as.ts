/**
 * Description: what a worker thread does otherwise than the submitter: it holds on to the buffer that it picked, tells a call that must not
 * sleep from one that may, and leaves a request to a linked timeout that has fired. What follows in a chain runs there as it is: only the
 * first was asked to be asynchronous (io_uring/io_uring.c: io_wq_submit_work).
 */
import { NONE } from '../../../sim/core';
import { taskWork } from '../../../uring-model/7-ring';
import { iowqFirst } from '../../../uring-model/7-ring/iowq';
import { ringState } from '../../../uring-model/7-ring/state';
import {
  __kernel_timespec, __NR_bind, __NR_connect, __NR_listen, __NR_socket, AF_UNIX, EAGAIN, ENOENT, ERESTARTSYS, io_uring_buf_status,
  io_uring_sqe, IORING_ACCEPT_POLL_FIRST, IORING_CQE_F_BUF_MORE, IORING_CQE_F_BUFFER, IORING_CQE_F_SOCK_NONEMPTY, IORING_ENTER_GETEVENTS,
  IORING_OP_ACCEPT, IORING_OP_LINK_TIMEOUT, IORING_OP_RECV, IORING_OP_RECVMSG, IORING_OP_SEND, IORING_OP_SENDMSG, IORING_RECVSEND_BUNDLE,
  IORING_RECVSEND_POLL_FIRST, IORING_REGISTER_PBUF_STATUS, IORING_SETUP_COOP_TASKRUN, IORING_SETUP_NO_SQARRAY, IOSQE_ASYNC,
  IOSQE_BUFFER_SELECT, IOSQE_IO_LINK, IOU_PBUF_RING_INC, MSG_ERRQUEUE, MSG_WAITALL, msghdr, SOCK_NONBLOCK, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { argument, buffers, call, close, fd, incoming, outgoing, pair, recv as take, send } from '../config_files.as';
import { provide } from '../config_provide.as';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, isCqe, HOST, linearPacket, register, ring, seen, settle, sqe, user, verify,
} from '../config_ring.as';
import { connected, nop } from '../config_requests.as';

const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;
const BUFFER: u32 = IORING_CQE_F_BUFFER;

function begin(flags: u32 = 0): void {
  build();
  buffers();
  ring(16, PLAIN | flags);
  pair(SOCK_STREAM);
}
/** A request about a file, for `len` bytes. */
function about(opcode: u32, user_data: u64, which: i32, addr: u64, len: u32, flags: u32 = 0): io_uring_sqe {
  const s = sqe(opcode, user_data);
  s.fd = which;
  s.addr = addr;
  s.len = len;
  s.flags = <u8>flags;
  return s;
}
/** A receive into a buffer of group 1. */
function picks(user_data: u64, which: i32, flags: u32): io_uring_sqe {
  const s = about(IORING_OP_RECV, user_data, which, 0, 0, flags | IOSQE_BUFFER_SELECT);
  s.buf_group = 1;
  return s;
}
/** All that workers do, and the task work that it leaves. */
function worked(): void {
  settle();
  getEvents();
}
function head(): u32 {
  const at = bench().ctrl;
  memory.fill(at, 0, 40);
  changetype<io_uring_buf_status>(<usize>at).buf_group = 1;
  assert(register(IORING_REGISTER_PBUF_STATUS, at, 1) == 0, 'its state');
  return changetype<io_uring_buf_status>(<usize>at).head;
}
/** A listening socket with a name of one letter, and who connects to it. */
function listener(): i32 {
  const l = call(__NR_socket, AF_UNIX, SOCK_STREAM, 0);
  store<u64>(argument() + 32, 0);
  store<u16>(argument() + 32, <u16>AF_UNIX);
  store<u8>(argument() + 32, 65, 3);
  assert(call(__NR_bind, l, argument() + 32, 4) == 0 && call(__NR_listen, l, 8) == 0, 'listens');
  return l;
}
function connects(): void {
  const c = call(__NR_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  assert(call(__NR_connect, c, argument() + 32, 4) == 0, 'connected');
}

export function a_worker_keeps_the_buffer_that_it_picked(): void {
  begin();
  provide(1, 4, 3, 64);
  picks(1, fd(0), IOSQE_ASYNC);
  enter(1, 0, 0);
  settle();
  assert(cqes() == 0 && head() == 1, 'it is used up before anything came (io_should_commit)');
  pair(SOCK_STREAM);
  send(fd(1), 5);
  picks(2, fd(0), 0);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 2, 5, BUFFER | (1 << 16)), 'another receive takes the next one');
  verify();
}

export function what_came_for_a_worker_goes_to_the_buffer_that_it_picked(): void {
  begin();
  provide(1, 4, 3, 64);
  picks(1, fd(0), IOSQE_ASYNC);
  enter(1, 0, 0);
  settle();
  send(fd(1), 5);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 5, BUFFER) && head() == 1, 'the first, and no other (io_kbuf_recycle)');
  verify();
}

export function an_incremental_buffer_that_a_worker_picked_has_more(): void {
  begin();
  provide(1, 4, 2, 100, IOU_PBUF_RING_INC);
  send(fd(1), 5);
  picks(1, fd(0), IOSQE_ASYNC).len = 10;
  enter(1, 0, 0);
  settle();
  assert(cqes() == 1 && isCqe(0, 1, 5, BUFFER | IORING_CQE_F_BUF_MORE), 'ten bytes of it are gone');
  const s = about(IORING_OP_SEND, 2, fd(0), 0, 20, IOSQE_BUFFER_SELECT);
  s.buf_group = 1;
  enter(1, 0, 0);
  assert(cqes() == 2 && isCqe(1, 2, 20, BUFFER | IORING_CQE_F_BUF_MORE) && head() == 0, 'as after a send of a part');
  verify();
}

export function the_last_buffer_ends_a_bundle_of_a_worker(): void {
  begin();
  provide(1, 4, 1, 16);
  send(fd(1), 40);
  picks(1, fd(0), IOSQE_ASYNC | IOSQE_IO_LINK).ioprio = <u16>IORING_RECVSEND_BUNDLE;
  nop(2);
  enter(2, 0, 0);
  worked();
  assert(cqes() == 2 && isCqe(0, 1, 16, BUFFER | IORING_CQE_F_SOCK_NONEMPTY), 'and does not fail for want of another');
  assert(isCqe(1, 2, 0, 0), 'so the chain goes on');
  verify();
}

export function in_a_chain_of_a_worker_who_asks_to_wait_first_does_not(): void {
  begin();
  const l = listener();
  nop(1, IOSQE_ASYNC | IOSQE_IO_LINK);
  about(IORING_OP_ACCEPT, 2, l, 0, 0).ioprio = <u16>IORING_ACCEPT_POLL_FIRST;
  nop(3, IOSQE_ASYNC | IOSQE_IO_LINK);
  about(IORING_OP_RECV, 4, fd(0), incoming(), 10).ioprio = <u16>IORING_RECVSEND_POLL_FIRST;
  nop(5, IOSQE_ASYNC | IOSQE_IO_LINK);
  about(IORING_OP_SEND, 6, fd(0), outgoing(), 10).ioprio = <u16>IORING_RECVSEND_POLL_FIRST;
  enter(6, 0, 0);
  worked();
  assert(cqes() == 6 && isCqe(0, 1, 0, 0) && isCqe(1, 3, 0, 0) && isCqe(2, 5, 0, 0), 'the heads');
  assert(isCqe(3, 2, -EAGAIN, 0) && isCqe(4, 4, -EAGAIN, 0) && isCqe(5, 6, -EAGAIN, 0), 'nobody asked for a poll, so that is final');
  verify();
}

export function in_a_chain_of_a_worker_who_does_not_ask_waits(): void {
  begin();
  const l = listener();
  nop(1, IOSQE_ASYNC | IOSQE_IO_LINK);
  about(IORING_OP_ACCEPT, 2, l, 0, 0);
  nop(3, IOSQE_ASYNC | IOSQE_IO_LINK);
  about(IORING_OP_RECV, 4, fd(0), incoming(), 10);
  enter(4, 0, 0);
  worked();
  assert(cqes() == 2 && isCqe(0, 1, 0, 0) && isCqe(1, 3, 0, 0), 'the worker sleeps in the call');
  connects();
  send(fd(1), 7);
  worked();
  assert(cqes() == 4 && cqe(2).user_data == 2 && cqe(2).res >= 0 && isCqe(3, 4, 7, 0), 'until there is something');
  verify();
}

export function in_a_chain_of_a_worker_an_error_queue_is_not_waited_for(): void {
  const which = <i32>connected(16, PLAIN);
  const m = user(64);
  nop(1, IOSQE_ASYNC | IOSQE_IO_LINK);
  about(IORING_OP_RECVMSG, 2, which, m, 1).msg_flags = MSG_ERRQUEUE;
  enter(2, 0, 0);
  worked();
  assert(cqes() == 2 && isCqe(1, 2, -EAGAIN, 0), 'a call does not sleep for it');
  linearPacket(<u32>which, 10, 0);
  about(IORING_OP_RECVMSG, 3, which, m, 1, IOSQE_ASYNC).msg_flags = MSG_ERRQUEUE;
  enter(1, 0, 0);
  worked();
  assert(cqes() == 3 && isCqe(2, 3, -EAGAIN, 0), 'nor does a worker, when there is something else to read');
  verify();
}

export function in_a_chain_of_a_worker_a_send_waits_for_room(): void {
  begin();
  while (send(fd(0), 4096) > 0) {}
  nop(1, IOSQE_ASYNC | IOSQE_IO_LINK);
  about(IORING_OP_SEND, 2, fd(0), outgoing(), 10);
  enter(2, 0, 0);
  worked();
  assert(cqes() == 1, 'there is none');
  while (take(fd(1), 65536) > 0) {}
  worked();
  assert(cqes() == 2 && isCqe(1, 2, 10, 0), 'what was read is');
  verify();
}

export function a_send_of_a_worker_waits_for_room_and_not_for_data(): void {
  begin();
  while (send(fd(0), 4096) > 0) {}
  about(IORING_OP_SEND, 2, fd(0), outgoing(), 10, IOSQE_ASYNC);
  enter(1, 0, 0);
  worked();
  assert(cqes() == 0, 'there is none');
  while (take(fd(1), 65536) > 0) {}
  worked();
  assert(cqes() == 1 && isCqe(0, 2, 10, 0), 'now there is');
  verify();
}

export function of_receives_that_workers_began_all_are_woken(): void {
  const which = connected(16, PLAIN);
  for (let i: u32 = 1; i < 3; i++) about(IORING_OP_RECV, i, <i32>which, user(64), 10, IOSQE_ASYNC);
  enter(2, 0, 0);
  settle();
  assert(cqes() == 0, 'two wait');
  linearPacket(which, 20, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 2, 10, IORING_CQE_F_SOCK_NONEMPTY) && isCqe(1, 1, 10, 0), 'enough for both: only ACCEPT wakes one alone');
  verify();
}

export function a_worker_leaves_its_request_to_a_timeout_that_has_fired(): void {
  const which = connected(16, PLAIN | IORING_SETUP_COOP_TASKRUN);
  about(IORING_OP_RECV, 1, <i32>which, user(256), 200, IOSQE_IO_LINK).msg_flags = MSG_WAITALL;
  const t = about(IORING_OP_LINK_TIMEOUT, 2, 0, user(16), 1, IOSQE_IO_LINK);
  changetype<__kernel_timespec>(<usize>t.addr).tv_nsec = 10000000;
  nop(3);
  enter(3, 0, 0);
  // Who has waited for its file 128 times is a worker's (APOLL_MAX_RETRY).
  let bytes: u32 = 0;
  for (; bytes < 127; bytes++) {
    if (bytes == 126) taskWork(HOST, 20000000);
    assert(iowqFirst(HOST) == NONE, 'it waits for its file');
    linearPacket(which, 1, 0);
    getEvents();
  }
  assert(iowqFirst(HOST) != NONE && cqes() == 0, 'and then for a worker');
  linearPacket(which, 200 - bytes, 0);
  settle();
  assert(cqes() == 1 && isCqe(0, 1, 200, 0), 'done, and nothing else: the timeout, which has fired, refers to it still');
  getEvents();
  assert(cqes() == 3 && isCqe(1, 2, -ENOENT, 0) && isCqe(2, 3, 0, 0), 'it finds nobody to cancel, and then the chain goes on');
  verify();
}

export function a_worker_wakes_who_waits_for_more(): void {
  build();
  ring(16, DEFER);
  nop(1, IOSQE_ASYNC);
  assert(enter(1, 3, IORING_ENTER_GETEVENTS) == -ERESTARTSYS, 'it wants three');
  settle();
  assert(cqes() == 1 && isCqe(0, 1, 0, 0), 'one is posted at once: what a worker leaves is not put off (IOU_F_TWQ_LAZY_WAKE)');
}

export function a_worker_gives_room_for_messages_back(): void {
  begin();
  const m = user(64);
  const iov = user(64);
  changetype<msghdr>(<usize>m).msg_iov = iov;
  changetype<msghdr>(<usize>m).msg_iovlen = 1;
  store<u64>(iov, outgoing());
  store<u64>(iov, 5, 8);
  for (let i: u32 = 0; i < 600; i++) {
    about(IORING_OP_SENDMSG, 1, fd(0), m, 1, IOSQE_ASYNC);
    enter(1, 0, 0);
    worked();
    assert(cqes() == 1 && isCqe(0, 1, 5, 0) && take(fd(1), 10) == 5, 'there is room for each');
    seen(1);
  }
  assert(ringState().reqs_used == 0, 'nothing is left');
}

export function a_file_is_let_go_by_the_request_that_used_it(): void {
  begin();
  about(IORING_OP_SEND, 1, fd(0), outgoing(), 10);
  about(IORING_OP_SEND, 2, fd(0), outgoing(), 10, IOSQE_ASYNC);
  enter(2, 0, 0);
  worked();
  assert(cqes() == 2 && take(fd(1), 100) == 20, 'two requests');
  assert(take(fd(1), 100) == -EAGAIN && close(fd(0)) == 0 && take(fd(1), 100) == 0, 'the descriptor was the last that held it');
}

export function a_worker_that_is_done_with_its_list_begins_a_new_one(): void {
  begin();
  for (let i: u32 = 0; i < 3; i++) {
    nop(1, IOSQE_ASYNC);
    nop(2, IOSQE_ASYNC);
    enter(2, 0, 0);
    settle();
    assert(cqes() == 2 && isCqe(0, 1, 0, 0) && isCqe(1, 2, 0, 0), 'in their order');
    seen(2);
  }
  verify();
}
