/** Description: what user space hands over and where it lies: each field that is wrong has its error, and the last byte that fits fits. */
import {
  __kernel_timespec, E2BIG, EBADF, EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM, EOPNOTSUPP, EOVERFLOW, ERANGE, ETIME, io_uring_buf_reg,
  io_uring_getevents_arg, IO_URING_GETEVENTS_ARG_BYTES, io_uring_mem_region_reg, io_uring_query_hdr, IO_URING_QUERY_SCQ,
  io_uring_region_desc, IORING_ENTER_EXT_ARG, IORING_ENTER_GETEVENTS, IORING_MEM_REGION_TYPE_USER, IORING_OFF_MMAP_MASK,
  IORING_OFF_PBUF_RING, IORING_OFF_SQ_RING, IORING_REGISTER_MEM_REGION, IORING_REGISTER_PBUF_RING, IORING_REGISTER_PBUF_STATUS,
  IORING_REGISTER_QUERY, IORING_UNREGISTER_PBUF_RING, IOU_PBUF_RING_MMAP,
} from '../../../uring-model/uapi.gen';
import { APP_ADDR, REFILL_ADDR } from '../../../sim/core';
import { sysEnter, sysMmap, sysRegister, userAlloc, userFirst, userFree, userNext } from '../../../uring-model/7-ring';
import { bench, build, DEFER, HOST, register, ring, socket, user, verify } from '../config_ring.as';

const PAGE: u32 = 4096;
/** Of config_ring.as.ts. */
const USER_BYTES: u32 = 8 << 20;
function userEnd(): u32 {
  return <u32>userFirst() + USER_BYTES;
}
const PARAM_REGION: u64 = 0x20000000;
const ENODEV: i32 = 19;

function begin(): void {
  build();
  ring(8, DEFER);
}
function wait(arg: u32, argsz: u32): i32 {
  return sysEnter(HOST, bench().fd, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, arg, argsz);
}

export function what_is_no_ring_cannot_be_entered(): void {
  begin();
  assert(sysEnter(HOST, 999, 0, 0, 0, 0, 0) == -EBADF && sysEnter(HOST, 999, 1, 0, 0, 0, 0) == -EBADF, 'no descriptor');
  assert(sysEnter(HOST, socket(), 0, 0, 0, 0, 0) == -EOPNOTSUPP, 'a socket');
}

export function the_times_of_a_wait_lie_in_user_memory(): void {
  begin();
  const at = user(64);
  const ext = changetype<io_uring_getevents_arg>(<usize>at);
  assert(wait(at, IO_URING_GETEVENTS_ARG_BYTES - 1) == -EINVAL, 'size');
  assert(wait(userEnd() - IO_URING_GETEVENTS_ARG_BYTES + 8, IO_URING_GETEVENTS_ARG_BYTES) == -EFAULT, 'the argument ends outside');
  ext.ts = userEnd() - 8;
  assert(wait(at, IO_URING_GETEVENTS_ARG_BYTES) == -EFAULT, 'the time ends outside');
  ext.ts = userEnd() - 16;
  assert(wait(at, IO_URING_GETEVENTS_ARG_BYTES) == -ETIME, 'the last one that fits: no time at all');
}

export function only_what_a_ring_has_can_be_mapped(): void {
  begin();
  const fd = bench().fd;
  assert(sysMmap(HOST, socket(), IORING_OFF_SQ_RING, PAGE) == -ENODEV && sysMmap(HOST, 999, IORING_OFF_SQ_RING, PAGE) == -EBADF, 'no ring');
  assert(sysMmap(HOST, fd, IORING_OFF_SQ_RING, 0) == -EINVAL, 'nothing of it');
  assert(sysMmap(HOST, fd, PARAM_REGION, PAGE) == -EINVAL, 'no region');
  assert(sysMmap(HOST, fd, IORING_OFF_PBUF_RING, PAGE) == -EINVAL, 'no buffers');
  assert(sysMmap(HOST, fd, IORING_OFF_MMAP_MASK, PAGE) == -EINVAL, 'no such part');
}

function region(size: u64, addr: u64, flags: u32): i32 {
  const desc = changetype<io_uring_region_desc>(<usize>user(64));
  const reg = changetype<io_uring_mem_region_reg>(<usize>user(64));
  desc.size = size;
  desc.user_addr = addr;
  desc.flags = flags;
  reg.region_uptr = changetype<usize>(desc);
  return register(IORING_REGISTER_MEM_REGION, <u32>changetype<usize>(reg), 1);
}

