/**
 * Description: what a receive turns into completions: buffers lent, bytes copied, and the ends that it comes to. Every end
 * but one leaves the data in the socket, so that the next request goes on at the right byte.
 */
import { NONE, ZCRX_COPY_BYTES, ZCRX_COPY_COUNT, ZCRX_COPY_LINEAR_BYTES, ZCRX_COPY_PAGE_BYTES, ZCRX_ZC_BYTES } from '../../../sim/core';
import { netmem } from '../../../stack/3-pool';
import { RCV_SHUTDOWN, sock, sockWake, POLLIN, SOCK_DONE } from '../../../stack/6-socket';
import { fdSock } from '../../../uring-model/7-ring';
import { areaAt, zcrxCounters, zcSock } from '../../../uring-model/9-refill';
import {
  EFAULT, EINVAL, ENOMEM, ENOSPC, IORING_CQE_F_32, IORING_CQE_F_MORE, IORING_OP_RECV_ZC, IORING_RECV_MULTISHOT, IORING_SETUP_CQE_MIXED,
  ZCRX_CTRL_ARM_EVENT, ZCRX_CTRL_FLUSH_RQ,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, control, cqe, cqeOff, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, packet, pagePacket, prepareZcrx, recvZc,
  registerZcrx, ring, rqPush, seen, socket, sqe, take, verify, zcrx,
} from '../config_ring.as';
import { nodev, prepared, reg, withEvents, zcrxNodev } from '../config_zcrx.as';

const MORE: u32 = IORING_CQE_F_MORE;

function counter(i: u32): u64 {
  return load<u64>(zcrxCounters(0) + (<usize>i << 3));
}

export function payload_in_the_area_is_lent_and_not_copied(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  packet(fd, 66, 1000);
  recvZc(fd, 7, 0);
  assert(cqes() == 1 && isCqe(0, 7, 1000, MORE) && cqeOff(0) == 66, 'the place in the area: the top of the stack is buffer 0');
  assert(counter(ZCRX_ZC_BYTES) == 1000 && zcSock(fdSock(HOST, <i32>fd)).zc_bytes == 1000, 'counted');
  verify();
}

export function a_request_that_is_armed_goes_on_with_each_packet(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  recvZc(fd, 7, 0);
  packet(fd, 0, 10);
  assert(cqes() == 0, 'task work has not run');
  getEvents();
  assert(cqes() == 1, 'now it has');
  packet(fd, 0, 20);
  packet(fd, 0, 30);
  getEvents();
  assert(cqes() == 3 && cqe(1).res == 20 && cqe(2).res == 30, 'two packets, two completions');
  verify();
}

export function linear_data_is_copied_and_no_statistic_says_so(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  linearPacket(fd, 100, 5);
  recvZc(fd, 7, 0);
  assert(cqes() == 1 && isCqe(0, 7, 100, MORE), 'delivered');
  assert(load<u8>(bench().area + <u32>cqeOff(0) + 99) == 104, 'the bytes are in the area');
  assert(counter(ZCRX_COPY_LINEAR_BYTES) == 100, 'the truth');
  assert(counter(ZCRX_COPY_COUNT) == 0 && counter(ZCRX_COPY_BYTES) == 0, 'what Linux says');
  verify();
}

export function foreign_pages_are_copied_and_counted_one_per_fragment(): void {
  zcrxNodev(8);
  const fd = socket();
  pagePacket(fd, 100, 0);
  pagePacket(fd, 200, 1);
  recvZc(fd, 7, 0);
  assert(cqes() == 2 && cqeOff(0) == 7 * 4096 && cqeOff(1) == 6 * 4096, 'a buffer for each fragment, however small, from the top');
  assert(load<u8>(bench().area + 6 * 4096 + 199) == 200, 'the bytes are there');
  assert(counter(ZCRX_COPY_PAGE_BYTES) == 300 && counter(ZCRX_COPY_COUNT) == 2 && counter(ZCRX_COPY_BYTES) == 300, 'counted');
  verify();
}

export function without_a_free_buffer_the_copy_ends_with_enomem_and_loses_nothing(): void {
  zcrxNodev(2);
  const fd = socket();
  for (let i: u32 = 0; i < 3; i++) pagePacket(fd, 100, i);
  recvZc(fd, 7, 0);
  getEvents();
  assert(cqes() == 3 && isCqe(2, 7, -ENOMEM, 0), 'two copies, then the end');
  recvZc(fd, 8, 0);
  getEvents();
  assert(isCqe(3, 8, -ENOMEM, 0), 'it goes on ending');
  rqPush(cqeOff(0), 0);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0, 'nobody else reads the ring of an instance without a device');
  recvZc(fd, 9, 0);
  assert(isCqe(4, 9, 100, MORE), 'and now the third packet');
  assert(load<u8>(bench().area + <u32>cqeOff(4)) == 2, 'from its first byte');
  verify();
}

