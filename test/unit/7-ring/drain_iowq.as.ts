/**
 * Description: requests that do not simply run: behind a drain they wait for all before them, and a worker thread takes up
 * what must not run in the submitter's context. Whoever looks too early sees nothing.
 */
import {
  ECANCELED, EOPNOTSUPP, IORING_ENTER_GETEVENTS, IORING_OP_SHUTDOWN, IORING_SETUP_NO_SQARRAY, IOSQE_ASYNC, IOSQE_CQE_SKIP_SUCCESS,
  IOSQE_IO_DRAIN, IOSQE_IO_LINK,
} from '../../../uring-model/uapi.gen';
import {
  build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, ring, seen, settle, socket, sqe, verify,
} from '../config_ring.as';
import { connected, nop, recv } from '../config_requests.as';
import { AT_KERNEL_DRAIN_ENDS, setHost } from '../config.gen.as';

export function a_drain_waits_for_all_before_it_and_holds_up_all_behind_it(): void {
  const fd = connected(16, IORING_SETUP_NO_SQARRAY);
  recv(fd, 1);
  nop(2, IOSQE_IO_DRAIN);
  nop(3);
  assert(enter(3, 0, 0) == 3 && cqes() == 0, 'neither the drain nor what stands behind it');
  linearPacket(fd, 10, 0);
  getEvents();
  settle();
  getEvents();
  assert(cqes() == 3 && isCqe(0, 1, 10, 0) && cqe(1).user_data == 2 && cqe(2).user_data == 3, 'in their order');
  seen(3);
  nop(4);
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'the drain is over');
  verify();
}

export function a_chain_runs_through_at_the_end_of_the_call(): void {
  build();
  ring(16, IORING_SETUP_NO_SQARRAY);
  nop(1, IOSQE_IO_LINK);
  nop(2, IOSQE_IO_LINK);
  nop(3);
  assert(enter(3, 0, 0) == 3 && cqes() == 3, 'without another call');
  verify();
}

/** What a drain holds up goes by way of task work to a worker. */
function later(): void {
  getEvents();
  settle();
  getEvents();
}

export function an_older_kernel_drains_on_until_another_request_comes(): void {
  build();
  setHost(HOST, AT_KERNEL_DRAIN_ENDS, 0);
  ring(16, DEFER);
  nop(1, IOSQE_IO_DRAIN);
  enter(1, 0, 0);
  later();
  assert(cqes() == 1, 'it has run');
  nop(2);
  enter(1, 0, 0);
  assert(cqes() == 1, 'the next goes through the list');
  later();
  assert(cqes() == 2, 'and so by way of task work');
  nop(3);
  enter(1, 0, 0);
  assert(cqes() == 3, 'now it is over');
  verify();
}

export function a_drain_in_a_chain_drains_its_head_and_what_follows(): void {
  const fd = connected(16, IORING_SETUP_NO_SQARRAY);
  recv(fd, 1);
  nop(2, IOSQE_IO_LINK);
  nop(3, IOSQE_IO_DRAIN);
  nop(4);
  enter(4, 0, 0);
  assert(cqes() == 0, 'the whole chain waits');
  linearPacket(fd, 10, 0);
  for (let i: u32 = 0; i < 4; i++) {
    settle();
    getEvents();
  }
  assert(cqes() == 4 && cqe(0).user_data == 1 && cqe(1).user_data == 2 && cqe(2).user_data == 3 && cqe(3).user_data == 4, 'in their order');
  verify();
}

export function a_ring_that_skips_completions_cannot_drain(): void {
  build();
  ring(8, DEFER);
  nop(1, IOSQE_CQE_SKIP_SUCCESS);
  nop(2, IOSQE_IO_DRAIN);
  enter(2, 0, 0);
  assert(cqes() == 1 && isCqe(0, 2, -EOPNOTSUPP, 0), 'since one was skipped');
  verify();
}

export function a_worker_completes_later_and_without_the_submitter(): void {
  build();
  ring(8, IORING_SETUP_NO_SQARRAY);
  nop(1, IOSQE_ASYNC, 7);
  assert(enter(1, 0, 0) == 1 && cqes() == 0, 'not yet');
  settle();
  assert(cqes() == 1 && isCqe(0, 1, 7, 0), 'a worker posts it');
  verify();
}

export function a_worker_of_a_deferred_ring_leaves_the_completion_to_the_submitter(): void {
  build();
  ring(8, DEFER);
  nop(1, IOSQE_ASYNC, 7);
  enter(1, 0, 0);
  settle();
  assert(cqes() == 0, 'only the submitter posts');
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 7, 0), 'when it asks');
  verify();
}

