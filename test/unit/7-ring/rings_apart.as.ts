/**
 * Description: rings of one process are apart: a cancellation finds what its own ring has, wherever that stands, and what a ring has learnt
 * is for its own requests. How many buckets a ring's table has decides in which order it is searched.
 */
import { fdFile, fileAt } from '../../../stack/file';
import { netmsgCacheInit, netmsgRecycle, netmsgTake } from '../../../uring-model/7-ring/async_msg';
import { cancelBucket } from '../../../uring-model/7-ring/cancel_table';
import { reqAlloc, reqAt } from '../../../uring-model/7-ring/request';
import { Ring } from '../../../uring-model/7-ring/state';
import { ringAt } from '../../../uring-model/7-ring';
import {
  ECANCELED, ENOENT, IORING_ASYNC_CANCEL_ALL, IORING_ASYNC_CANCEL_ANY, IORING_OP_ASYNC_CANCEL, IORING_SETUP_NO_SQARRAY, IOSQE_ASYNC, POLLIN,
} from '../../../uring-model/uapi.gen';
import { bench, build, cqe, cqes, enter, getEvents, HOST, isCqe, ring, settle, socket, sqe, verify } from '../config_ring.as';
import { swap, two } from '../config_other_ring.as';
import { nop, poll } from '../config_requests.as';

const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;

function here(): Ring {
  return ringAt(fileAt(fdFile(HOST, <i32>bench().fd)).obj);
}
function cancel(user_data: u64, target: u64, flags: u32): void {
  const s = sqe(IORING_OP_ASYNC_CANCEL, user_data);
  s.addr = target;
  s.cancel_flags = flags;
  assert(enter(1, 0, 0) == 1, 'submitted');
}

export function a_cancellation_finds_what_waits_for_a_file_in_its_own_ring(): void {
  two(PLAIN, PLAIN);
  const fd = socket();
  poll(fd, 8, POLLIN);
  enter(1, 0, 0);
  swap();
  poll(fd, 8, POLLIN);
  enter(1, 0, 0);
  swap();
  cancel(1, 8, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 0, 0) && isCqe(1, 8, -ECANCELED, 0), 'its own, though the other came last');
  cancel(2, 8, 0);
  assert(cqes() == 3 && isCqe(2, 2, -ENOENT, 0), 'the other is not its business');
  swap();
  assert(cqes() == 0, 'nor did it hear of it');
  cancel(3, 8, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 3, 0, 0) && isCqe(1, 8, -ECANCELED, 0), 'it waited on');
  verify();
}

export function a_cancellation_finds_what_waits_for_a_worker_in_its_own_ring(): void {
  two(PLAIN, PLAIN);
  nop(8, IOSQE_ASYNC);
  enter(1, 0, 0);
  swap();
  cancel(1, 8, 0);
  cancel(2, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
  assert(cqes() == 2 && isCqe(0, 1, -ENOENT, 0) && isCqe(1, 2, 0, 0), 'the workers are the same, the rings are not');
  settle();
  swap();
  assert(cqes() == 1 && isCqe(0, 8, 0, 0), 'it ran');
  verify();
}

/** A name that falls into this bucket of a table of 1 << bits, and into that one of a table half or twice as large. */
function named(bits: u32, bucket: u32, other_bits: u32, other_bucket: u32): u64 {
  const r = here();
  const own = r.cancel_bits;
  let name: u64 = 1;
  for (; name < 100000; name++) {
    r.cancel_bits = bits;
    if (cancelBucket(r, name) != bucket) continue;
    r.cancel_bits = other_bits;
    if (cancelBucket(r, name) == other_bucket) break;
  }
  r.cancel_bits = own;
  return name;
}
/** Two requests wait; a cancellation of all finds which one first? */
function first(a: u64, b: u64): u64 {
  const fd = socket();
  poll(fd, a, POLLIN);
  poll(fd, b, POLLIN);
  enter(2, 0, 0);
  cancel(1, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
  getEvents();
  assert(cqes() == 3 && cqe(0).user_data == 1 && cqe(0).res == 2, 'both');
  return cqe(1).user_data;
}

export function a_ring_of_a_hundred_and_twenty_eight_completions_has_four_buckets(): void {
  build();
  ring(128, PLAIN);
  // The same bucket of two, different ones of four.
  const a = named(2, 0, 1, 0);
  const b = named(2, 1, 1, 0);
  assert(first(a, b) == a, 'the first bucket first, and not the last to come');
}

export function a_ring_of_a_hundred_and_twenty_eight_completions_has_no_more_buckets(): void {
  build();
  ring(128, PLAIN);
  // The same bucket of four, different ones of eight.
  const a = named(3, 0, 2, 0);
  const b = named(3, 1, 2, 0);
  assert(first(a, b) == b, 'one bucket, and the last to come is first');
}

export function a_table_has_two_hundred_and_fifty_six_buckets_at_most(): void {
  build();
  ring(16384, PLAIN);
  // The same bucket of 256, different ones of 512.
  const a = named(9, 0, 8, 0);
  const b = named(9, 1, 8, 0);
  assert(first(a, b) == b, 'one bucket, and the last to come is first');
}

export function what_a_ring_has_learnt_of_its_messages_is_its_own(): void {
  two(PLAIN, PLAIN);
  const req = reqAt(reqAlloc(here(), HOST));
  const mine = here().idx;
  swap();
  const other = here().idx;
  netmsgCacheInit(mine);
  netmsgCacheInit(other);
  req.ring = mine;
  req.vec_nr = 7;
  netmsgRecycle(req);
  req.ring = other;
  req.vec_nr = 9;
  netmsgRecycle(req);
  assert(netmsgTake(mine) == 7 && netmsgTake(other) == 9 && netmsgTake(mine) == 0 && netmsgTake(other) == 0, 'each its own');
  netmsgRecycle(req);
  netmsgCacheInit(mine);
  assert(netmsgTake(other) == 9, 'a new ring takes nothing from others');
}
