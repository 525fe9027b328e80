/** Description: what kernels do differently with rings and their task work: one behaviour a test, each off alone. */
import {
  EINVAL, ENOMEM, io_uring_napi, iovec, IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_STATIC_ADD_ID, IO_URING_NAPI_TRACKING_STATIC,
  IORING_ENTER_GETEVENTS, IORING_NOP_TW, IORING_OP_NOP, IORING_OP_NOP128, IORING_OP_RECV_ZC, IORING_REGISTER_BUFFERS,
  IORING_REGISTER_MEM_REGION, IORING_REGISTER_NAPI, IORING_REGISTER_QUERY, IORING_SETUP_CQE_MIXED, IORING_SETUP_HYBRID_IOPOLL,
  IORING_SETUP_IOPOLL, IORING_SETUP_SQ_REWIND, IORING_SETUP_SQE_MIXED, IORING_UNREGISTER_BUFFERS, IORING_UNREGISTER_NAPI,
} from '../../../uring-model/uapi.gen';
import { sysRegister } from '../../../uring-model/7-ring';
import { build, cqe, cqes, DEFER, enter, getEvents, HOST, register, ring, seen, setup, sqe, user } from '../config_ring.as';
import {
  AT_KERNEL_ENTER_REG_WAIT, AT_KERNEL_FEAT_RW_ATTR, AT_KERNEL_LOCAL_TW_CAP, AT_KERNEL_LOCAL_TW_FIFO, AT_KERNEL_SETUP_CQE_MIXED,
  AT_KERNEL_SETUP_HYBRID_IOPOLL, AT_KERNEL_SETUP_SQ_REWIND, AT_KERNEL_SETUP_SQE_MIXED, AT_RING_CAP_IPC_LOCK, AT_RING_MEMLOCK, setHost,
} from '../config.gen.as';

function work(n: u32): void {
  for (let i: u32 = 0; i < n; i++) sqe(IORING_OP_NOP, i).nop_flags = IORING_NOP_TW;
  enter(n, 0, 0);
}

export function a_call_runs_twenty_items_of_task_work(): void {
  build();
  ring(64, DEFER);
  work(45);
  getEvents();
  assert(cqes() == 20, 'twenty');
  getEvents();
  assert(cqes() == 40, 'and twenty');
  getEvents();
  assert(cqes() == 45, 'and five');
}

export function a_call_that_wants_more_runs_more(): void {
  build();
  ring(64, DEFER);
  work(45);
  enter(0, 30, IORING_ENTER_GETEVENTS);
  assert(cqes() == 30, 'as many as it waits for');
}

export function what_a_run_has_left_is_followed_by_one_of_the_next_list_on_an_older_kernel(): void {
  build();
  setHost(HOST, AT_KERNEL_LOCAL_TW_FIFO, 0);
  ring(64, DEFER);
  work(40);
  getEvents();
  assert(cqes() == 20, 'twenty are left');
  work(5);
  getEvents();
  assert(cqes() == 41, 'those, and one more');
  getEvents();
  assert(cqes() == 45, 'the rest');
}

export function what_a_run_has_left_and_what_came_since_are_one_list(): void {
  build();
  ring(64, DEFER);
  work(40);
  getEvents();
  work(5);
  getEvents();
  assert(cqes() == 40, 'twenty and twenty');
}

export function an_older_kernel_runs_all_task_work(): void {
  build();
  setHost(HOST, AT_KERNEL_LOCAL_TW_CAP, 0);
  ring(64, DEFER);
  work(45);
  getEvents();
  assert(cqes() == 45, 'at once');
}

