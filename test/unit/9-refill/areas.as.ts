/**
 * Description: areas and what they are made of: what is refused and lets go of all it had taken, what a table holds, and whose buffer is
 * whose when there is more than one instance.
 */
import { AREAS_MAX, coreState, IFQS_MAX, NONE, ZCRX_LINKS_MAX } from '../../../sim/core';
import { areaPlaceCounts, netmem, PLACE_FREE, poolState } from '../../../stack/3-pool';
import { fdFile, fdFree, fdInstall, fileGet } from '../../../stack/file';
import { sysClose, userFirst } from '../../../uring-model/7-ring';
import { areaAt, dmabufCreate, ifqArea, ifqAt, zcSock } from '../../../uring-model/9-refill';
import { dmabufAt, noHead, noPoll } from '../../../uring-model/9-refill/dmabuf';
import { linkAt, refillState } from '../../../uring-model/9-refill/state';
import {
  EFAULT, EINVAL, ENOMEM, EOVERFLOW, ERANGE, IORING_CQE_F_MORE, IORING_OP_RECV_ZC, IORING_RECV_MULTISHOT, io_uring_zcrx_area_reg,
  zcrx_ctrl, ZCRX_CTRL_ADD_AREA, EMFILE,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, control, cqeOff, cqes, DEFER32, enter, HOST, isCqe, packet, prepareZcrx, registerZcrx, ring, settle, socket, sqe, user,
  verify, zcrx,
} from '../config_ring.as';
import { prepared, reg, zcrxNodev } from '../config_zcrx.as';
import { AT_REFILL_AREA_PAGE, setHost } from '../config.gen.as';

const PAGE: u32 = 4096;
const USER_BYTES: u32 = 8 << 20;

function area(): io_uring_zcrx_area_reg {
  return changetype<io_uring_zcrx_area_reg>(<usize>bench().area_reg);
}
/** One more area of so many pages; 0 or -errno. */
function add(pages: u32): i32 {
  memory.fill(bench().area_reg, 0, 48);
  area().addr = user(pages * PAGE);
  area().len = pages * PAGE;
  changetype<zcrx_ctrl>(<usize>bench().ctrl).zc_area.area_ptr = bench().area_reg;
  return control(ZCRX_CTRL_ADD_AREA);
}

export function what_lies_around_the_end_of_all_addresses_is_no_area(): void {
  prepared(8);
  area().addr = <u64>0 - PAGE;
  area().len = 2 * PAGE;
  assert(registerZcrx() == -EOVERFLOW, 'it goes round (io_validate_user_buf_range)');
  area().addr = <u64>0 - 2 * PAGE;
  area().len = PAGE;
  assert(registerZcrx() == -EFAULT, 'it does not, and is nobody\'s memory');
  area().len = PAGE + 1;
  assert(registerZcrx() == -EOVERFLOW, 'a part of a page counts as one');
  area().len = (<u64>1 << 40) + PAGE;
  assert(registerZcrx() == -EINVAL, 'more than a terabyte, whatever the address');
  area().len = 0;
  assert(registerZcrx() == -EFAULT, 'nothing');
}

export function a_dma_buf_of_another_length_is_let_go(): void {
  prepared(8);
  const fd = dmabufCreate(HOST, area().addr, 8 * PAGE, PAGE);
  area().addr = 0;
  area().flags = 1;
  area().dmabuf_fd = fd;
  area().len = 4 * PAGE;
  assert(registerZcrx() == -EINVAL && dmabufAt(0).refs == 1, 'only its descriptor has it');
  area().len = 8 * PAGE;
  assert(registerZcrx() == 0 && dmabufAt(0).refs == 2, 'and now an area too');
  assert(sysClose(HOST, <u32>fd) == 0 && dmabufAt(0).refs == 1, 'the descriptor is gone');
  sysClose(HOST, bench().fd);
  settle();
  assert(dmabufAt(0).refs == 0, 'and the area');
}

export function nobody_waits_for_a_dma_buf(): void {
  assert(noPoll(0) == 0 && noHead(0, 0) == 0, 'nothing happens to it');
}