export function a_full_completion_queue_ends_the_request_with_enospc_and_loses_nothing(): void {
  zcrx(16, 16, 4);
  const fd = socket();
  for (let i: u32 = 0; i < 6; i++) packet(fd, 0, 100 + i);
  recvZc(fd, 7, 0);
  assert(cqes() == 4, 'four fit');
  getEvents();
  seen(4);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 7, -ENOSPC, 0), 'the end waited in the overflow list');
  seen(1);
  recvZc(fd, 8, 0);
  assert(cqes() == 2 && isCqe(0, 8, 104, MORE), 'the fifth packet is next');
  verify();
}

export function a_buffer_of_another_instance_is_a_fault(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  const idx = packet(fd, 0, 100);
  const area = netmem(idx).area;
  netmem(idx).area = <u16>(area + 1);
  areaAt(area + 1).ifq = 1;
  recvZc(fd, 7, 0);
  assert(isCqe(0, 7, -EFAULT, 0), 'its bytes belong to somebody else');
  netmem(idx).area = area;
}

export function the_limit_of_a_request_cuts_a_packet(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  packet(fd, 0, 100);
  packet(fd, 0, 100);
  recvZc(fd, 7, 150);
  assert(cqes() == 3 && cqe(1).res == 50 && isCqe(2, 7, 0, 0), 'data with MORE, then 0 for the limit');
  recvZc(fd, 8, 0);
  assert(cqe(3).res == 50 && (cqeOff(3) & 4095) == 50, 'the rest begins at the right byte');
  verify();
}

export function one_call_takes_twenty_one_packets(): void {
  zcrx(64, 64, 128);
  const fd = socket();
  recvZc(fd, 7, 0);
  for (let i: u32 = 0; i < 50; i++) packet(fd, 0, 10);
  getEvents();
  assert(cqes() == 50, 'the others come in the same run, from the back of the queue');
  verify();
}

export function the_end_of_a_stream_is_zero_without_more(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  recvZc(fd, 7, 0);
  packet(fd, 0, 10);
  const sk = sock(fdSock(HOST, <i32>fd));
  sk.flags |= SOCK_DONE;
  sk.shutdown |= <u8>RCV_SHUTDOWN;
  sockWake(sk, 0, POLLIN);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 7, 10, MORE) && isCqe(1, 7, 0, 0), 'the data, then the end');
  verify();
}

export function an_event_is_posted_once_until_it_is_armed_again(): void {
  prepared(2);
  withEvents(99, 1);
  assert(registerZcrx() == 0, 'with events');
  while (take() != NONE) {}
  take();
  getEvents();
  assert(cqes() == 1 && isCqe(0, 99, 0, 0), 'ALLOC_FAIL is type 0: it looks like an end of stream');
  take();
  getEvents();
  assert(cqes() == 1, 'once');
  assert(control(ZCRX_CTRL_ARM_EVENT) == 0 && control(ZCRX_CTRL_ARM_EVENT) < 0, 'armed; an event that has not fired cannot be');
  take();
  getEvents();
  assert(cqes() == 2, 'and fires again');
  verify();
}

export function statistics_lie_where_user_space_wants_them(): void {
  prepared(8);
  nodev();
  const notif = withEvents(0, 0);
  notif.flags = 1;
  notif.stats_offset = 256;
  assert(registerZcrx() == 0, 'behind the entries');
  const fd = socket();
  pagePacket(fd, 100, 0);
  recvZc(fd, 7, 0);
  assert(load<u64>(bench().region + 256) == 1 && load<u64>(bench().region + 264) == 100, 'copy_count, copy_bytes');
  assert(reg().rx_buf_len == 4096, 'the size of a buffer is told');
}

export function in_a_mixed_ring_a_loan_says_that_it_is_wide(): void {
  build();
  ring(64, DEFER | IORING_SETUP_CQE_MIXED);
  prepareZcrx(8, 8);
  assert(registerZcrx() == 0, 'an instance');
  const fd = socket();
  packet(fd, 66, 1000);
  recvZc(fd, 7, 0);
  assert(cqes() == 2 && isCqe(0, 7, 1000, MORE | IORING_CQE_F_32) && cqeOff(0) == 66, 'two entries (io_zcrx_queue_cqe)');
  verify();
}

export function fields_that_a_receive_into_an_area_does_not_know_are_zero(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  for (let i = 0; i < 4; i++) {
    const s = sqe(IORING_OP_RECV_ZC, 7);
    s.fd = <i32>fd;
    s.ioprio = <u16>IORING_RECV_MULTISHOT;
    if (i == 0) s.addr = 1;
    else if (i == 1) s.addr2 = 1;
    else if (i == 2) s.addr3 = 1;
    else s.msg_flags = 1;
    assert(enter(1, 0, 0) == 1 && cqes() == 1 && isCqe(0, 7, -EINVAL, 0), 'addresses and flags');
    seen(1);
  }
}
