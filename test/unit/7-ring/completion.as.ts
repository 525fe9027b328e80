/**
 * Description: submission and completion: what stops a batch, what a chain does when a part of it fails, and how completions
 * wait when there is no room for them.
 */
import {
  EBADF, ECANCELED, EINVAL, EOPNOTSUPP, IORING_CQE_F_32, IORING_CQE_F_SKIP, IORING_ENTER_GETEVENTS, IORING_NOP_CQE32, IORING_NOP_TW,
  IORING_OP_NOP, IORING_OP_RECV, IORING_SETUP_CQE_MIXED, IORING_SETUP_NO_SQARRAY, IORING_SETUP_SUBMIT_ALL, IORING_SETUP_TASKRUN_FLAG,
  IORING_SQ_CQ_OVERFLOW, IORING_SQ_TASKRUN, IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS, IOSQE_FIXED_FILE, IOSQE_IO_HARDLINK,
  IOSQE_IO_LINK,
} from '../../../uring-model/uapi.gen';
import { fdFile, fileAt } from '../../../stack/file';
import { ringAt } from '../../../uring-model/7-ring';
import { bench, build, cqe, cqeOff, cqes, DEFER, enter, getEvents, HOST, isCqe, ring, seen, sqe, sqFlags, verify } from '../config_ring.as';
import { nop } from '../config_requests.as';

export function a_nop_completes_at_once(): void {
  build();
  ring(8, DEFER);
  nop(5, 0, 42);
  assert(enter(1, 0, 0) == 1 && cqes() == 1 && isCqe(0, 5, 42, 0), 'with the result asked for');
  sqe(IORING_OP_NOP, 6).len = 42;
  assert(enter(1, 0, 0) == 1 && isCqe(1, 6, 0, 0), 'which is asked for by a flag');
  verify();
}

export function a_bad_opcode_is_consumed_and_ends_the_batch(): void {
  build();
  ring(8, DEFER);
  nop(1);
  sqe(200, 2);
  nop(3);
  assert(enter(3, 0, 0) == 2, 'two of three');
  assert(cqes() == 2 && isCqe(1, 2, -EINVAL, 0), 'the bad one has a completion');
  assert(enter(1, 0, 0) == 1 && cqes() == 3, 'the third waited');
  assert(ringAt(fileAt(fdFile(HOST, <i32>bench().fd)).obj).submitted == 3, 'all are counted, for reports');
  ring(8, DEFER | IORING_SETUP_SUBMIT_ALL);
  sqe(200, 2);
  nop(3);
  assert(enter(2, 0, 0) == 2 && cqes() == 2, 'SUBMIT_ALL goes on');
}

export function fields_that_an_operation_does_not_know_must_be_zero(): void {
  build();
  ring(8, DEFER | IORING_SETUP_SUBMIT_ALL);
  sqe(IORING_OP_NOP, 1).ioprio = 1;
  sqe(IORING_OP_NOP, 2).personality = 1;
  sqe(IORING_OP_NOP, 3).flags = <u8>IOSQE_BUFFER_SELECT;
  sqe(IORING_OP_NOP, 4).flags = 0x80;
  const recv = sqe(IORING_OP_RECV, 5);
  recv.fd = 99;
  const fixed = sqe(IORING_OP_RECV, 6);
  fixed.flags = <u8>IOSQE_FIXED_FILE;
  assert(enter(6, 0, 0) == 6, 'all');
  assert(cqe(0).res == -EINVAL && cqe(1).res == -EINVAL && cqe(2).res == -EOPNOTSUPP && cqe(3).res == -EINVAL, 'refused');
  assert(cqe(4).res == -EBADF && cqe(5).res == -EBADF, 'no such file');
  verify();
}

export function a_chain_runs_one_after_the_other(): void {
  build();
  ring(16, DEFER);
  nop(1, IOSQE_IO_LINK);
  nop(2, IOSQE_IO_LINK);
  nop(3);
  nop(4);
  assert(enter(4, 0, 0) == 4, 'submitted');
  assert(cqes() == 2 && cqe(0).user_data == 1 && cqe(1).user_data == 4, 'the head, and what stands behind the chain');
  getEvents();
  getEvents();
  assert(cqes() == 4 && cqe(2).user_data == 2 && cqe(3).user_data == 3, 'then the rest');
  verify();
}

