/** Description: received pages are mapped to the user instead of being copied, as far as they are whole pages. */
import { NONE } from '../../../sim/core';
import {
  mappingsInit, netmem, pagesUnmap, pagePool, poolAlloc, poolCreate, poolState, skb, skbAddFrag, skbAlloc, vmaAdd, vmaRemove,
} from '../../../stack/3-pool';
import { tcpGetsockopt, tcpShutdown } from '../../../stack/5-tcp';
import { queueTail, receiveQueue, sock } from '../../../stack/6-socket';
import { ZC_BYTES, ZeroCopyReceive } from '../../../stack/5-tcp/zerocopy_receive';
import { asTask, build, connected, defaults, listener, runMs, userMemory } from '../config_loopback.as';

const SOL_TCP: u32 = 6;
const TCP_ZEROCOPY_RECEIVE: u32 = 35;
const EIO: i32 = -5;
const EINVAL: i32 = -22;
const ENOTCONN: i32 = -107;
const PAGE: u32 = 4096;
const ARG: usize = 0x14400;
/** The area has 16 pages; what is copied goes behind it. */
const AREA: u32 = 16 * PAGE;

function zc(): ZeroCopyReceive {
  return changetype<ZeroCopyReceive>(ARG);
}
function copyTo(): u32 {
  return userMemory() + AREA;
}
/** A connection of host 1 and an area: the socket, and that of its client above. */
function ready(): u64 {
  defaults();
  build();
  mappingsInit();
  const pair = connected();
  assert(vmaAdd(1, userMemory(), AREA, NONE), 'an area');
  asTask(1);
  return pair;
}
/** The peer's bytes arrive in one packet of `count` pages; of the last one there are `last` bytes, from `off` on. */
function arrives(sock_idx: u32, pool: u32, count: u32, last: u32 = 4096, off: u32 = 0): void {
  const sk = sock(sock_idx);
  const idx = skbAlloc(1);
  for (let i: u32 = 0; i < count; i++) {
    const page = poolAlloc(pool);
    const len = i + 1 == count ? last : PAGE;
    for (let at: u32 = 0; at < PAGE; at += 4) store<u32>(netmem(page).addr + at, (sk.rcv_nxt << 8) + (i << 4) + 7);
    skbAddFrag(idx, page, i + 1 == count ? off : 0, len, PAGE);
  }
  const b = skb(idx);
  b.seq = sk.rcv_nxt;
  b.end_seq = b.seq + b.len;
  sk.rcv_nxt = b.end_seq;
  sk.rmem_alloc += b.truesize;
  queueTail(receiveQueue(sk), idx);
}
function receive(sock_idx: u32, length: u32, flags: u32 = 0, room: u32 = 0): i32 {
  memory.fill(ARG, 0, ZC_BYTES);
  zc().address = userMemory();
  zc().length = length;
  zc().flags = flags;
  zc().copybuf_address = copyTo();
  zc().copybuf_len = <i32>room;
  return tcpGetsockopt(sock_idx, SOL_TCP, TCP_ZEROCOPY_RECEIVE, ARG, ZC_BYTES);
}
function said(length: u32, hint: u32, copied: u32): void {
  assert(zc().length == length && zc().recv_skip_hint == hint && zc().copybuf_len == <i32>copied, 'what the kernel says');
}

export function whole_pages_are_mapped_in_order(): void {
  const s = <u32>ready();
  const pool = poolCreate(1, 0, 64);
  arrives(s, pool, 3);
  arrives(s, pool, 2);
  assert(receive(s, AREA) == <i32>ZC_BYTES, 'it goes');
  said(5 * PAGE, 0, 0);
  for (let i: u32 = 1; i < 5; i++) assert(load<u32>(userMemory() + i * PAGE) != load<u32>(userMemory()), 'each its own bytes');
  assert(sock(s).copied_seq == sock(s).rcv_nxt && sock(s).receive_len == 0 && zc().inq == 0, 'all is read');
}

export function no_more_is_mapped_than_was_asked_for_and_the_area_has(): void {
  const s = <u32>ready();
  const pool = poolCreate(1, 0, 64);
  for (let i: u32 = 0; i < 6; i++) arrives(s, pool, 4);
  receive(s, 2 * PAGE + 100);
  said(2 * PAGE, 0, 0);
  assert(zc().inq == 22 * PAGE, 'the rest is there');
  receive(s, 100 * PAGE);
  said(AREA, 0, 0);
}

export function what_is_no_whole_page_ends_it_and_is_said(): void {
  const s = <u32>ready();
  const pool = poolCreate(1, 0, 64);
  arrives(s, pool, 3, 1000);
  arrives(s, pool, 1);
  receive(s, AREA);
  said(2 * PAGE, 1000, 0);
  receive(s, AREA);
  said(0, 1000, 0);
}

