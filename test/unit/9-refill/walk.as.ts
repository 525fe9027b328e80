/**
 * Description: one packet walked piece by piece, and the refill ring and the events of an instance where nothing may go on for ever: an
 * application that scribbles over its ring, or two rings that share one, must not make the kernel spin or tell the wrong one.
 */
import {
  contextCharges, CONTEXTS_MAX, coreIndex, COST_REMOTE_LINE, hostConfig, NONE, ZCRX_COPY_COUNT, ZCRX_COPY_LINEAR_BYTES,
  ZCRX_COPY_PAGE_BYTES, ZCRX_RQE_RECYCLED,
} from '../../../sim/core';
import { ledgerMove, PLACE_LIVE, skb, skbAddFrag } from '../../../stack/3-pool';
import { sock } from '../../../stack/6-socket';
import { fdSock, sysClose } from '../../../uring-model/7-ring';
import { areaAt, ifqAt, zcrxCounters, zcrxSkbs, zcrxStoppedEarly, zcSock } from '../../../uring-model/9-refill';
import {
  EFAULT, EINVAL, ENODEV, ERANGE, IORING_CQE_F_MORE, IORING_REGISTER_ZCRX_IFQ, zcrx_ctrl, ZCRX_CTRL_ARM_EVENT, ZCRX_CTRL_EXPORT,
  ZCRX_CTRL_FLUSH_RQ, ZCRX_REG_IMPORT,
} from '../../../uring-model/uapi.gen';
import {
  bench, control, cqeOff, cqes, DEFER32, getEvents, HOST, isCqe, linearPacket, packet, packetOfOneBuffer, pagePacket, recvZc, register,
  registerZcrx, ring, rqHead, rqPush, seen, settle, socket, take, verify, zcrx,
} from '../config_ring.as';
import { drain, lend, prepared, reg, withEvents, zcrxNodev } from '../config_zcrx.as';
import { AT_KERNEL_ZCRX_CTRL, AT_KERNEL_ZCRX_NODEV, setHost } from '../config.gen.as';

const MORE: u32 = IORING_CQE_F_MORE;

function counter(which: u32): u32 {
  return <u32>load<u64>(zcrxCounters(0) + (<usize>which << 3));
}
/** The packet that arrived last has so many bytes more, in a buffer of the area. */
function andLent(fd: u32, off: u32, len: u32): void {
  const sk = sock(fdSock(HOST, <i32>fd));
  const idx = take();
  ledgerMove(idx, PLACE_LIVE);
  const last = sk.receive_tail;
  skbAddFrag(last, idx, off, len, 0);
  skb(last).end_seq += len;
  sk.rcv_nxt += len;
}

export function a_packet_may_be_copied_in_part_and_lent_in_part(): void {
  zcrx(100, 128, 64);
  const fd = socket();
  linearPacket(fd, 100, 1);
  andLent(fd, 40, 100);
  recvZc(fd, 7, 150);
  assert(cqes() == 3 && isCqe(0, 7, 100, MORE) && isCqe(1, 7, 50, MORE) && isCqe(2, 7, 0, 0), 'all that is linear, and a half of the rest');
  assert((cqeOff(1) & 4095) == 40 && load<u8>(bench().area + <u32>cqeOff(0) + 99) == 100, 'each where it lies');
  const z = zcSock(fdSock(HOST, <i32>fd));
  assert(z.copy_linear_bytes == 100 && z.zc_bytes == 50 && z.zc_cqes == 1 && z.copy_page_bytes == 0, 'counted by what they were');
  recvZc(fd, 8, 0);
  assert(cqes() == 4 && isCqe(3, 8, 50, MORE) && (cqeOff(3) & 4095) == 90, 'the other half');
}

export function a_limit_inside_of_what_is_linear_lends_nothing(): void {
  zcrx(100, 128, 64);
  const fd = socket();
  linearPacket(fd, 100, 1);
  andLent(fd, 0, 30);
  recvZc(fd, 7, 60);
  assert(cqes() == 2 && isCqe(0, 7, 60, MORE) && isCqe(1, 7, 0, 0), 'sixty');
  recvZc(fd, 8, 40);
  assert(cqes() == 4 && isCqe(2, 8, 40, MORE) && isCqe(3, 8, 0, 0), 'the rest of it, and no more');
  recvZc(fd, 9, 0);
  assert(cqes() == 5 && isCqe(4, 9, 30, MORE) && (cqeOff(4) & 4095) == 0, 'then what is lent');
}

