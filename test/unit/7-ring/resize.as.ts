/**
 * Description: queues of another size (Linux: io_uring/register.c, io_register_resize_rings). What lies in them goes over in its
 * order, what was counted stays counted, and memory that is not used any more comes back.
 */
import {
  EFAULT, EINVAL, ENOMEM, EOVERFLOW, io_uring_params, IO_URING_PARAMS_BYTES, io_uring_sqe, IORING_CQE_F_32, IORING_CQE_F_SKIP,
  IORING_NOP_CQE32, IORING_NOP_INJECT_RESULT, IORING_OP_NOP, IORING_OP_NOP128, IORING_REGISTER_RESIZE_RINGS, IORING_SETUP_CQE32,
  IORING_SETUP_CQE_MIXED, IORING_SETUP_CQSIZE, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SQE128, IORING_SETUP_SQE_MIXED, IORING_SQ_NEED_WAKEUP, IORING_SQ_TASKRUN,
} from '../../../uring-model/uapi.gen';
import { sysMmap, userFirst, userNext } from '../../../uring-model/7-ring';
import {
  bench, build, cqe, cqeOff, cqes, DEFER, DEFER32, enter, isCqe, register, ring, seen, sqe, sqFlags, user, verify,
} from '../config_ring.as';

const PAGE: u32 = 4096;
const INDEXED: u32 = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;

function params(): io_uring_params {
  return changetype<io_uring_params>(<usize>(bench().params + 2048));
}
function resize(sq: u32, cq: u32): i32 {
  return resizeAs(sq, cq, IORING_SETUP_CQSIZE);
}
function resizeAs(sq: u32, cq: u32, flags: u32): i32 {
  const p = params();
  memory.fill(changetype<usize>(p), 0, IO_URING_PARAMS_BYTES);
  p.sq_entries = sq;
  p.cq_entries = cq;
  p.flags = flags;
  const ret = register(IORING_REGISTER_RESIZE_RINGS, <u32>changetype<usize>(p), 1);
  if (ret != 0) return ret;
  const b = bench();
  b.rings = <u32>sysMmap(1, b.fd, 0, PAGE);
  b.sqes = <u32>sysMmap(1, b.fd, 0x10000000, PAGE);
  b.sq_mask = load<u32>(b.rings, 24) - 1;
  b.cq_mask = load<u32>(b.rings, 28) - 1;
  return 0;
}
/** Entry i of the array of indices, as the parameters of `p` place it. */
function index(p: io_uring_params, i: u32): usize {
  return <usize>(bench().rings + p.sq_off.array + (i << 2));
}
function setupParams(): io_uring_params {
  return changetype<io_uring_params>(<usize>bench().params);
}

export function what_is_asked_for_is_checked(): void {
  build();
  ring(8, DEFER);
  assert(register(IORING_REGISTER_RESIZE_RINGS, 64, 1) == -EFAULT, 'parameters');
  assert(resizeAs(8, 16, IORING_SETUP_CQE32) == -EINVAL && resizeAs(8, 16, IORING_SETUP_SQE128) == -EINVAL, 'the form stays');
  assert(resize(0, 16) == -EINVAL && resize(8, 0) == -EINVAL && resize(8, 4) == -EINVAL, 'sizes');
  assert(resize(40000, 80000) == -EINVAL, 'too large');
  assert(resizeAs(8, 0, 0) == 0 && bench().cq_mask == 15, 'twice as many completions, if nobody says');
  assert(resize(5, 9) == 0 && bench().sq_mask == 7 && bench().cq_mask == 15 && params().cq_entries == 16, 'powers of two');
  verify();
}

export function as_much_as_fits_goes_over_and_not_one_more(): void {
  build();
  ring(16, DEFER);
  for (let i: u32 = 0; i < 5; i++) sqe(IORING_OP_NOP, i);
  assert(resize(4, 16) == -EOVERFLOW, 'five into four');
  enter(1, 0, 0);
  assert(resize(4, 16) == 0, 'four into four');
  assert(enter(4, 0, 0) == 4 && cqes() == 5 && cqe(4).user_data == 4, 'in their order');
  assert(resize(4, 4) == -EOVERFLOW, 'five completions into four');
  seen(1);
  assert(resize(4, 4) == 0 && cqes() == 4 && cqe(0).user_data == 1 && cqe(3).user_data == 4, 'four into four');
  seen(4);
  for (let i: u32 = 0; i < 4; i++) sqe(IORING_OP_NOP, 10 + i);
  assert(enter(4, 0, 0) == 4 && cqes() == 4 && cqe(0).user_data == 10 && cqe(3).user_data == 13, 'both go on where they were');
  verify();
}

