/** Description: transmit timestamps by way of a command: one wide completion each, in rings that have room for them. */
import { now } from '../../../sim/core';
import {
  sock, SCM_TSTAMP_ACK, SCM_TSTAMP_SND, SOF_TIMESTAMPING_OPT_ID, SOF_TIMESTAMPING_OPT_TSONLY, SOF_TIMESTAMPING_SOFTWARE, tstampTx,
} from '../../../stack/6-socket';
import { skbAlloc } from '../../../stack/3-pool';
import { fdSock } from '../../../stack/file';
import {
  EINVAL, ENOBUFS, IORING_CQE_F_32, IORING_CQE_F_MORE, IORING_OP_NOP, IORING_OP_URING_CMD, IORING_SETUP_CQE_MIXED,
  SOCKET_URING_OP_TX_TIMESTAMP,
} from '../../../uring-model/uapi.gen';
import {
  build, cqe, cqeOff, cqes, DEFER, DEFER32, enter, getEvents, HOST, isCqe, ring, seen, socket, sqe, verify,
} from '../config_ring.as';
import { connected } from '../config_requests.as';

function timestamps(fd: u32, user_data: u64): void {
  const s = sqe(IORING_OP_URING_CMD, user_data);
  s.fd = <i32>fd;
  s.cmd_op = SOCKET_URING_OP_TX_TIMESTAMP;
  enter(1, 0, 0);
}
/** A packet was sent, or acknowledged. */
function stamp(fd: u32, type: u32): void {
  const sk = sock(fdSock(HOST, <i32>fd));
  sk.tsflags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_ID;
  sk.rcvbuf = 1 << 20;
  const idx = skbAlloc(HOST);
  tstampTx(sk, idx, type, 0, 0, 0);
}

export function a_ring_of_narrow_completions_has_no_room_for_times(): void {
  build();
  ring(16, DEFER);
  timestamps(socket(), 1);
  assert(cqes() == 1 && isCqe(0, 1, -EINVAL, 0), 'refused');
  verify();
}

export function each_timestamp_is_a_completion(): void {
  const fd = connected(16, DEFER32);
  timestamps(fd, 7);
  assert(cqes() == 0, 'waits');
  stamp(fd, SCM_TSTAMP_SND);
  stamp(fd, SCM_TSTAMP_ACK);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 7, 0, IORING_CQE_F_MORE), 'sent');
  assert(isCqe(1, 7, 0, IORING_CQE_F_MORE | (SCM_TSTAMP_ACK << 17)), 'acknowledged');
  assert(cqeOff(0) == now() / 1000000000, 'seconds');
  verify();
}

export function without_room_the_command_ends_and_the_timestamps_stay(): void {
  const fd = connected(1, DEFER32);
  timestamps(fd, 7);
  sqe(IORING_OP_NOP, 1);
  enter(1, 0, 0);
  stamp(fd, SCM_TSTAMP_SND);
  getEvents();
  seen(1);
  getEvents();
  assert(cqes() == 1 && cqe(0).user_data == 7 && cqe(0).res == -ENOBUFS, 'ended');
  seen(1);
  timestamps(fd, 8);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 8, 0, IORING_CQE_F_MORE), 'the next command finds it');
  verify();
}

export function in_a_mixed_ring_a_timestamp_says_that_it_is_wide(): void {
  const fd = connected(16, DEFER | IORING_SETUP_CQE_MIXED);
  timestamps(fd, 7);
  stamp(fd, SCM_TSTAMP_SND);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 7, 0, IORING_CQE_F_MORE | IORING_CQE_F_32), 'two entries');
  assert(cqeOff(0) == now() / 1000000000, 'seconds');
  verify();
}