export function a_region_is_whole_pages_of_the_users_own_or_new(): void {
  begin();
  const mine = user(2 * PAGE);
  assert(region(PAGE, 0, 2) == -EINVAL && region(PAGE, mine, 3) == -EINVAL, 'a flag that is none');
  assert(region(PAGE, 0, IORING_MEM_REGION_TYPE_USER) == -EFAULT && region(PAGE, mine, 0) == -EFAULT, 'an address and its flag');
  assert(region(0, 0, 0) == -EINVAL && region(100, 0, 0) == -EINVAL && region(PAGE, mine + 64, 1) == -EINVAL, 'whole pages');
  assert(region((<u64>1) << 43, 0, 0) == -E2BIG, 'too many pages to count');
  assert(region(2 * PAGE, <u64>0 - PAGE, IORING_MEM_REGION_TYPE_USER) == -EOVERFLOW, 'around the end of all addresses');
  assert(region(PAGE, userEnd(), IORING_MEM_REGION_TYPE_USER) == -EFAULT, 'not of this task');
  assert(region(2 * USER_BYTES, 0, 0) == -ENOMEM, 'more than there is');
  const before = userNext();
  assert(region(PAGE, mine, IORING_MEM_REGION_TYPE_USER) == 0, 'its own');
  assert(userNext() - before <= 128, 'nothing new was made but the arguments');
  assert(sysMmap(HOST, bench().fd, PARAM_REGION, PAGE) == -EINVAL, 'which it need not map');
  verify();
}

export function memory_that_was_given_back_is_given_out_again(): void {
  build();
  const a = userAlloc(HOST, PAGE);
  const b = userAlloc(HOST, 3 * PAGE);
  const c = userAlloc(HOST, PAGE);
  userAlloc(HOST, PAGE);
  assert(b == a + PAGE && c == b + 3 * PAGE, 'one after the other');
  store<u32>(b, 7);
  userFree(b, 2 * PAGE + 1);
  userFree(c, PAGE);
  assert(userAlloc(HOST, 4 * PAGE) == b && load<u32>(b) == 0, 'both in one piece, and empty');
  userFree(b, PAGE);
  userFree(a, PAGE);
  assert(userAlloc(HOST, PAGE) == a && userAlloc(HOST, PAGE) == b, 'what lies before joins too');
  const next = userNext();
  const d = userAlloc(HOST, PAGE);
  store<u32>(d, 7);
  userFree(d, PAGE);
  assert(<u32>userNext() == d && userAlloc(HOST, PAGE) == d && load<u32>(d) == 0 && userNext() >= next, 'the last is as if it never was');
}

export function a_little_memory_leaves_whole_pages_to_those_who_want_pages(): void {
  build();
  const back = userAlloc(HOST, 2 * PAGE);
  userAlloc(HOST, PAGE);
  userFree(back, 2 * PAGE);
  const little = userAlloc(HOST, 64);
  assert(little >= back && little < back + 2 * PAGE, 'of what came back');
  const next = userNext();
  assert(userAlloc(HOST, PAGE) == back && userNext() == next && little >= back + PAGE, 'the other page');
}

export function user_memory_can_be_used_up_to_its_last_page(): void {
  build();
  userAlloc(HOST, PAGE);
  const rest = userEnd() - <u32>userNext();
  assert(userAlloc(HOST, rest + PAGE) == 0 && userAlloc(HOST, rest) == userEnd() - rest, 'all that is left');
  assert(userAlloc(HOST, 64) == 0, 'nothing is');
  const small = userEnd() - 2 * PAGE;
  assert((<u32>userFirst() & (PAGE - 1)) == 0 && small > <u32>userFirst(), 'it begins at a page');
}

function ask(op: u32, size: u32, data: u64): i32 {
  const at = user(64);
  const hdr = changetype<io_uring_query_hdr>(<usize>at);
  hdr.query_op = op;
  hdr.size = size;
  hdr.query_data = data;
  const ret = sysRegister(HOST, 0xffffffff, IORING_REGISTER_QUERY, at, 0);
  return ret != 0 ? ret : hdr.result != 0 ? hdr.result : <i32>hdr.size;
}