export function what_is_linked_to_a_workers_request_runs_there_too(): void {
  build();
  ring(8, IORING_SETUP_NO_SQARRAY);
  nop(1, IOSQE_ASYNC | IOSQE_IO_LINK);
  nop(2);
  enter(2, 0, 0);
  assert(cqes() == 0, 'not yet');
  settle();
  assert(cqes() == 2 && cqe(0).user_data == 1 && cqe(1).user_data == 2, 'one after the other');
  verify();
}

export function a_failure_in_a_worker_cuts_the_chain(): void {
  build();
  ring(8, IORING_SETUP_NO_SQARRAY);
  nop(1, IOSQE_ASYNC | IOSQE_IO_LINK, <u32>-5);
  nop(2);
  enter(2, 0, 0);
  settle();
  getEvents();
  assert(cqes() == 2 && cqe(0).res == -5 && cqe(1).res == -ECANCELED, 'cancelled');
  verify();
}

export function an_asynchronous_receive_waits_for_its_socket(): void {
  const fd = connected(8, IORING_SETUP_NO_SQARRAY);
  recv(fd, 1, IOSQE_ASYNC);
  enter(1, 0, 0);
  settle();
  assert(cqes() == 0, 'the worker has armed a poll');
  linearPacket(fd, 10, 0);
  assert(enter(0, 1, IORING_ENTER_GETEVENTS) == 0 && isCqe(0, 1, 10, 0), 'and the submitter receives');
  verify();
}

export function a_shutdown_is_always_a_workers(): void {
  const fd = connected(8, IORING_SETUP_NO_SQARRAY);
  const s = sqe(IORING_OP_SHUTDOWN, 1);
  s.fd = <i32>fd;
  s.len = 7;
  enter(1, 0, 0);
  assert(cqes() == 0, 'not in the submitter');
  settle();
  getEvents();
  assert(cqes() == 1 && cqe(0).res < 0, 'a wrong direction fails there');
  verify();
}

export function a_chain_without_an_end_goes_to_a_worker(): void {
  build();
  ring(8, IORING_SETUP_NO_SQARRAY);
  nop(1, IOSQE_IO_LINK);
  nop(2, IOSQE_IO_LINK);
  enter(2, 0, 0);
  assert(cqes() == 0, 'its head does not run inline');
  settle();
  assert(cqes() == 2, 'but runs');
  verify();
}

export function what_stands_behind_a_drain_and_does_not_drain_starts_together(): void {
  const fd = connected(16, IORING_SETUP_NO_SQARRAY);
  const other = socket();
  recv(fd, 1);
  nop(2, IOSQE_IO_DRAIN);
  recv(other, 3);
  nop(4);
  enter(4, 0, 0);
  linearPacket(fd, 10, 0);
  for (let i: u32 = 0; i < 4; i++) later();
  assert(cqes() == 3 && cqe(0).user_data == 1 && cqe(1).user_data == 2 && cqe(2).user_data == 4, 'the last waits for nobody');
  verify();
}

export function a_drain_behind_a_drain_drains_on(): void {
  const fd = connected(16, IORING_SETUP_NO_SQARRAY);
  const other = socket();
  recv(fd, 1);
  nop(2, IOSQE_IO_DRAIN);
  recv(other, 3, IOSQE_IO_DRAIN);
  enter(3, 0, 0);
  linearPacket(fd, 10, 0);
  for (let i: u32 = 0; i < 4; i++) later();
  assert(cqes() == 2 && cqe(1).user_data == 2, 'the second waits for its socket');
  nop(4);
  enter(1, 0, 0);
  later();
  assert(cqes() == 2, 'and what comes then for it');
  linearPacket(other, 10, 0);
  for (let i: u32 = 0; i < 4; i++) later();
  assert(cqes() == 4 && cqe(2).user_data == 3 && cqe(3).user_data == 4, 'in their order');
  verify();
}

export function a_chain_that_drains_is_waited_for_to_its_end(): void {
  const fd = connected(16, IORING_SETUP_NO_SQARRAY);
  const other = socket();
  recv(fd, 1);
  nop(2, IOSQE_IO_DRAIN | IOSQE_IO_LINK);
  recv(other, 3);
  enter(3, 0, 0);
  linearPacket(fd, 10, 0);
  for (let i: u32 = 0; i < 4; i++) later();
  assert(cqes() == 2 && cqe(1).user_data == 2, 'its head is done');
  nop(4);
  enter(1, 0, 0);
  later();
  assert(cqes() == 2, 'the chain is not (io_queue_deferred: unless it\'s a link)');
  linearPacket(other, 10, 0);
  for (let i: u32 = 0; i < 4; i++) later();
  assert(cqes() == 4 && cqe(2).user_data == 3 && cqe(3).user_data == 4, 'now it is');
  verify();
}