export function a_receive_that_had_all_it_wanted_did_not_stop_early(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  packet(fd, 0, 100);
  recvZc(fd, 7, 0);
  assert(cqes() == 1 && !zcrxStoppedEarly(HOST), 'all that was there');
  packet(fd, 0, 100);
  getEvents();
  assert(cqes() == 2 && !zcrxStoppedEarly(HOST), 'by task work too');
  const other = socket();
  packet(other, 0, 100);
  recvZc(other, 8, 30);
  assert(!zcrxStoppedEarly(HOST), 'nor does a limit stop it early');
}

export function a_packet_of_many_pieces_is_walked_at_once(): void {
  zcrx(100, 128, 64);
  const fd = socket();
  packetOfOneBuffer(fd, 3, 100);
  recvZc(fd, 7, 0);
  assert(cqes() == 3 && zcrxSkbs() == 1 && !zcrxStoppedEarly(HOST), 'three fragments, one look');
  seen(3);
  const other = socket();
  linearPacket(other, 100, 1);
  andLent(other, 0, 30);
  recvZc(other, 8, 0);
  assert(cqes() == 2 && zcrxSkbs() == 1 && !zcrxStoppedEarly(HOST), 'linear and lent');
}

export function a_copy_that_failed_counts_no_bytes(): void {
  zcrxNodev(1);
  const fd = socket();
  pagePacket(fd, 100, 0);
  pagePacket(fd, 100, 0);
  recvZc(fd, 7, 0);
  const z = zcSock(fdSock(HOST, <i32>fd));
  assert(z.copy_page_bytes == 100 && counter(ZCRX_COPY_PAGE_BYTES) == 100 && counter(ZCRX_COPY_COUNT) == 1, 'one found a buffer');
  const other = socket();
  linearPacket(other, 50, 0);
  recvZc(other, 8, 0);
  assert(zcSock(fdSock(HOST, <i32>other)).copy_linear_bytes == 0 && counter(ZCRX_COPY_LINEAR_BYTES) == 0, 'linear data neither');
}

/** Lines that the application's core waited for, in all contexts, while it read a packet that a core received (1 + core). */
function linesOf(home: u32): u32 {
  const fd = socket();
  packet(fd, 0, 100);
  skb(sock(fdSock(HOST, <i32>fd)).receive_tail).home = <u8>home;
  const before = allLines();
  recvZc(fd, 7, 0);
  return allLines() - before;
}
function allLines(): u32 {
  let sum: u32 = 0;
  const core = coreIndex(HOST, hostConfig(HOST).cpu_app_core);
  for (let c: u32 = 0; c < CONTEXTS_MAX; c++) sum += <u32>load<u64>(contextCharges(core, c) + (<usize>COST_REMOTE_LINE << 4), 8);
  return sum;
}
export function what_another_core_received_costs_a_line_of_each_buffer(): void {
  zcrx(8, 8, 64);
  const core = hostConfig(HOST).cpu_app_core;
  const nobody = linesOf(0);
  assert(linesOf(core + 1) == nobody, 'no line more than what nobody received');
  assert(linesOf(core + 2) == nobody + 2, 'one of the buffer, and one of the list that the skb goes back by');
}

export function a_tail_that_ran_away_is_read_once_round(): void {
  zcrx(100, 64, 128);
  lend(64);
  for (let i: u32 = 0; i < 64; i++) rqPush(cqeOff(i), 0);
  store<u32>(bench().region, 10000, 64);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 64, 'as many as the ring has');
  assert(counter(ZCRX_RQE_RECYCLED) == 64 && ifqAt(0).loans == 0, 'each once');
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 128 && counter(ZCRX_RQE_RECYCLED) == 64, 'the next call goes round again');
}