export function what_wraps_is_unwound(): void {
  build();
  ring(4, DEFER);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, i);
  enter(3, 0, 0);
  seen(3);
  for (let i: u32 = 0; i < 4; i++) sqe(IORING_OP_NOP, 10 + i);
  assert(resize(16, 32) == 0 && enter(4, 0, 0) == 4, 'entries 3, 0, 1, 2');
  for (let i: u32 = 0; i < 4; i++) assert(cqe(i).user_data == 10 + i, 'in order');
  assert(resize(4, 4) == 0, 'and back');
  for (let i: u32 = 0; i < 4; i++) assert(isCqe(i, 10 + i, 0, 0), 'in order');
  verify();
}

export function entries_are_found_by_their_indices_and_lie_in_a_row_afterwards(): void {
  build();
  ring(8, INDEXED);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, i);
  const old = setupParams();
  store<u32>(index(old, 0), 2);
  store<u32>(index(old, 1), 0);
  store<u32>(index(old, 2), 1);
  assert(resize(32, 64) == 0, 'larger');
  const p = params();
  for (let i: u32 = 0; i < 3; i++) assert(load<u32>(index(p, i)) == i, 'a row');
  assert(changetype<io_uring_sqe>(<usize>bench().sqes).user_data == 2, 'the first to be read is the first');
  assert(enter(3, 0, 0) == 3 && cqe(0).user_data == 2 && cqe(1).user_data == 0 && cqe(2).user_data == 1, 'in the order of the indices');
  verify();
}

export function an_index_that_is_none_stays_none(): void {
  build();
  ring(8, INDEXED);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, i);
  const old = setupParams();
  store<u32>(index(old, 0), 0);
  store<u32>(index(old, 1), 8);
  store<u32>(index(old, 2), 2);
  assert(resize(32, 64) == 0, 'larger');
  const p = params();
  assert(load<u32>(index(p, 0)) == 0 && load<u32>(index(p, 2)) == 2, 'those that are');
  assert(load<u32>(index(p, 1)) == u32.MAX_VALUE, 'and the other, though there is an entry 8 now');
  assert(enter(3, 0, 0) == 1 && load<u32>(bench().rings + p.sq_off.dropped) == 1, 'it is dropped, and ends the batch');
  assert(enter(1, 0, 0) == 1 && cqes() == 2 && cqe(1).user_data == 2, 'what follows comes next');
  assert(resize(8, 16) == 0 && load<u32>(bench().rings + params().sq_off.dropped) == 1, 'what was dropped stays counted');
  verify();
}

export function without_indices_nothing_is_written_behind_the_completions(): void {
  build();
  ring(8, DEFER);
  sqe(IORING_OP_NOP, 7);
  assert(resize(8, 16) == 0, 'as large');
  for (let at: u32 = 64 + 16 * 16; at < PAGE; at += 4) assert(load<u32>(bench().rings + at) == 0, 'no array');
  assert(enter(1, 0, 0) == 1 && isCqe(0, 7, 0, 0), 'and the entry is there');
}

export function both_halves_of_a_large_entry_go_over(): void {
  build();
  ring(4, DEFER | IORING_SETUP_SQE_MIXED);
  sqe(IORING_OP_NOP, 1);
  sqe(IORING_OP_NOP128, 2);
  sqe(IORING_OP_NOP, 99);
  sqe(IORING_OP_NOP, 3);
  assert(resize(16, 32) == 0 && changetype<io_uring_sqe>(<usize>(bench().sqes + 128)).user_data == 99, 'the second half too');
  assert(enter(4, 0, 0) == 4 && cqes() == 3 && cqe(1).user_data == 2 && cqe(2).user_data == 3, 'which is no request');
  verify();
}

export function both_halves_stay_together_whatever_the_second_index_says(): void {
  build();
  ring(8, INDEXED | IORING_SETUP_SQE_MIXED);
  for (let i: u32 = 0; i < 4; i++) sqe(i == 2 ? IORING_OP_NOP128 : IORING_OP_NOP, 10 + i);
  const old = setupParams();
  store<u32>(index(old, 0), 2);
  store<u32>(index(old, 1), 0);
  store<u32>(index(old, 2), 1);
  store<u32>(index(old, 3), 0);
  assert(resize(16, 32) == 0, 'larger');
  const b = bench();
  assert(changetype<io_uring_sqe>(<usize>b.sqes).user_data == 12 && changetype<io_uring_sqe>(<usize>(b.sqes + 64)).user_data == 13, 'pair');
  assert(changetype<io_uring_sqe>(<usize>(b.sqes + 128)).user_data == 11, 'and the next');
}

export function a_large_entry_is_not_torn_apart_by_the_end_of_a_smaller_queue(): void {
  build();
  ring(8, DEFER | IORING_SETUP_SQE_MIXED);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, i);
  enter(3, 0, 0);
  sqe(IORING_OP_NOP128, 20);
  sqe(IORING_OP_NOP, 99);
  assert(resize(4, 16) == -EOVERFLOW, 'its first half would be the last of four');
  assert(resize(16, 16) == 0 && enter(2, 0, 0) == 2 && cqes() == 4 && cqe(3).user_data == 20, 'elsewhere it has room');
  verify();
}