export function a_page_that_begins_behind_its_beginning_is_not_mapped(): void {
  const s = <u32>ready();
  const pool = poolCreate(1, 0, 64);
  arrives(s, pool, 1, 3000, 52);
  arrives(s, pool, 1);
  receive(s, AREA);
  said(0, 3000, 0);
}

export function less_than_a_page_is_left_to_a_read(): void {
  const s = <u32>ready();
  arrives(s, poolCreate(1, 0, 64), 1, 100);
  assert(receive(s, AREA) == <i32>ZC_BYTES, 'no error');
  said(0, 100, 0);
}

export function with_room_for_all_everything_is_copied(): void {
  const s = <u32>ready();
  arrives(s, poolCreate(1, 0, 64), 2, 100);
  receive(s, AREA, 0, 2 * PAGE);
  said(0, 0, PAGE + 100);
  assert(load<u32>(copyTo()) != 0 && sock(s).receive_len == 0, 'the bytes are there');
}

export function with_room_for_the_rest_it_is_copied_in_the_same_call(): void {
  const s = <u32>ready();
  const pool = poolCreate(1, 0, 64);
  arrives(s, pool, 3, 1000);
  arrives(s, pool, 1);
  receive(s, AREA, 0, 600);
  said(2 * PAGE, 400, 600);
  receive(s, AREA, 0, 600);
  said(0, 0, 400);
  receive(s, AREA, 0, 600);
  said(PAGE, 0, 0);
}

export function a_mapped_page_leaves_its_pool_and_is_freed_when_it_is_unmapped(): void {
  const s = <u32>ready();
  const pool = poolCreate(1, 0, 64);
  arrives(s, pool, 2);
  receive(s, AREA);
  const used = poolState().pages_used;
  assert(pagePool(pool).released == 2 && pagePool(pool).inflight == 0, 'the pool has not got them back');
  pagesUnmap(userMemory(), AREA);
  assert(poolState().pages_used == used - 2, 'now they are free');
}

export function a_page_that_was_unmapped_before_its_packet_was_read_goes_back_to_its_pool(): void {
  const s = <u32>ready();
  const pool = poolCreate(1, 0, 64);
  arrives(s, pool, 2);
  receive(s, PAGE);
  pagesUnmap(userMemory(), PAGE);
  receive(s, PAGE, 0, 0);
  assert(pagePool(pool).released == 1 && pagePool(pool).recycle_ring + pagePool(pool).recycle_cached == 1, 'one of two');
}

export function what_lies_in_the_area_is_unmapped_first_whatever_the_user_promised(): void {
  const s = <u32>ready();
  const pool = poolCreate(1, 0, 64);
  for (let flags: u32 = 0; flags < 2; flags++) {
    arrives(s, pool, 2);
    arrives(s, pool, 2);
    receive(s, 2 * PAGE);
    const was = load<u32>(userMemory());
    receive(s, 2 * PAGE, flags);
    said(2 * PAGE, 0, 0);
    assert(load<u32>(userMemory()) != was, 'the new bytes');
  }
  assert(vmaRemove(1, userMemory(), AREA) == NONE && pagePool(pool).released == 8, 'all have left the pool');
}

export function a_wrong_address_and_a_wrong_socket_are_refused(): void {
  const s = <u32>ready();
  arrives(s, poolCreate(1, 0, 64), 2);
  receive(s, AREA);
  arrives(s, poolCreate(1, 1, 64), 2);
  memory.fill(ARG, 0, ZC_BYTES);
  zc().address = userMemory() + 8;
  zc().length = AREA;
  assert(tcpGetsockopt(s, SOL_TCP, TCP_ZEROCOPY_RECEIVE, ARG, ZC_BYTES) == EINVAL, 'no page');
  zc().address = userMemory() + AREA;
  assert(tcpGetsockopt(s, SOL_TCP, TCP_ZEROCOPY_RECEIVE, ARG, ZC_BYTES) == EINVAL, 'no area');
  assert(tcpGetsockopt(s, SOL_TCP, TCP_ZEROCOPY_RECEIVE, ARG, 8) == EINVAL, 'too short');
  zc().reserved = 1;
  assert(tcpGetsockopt(s, SOL_TCP, TCP_ZEROCOPY_RECEIVE, ARG, ZC_BYTES) == EINVAL, 'not zero');
  assert(receive(listener(1, 4, 81), AREA) == ENOTCONN, 'a listener has nothing');
}

export function the_end_of_the_stream_is_an_error(): void {
  const pair = ready();
  assert(receive(<u32>pair, AREA) == <i32>ZC_BYTES, 'nothing yet');
  said(0, 0, 0);
  asTask(0);
  tcpShutdown(<u32>(pair >> 32), 1);
  runMs(5);
  asTask(1);
  assert(receive(<u32>pair, AREA) == EIO, 'never again');
}
