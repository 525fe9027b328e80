/**
 * Description: the refill ring and the copies at their edges. Where a loop has a batch, a limit or a fold, one entry more or less is what
 * goes wrong, and it shows as a buffer that nobody finds.
 */
import {
  NONE, PAGE_SIZE, ZCRX_COPY_COUNT, ZCRX_COPY_CQES, ZCRX_COPY_LINEAR_BYTES, ZCRX_COPY_PAGE_BYTES, ZCRX_RQE_MALFORMED, ZCRX_RQE_NOT_LENT,
  ZCRX_RQE_RECYCLED, ZCRX_RQE_TAKEN,
} from '../../../sim/core';
import { netmem, pagePool } from '../../../stack/3-pool';
import { sysClose } from '../../../uring-model/7-ring';
import { areaAt, dmabufCreate, ifqArea, ifqAt, zcrxCounters, zcrxLoseEntry } from '../../../uring-model/9-refill';
import { ZCRX_CTRL_FLUSH_RQ } from '../../../uring-model/uapi.gen';
import {
  bench, build, control, cqe, cqeOff, cqes, getEvents, HOST, linearPacket, pagePacket, recvZc, rqHead, rqPush, socket, take, user, verify,
  zcrx,
} from '../config_ring.as';
import { drain, lend, zcrxNodev } from '../config_zcrx.as';

const EINVAL: i32 = 22;
const EMFILE: i32 = 24;
const ENOMEM: i32 = 12;

function counter(which: u32): u32 {
  return <u32>load<u64>(zcrxCounters(0) + (<usize>which << 3));
}
/** The buffer that lies at an offset. */
function at(i: u32): u32 {
  return ifqArea(ifqAt(0), 0).first + <u32>(cqeOff(i) >> 12);
}
function rqEntry(i: u32): u64 {
  return load<u64>(<usize>ifqAt(0).rqes + (<usize>(i & (ifqAt(0).rq_entries - 1)) << 4));
}

export function the_oldest_entry_may_be_lost(): void {
  zcrx(8, 8, 64);
  lend(8);
  for (let i: u32 = 0; i < 3; i++) rqPush(cqeOff(i), 0);
  assert(zcrxLoseEntry(0, NONE) == at(0) && rqHead() == 1, 'taken out, and nobody has seen it');
  assert(netmem(at(0)).user_ref == 1 && counter(ZCRX_RQE_TAKEN) == 0, 'it stays on loan');
  assert(drain() == 2 && rqHead() == 3, 'the others come');
  verify();
}

export function any_entry_may_be_lost_and_those_before_it_move_up(): void {
  zcrx(8, 8, 64);
  lend(8);
  for (let i: u32 = 0; i < 5; i++) rqPush(cqeOff(i), 0);
  assert(zcrxLoseEntry(0, at(3)) == at(3) && rqHead() == 1, 'one entry fewer, from the front');
  assert(rqEntry(1) == cqeOff(0) && rqEntry(2) == cqeOff(1) && rqEntry(3) == cqeOff(2) && rqEntry(4) == cqeOff(4), 'moved up');
  assert(zcrxLoseEntry(0, at(3)) == NONE && zcrxLoseEntry(0, at(7)) == NONE && rqHead() == 1, 'none of these waits');
  assert(drain() == 4 && counter(ZCRX_RQE_RECYCLED) == 4 && netmem(at(3)).user_ref == 1, 'the other four come');
  verify();
}

export function an_entry_that_names_nothing_can_be_lost_only_as_the_oldest(): void {
  zcrx(4, 8, 64);
  lend(4);
  rqPush(cqeOff(0), 1);
  rqPush(4 * 4096, 0);
  rqPush(cqeOff(1) | ((<u64>1) << 48), 0);
  rqPush(cqeOff(2), 0);
  assert(zcrxLoseEntry(0, at(0)) == NONE && zcrxLoseEntry(0, at(1)) == NONE && rqHead() == 0, 'they name no buffer');
  assert(zcrxLoseEntry(0, NONE) == NONE && rqHead() == 1, 'and are lost all the same');
  assert(zcrxLoseEntry(0, at(2)) == at(2) && rqHead() == 2, 'the last one');
  assert(drain() == 0 && counter(ZCRX_RQE_MALFORMED) == 2 && rqHead() == 4, 'two are left, and they are passed over');
}

export function an_empty_ring_has_nothing_to_lose(): void {
  zcrx(8, 4, 64);
  lend(8);
  assert(zcrxLoseEntry(0, NONE) == NONE && zcrxLoseEntry(0, at(0)) == NONE && rqHead() == 0, 'nothing waits');
  for (let i: u32 = 0; i < 4; i++) rqPush(cqeOff(i), 0);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 4, 'round once');
  rqPush(cqeOff(4), 0);
  rqPush(cqeOff(5), 0);
  assert(zcrxLoseEntry(0, at(5)) == at(5) && rqHead() == 5 && rqEntry(5) == cqeOff(4), 'over the end of the ring');
}

export function a_flush_goes_on_in_batches_of_thirty_two(): void {
  zcrx(100, 128, 128);
  lend(80);
  for (let i: u32 = 0; i < 70; i++) rqPush(cqeOff(i), 0);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 70, 'two batches and a rest');
  assert(counter(ZCRX_RQE_TAKEN) == 70 && counter(ZCRX_RQE_RECYCLED) == 70, 'all of them count');
  for (let i: u32 = 70; i < 80; i++) rqPush(cqeOff(i), i == 73 ? 1 : 0);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 74, 'a bad one ends it, and counts as read');
  assert(counter(ZCRX_RQE_MALFORMED) == 1 && counter(ZCRX_RQE_RECYCLED) == 73, 'three were good');
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 80 && counter(ZCRX_RQE_RECYCLED) == 79, 'the next one goes on');
  verify();
}