export function only_the_words_of_the_operation_are_reserved(): void {
  zcrx(8, 8, 64);
  store<u64>(bench().ctrl, 1, 72);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0, 'what lies behind it is nobody\'s');
  for (let off: u32 = 24; off < 72; off += 8) {
    store<u64>(bench().ctrl + off, 1);
    assert(control(ZCRX_CTRL_FLUSH_RQ) == -EINVAL, 'each of the six');
    store<u64>(bench().ctrl + off, 0);
  }
}

export function a_bad_entry_between_two_of_one_buffer_does_not_part_them(): void {
  zcrx(4, 8, 64);
  lend(4);
  rqPush(cqeOff(0), 0);
  rqPush(cqeOff(0), 1);
  rqPush(cqeOff(0), 0);
  rqPush(cqeOff(1), 0);
  assert(drain() == 1 && rqHead() == 4, 'two returns of a buffer that was lent once are refused as one');
  assert(ifqAt(0).loans == 3 && counter(ZCRX_RQE_RECYCLED) == 1, 'it stays on loan (io_zcrx_ring_refill)');
  verify();
}

export function a_bad_entry_does_not_lose_the_buffer_before_it(): void {
  zcrx(4, 8, 64);
  lend(4);
  rqPush(cqeOff(0), 0);
  rqPush(1 << 40, 0);
  assert(drain() == 1 && rqHead() == 2 && ifqAt(0).loans == 3, 'it came back');
  rqPush(1 << 40, 0);
  rqPush(cqeOff(1), 0);
  rqPush(cqeOff(2), 0);
  assert(drain() == 2 && rqHead() == 5 && ifqAt(0).loans == 1, 'nor those behind it');
  verify();
}

export function types_of_events_that_nobody_asked_for_are_not_told(): void {
  prepared(2);
  withEvents(99, 2);
  assert(registerZcrx() == 0 && ifqAt(0).master_ring == 0, 'copies alone');
  while (take() != NONE) {}
  take();
  getEvents();
  assert(cqes() == 0 && ifqAt(0).fired_notifs == 0, 'a dry pool is none');
}

export function without_types_an_instance_tells_nobody(): void {
  prepared(2);
  withEvents(99, 0);
  assert(registerZcrx() == 0 && ifqAt(0).master_ring == NONE, 'no ring to tell');
  while (take() != NONE) {}
  take();
  getEvents();
  assert(cqes() == 0, 'nothing');
}

function exported(): u32 {
  const ctrl = changetype<zcrx_ctrl>(<usize>bench().ctrl);
  memory.fill(bench().ctrl, 0, 72);
  assert(control(ZCRX_CTRL_EXPORT) == 0, 'a descriptor of the instance');
  const fd = ctrl.zc_export.zcrx_fd;
  memory.fill(bench().ctrl, 0, 72);
  return fd;
}
/** An instance with events, of a ring, and a second ring that imports it and is the bench's. The first one's descriptor. */
function shared(): u32 {
  prepared(2);
  withEvents(99, 1);
  assert(registerZcrx() == 0, 'with events');
  const first = bench().fd;
  const box = exported();
  ring(64, DEFER32);
  memory.fill(bench().reg, 0, 96);
  reg().flags = ZCRX_REG_IMPORT;
  reg().if_idx = box;
  assert(registerZcrx() == 0 && ifqAt(0).user_refs == 3, 'imported');
  sysClose(HOST, box);
  return first;
}

export function a_ring_that_shares_and_ends_does_not_end_the_events_of_the_other(): void {
  shared();
  const master = ifqAt(0).master_ring;
  sysClose(HOST, bench().fd);
  settle();
  assert(ifqAt(0).used == 1 && ifqAt(0).user_refs == 1 && ifqAt(0).master_ring == master && master != NONE, 'the first has them still');
}

export function events_end_with_the_ring_that_wanted_them(): void {
  const first = shared();
  sysClose(HOST, first);
  settle();
  assert(ifqAt(0).used == 1 && ifqAt(0).master_ring == NONE, 'nobody is told any more');
  while (take() != NONE) {}
  take();
  getEvents();
  assert(cqes() == 0 && ifqAt(0).fired_notifs == 0, 'nor has anything fired');
  assert(control(ZCRX_CTRL_ARM_EVENT) == -EINVAL, 'so nothing can be armed');
}