export function dma_bufs_come_to_an_end_though_descriptors_do_not(): void {
  build();
  ring(64, DEFER32);
  const addr = user(PAGE);
  let made: u32 = 0;
  while (made < 100 && dmabufCreate(HOST, addr, PAGE, PAGE) >= 0) made++;
  assert(made == 32 && dmabufCreate(HOST, addr, PAGE, PAGE) == -ENOMEM, 'thirty-two');
  assert(socket() != 0, 'there are descriptors still');
}

export function a_last_run_of_any_length_decides_how_large_buffers_are(): void {
  build();
  setHost(HOST, AT_REFILL_AREA_PAGE, 32768);
  ring(64, DEFER32);
  prepareZcrx(10, 8);
  reg().rx_buf_len = 16384;
  assert(registerZcrx() == -ERANGE, 'a run of eight pages, and one of two');
  reg().rx_buf_len = 8192;
  assert(registerZcrx() == 0 && areaAt(0).num_niovs == 5, 'pairs of pages fit');
}

export function an_area_shorter_than_one_run_is_one_run(): void {
  build();
  setHost(HOST, AT_REFILL_AREA_PAGE, 1 << 20);
  ring(64, DEFER32);
  prepareZcrx(4, 8);
  reg().rx_buf_len = 32768;
  assert(registerZcrx() == -ERANGE, 'longer than all of it');
  reg().rx_buf_len = 16384;
  assert(registerZcrx() == 0 && areaAt(0).num_niovs == 1, 'all of it');
}

export function areas_come_to_an_end_and_then_there_is_no_memory(): void {
  zcrxNodev(1);
  let n: u32 = 1;
  let ret: i32 = 0;
  while (n < 2 * AREAS_MAX) {
    ret = add(1);
    if (ret != 0) break;
    n++;
  }
  assert(n == AREAS_MAX && ret == -ENOMEM && ifqAt(0).nr_areas == AREAS_MAX, 'as many as there are places for');
  assert(area().rq_area_token == (<u64>AREAS_MAX) << 48, 'the token is told all the same');
  for (let i: u32 = 0; i < AREAS_MAX; i++) {
    const a = ifqArea(ifqAt(0), i);
    assert(a.area_id == i && a.num_niovs == 1 && netmem(a.first).area == <u16>i && netmem(a.first).niov_idx == 0, 'each its own');
    assert(a.first == areaAt(0).first + i && a.freelist == areaAt(0).freelist + i * 4 && load<u32>(a.freelist) == a.first, 'and its place');
  }
  verify();
}

export function an_area_with_more_buffers_than_the_table_has_is_refused(): void {
  zcrxNodev(1);
  const left = poolState().netmem_capacity - poolState().netmem_count;
  assert(left < USER_BYTES / PAGE + 1, 'rows that are left');
  // The same memory may be in two areas: nobody looks.
  memory.fill(bench().area_reg, 0, 48);
  area().addr = userFirst();
  area().len = <u64>(USER_BYTES / PAGE) * PAGE;
  changetype<zcrx_ctrl>(<usize>bench().ctrl).zc_area.area_ptr = bench().area_reg;
  assert(control(ZCRX_CTRL_ADD_AREA) == 0, 'all the rest of it');
  assert(poolState().netmem_capacity - poolState().netmem_count == left - USER_BYTES / PAGE, 'one row for each page');
  assert(add(1) == -ENOMEM && ifqAt(0).nr_areas == 2, 'none is left');
}