export function a_bad_one_at_the_end_of_a_batch_ends_a_flush(): void {
  zcrx(100, 128, 128);
  lend(64);
  for (let i: u32 = 0; i < 40; i++) rqPush(cqeOff(i), i == 31 ? 1 : 0);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 32, 'thirty-one good ones are no full batch');
  assert(counter(ZCRX_RQE_RECYCLED) == 31, 'those');
  verify();
}

export function a_flush_of_as_many_as_the_ring_holds_ends(): void {
  zcrx(64, 32, 64);
  lend(64);
  for (let i: u32 = 0; i < 32; i++) rqPush(cqeOff(i), 0);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 32 && counter(ZCRX_RQE_RECYCLED) == 32, 'one batch, and the ring is round');
  verify();
}

export function what_comes_back_to_its_pool_counts_there(): void {
  zcrx(8, 8, 64);
  lend(8);
  const p = pagePool(bench().pool);
  const inflight = p.inflight;
  for (let i: u32 = 0; i < 3; i++) rqPush(cqeOff(i), 0);
  assert(take() != NONE && p.inflight == inflight - 2 && p.cache_count == 2, 'three came home, and one went out again');
  rqPush(cqeOff(0), 0);
  assert(drain() == 2 && counter(ZCRX_RQE_NOT_LENT) == 1 && p.inflight == inflight, 'a second return is counted, and does nothing');
  verify();
}

export function a_long_fragment_is_copied_a_page_at_a_time(): void {
  zcrxNodev(8);
  const fd = socket();
  linearPacket(fd, 200, 1);
  pagePacket(fd, 3000, 7);
  recvZc(fd, 7, 0);
  assert(cqes() == 2 && cqe(0).res == 200 && cqe(1).res == 3000, 'a copy for each');
  assert(counter(ZCRX_COPY_LINEAR_BYTES) == 200 && counter(ZCRX_COPY_PAGE_BYTES) == 3000, 'by what they were');
  assert(counter(ZCRX_COPY_CQES) == 2 && counter(ZCRX_COPY_COUNT) == 1, 'the kernel counts pages only');
  for (let i: u32 = 0; i < 3000; i += 500) {
    const from = bench().area + <u32>cqeOff(1) + i;
    assert(load<u8>(from) == <u8>(7 + i), 'each byte in its place');
  }
  verify();
}

export function a_limit_cuts_a_copy_and_the_rest_follows(): void {
  zcrxNodev(8);
  const fd = socket();
  linearPacket(fd, 100, 0);
  pagePacket(fd, 100, 0);
  recvZc(fd, 7, 60);
  assert(cqes() == 2 && cqe(0).res == 60 && cqe(1).res == 0, 'as many as were wanted, and the end');
  recvZc(fd, 8, 60);
  assert(cqes() == 5 && cqe(2).res == 40 && cqe(3).res == 20 && cqe(4).res == 0, 'the rest of one, and a piece of the next');
  recvZc(fd, 9, 0);
  assert(cqe(5).res == 80 && load<u8>(bench().area + <u32>cqeOff(5)) == 20, 'from where the last one ended');
  assert(load<u8>(bench().area + <u32>cqeOff(2)) == 60, 'as before');
  verify();
}

export function a_dma_buf_is_of_whole_pages_in_runs_of_a_power_of_two(): void {
  build();
  const mem = user(16 * PAGE_SIZE);
  const addr = <u64>((mem + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
  assert(dmabufCreate(HOST, addr, 0, 4096) == -EINVAL, 'no bytes');
  assert(dmabufCreate(HOST, addr + 8, 4096, 4096) == -EINVAL && dmabufCreate(HOST, addr, 4100, 4096) == -EINVAL, 'no whole pages');
  assert(dmabufCreate(HOST, addr, 8192, 2048) == -EINVAL && dmabufCreate(HOST, addr, 8192, 0) == -EINVAL, 'runs smaller than a page');
  assert(dmabufCreate(HOST, addr, 8192, 12288) == -EINVAL, 'no power of two');
  assert(dmabufCreate(HOST, 4096, 4096, 4096) == -EINVAL, 'not the task\'s memory');
  const fd = dmabufCreate(HOST, addr, 8192, 4096);
  assert(fd >= 3, 'a descriptor');
  let made: u32 = 1;
  let ret: i32 = 0;
  while (made < 1000) {
    ret = dmabufCreate(HOST, addr, 4096, 8192);
    if (ret < 0) break;
    made++;
  }
  assert(ret == -ENOMEM || ret == -EMFILE, 'there are only so many');
  assert(sysClose(HOST, <u32>fd) == 0 && dmabufCreate(HOST, addr, 4096, 4096) >= 0, 'one that is closed makes room');
  assert(dmabufCreate(HOST, addr, 4096, 4096) == ret, 'for one');
}

export function areas_lie_beside_each_other_in_the_table(): void {
  zcrx(8, 8, 64);
  const q = ifqAt(0);
  const area = ifqArea(q, 0);
  assert(area.num_niovs == 8 && area.ifq == 0 && q.nr_areas == 1, 'the first');
  for (let i: u32 = 0; i < 8; i++) {
    const n = netmem(area.first + i);
    assert(n.niov_idx == i && n.host == <u8>HOST && n.size == 4096 && n.user_ref == 0, 'each buffer knows its place');
    assert(n.addr == bench().area + i * 4096, 'and where it lies');
  }
  assert(changetype<usize>(areaAt(n_area())) == changetype<usize>(area), 'buffers name their area');
  lend(8);
  getEvents();
  assert(drain() == 0, 'all of them were lent');
}
function n_area(): u32 {
  return netmem(ifqArea(ifqAt(0), 0).first).area;
}