export function a_registration_lies_in_user_memory(): void {
  prepared(2);
  assert(register(IORING_REGISTER_ZCRX_IFQ, 64, 1) == -EFAULT, 'no memory of a task\'s');
  reg().region_ptr = 64;
  assert(registerZcrx() == -EFAULT, 'nor of its region');
  reg().region_ptr = bench().desc;
  reg().area_ptr = 64;
  assert(registerZcrx() == -EFAULT, 'nor of its area');
}

export function a_token_of_an_earlier_registration_is_refused_before_anything_is_made(): void {
  prepared(2);
  store<u64>(bench().area_reg, 1, 16);
  reg().if_idx = 9;
  assert(registerZcrx() == -EINVAL, 'the token');
  store<u64>(bench().area_reg, 0, 16);
  assert(registerZcrx() == -ENODEV, 'then the device');
  assert(areaAt(0).used == 0 && ifqAt(0).used == 0, 'nothing is left of either');
}

export function statistics_do_not_lie_around_the_end_of_all_addresses(): void {
  prepared(8);
  const notif = withEvents(0, 0);
  notif.flags = 1;
  notif.stats_offset = u64.MAX_VALUE - 7;
  assert(registerZcrx() == -ERANGE, 'they would end before they begin');
  notif.stats_offset = 4096 - 16;
  assert(registerZcrx() == 0, 'the last place in the region');
}

export function an_older_kernel_knows_no_flags(): void {
  prepared(8);
  setHost(HOST, AT_KERNEL_ZCRX_CTRL, 0);
  setHost(HOST, AT_KERNEL_ZCRX_NODEV, 0);
  for (let flag: u32 = 1; flag < 16; flag <<= 1) {
    reg().flags = flag;
    assert(registerZcrx() == -EINVAL, 'not one');
  }
  reg().flags = 0;
  assert(registerZcrx() == 0, 'none is right');
}

export function five_hundred_and_twelve_bad_entries_are_read_by_two_tails(): void {
  zcrx(8, 1024, 64);
  lend(8);
  for (let i: u32 = 0; i < 600; i++) rqPush(cqeOff(0), 1);
  rqPush(cqeOff(0), 0);
  assert(take() == NONE && rqHead() == 256, 'by the tail that is read now: 256');
  assert(take() != NONE && rqHead() == 601, 'by the one known: 256, and by a fresh one the rest');
  verify();
}

export function an_event_is_armed_by_its_number_alone(): void {
  prepared(2);
  withEvents(99, 1);
  assert(registerZcrx() == 0, 'with events');
  while (take() != NONE) {}
  take();
  assert(ifqAt(0).fired_notifs == 1, 'fired');
  for (let off: u32 = 28; off < 72; off += 4) {
    store<u32>(bench().ctrl + off, 1);
    assert(control(ZCRX_CTRL_ARM_EVENT) == -EINVAL && ifqAt(0).fired_notifs == 1, 'a reserved word');
    store<u32>(bench().ctrl + off, 0);
  }
  store<u32>(bench().ctrl, 2, 24);
  assert(control(ZCRX_CTRL_ARM_EVENT) == -EINVAL, 'no such event');
  store<u32>(bench().ctrl, 1, 24);
  assert(control(ZCRX_CTRL_ARM_EVENT) == -EINVAL, 'one that has not fired');
  store<u32>(bench().ctrl, 0, 24);
  assert(control(ZCRX_CTRL_ARM_EVENT) == 0 && ifqAt(0).fired_notifs == 0, 'armed');
}

export function without_statistics_nothing_is_written(): void {
  zcrxNodev(2);
  const fd = socket();
  const before = load<u64>(0);
  pagePacket(fd, 100, 0);
  recvZc(fd, 7, 0);
  assert(cqes() == 1 && load<u64>(0) == before && load<u64>(8) == 0 && ifqAt(0).notif_stats == 0, 'nowhere');
}

export function each_byte_of_a_flush_is_reserved(): void {
  zcrx(8, 8, 64);
  for (let off: u32 = 24; off < 72; off++) {
    store<u8>(bench().ctrl + off, 1);
    assert(control(ZCRX_CTRL_FLUSH_RQ) == -EINVAL, 'this one too');
    store<u8>(bench().ctrl + off, 0);
  }
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0, 'none');
}
