/**
 * Description: the refill ring. Which entries give a buffer back and which are passed over in silence: an application that
 * gets this wrong loses buffers one by one, and no call ever tells it so.
 */
import { NONE } from '../../../sim/core';
import { netmem, pagePool, poolRecycle } from '../../../stack/3-pool';
import { bench, cqeOff, packet, packetOfOneBuffer, recvZc, rqHead, rqPush, seen, socket, take, verify, zcrx } from '../config_ring.as';
import { drain, lend } from '../config_zcrx.as';

export function a_buffer_that_is_given_back_is_used_again(): void {
  zcrx(4, 8, 64);
  lend(4);
  assert(drain() == 0, 'all are on loan');
  rqPush(cqeOff(2), 0);
  const idx = take();
  assert(idx != NONE && netmem(idx).niov_idx == 2, 'the third that was lent');
  assert(drain() == 0 && rqHead() == 1, 'one entry, one buffer');
  verify();
}

export function the_free_list_is_a_stack(): void {
  zcrx(100, 8, 64);
  assert(netmem(take()).niov_idx == 36, 'sixty-four were taken from the top, and the last of them is used first');
  assert(netmem(take()).niov_idx == 37, 'then the one before');
  assert(pagePool(bench().pool).cache_count == 62, 'the rest waits in the cache');
  verify();
}

export function an_entry_with_padding_is_passed_over(): void {
  zcrx(4, 8, 64);
  lend(4);
  rqPush(cqeOff(0), 1);
  assert(drain() == 0 && rqHead() == 1, 'read, and nothing happened');
  verify();
}

export function an_entry_for_an_area_that_is_not_there_is_passed_over(): void {
  zcrx(4, 8, 64);
  lend(4);
  rqPush(cqeOff(0) | ((<u64>1) << 48), 0);
  assert(drain() == 0 && rqHead() == 1, 'read, and nothing happened');
}

export function an_entry_past_the_end_of_the_area_is_passed_over(): void {
  zcrx(4, 8, 64);
  lend(4);
  rqPush(4 * 4096, 0);
  rqPush(cqeOff(0), 0);
  assert(drain() == 1 && rqHead() == 2, 'the next one counts');
}

export function the_index_of_a_buffer_wraps_at_2_to_the_32(): void {
  zcrx(4, 8, 64);
  lend(4);
  rqPush(((<u64>1) << 44) + cqeOff(0), 0);
  assert(drain() == 1, 'offset 2^44 is buffer 2^32 of 4 KiB, and that is buffer 0 again');
}

export function any_byte_of_a_buffer_names_it(): void {
  zcrx(4, 8, 64);
  lend(4);
  rqPush(cqeOff(0) + 4095, 0);
  assert(drain() == 1, 'the offset is rounded down');
}

export function a_buffer_that_is_not_on_loan_is_not_given_back(): void {
  zcrx(4, 8, 64);
  const held = take();
  rqPush(<u64>netmem(held).niov_idx << 12, 0);
  while (pagePool(bench().pool).cache_count > 0) take();
  assert(take() == NONE && rqHead() == 1, 'the NIC has it, and keeps it');
  verify();
}

export function a_buffer_that_is_given_back_twice_is_given_back_once(): void {
  zcrx(4, 8, 64);
  lend(4);
  rqPush(cqeOff(0), 0);
  rqPush(cqeOff(1), 0);
  rqPush(cqeOff(0), 0);
  assert(drain() == 2, 'the second return of the first buffer does nothing');
  verify();
}

export function a_buffer_that_is_still_in_a_socket_is_shared(): void {
  zcrx(4, 8, 64);
  const fd = socket();
  const idx = packetOfOneBuffer(fd, 2, 100);
  for (let i: u32 = 0; i < 3; i++) packet(fd, 0, 100);
  recvZc(fd, 7, 50);
  assert(netmem(idx).user_ref == 1 && netmem(idx).pp_ref == 3, 'one piece of one fragment is lent');
  rqPush(cqeOff(0), 0);
  assert(drain() == 0 && netmem(idx).user_ref == 0, 'the loan ends, and the socket still holds the buffer');
  verify();
}

