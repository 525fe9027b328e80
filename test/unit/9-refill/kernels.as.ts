/** Description: what kernels from 6.18 to 7.3 do differently in zero-copy receive: one behaviour a test, each off alone. */
import { NONE } from '../../../sim/core';
import { netmem } from '../../../stack/3-pool';
import { areaAt, ifqAt, zcrxQuery, zcrxQueryEvents } from '../../../uring-model/9-refill';
import { niovToken } from '../../../uring-model/9-refill/area';
import {
  EINVAL, ENOMEM, EOPNOTSUPP, zcrx_event_desc, ZCRX_CTRL_ADD_AREA, ZCRX_CTRL_ARM_EVENT, ZCRX_CTRL_EXPORT, ZCRX_CTRL_FLUSH_RQ,
  ZCRX_REG_IMPORT,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, control, cqeOff, cqes, DEFER32, getEvents, HOST, isCqe, packet, packetOfOneBuffer, pagePacket, prepareZcrx,
  recvZc, registerZcrx, ring, rqHead, rqPush, socket, take, verify,
} from '../config_ring.as';
import { drain, lend, nodev, reg } from '../config_zcrx.as';
import {
  AT_KERNEL_ZCRX, AT_KERNEL_ZCRX_ADD_AREA, AT_KERNEL_ZCRX_CTRL, AT_KERNEL_ZCRX_EVENTS, AT_KERNEL_ZCRX_NODEV, AT_KERNEL_ZCRX_REFILL_FOLDS,
  AT_KERNEL_ZCRX_REFILL_REREADS, AT_KERNEL_ZCRX_RQ_CACHE_LINES, AT_KERNEL_ZCRX_RX_BUF_LEN, AT_KERNEL_ZCRX_STOPPED_EARLY,
  AT_KERNEL_ZCRX_WIDE_OFFSETS, setHost,
} from '../config.gen.as';

/** A world without one behaviour, and what is to be registered. */
function without(behaviour: u32, niovs: u32, rq_entries: u32): void {
  build();
  setHost(HOST, behaviour, 0);
  ring(128, DEFER32);
  prepareZcrx(niovs, rq_entries);
}

export function a_kernel_without_it_refuses_registration(): void {
  without(AT_KERNEL_ZCRX, 8, 8);
  assert(registerZcrx() == -EINVAL, 'an unknown operation');
}

export function without_controls_there_is_neither_flush_nor_import(): void {
  without(AT_KERNEL_ZCRX_CTRL, 8, 8);
  assert(registerZcrx() == 0 && control(ZCRX_CTRL_FLUSH_RQ) == -EINVAL && control(ZCRX_CTRL_EXPORT) == -EINVAL, 'an unknown operation');
  memory.fill(bench().reg, 0, 96);
  reg().flags = ZCRX_REG_IMPORT;
  assert(registerZcrx() == -EINVAL, 'an unknown flag');
}

export function the_size_of_buffers_was_a_reserved_field(): void {
  without(AT_KERNEL_ZCRX_RX_BUF_LEN, 8, 8);
  reg().rx_buf_len = 4096;
  assert(registerZcrx() == -EINVAL, 'any size');
  reg().rx_buf_len = 0;
  assert(registerZcrx() == 0, 'none');
}

export function without_nodev_a_device_is_needed(): void {
  without(AT_KERNEL_ZCRX_NODEV, 8, 8);
  nodev();
  assert(registerZcrx() == -EINVAL, 'an unknown flag');
}

export function without_events_their_descriptor_is_reserved(): void {
  without(AT_KERNEL_ZCRX_EVENTS, 8, 8);
  reg().event_desc = bench().notif;
  const notif = changetype<zcrx_event_desc>(<usize>bench().notif);
  notif.type_mask = 3;
  assert(registerZcrx() == -EINVAL, 'reserved');
  reg().event_desc = 0;
  assert(registerZcrx() == 0 && control(ZCRX_CTRL_ARM_EVENT) == -EOPNOTSUPP, 'nothing to arm');
}

export function without_more_areas_there_is_one(): void {
  without(AT_KERNEL_ZCRX_ADD_AREA, 8, 8);
  assert(registerZcrx() == 0 && control(ZCRX_CTRL_ADD_AREA) == -EOPNOTSUPP, 'an unknown operation');
}

export function each_of_too_many_returns_in_a_row_counts_for_itself(): void {
  without(AT_KERNEL_ZCRX_REFILL_FOLDS, 4, 8);
  assert(registerZcrx() == 0, 'registered');
  const fd = socket();
  for (let i: u32 = 0; i < 3; i++) packet(fd, 0, 100);
  packetOfOneBuffer(fd, 2, 100);
  recvZc(fd, 7, 0);
  for (let i: u32 = 0; i < 3; i++) rqPush(cqeOff(3), 0);
  assert(drain() == 1, 'two of the three were right, and the buffer is back');
  verify();
}