export function an_older_kernel_knows_fewer_setup_flags(): void {
  build();
  assert(setup(8, 0, DEFER | IORING_SETUP_SQ_REWIND) >= 0, 'known');
  setHost(HOST, AT_KERNEL_SETUP_SQ_REWIND, 0);
  assert(setup(8, 0, DEFER | IORING_SETUP_SQ_REWIND) == -EINVAL && setup(8, 0, DEFER | IORING_SETUP_SQE_MIXED) >= 0, 'SQ_REWIND');
  setHost(HOST, AT_KERNEL_SETUP_SQE_MIXED, 0);
  assert(setup(8, 0, DEFER | IORING_SETUP_SQE_MIXED) == -EINVAL && setup(8, 0, DEFER | IORING_SETUP_CQE_MIXED) >= 0, 'SQE_MIXED');
  setHost(HOST, AT_KERNEL_SETUP_CQE_MIXED, 0);
  assert(setup(8, 0, DEFER | IORING_SETUP_CQE_MIXED) == -EINVAL, 'CQE_MIXED');
  assert(setup(8, 0, IORING_SETUP_IOPOLL | IORING_SETUP_HYBRID_IOPOLL) >= 0, 'HYBRID_IOPOLL is there');
  setHost(HOST, AT_KERNEL_SETUP_HYBRID_IOPOLL, 0);
  assert(setup(8, 0, IORING_SETUP_IOPOLL | IORING_SETUP_HYBRID_IOPOLL) == -EINVAL, 'and is not');
}

export function an_older_kernel_knows_fewer_operations(): void {
  build();
  setHost(HOST, AT_KERNEL_SETUP_SQE_MIXED, 0);
  setHost(HOST, AT_KERNEL_SETUP_SQ_REWIND, 0);
  setHost(HOST, AT_KERNEL_FEAT_RW_ATTR, 0);
  setHost(HOST, AT_KERNEL_ENTER_REG_WAIT, 0);
  ring(8, DEFER);
  sqe(IORING_OP_NOP128, 1);
  enter(1, 0, 0);
  sqe(IORING_OP_RECV_ZC, 2);
  enter(1, 0, 0);
  assert(cqe(0).res == -EINVAL && cqe(1).res == -EINVAL, 'operations');
  seen(2);
  assert(enter(0, 0, 1 << 6) == -EINVAL, 'flags of io_uring_enter');
  setHost(HOST, AT_KERNEL_ENTER_REG_WAIT, 1);
  assert(sysRegister(HOST, 0xffffffff, IORING_REGISTER_QUERY, 0, 0) == 0, 'a list without questions');
  assert(register(IORING_REGISTER_MEM_REGION, 0, 1) == -EINVAL, 'no argument');
}

export function registered_buffers_count_against_what_may_be_locked(): void {
  build();
  setHost(HOST, AT_RING_CAP_IPC_LOCK, 0);
  setHost(HOST, AT_RING_MEMLOCK, 8192);
  ring(8, DEFER);
  const v = changetype<iovec>(<usize>user(64));
  v.iov_base = user(4 * 4096);
  v.iov_len = 3 * 4096;
  const at = <u32>changetype<usize>(v);
  assert(register(IORING_REGISTER_BUFFERS, at, 1) == -ENOMEM, 'three pages of two');
  v.iov_base += 4000;
  v.iov_len = 200;
  assert(register(IORING_REGISTER_BUFFERS, at, 1) == 0, 'few bytes on two pages');
  assert(register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0 && register(IORING_REGISTER_BUFFERS, at, 1) == 0, 'given back');
}

export function busy_polling_is_told_and_bounded(): void {
  build();
  ring(8, DEFER);
  const n = changetype<io_uring_napi>(<usize>user(64));
  const at = <u32>changetype<usize>(n);
  n.busy_poll_to = 50000;
  n.opcode = <u8>IO_URING_NAPI_REGISTER_OP;
  n.op_param = 7;
  assert(register(IORING_REGISTER_NAPI, at, 1) == -EINVAL, 'no such tracking');
  n.busy_poll_to = 50000;
  n.op_param = IO_URING_NAPI_TRACKING_STATIC;
  assert(register(IORING_REGISTER_NAPI, at, 1) == 0 && n.busy_poll_to == 0, 'what was before');
  n.opcode = <u8>IO_URING_NAPI_STATIC_ADD_ID;
  n.op_param = 5;
  assert(register(IORING_REGISTER_NAPI, at, 1) == -EINVAL, 'a number of a core is no NAPI id');
  assert(register(IORING_UNREGISTER_NAPI, at, 1) == 0 && n.busy_poll_to == 10000, 'at most ten milliseconds');
}