export function a_question_has_room_for_its_answer(): void {
  build();
  const data = user(PAGE);
  assert(ask(IO_URING_QUERY_SCQ, PAGE + 1, data) == -E2BIG && ask(IO_URING_QUERY_SCQ, 0, data) == -EINVAL, 'too much, and none');
  assert(ask(IO_URING_QUERY_SCQ, 64, userEnd() - 32) == -EFAULT && ask(99, 64, userEnd() - 32) == -EFAULT, 'room outside');
  assert(ask(99, 64, data) == -EOPNOTSUPP, 'no such question');
  store<u64>(data, u64.MAX_VALUE);
  store<u64>(data + 56, u64.MAX_VALUE);
  assert(ask(IO_URING_QUERY_SCQ, 64, data) == 16 && load<u64>(data) == 64 && load<u64>(data, 8) == 64, 'sizes of a ring');
  assert(load<u64>(data, 56) == 0, 'the rest is zero');
  assert(ask(IO_URING_QUERY_SCQ, 8, data) == 8, 'what there is room for');
  assert(sysRegister(HOST, 0xffffffff, IORING_REGISTER_QUERY, data, 1) == -EINVAL, 'nr_args');
  const circle = user(64);
  const hdr = changetype<io_uring_query_hdr>(<usize>circle);
  hdr.next_entry = circle;
  hdr.query_op = 99;
  assert(sysRegister(HOST, 0xffffffff, IORING_REGISTER_QUERY, circle, 0) == -EINVAL || hdr.result != 0, 'told in its header');
  hdr.query_op = IO_URING_QUERY_SCQ;
  const many = user(64 * 1001);
  for (let i: u32 = 0; i < 1001; i++) {
    const h = changetype<io_uring_query_hdr>(<usize>(many + 64 * i));
    h.query_op = IO_URING_QUERY_SCQ;
    h.size = 16;
    h.query_data = data;
    h.next_entry = i == 1000 ? 0 : many + 64 * (i + 1);
  }
  assert(sysRegister(HOST, 0xffffffff, IORING_REGISTER_QUERY, many, 0) == -ERANGE, 'a thousand at most');
}

export function a_ring_of_buffers_is_asked_for_in_zeroed_words(): void {
  begin();
  const at = user(64);
  const reg = changetype<io_uring_buf_reg>(<usize>at);
  reg.ring_entries = 4;
  reg.flags = <u16>IOU_PBUF_RING_MMAP;
  reg.bgid = 3;
  for (let word: u32 = 24; word < 40; word += 4) {
    store<u32>(at + word, 1);
    assert(register(IORING_REGISTER_PBUF_RING, at, 1) == -EINVAL, 'a word that must be zero');
    store<u32>(at + word, 0);
  }
  assert(register(IORING_REGISTER_PBUF_RING, at, 1) == 0 && register(IORING_REGISTER_PBUF_RING, at, 1) == -EEXIST, 'once');
  const status = user(64);
  store<u32>(status, 3);
  for (let word: u32 = 8; word < 40; word += 4) {
    store<u32>(status + word, 1);
    assert(register(IORING_REGISTER_PBUF_STATUS, status, 1) == -EINVAL, 'and of its status');
    store<u32>(status + word, 0);
  }
  store<u32>(status + 40, 1);
  assert(register(IORING_REGISTER_PBUF_STATUS, status, 1) == 0, 'what lies behind is not looked at');
  assert(register(IORING_UNREGISTER_PBUF_RING, at, 1) == -EINVAL, 'flags');
  reg.flags = 0;
  store<u32>(at + 36, 1);
  assert(register(IORING_UNREGISTER_PBUF_RING, at, 1) == -EINVAL, 'a word');
  store<u32>(at + 36, 0);
  assert(register(IORING_UNREGISTER_PBUF_RING, at, 1) == 0 && register(IORING_UNREGISTER_PBUF_RING, at, 1) == -ENOENT, 'and is gone');
}

export function memory_comes_back_in_two_hundred_and_fifty_five_pieces_at_most(): void {
  build();
  const first = userAlloc(HOST, 600 * PAGE);
  const next = userNext();
  for (let i: u32 = 0; i < 300; i++) userFree(first + 2 * i * PAGE, PAGE);
  for (let at = APP_ADDR; at < REFILL_ADDR; at += 8) assert(load<u64>(at) == 0, 'nothing lies in the next stage');
  for (let i: u32 = 0; i < 255; i++) assert(userAlloc(HOST, PAGE) < next, 'what came back');
  assert(userAlloc(HOST, PAGE) == next, 'the rest is lost');
}