export function what_an_area_is_described_by_lies_in_user_memory(): void {
  zcrx(2, 8, 64);
  const ctrl = changetype<zcrx_ctrl>(<usize>bench().ctrl);
  const end = <u32>userFirst() + USER_BYTES;
  const good = user(2 * PAGE);
  for (let off: u32 = 8; off < 48; off += 8) {
    const reg = changetype<io_uring_zcrx_area_reg>(<usize>(end - off));
    memory.fill(end - off, 0, off);
    reg.addr = good;
    if (off >= 16) reg.len = PAGE;
    ctrl.zc_area.area_ptr = end - off;
    assert(control(ZCRX_CTRL_ADD_AREA) == -EFAULT && ifqAt(0).nr_areas == 1, 'a part of it does not');
  }
  memory.fill(end - 48, 0, 48);
  changetype<io_uring_zcrx_area_reg>(<usize>(end - 48)).addr = good;
  changetype<io_uring_zcrx_area_reg>(<usize>(end - 48)).len = PAGE;
  ctrl.zc_area.area_ptr = end - 48;
  assert(control(ZCRX_CTRL_ADD_AREA) == 0 && ifqAt(0).nr_areas == 2, 'the last place that is all in it');
  verify();
}

export function a_buffer_belongs_to_the_instance_whose_area_it_lies_in(): void {
  zcrx(4, 8, 64);
  prepareZcrx(4, 8);
  reg().if_rxq = 1;
  assert(registerZcrx() == 0 && reg().zcrx_id == 1, 'a second instance');
  assert(areaAt(1).ifq == 1 && areaAt(1).area_id == 0 && areaAt(1).first == areaAt(0).first + 4, 'its area is the second');
  assert(netmem(areaAt(1).first).area == 1 && netmem(areaAt(1).first + 3).niov_idx == 3, 'and its buffers know');
  bench().pool++;
  const fd = socket();
  packet(fd, 0, 100);
  for (let id: u32 = 0; id < 2; id++) {
    const s = sqe(IORING_OP_RECV_ZC, 7);
    s.fd = <i32>fd;
    s.ioprio = <u16>IORING_RECV_MULTISHOT;
    s.file_index = id;
    assert(enter(1, 0, 0) == 1, 'submitted');
  }
  assert(cqes() == 2 && isCqe(0, 7, -EFAULT, 0), 'the first may not have it');
  assert(isCqe(1, 7, 100, IORING_CQE_F_MORE) && cqeOff(1) == 0, 'the second has');
  assert(ifqAt(1).loans == 1 && ifqAt(0).loans == 0, 'on loan from there');
  verify();
}

export function a_place_that_is_used_again_belongs_to_whom_it_was_given(): void {
  zcrx(8, 8, 64);
  const first = areaAt(0).first;
  sysClose(HOST, bench().fd);
  settle();
  netmem(first + 2).host = 0;
  ring(64, DEFER32);
  prepareZcrx(6, 8);
  reg().rx_buf_len = 8192;
  assert(registerZcrx() == 0 && areaAt(0).first == first && areaAt(0).num_niovs == 3, 'three large buffers where eight were');
  for (let i: u32 = 0; i < 3; i++) {
    const n = netmem(first + i);
    assert(n.addr == bench().area + i * 8192 && n.size == 8192 && n.host == <u8>HOST && n.niov_idx == i, 'as if they were new');
    assert(n.place == PLACE_FREE && n.user_ref == 0 && n.pp_ref == 0 && n.area == 0, 'and free');
  }
  const counts = areaPlaceCounts(0);
  assert(load<u32>(counts) == 3 && load<u32>(counts + 4) == 0 && load<u32>(counts + 8) == 0 && load<u32>(counts + 12) == 0, 'counted');
  assert(areaAt(0).capacity == 8 && areaAt(0).free_count == 3, 'the place is as large as it was');
  verify();
}

export function instances_come_to_an_end(): void {
  zcrxNodev(1);
  let n: u32 = 1;
  let ret: i32 = 0;
  while (n < 2 * IFQS_MAX) {
    prepareZcrx(1, 8);
    reg().if_idx = 0;
    reg().flags = 2;
    ret = registerZcrx();
    if (ret != 0) break;
    assert(reg().zcrx_id == n, 'the next number');
    n++;
  }
  assert(n == IFQS_MAX && ret == -ENOMEM, 'as many as there are');
  verify();
}

