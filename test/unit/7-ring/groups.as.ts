/**
 * Description: groups of provided buffers come and go, and how much memory a ring and its queues take. Sizes decide what an application may
 * map: a page too few and it writes over something else.
 */
import { PBUF_GROUPS_MAX } from '../../../sim/core';
import { fdFile, fileAt } from '../../../stack/file';
import { ringAt, sysClose, sysMmap, sysSetup, userNext } from '../../../uring-model/7-ring';
import { Ring } from '../../../uring-model/7-ring/state';
import {
  EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM, EOVERFLOW, io_uring_buf_reg, io_uring_buf_status, io_uring_params, IO_URING_PARAMS_BYTES,
  IORING_OFF_PBUF_RING, IORING_OP_PROVIDE_BUFFERS, IORING_OP_REMOVE_BUFFERS, IORING_REGISTER_PBUF_RING, IORING_REGISTER_PBUF_STATUS,
  IORING_SETUP_CQE32, IORING_SETUP_CQSIZE, IORING_SETUP_NO_MMAP, IORING_SETUP_NO_SQARRAY, IORING_SETUP_SQE128, IORING_SETUP_SQE_MIXED,
  IORING_UNREGISTER_PBUF_RING, IOU_PBUF_RING_INC, IOU_PBUF_RING_MMAP, IORING_REGISTER_MEM_REGION,
} from '../../../uring-model/uapi.gen';
import { bench, build, cqe, cqes, DEFER, enter, HOST, register, ring, seen, settle, setup, sqe, user, verify } from '../config_ring.as';
import { AT_KERNEL_PBUF_MIN_LEFT, setHost } from '../config.gen.as';

const PAGE: u32 = 4096;

function begin(): io_uring_buf_reg {
  build();
  const at = user(64);
  store<u32>(0x7800, at);
  ring(16, DEFER);
  return changetype<io_uring_buf_reg>(<usize>at);
}
function at(): u32 {
  return load<u32>(0x7800);
}
/** A group whose ring the kernel makes. */
function group(bgid: u32, entries: u32): i32 {
  memory.fill(at(), 0, 64);
  const reg = changetype<io_uring_buf_reg>(<usize>at());
  reg.ring_entries = entries;
  reg.flags = <u16>IOU_PBUF_RING_MMAP;
  reg.bgid = <u16>bgid;
  return register(IORING_REGISTER_PBUF_RING, at(), 1);
}
function remove(bgid: u32): i32 {
  memory.fill(at(), 0, 64);
  changetype<io_uring_buf_reg>(<usize>at()).bgid = <u16>bgid;
  return register(IORING_UNREGISTER_PBUF_RING, at(), 1);
}
function isThere(bgid: u32): bool {
  return sysMmap(HOST, bench().fd, IORING_OFF_PBUF_RING | (bgid << 16), PAGE) > 0;
}
function legacy(op: u32, bgid: u32): i32 {
  const s = sqe(op, 1);
  s.fd = 2;
  if (op == IORING_OP_PROVIDE_BUFFERS) {
    s.addr = bench().params;
    s.len = 64;
  }
  s.buf_group = <u16>bgid;
  enter(1, 0, 0);
  const res = cqe(cqes() - 1).res;
  seen(cqes());
  return res;
}

export function a_group_leaves_the_others_where_they_are(): void {
  begin();
  for (let i: u32 = 1; i < 6; i++) assert(group(i, 4) == 0, 'a group');
  assert(remove(3) == 0 && !isThere(3) && isThere(1) && isThere(2) && isThere(4) && isThere(5), 'from the middle');
  assert(remove(1) == 0 && !isThere(1) && isThere(2) && isThere(4) && isThere(5), 'the first that came');
  assert(remove(5) == 0 && !isThere(5) && isThere(2) && isThere(4), 'the last');
  assert(remove(5) == -ENOENT && remove(2) == 0 && remove(4) == 0 && !isThere(2) && !isThere(4), 'all');
  assert(group(4, 4) == 0 && isThere(4), 'and again');
  verify();
}

export function groups_come_to_an_end(): void {
  begin();
  for (let i: u32 = 0; i < PBUF_GROUPS_MAX; i++) assert(group(i, 4) == 0, 'one more');
  assert(group(500, 4) == -ENOMEM && !isThere(500), 'no more');
  assert(legacy(IORING_OP_PROVIDE_BUFFERS, 501) == -ENOMEM, 'of either kind');
  assert(remove(7) == 0 && group(500, 4) == 0 && isThere(500), 'one that goes makes room');
}