export function fragments_of_one_buffer_are_lent_and_returned_one_by_one(): void {
  zcrx(4, 8, 64);
  const fd = socket();
  for (let i: u32 = 0; i < 3; i++) packet(fd, 0, 100);
  const idx = packetOfOneBuffer(fd, 3, 100);
  recvZc(fd, 7, 0);
  assert(netmem(idx).user_ref == 3 && netmem(idx).pp_ref == 3, 'three loans of one buffer');
  rqPush(cqeOff(3), 0);
  rqPush(cqeOff(0), 0);
  assert(drain() == 1, 'one return of three is not enough');
  rqPush(cqeOff(3), 0);
  rqPush(cqeOff(3), 0);
  assert(drain() == 1, 'the other two, in a row, are');
  verify();
}

export function too_many_returns_in_a_row_are_refused_together(): void {
  zcrx(4, 8, 64);
  const fd = socket();
  for (let i: u32 = 0; i < 3; i++) packet(fd, 0, 100);
  packetOfOneBuffer(fd, 2, 100);
  recvZc(fd, 7, 0);
  const off = cqeOff(3);
  for (let i: u32 = 0; i < 3; i++) rqPush(off, 0);
  assert(drain() == 0, 'three returns of two loans: not even two of them count');
  rqPush(off, 0);
  rqPush(cqeOff(0), 0);
  rqPush(off, 0);
  assert(drain() == 2, 'apart from each other they do');
  verify();
}

export function a_ring_that_is_filled_over_its_end_loses_what_was_overwritten(): void {
  zcrx(8, 4, 64);
  lend(8);
  for (let i: u32 = 0; i < 6; i++) rqPush(cqeOff(i), 0);
  assert(take() != NONE && rqHead() == 4, 'four entries are there: those that were written last');
  // The kernel believes that two more are left, and reads old ones again.
  assert(drain() == 3 && rqHead() == 6, 'and their buffers are not on loan any more');
  rqPush(cqeOff(0), 0);
  assert(drain() == 1, 'a buffer whose entry was overwritten stays on loan until it is returned again');
  verify();
}

export function at_most_sixty_three_buffers_come_from_the_ring_at_once(): void {
  zcrx(80, 128, 128);
  lend(80);
  for (let i: u32 = 0; i < 80; i++) rqPush(cqeOff(i), 0);
  assert(take() != NONE && rqHead() == 64, 'the loop ends with 63 in the cache, and the last entry read makes it 64');
  assert(pagePool(bench().pool).cache_count == 63, 'one of them went to the NIC');
  assert(drain() == 79, 'the others come later');
  verify();
}

export function a_refill_reads_at_most_512_entries(): void {
  zcrx(8, 1024, 64);
  lend(8);
  for (let i: u32 = 0; i < 600; i++) rqPush(cqeOff(0), 1);
  rqPush(cqeOff(0), 0);
  assert(take() == NONE && rqHead() == 256, 'by the tail that was known nothing, by a fresh one 256');
  assert(take() != NONE && rqHead() == 601, 'now 256 by the tail known before, and the rest by a fresh one');
  verify();
}

export function when_the_ring_gives_nothing_the_free_list_does(): void {
  zcrx(70, 8, 128);
  lend(3);
  for (let i: u32 = 0; i < 61; i++) take();
  assert(pagePool(bench().pool).cache_count == 0, 'the first 64 are used up');
  rqPush(0, 1);
  assert(take() != NONE, 'six were never used');
  assert(pagePool(bench().pool).cache_count == 5 && rqHead() == 1, 'and all of them come at once');
}

export function a_buffer_of_the_pool_goes_back_to_the_pool(): void {
  zcrx(4, 8, 64);
  const idx = take();
  netmem(idx).pp_ref = 0;
  netmem(idx).place = 3;
  const live = idx;
  netmem(live).place = 2;
  netmem(live).pp_ref = 0;
  poolRecycle(live, true);
  assert(take() == live, 'from the cache');
  seen(0);
  verify();
}