export function tables_lie_one_behind_the_other(): void {
  zcrx(4, 8, 64);
  const s = refillState();
  const arena: u32 = 0x180000;
  assert(s.ifqs_base >= arena && s.areas_base >= s.ifqs_base + IFQS_MAX * 152 && s.links_base >= s.areas_base + AREAS_MAX * 48, 'apart');
  assert(s.counters_base >= s.links_base + ZCRX_LINKS_MAX * 16 && s.socks_base > s.counters_base, 'and in order');
  assert(s.freelists_base >= s.socks_base + 64 * 32 && s.dmabufs_base > s.freelists_base && s.dmabufs_base < coreState().arena_next, 'all');
  assert(changetype<usize>(ifqAt(0)) == <usize>s.ifqs_base && changetype<usize>(ifqAt(1)) > changetype<usize>(ifqAt(0)), 'rows go up');
  assert(changetype<usize>(areaAt(1)) == <usize>s.areas_base + 48 && changetype<usize>(linkAt(1)) == <usize>s.links_base + 16, 'areas');
  assert(changetype<usize>(zcSock(2)) == <usize>s.socks_base + 64 && changetype<usize>(dmabufAt(1)) == <usize>s.dmabufs_base + 16, 'too');
  assert(ifqArea(ifqAt(0), 0).first == s.niovs_first && areaAt(0).freelist == s.freelists_base, 'the first area has the first rows');
  assert(areaAt(0).used == 1 && ifqAt(0).if_rxq == 0 && ifqAt(0).master_ring == NONE, 'as it was registered');
}

export function reserved_words_of_an_area_are_zero(): void {
  prepared(4);
  for (let off: u32 = 32; off < 48; off += 8) {
    store<u64>(bench().area_reg + off, 1);
    assert(registerZcrx() == -EINVAL, 'this one is not');
    store<u64>(bench().area_reg + off, 0);
  }
  reg().offsets.head = 7;
  assert(registerZcrx() == 0 && reg().offsets.head == 0 && ifqAt(0).offset_mask == u64.MAX_VALUE, 'where the head lies is told');
}

export function an_area_to_be_added_has_no_token_yet(): void {
  zcrx(2, 8, 64);
  store<u64>(bench().ctrl, 1, 72);
  assert(add(1) == 0, 'what lies behind the operation is nobody\'s');
  const at = user(64);
  memory.copy(at, bench().area_reg, 48);
  changetype<zcrx_ctrl>(<usize>bench().ctrl).zc_area.area_ptr = at;
  assert(changetype<io_uring_zcrx_area_reg>(<usize>at).rq_area_token != 0 && control(ZCRX_CTRL_ADD_AREA) == -EINVAL, 'the one that it got');
  for (let off: u32 = 32; off < 72; off += 8) {
    store<u64>(bench().ctrl + off, 1);
    assert(control(ZCRX_CTRL_ADD_AREA) == -EINVAL, 'reserved words');
    store<u64>(bench().ctrl + off, 0);
  }
}

export function an_area_lies_in_the_dma_buf_that_it_names(): void {
  prepared(4);
  const first = dmabufCreate(HOST, user(PAGE), PAGE, PAGE);
  const second = dmabufCreate(HOST, area().addr, 4 * PAGE, PAGE);
  assert(first >= 0 && second >= 0, 'two');
  const addr = <u32>area().addr;
  area().addr = 0;
  area().flags = 1;
  area().dmabuf_fd = second;
  assert(registerZcrx() == 0 && areaAt(0).dmabuf == 2 && areaAt(0).addr == addr && areaAt(0).account_pages == 0, 'the second');
  assert(dmabufAt(0).refs == 1 && dmabufAt(1).refs == 2, 'which it keeps');
}

export function without_descriptors_there_are_no_dma_bufs(): void {
  build();
  ring(64, DEFER32);
  const fd = socket();
  while (fdFree(HOST)) {
    fileGet(fdFile(HOST, <i32>fd));
    fdInstall(HOST, fdFile(HOST, <i32>fd));
  }
  assert(dmabufCreate(HOST, user(PAGE), PAGE, PAGE) == -EMFILE && dmabufAt(0).refs == 0, 'none');
}