export function a_ring_of_buffers_takes_whole_pages_and_gives_them_back(): void {
  begin();
  const before = userNext();
  assert(group(1, 256) == 0, 'as many as a page holds');
  const first = userNext() - before;
  assert(first >= PAGE && first < 2 * PAGE, 'one page');
  assert(group(2, 512) == 0 && userNext() - before - first == 2 * PAGE, 'two');
  assert(group(3, 1) == 0 && userNext() - before - first == 3 * PAGE, 'one for a single buffer');
  const all = userNext();
  assert(remove(3) == 0 && remove(2) == 0 && remove(1) == 0 && userNext() <= all - 3 * PAGE, 'given back');
  for (let i: u32 = 0; i < 20; i++) assert(group(2, 512) == 0 && remove(2) == 0 && userNext() <= all, 'and used again');
}

export function a_group_that_could_not_be_made_is_not_there(): void {
  const reg = begin();
  reg.ring_entries = 4;
  reg.bgid = 9;
  reg.ring_addr = 64;
  assert(register(IORING_REGISTER_PBUF_RING, at(), 1) == -EINVAL, 'no whole page');
  reg.ring_addr = PAGE;
  assert(register(IORING_REGISTER_PBUF_RING, at(), 1) == -EFAULT, 'nobody\'s memory');
  reg.ring_addr = 0;
  assert(register(IORING_REGISTER_PBUF_RING, at(), 1) == -EFAULT, 'none');
  assert(remove(9) == -ENOENT, 'it is not there');
  for (let i: u32 = 0; i < PBUF_GROUPS_MAX; i++) assert(group(i, 4) == 0, 'nor has it taken a place');
}

export function sizes_are_powers_of_two_below_sixty_five_thousand(): void {
  begin();
  assert(group(1, 0) == -EINVAL && group(1, 3) == -EINVAL && group(1, 65536) == -EINVAL && group(1, 131072) == -EINVAL, 'these are not');
  assert(group(1, 32768) == 0, 'the largest');
}

export function what_must_be_left_of_a_buffer_belongs_to_incremental_rings(): void {
  const reg = begin();
  reg.ring_entries = 4;
  reg.flags = <u16>IOU_PBUF_RING_MMAP;
  reg.min_left = 5;
  assert(register(IORING_REGISTER_PBUF_RING, at(), 1) == -EINVAL, 'not to others');
  reg.flags = <u16>(IOU_PBUF_RING_MMAP | IOU_PBUF_RING_INC);
  assert(register(IORING_REGISTER_PBUF_RING, at(), 1) == 0, 'to these');
  reg.bgid = 2;
  reg.flags = 4;
  assert(register(IORING_REGISTER_PBUF_RING, at(), 1) == -EINVAL, 'an unknown flag');
}

export function an_older_kernel_does_not_know_what_must_be_left(): void {
  const reg = begin();
  setHost(HOST, AT_KERNEL_PBUF_MIN_LEFT, 0);
  reg.ring_entries = 4;
  reg.flags = <u16>(IOU_PBUF_RING_MMAP | IOU_PBUF_RING_INC);
  reg.min_left = 5;
  assert(register(IORING_REGISTER_PBUF_RING, at(), 1) == -EINVAL, 'a word that was reserved');
  reg.min_left = 0;
  assert(register(IORING_REGISTER_PBUF_RING, at(), 1) == 0, 'zero');
}

export function a_list_becomes_a_ring_when_it_is_empty(): void {
  begin();
  assert(legacy(IORING_OP_PROVIDE_BUFFERS, 3) == 0 && group(3, 4) == -EEXIST, 'it has buffers');
  assert(legacy(IORING_OP_REMOVE_BUFFERS, 3) == 2 && group(3, 4) == 0 && isThere(3), 'it has none');
  assert(legacy(IORING_OP_PROVIDE_BUFFERS, 3) == -EINVAL && legacy(IORING_OP_REMOVE_BUFFERS, 3) == -EINVAL, 'a ring is no list');
  assert(legacy(IORING_OP_REMOVE_BUFFERS, 4) == -ENOENT, 'nor is nothing');
  assert(legacy(IORING_OP_PROVIDE_BUFFERS, 5) == 0 && remove(5) == -EINVAL && !isThere(5), 'a list is no ring');
  const status = changetype<io_uring_buf_status>(<usize>at());
  memory.fill(at(), 0, 64);
  status.buf_group = 5;
  assert(register(IORING_REGISTER_PBUF_STATUS, at(), 1) == -EINVAL, 'and has no head');
  status.buf_group = 6;
  assert(register(IORING_REGISTER_PBUF_STATUS, at(), 1) == -ENOENT && register(IORING_REGISTER_PBUF_STATUS, 8, 1) == -EFAULT, 'none');
  assert(register(IORING_REGISTER_PBUF_RING, 8, 1) == -EFAULT && register(IORING_UNREGISTER_PBUF_RING, 8, 1) == -EFAULT, 'no address');
}