export function a_first_half_at_the_very_end_is_an_entry_like_any_other(): void {
  build();
  ring(4, DEFER | IORING_SETUP_SQE_MIXED);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, i);
  enter(3, 0, 0);
  seen(3);
  sqe(IORING_OP_NOP128, 20);
  assert(resize(16, 16) == 0, 'one half');
  assert(enter(1, 0, 0) == 1 && isCqe(0, 20, -EINVAL, 0), 'it has no second one');
}

export function small_rings_know_no_large_entries(): void {
  build();
  ring(8, DEFER);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, i);
  enter(3, 0, 0);
  seen(3);
  sqe(IORING_OP_NOP128, 20);
  sqe(IORING_OP_NOP, 21);
  assert(resize(4, 16) == 0, 'nothing is torn apart');
  enter(1, 0, 0);
  assert(isCqe(0, 20, -EINVAL, 0) && enter(1, 0, 0) == 1 && isCqe(1, 21, 0, 0), 'two entries');
}

export function wide_completions_go_over_whole(): void {
  build();
  ring(4, DEFER32);
  for (let i: u32 = 0; i < 3; i++) {
    const s = sqe(IORING_OP_NOP, i);
    s.nop_flags = IORING_NOP_CQE32;
    s.off = 100 + i;
  }
  enter(3, 0, 0);
  const before = cqeOff(2);
  assert(resize(8, 32) == 0 && cqes() == 3, 'larger');
  assert(cqe(2).user_data == 2 && cqeOff(2) == before, 'both halves');
  verify();
}

export function a_wide_completion_of_a_mixed_queue_is_not_torn_apart(): void {
  build();
  ring(8, DEFER | IORING_SETUP_CQE_MIXED);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, i);
  enter(3, 0, 0);
  sqe(IORING_OP_NOP, 5).nop_flags = IORING_NOP_CQE32;
  enter(1, 0, 0);
  assert(cqes() == 5 && (cqe(3).flags & IORING_CQE_F_32) != 0, 'three small ones and a wide one');
  seen(1);
  assert(resize(4, 4) == -EOVERFLOW, 'its first half would be the last of four');
  assert(resize(8, 16) == 0 && cqes() == 4 && cqe(2).user_data == 5 && (cqe(2).flags & IORING_CQE_F_32) != 0, 'elsewhere it has room');
  assert((cqe(0).flags & IORING_CQE_F_SKIP) == 0, 'no filler');
  verify();
}

export function what_the_application_may_have_missed_is_flagged(): void {
  build();
  ring(8, DEFER);
  assert(sqFlags() == 0 && resize(8, 16) == 0, 'nothing was');
  assert(sqFlags() == (IORING_SQ_TASKRUN | IORING_SQ_NEED_WAKEUP), 'it shall look');
}

export function counters_and_flags_of_completions_stay(): void {
  build();
  ring(4, DEFER);
  for (let i: u32 = 0; i < 4; i++) sqe(IORING_OP_NOP, i);
  enter(4, 0, 0);
  const p = setupParams();
  store<u32>(bench().rings + p.cq_off.flags, 1);
  store<u32>(bench().rings + p.cq_off.overflow, 5);
  assert(resize(8, 16) == 0, 'larger');
  assert(load<u32>(bench().rings + params().cq_off.flags) == 1 && load<u32>(bench().rings + params().cq_off.overflow) == 5, 'as they were');
  sqe(IORING_OP_NOP, 9).nop_flags = IORING_NOP_INJECT_RESULT;
  assert(enter(1, 0, 0) == 1 && cqes() == 5, 'there is room now');
}

export function memory_of_other_sizes_comes_back(): void {
  build();
  ring(8, DEFER);
  resize(256, 512);
  resize(8, 16);
  const next = userNext();
  for (let i: u32 = 0; i < 12; i++) assert(resize(256, 512) == 0 && resize(8, 16) == 0, 'larger and smaller');
  assert(userNext() == next, 'nothing more was taken');
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, i);
  for (let i: u32 = 0; i < 12; i++) assert(resize(2, 4) == -EOVERFLOW, 'too small');
  assert(userNext() <= next, 'nor by one that failed');
  verify();
}

export function without_memory_all_stays_as_it_was(): void {
  build();
  ring(8, DEFER);
  while (user(16 * PAGE) != 0) {}
  sqe(IORING_OP_NOP, 1);
  assert(resize(4096, 8192) == -ENOMEM, 'none for the rings');
  while (user(PAGE) != 0) {}
  assert(resize(8, 16) == -ENOMEM, 'none at all');
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'the old ones work');
  verify();
}

export function what_one_queue_got_comes_back_when_the_other_gets_nothing(): void {
  build();
  ring(8, DEFER);
  user(PAGE);
  const end = <u32>userFirst() + (8 << 20);
  assert(user(end - <u32>userNext() - 10 * PAGE) != 0, 'ten pages are left');
  assert(resize(1024, 1024) == -ENOMEM, 'five for the rings, but not sixteen for entries');
  assert(user(10 * PAGE) != 0, 'all ten are free');
  verify();
}