export function a_refill_reads_sixty_four_entries_by_a_fresh_tail(): void {
  without(AT_KERNEL_ZCRX_REFILL_REREADS, 8, 1024);
  assert(registerZcrx() == 0, 'registered');
  lend(8);
  for (let i: u32 = 0; i < 100; i++) rqPush(cqeOff(0), 1);
  rqPush(cqeOff(0), 0);
  assert(take() == NONE && rqHead() == 64, 'bad ones');
  assert(take() != NONE && rqHead() == 101, 'the rest');
  verify();
}

export function sixty_four_buffers_come_from_the_ring_at_once(): void {
  without(AT_KERNEL_ZCRX_REFILL_REREADS, 80, 128);
  assert(registerZcrx() == 0, 'registered');
  lend(80);
  for (let i: u32 = 0; i < 80; i++) rqPush(cqeOff(i), 0);
  assert(take() != NONE && rqHead() == 64, 'sixty-four entries');
  assert(drain() == 79, 'the others come later');
}

export function head_and_tail_share_a_cache_line(): void {
  without(AT_KERNEL_ZCRX_RQ_CACHE_LINES, 4, 8);
  assert(registerZcrx() == 0 && reg().offsets.head == 0 && reg().offsets.tail == 4 && reg().offsets.rqes == 64, 'told');
  lend(4);
  store<u64>(bench().region + 64, cqeOff(2));
  store<u64>(bench().region + 72, 0);
  store<u32>(bench().region, 1, 4);
  const idx = take();
  assert(idx != NONE && netmem(idx).niov_idx == 2 && rqHead() == 1, 'and so');
}

export function offsets_wrap_at_four_gibibytes(): void {
  without(AT_KERNEL_ZCRX_WIDE_OFFSETS, 4, 8);
  assert(registerZcrx() == 0, 'registered');
  assert(niovToken(ifqAt(0), areaAt(0), 0x103fc0, 5) == 0x3fc0005, 'byte 0x103fc0005 of an area is told as 0x3fc0005');
  ifqAt(0).offset_mask = u64.MAX_VALUE;
  assert(niovToken(ifqAt(0), areaAt(0), 0x103fc0, 5) == 0x103fc0005, 'not any more');
}

export function a_receive_that_ran_out_of_buffers_stays_armed_until_the_next_packet(): void {
  without(AT_KERNEL_ZCRX_STOPPED_EARLY, 2, 8);
  nodev();
  assert(registerZcrx() == 0, 'registered');
  const fd = socket();
  recvZc(fd, 7, 0);
  for (let i: u32 = 0; i < 3; i++) pagePacket(fd, 100, 0);
  getEvents();
  getEvents();
  assert(cqes() == 2, 'two copies, and no end');
  pagePacket(fd, 100, 0);
  getEvents();
  assert(cqes() == 3 && isCqe(2, 7, -ENOMEM, 0), 'now it is seen');
}

export function a_query_tells_what_a_kernel_can_do(): void {
  without(AT_KERNEL_ZCRX_ADD_AREA, 8, 8);
  const at = <usize>bench().ctrl;
  memory.fill(at, 0xff, 40);
  assert(zcrxQuery(HOST, at) == 40 && load<u64>(at) == 3 && load<u64>(at, 8) == 1, 'import, no device; dma-bufs');
  assert(load<u32>(at, 16) == 3 && load<u32>(at, 20) == 3, 'three operations; sizes of buffers, and events');
  assert(load<u64>(at, 32) == 0, 'and a word that is reserved');
  setHost(HOST, AT_KERNEL_ZCRX_RQ_CACHE_LINES, 0);
  setHost(HOST, AT_KERNEL_ZCRX_EVENTS, 0);
  setHost(HOST, AT_KERNEL_ZCRX_NODEV, 0);
  zcrxQuery(HOST, at);
  assert(load<u64>(at) == 1 && load<u32>(at, 16) == 2 && load<u32>(at, 20) == 1, 'less');
  assert(load<u32>(at, 24) == 8 && load<u32>(at, 28) == 64, 'two words, on a cache line');
  assert(zcrxQueryEvents(HOST, at) == 0, 'no events');
  setHost(HOST, AT_KERNEL_ZCRX_EVENTS, 1);
  assert(zcrxQueryEvents(HOST, at) == 48 && load<u32>(at) == 3 && load<u32>(at, 4) == 16 && load<u32>(at, 8) == 8, 'events and statistics');
}