function ringOf(fd: i32): Ring {
  return ringAt(fileAt(fdFile(HOST, fd)).obj);
}
/** Bytes of the queues of such a ring: both, in pages. */
function sizes(entries: u32, cq: u32, flags: u32): u32 {
  const fd = setup(entries, cq, flags);
  assert(fd >= 0, 'a ring');
  const r = ringOf(fd);
  const pages = (r.rings_bytes >> 12) | ((r.sqes_bytes >> 12) << 16);
  assert((r.rings_bytes & (PAGE - 1)) == 0 && (r.sqes_bytes & (PAGE - 1)) == 0, 'whole pages');
  sysClose(HOST, <u32>fd);
  settle();
  return pages;
}

export function a_ring_takes_as_many_pages_as_its_queues_need(): void {
  build();
  const none = IORING_SETUP_NO_SQARRAY;
  assert(sizes(4, 8, none) == (1 | (1 << 16)), 'one and one');
  assert(sizes(64, 128, none) == (1 | (1 << 16)) && sizes(128, 256, none) == (2 | (2 << 16)), 'a header and 16 bytes each; 64 each');
  assert(sizes(1024, 2048, none) == (9 | (16 << 16)) && sizes(1024, 2048, 0) == (10 | (16 << 16)), 'an index of four bytes each');
  assert(sizes(64, 128, none | IORING_SETUP_SQE128) == (1 | (2 << 16)), 'large SQEs take twice as much');
  assert(sizes(64, 128, none | IORING_SETUP_CQE32) == (2 | (1 << 16)), 'wide CQEs too');
}

export function a_queue_of_mixed_entries_has_two_at_least(): void {
  build();
  assert(setup(1, 4, IORING_SETUP_SQE_MIXED) == -EOVERFLOW && setup(2, 4, IORING_SETUP_SQE_MIXED) >= 0, 'of SQEs');
}

export function what_the_kernel_tells_of_a_ring_is_all_its_own(): void {
  build();
  const p = changetype<io_uring_params>(<usize>bench().params);
  memory.fill(bench().params, 0, IO_URING_PARAMS_BYTES);
  memory.fill(changetype<usize>(p.sq_off), 0xff, 40);
  memory.fill(changetype<usize>(p.cq_off), 0xff, 40);
  p.flags = IORING_SETUP_CQSIZE;
  p.cq_entries = 16;
  assert(sysSetup(HOST, 8, bench().params) >= 0, 'a ring');
  assert(p.sq_off.resv1 == 0 && p.sq_off.user_addr == 0 && p.cq_off.resv1 == 0 && p.cq_off.user_addr == 0, 'zeros where there is nothing');
  assert(p.sq_off.array == 64 + 16 * 16 && p.sq_entries == 8 && p.cq_entries == 16, 'sizes');
}

export function a_ring_in_the_applications_memory_is_told_where_it_lies(): void {
  build();
  const p = changetype<io_uring_params>(<usize>bench().params);
  memory.fill(bench().params, 0, IO_URING_PARAMS_BYTES);
  p.flags = IORING_SETUP_NO_MMAP | IORING_SETUP_NO_SQARRAY;
  const mem = user(2 * PAGE);
  p.sq_off.user_addr = mem;
  p.cq_off.user_addr = mem + 64;
  assert(sysSetup(HOST, 8, bench().params) == -EINVAL, 'whole pages');
  p.cq_off.user_addr = 0;
  assert(sysSetup(HOST, 8, bench().params) == -EFAULT, 'both');
  p.cq_off.user_addr = mem + PAGE;
  const next = userNext();
  assert(sysSetup(HOST, 8, bench().params) >= 0 && userNext() == next, 'nothing was made');
  assert(p.sq_off.user_addr == mem && p.cq_off.user_addr == mem + PAGE && load<u32>(mem + PAGE, 24) == 8, 'its own words');
  assert(setup(8, 0, IORING_SETUP_NO_SQARRAY) >= 0 && userNext() > next, 'and the next ring has memory of the kernel');
}

export function a_list_that_takes_the_place_of_a_ring_has_nothing_to_map(): void {
  begin();
  assert(group(6, 4) == 0 && isThere(6) && remove(6) == 0, 'a ring, for a while');
  assert(legacy(IORING_OP_PROVIDE_BUFFERS, 6) == 0 && !isThere(6), 'a list');
}

export function without_an_index_array_no_offset_of_it_is_told(): void {
  build();
  const p = changetype<io_uring_params>(<usize>bench().params);
  setup(8, 16, IORING_SETUP_NO_SQARRAY);
  assert(p.sq_off.array == 0 && p.sq_off.ring_entries == 24, 'none');
  setup(8, 16, 0);
  assert(p.sq_off.array == 64 + 256, 'behind the completions');
  assert(setup(1, 0, 0) >= 0 && p.sq_entries == 1 && p.cq_entries == 2, 'one is a power of two');
  assert(setup(2, 0, 0) >= 0 && p.sq_entries == 2 && setup(3, 0, 0) >= 0 && p.sq_entries == 4, 'as is two');
}

export function memory_is_registered_by_a_description_in_user_memory(): void {
  begin();
  assert(register(IORING_REGISTER_MEM_REGION, 64, 1) == -EFAULT, 'this is not');
}