export function a_failure_cancels_the_rest_of_a_chain(): void {
  build();
  ring(16, DEFER);
  nop(1, IOSQE_IO_LINK, -5);
  nop(2, IOSQE_IO_LINK);
  nop(3);
  enter(3, 0, 0);
  getEvents();
  assert(cqes() == 3 && cqe(0).res == -5 && cqe(1).res == -ECANCELED && cqe(2).res == -ECANCELED, 'cancelled');
  seen(3);
  nop(1, IOSQE_IO_HARDLINK, -5);
  nop(2, 0, 7);
  enter(2, 0, 0);
  getEvents();
  assert(cqes() == 2 && cqe(1).res == 7, 'a hard link does not care');
  verify();
}

export function a_bad_sqe_in_a_chain_cancels_all_of_it(): void {
  build();
  ring(16, DEFER);
  nop(1, IOSQE_IO_LINK);
  sqe(200, 2).flags = <u8>IOSQE_IO_LINK;
  nop(3);
  assert(enter(3, 0, 0) == 3, 'the chain is read to its end');
  getEvents();
  assert(cqes() == 3 && cqe(0).res == -ECANCELED && cqe(1).res == -EINVAL && cqe(2).res == -ECANCELED, 'head, bad one, rest');
  verify();
}

export function success_may_be_silent_and_failure_never_is(): void {
  build();
  ring(8, DEFER);
  nop(1, IOSQE_CQE_SKIP_SUCCESS);
  nop(2, IOSQE_CQE_SKIP_SUCCESS, -9);
  assert(enter(2, 0, 0) == 2 && cqes() == 1 && isCqe(0, 2, -9, 0), 'only the failure');
  verify();
}

export function completions_without_room_wait_in_order(): void {
  build();
  ring(4, DEFER);
  for (let i: u32 = 0; i < 4; i++) nop(i);
  enter(4, 0, 0);
  for (let i: u32 = 4; i < 7; i++) nop(i);
  enter(3, 0, 0);
  assert(cqes() == 4 && (sqFlags() & IORING_SQ_CQ_OVERFLOW) != 0, 'three wait');
  assert(load<u32>(bench().rings, 44) == 0, 'and the overflow counter says nothing');
  seen(2);
  nop(7);
  enter(1, 0, 0);
  assert(cqes() == 2, 'a new one does not overtake, though there is room');
  getEvents();
  assert(cqes() == 4 && cqe(2).user_data == 4 && cqe(3).user_data == 5, 'the oldest come first');
  seen(4);
  getEvents();
  assert(cqes() == 2 && cqe(0).user_data == 6 && cqe(1).user_data == 7 && (sqFlags() & IORING_SQ_CQ_OVERFLOW) == 0, 'then the rest');
  verify();
}

export function a_wide_completion_at_the_end_of_a_mixed_queue_leaves_a_filler(): void {
  build();
  ring(4, DEFER | IORING_SETUP_CQE_MIXED);
  for (let i: u32 = 0; i < 3; i++) nop(i);
  enter(3, 0, 0);
  seen(3);
  const s = sqe(IORING_OP_NOP, 9);
  s.nop_flags = IORING_NOP_CQE32;
  s.off = 111;
  s.addr = 222;
  enter(1, 0, 0);
  assert(cqes() == 3 && cqe(0).flags == IORING_CQE_F_SKIP, 'one entry was left: it is skipped');
  assert(isCqe(1, 9, 0, IORING_CQE_F_32) && cqeOff(1) == 111, 'then two in a row');
  verify();
}

export function deferred_task_work_waits_for_the_application_to_ask(): void {
  build();
  ring(64, DEFER | IORING_SETUP_TASKRUN_FLAG);
  for (let i: u32 = 0; i < 45; i++) sqe(IORING_OP_NOP, i).nop_flags = IORING_NOP_TW;
  assert(enter(45, 0, 0) == 45 && cqes() == 0 && (sqFlags() & IORING_SQ_TASKRUN) != 0, 'nothing yet');
  getEvents();
  assert(cqes() == 20 && (sqFlags() & IORING_SQ_TASKRUN) != 0, 'twenty a call');
  getEvents();
  assert(cqes() == 40, 'twenty more');
  getEvents();
  assert(cqes() == 45 && (sqFlags() & IORING_SQ_TASKRUN) == 0, 'and the rest');
  verify();
}

export function who_waits_for_more_gets_more_at_once(): void {
  build();
  ring(64, DEFER);
  for (let i: u32 = 0; i < 45; i++) sqe(IORING_OP_NOP, i).nop_flags = IORING_NOP_TW;
  assert(enter(45, 30, IORING_ENTER_GETEVENTS) == 45 && cqes() >= 30, 'min_complete raises the limit');
}

export function without_deferral_task_work_runs_on_the_way_out(): void {
  build();
  ring(64, IORING_SETUP_NO_SQARRAY);
  sqe(IORING_OP_NOP, 1).nop_flags = IORING_NOP_TW;
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'the completion is there when the call returns');
  verify();
}
