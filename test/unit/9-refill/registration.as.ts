/**
 * Description: registration, control and the end of an instance. Errors come in the kernel's order, because an application
 * learns what is missing from the first of them; and a queue stays bound until the ring's exit work has run.
 */
import { NONE } from '../../../sim/core';
import { netmem, PLACE_FREE } from '../../../stack/3-pool';
import { sysClose } from '../../../uring-model/7-ring';
import { areaAt, ifqAt } from '../../../uring-model/9-refill';
import {
  EBADF, EEXIST, EFAULT, EINVAL, ENODEV, ENXIO, EOPNOTSUPP, ERANGE, io_uring_region_desc, io_uring_zcrx_area_reg,
  IORING_REGISTER_ZCRX_CTRL, IORING_SETUP_CLAMP, IORING_SETUP_CQE32, zcrx_ctrl, ZCRX_CTRL_ADD_AREA, ZCRX_CTRL_FLUSH_RQ, zcrx_event_desc,
  ZCRX_REG_NODEV,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, control, cqeOff, cqes, DEFER, DEFER32, getEvents, HOST, packet, pagePacket, prepareZcrx, recvZc, register, registerZcrx,
  ring, rqHead, rqPush, settle, socket, take, user, verify, zcrx,
} from '../config_ring.as';
import { prepared, reg } from '../config_zcrx.as';

function area(): io_uring_zcrx_area_reg {
  return changetype<io_uring_zcrx_area_reg>(<usize>bench().area_reg);
}
function desc(): io_uring_region_desc {
  return changetype<io_uring_region_desc>(<usize>bench().desc);
}

export function a_registration_tells_where_everything_is(): void {
  prepared(8);
  reg().rq_entries = 5;
  assert(registerZcrx() == 0, 'registered');
  assert(reg().rq_entries == 8 && reg().zcrx_id == 0 && reg().rx_buf_len == 4096, 'entries are rounded up');
  assert(reg().offsets.head == 0 && reg().offsets.tail == 64 && reg().offsets.rqes == 128, 'the refill ring');
  assert(area().rq_area_token == 0, 'the token of area 0');
  verify();
}

export function only_rings_with_deferred_task_work_and_wide_completions_will_do(): void {
  build();
  ring(64, IORING_SETUP_CQE32);
  prepareZcrx(8, 8);
  assert(registerZcrx() == -EINVAL, 'no DEFER_TASKRUN');
  ring(64, DEFER);
  assert(registerZcrx() == -EINVAL, 'no CQE32');
}

export function errors_come_in_the_kernels_order(): void {
  prepared(8);
  const region = reg().region_ptr;
  reg().zcrx_id = 1;
  reg().region_ptr = 0;
  assert(registerZcrx() == -EINVAL, 'zcrx_id');
  reg().zcrx_id = 0;
  reg().flags = 4;
  assert(registerZcrx() == -EINVAL, 'flags');
  reg().flags = 0;
  assert(registerZcrx() == -EFAULT, 'region_ptr');
  reg().region_ptr = region;
  reg().rq_entries = 0;
  reg().area_ptr = 8;
  assert(registerZcrx() == -EINVAL, 'rq_entries, before area_ptr is looked at');
  reg().rq_entries = 65536;
  assert(registerZcrx() == -EINVAL, 'too many');
  reg().rq_entries = 8;
  reg().flags = ZCRX_REG_NODEV;
  assert(registerZcrx() == -EINVAL, 'an interface and no device');
  reg().flags = 0;
  assert(registerZcrx() == -EFAULT, 'area_ptr');
  reg().area_ptr = bench().area_reg;
  area().rq_area_token = 1;
  assert(registerZcrx() == -EINVAL, 'a token');
  area().rq_area_token = 0;
  reg().if_idx = 1;
  assert(registerZcrx() == -EOPNOTSUPP, 'no device does DMA for lo');
  reg().if_idx = 3;
  assert(registerZcrx() == -ENODEV, 'no such interface');
  reg().if_idx = 2;
  assert(registerZcrx() == 0, 'and now it is right');
  verify();
}

export function clamp_makes_a_refill_ring_as_large_as_can_be(): void {
  build();
  ring(64, DEFER32 | IORING_SETUP_CLAMP);
  prepareZcrx(8, 32768);
  reg().rq_entries = 100000;
  assert(registerZcrx() == 0 && reg().rq_entries == 32768, 'clamped');
}

export function the_refill_ring_has_to_fit_into_its_memory(): void {
  prepared(8);
  desc().size = 4096;
  reg().rq_entries = 256;
  assert(registerZcrx() == -EINVAL, '128 bytes and 256 entries are more than a page');
  reg().rq_entries = 128;
  desc().flags = 0;
  assert(registerZcrx() == -EFAULT, 'an address without the flag');
  desc().flags = 1;
  desc().size = 4000;
  assert(registerZcrx() == -EINVAL, 'whole pages');
}

export function an_area_is_whole_pages_of_user_memory(): void {
  prepared(8);
  const addr = area().addr;
  area().addr = addr + 1;
  assert(registerZcrx() == -EINVAL, 'aligned');
  area().addr = addr;
  area().flags = 2;
  assert(registerZcrx() == -EINVAL, 'a flag that is none');
  area().flags = 0;
  area().len = 0;
  assert(registerZcrx() == -EFAULT, 'not empty');
  area().len = 1 << 41;
  assert(registerZcrx() == -EINVAL, 'less than a tebibyte');
  area().len = 1 << 30;
  assert(registerZcrx() == -EFAULT, 'mapped to its end');
  area().len = 8 * 4096;
  area().flags = 1;
  area().addr = 0;
  area().dmabuf_fd = bench().fd;
  assert(registerZcrx() == -EINVAL, 'a ring is no dma-buf');
  area().dmabuf_fd = 99;
  assert(registerZcrx() == -EBADF, 'descriptor 99 is nothing');
  area().flags = 0;
  assert(registerZcrx() == -EINVAL, 'a descriptor and no dma-buf');
  area().dmabuf_fd = 0;
  assert(registerZcrx() == -EFAULT, 'address 0');
  area().addr = addr;
  assert(registerZcrx() == 0, 'right');
}

export function larger_buffers_must_divide_the_area(): void {
  prepared(8);
  reg().rx_buf_len = 6000;
  assert(registerZcrx() == -EINVAL, 'a power of two');
  reg().rx_buf_len = 65536;
  assert(registerZcrx() == -ERANGE, 'the area has 32 KiB');
  reg().rx_buf_len = 8192;
  assert(registerZcrx() == 0 && reg().rx_buf_len == 8192 && areaAt(0).num_niovs == 4, 'four buffers');
  verify();
}

export function without_a_device_buffers_are_pages(): void {
  prepared(8);
  reg().if_idx = 0;
  reg().flags = ZCRX_REG_NODEV;
  reg().rx_buf_len = 8192;
  assert(registerZcrx() == -EOPNOTSUPP, 'no larger ones');
}

export function event_descriptors_are_checked(): void {
  prepared(8);
  const notif = changetype<zcrx_event_desc>(<usize>bench().notif);
  reg().event_desc = 4;
  assert(registerZcrx() == -EFAULT, 'its address');
  reg().event_desc = bench().notif;
  notif.type_mask = 4;
  assert(registerZcrx() == -EINVAL, 'types');
  notif.type_mask = 3;
  notif.flags = 2;
  assert(registerZcrx() == -EINVAL, 'flags');
  notif.flags = 0;
  notif.stats_offset = 256;
  assert(registerZcrx() == -EINVAL, 'an offset without the flag');
  notif.flags = 1;
  notif.stats_offset = 254;
  assert(registerZcrx() == -EINVAL, 'alignment');
  notif.stats_offset = 248;
  assert(registerZcrx() == -ERANGE, 'inside the entries, which end at 256');
  notif.stats_offset = 4088;
  assert(registerZcrx() == -ERANGE, 'past the end');
  notif.stats_offset = 256;
  assert(registerZcrx() == 0, 'right');
}

export function a_queue_is_bound_once(): void {
  zcrx(8, 8, 64);
  prepareZcrx(8, 8);
  assert(registerZcrx() == -EEXIST, 'it has a provider');
  reg().if_rxq = 1;
  assert(registerZcrx() == 0 && reg().zcrx_id == 1, 'the next queue has none');
  verify();
}

export function a_queue_is_free_only_after_the_exit_work_of_its_ring(): void {
  zcrx(8, 8, 64);
  const fd = bench().fd;
  assert(sysClose(HOST, fd) == 0, 'closed');
  ring(64, DEFER32);
  prepareZcrx(8, 8);
  assert(registerZcrx() == -EEXIST, 'the worker has not run');
  settle();
  assert(registerZcrx() == 0, 'now it has');
  verify();
}

export function what_user_space_kept_is_taken_back_at_the_end(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  for (let i: u32 = 0; i < 5; i++) packet(fd, 0, 100);
  recvZc(fd, 7, 0);
  take();
  assert(ifqAt(0).loans == 5, 'on loan');
  sysClose(HOST, fd);
  sysClose(HOST, bench().fd);
  settle();
  for (let i: u32 = 0; i < 8; i++) assert(netmem(areaAt(0).first + i).user_ref == 0, 'no loans');
  // The driver still has one: it took it behind the pool's back.
  assert(ifqAt(0).used == 1 && areaAt(0).free_count == 7, 'all others are home');
}

export function an_instance_lives_until_its_last_packet_is_read(): void {
  zcrx(8, 8, 64);
  const fd = socket();
  packet(fd, 0, 100);
  sysClose(HOST, bench().fd);
  settle();
  assert(ifqAt(0).used == 1 && areaAt(0).free_count == 7, 'a packet in a socket keeps its buffer');
  verify();
  sysClose(HOST, fd);
  assert(ifqAt(0).used == 0 && areaAt(0).used == 0, 'the last buffer is home, and the instance is gone');
}

export function memory_of_an_area_is_used_again_by_the_next_instance(): void {
  zcrx(8, 8, 64);
  for (let i: u32 = 0; i < 20; i++) {
    sysClose(HOST, bench().fd);
    settle();
    ring(64, DEFER32);
    prepareZcrx(8, 8);
    assert(registerZcrx() == 0, 'again');
  }
  assert(areaAt(0).used == 1 && areaAt(1).capacity == 0, 'always in the same rows');
  verify();
}

export function control_checks_its_arguments(): void {
  zcrx(8, 8, 64);
  const ctrl = changetype<zcrx_ctrl>(<usize>bench().ctrl);
  assert(register(IORING_REGISTER_ZCRX_CTRL, bench().ctrl, 1) == -EINVAL, 'nr_args');
  assert(register(IORING_REGISTER_ZCRX_CTRL, 12, 0) == -EFAULT, 'address');
  store<u64>(bench().ctrl, 1, 8);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == -EFAULT, 'reserved words give EFAULT here');
  store<u64>(bench().ctrl, 0, 8);
  ctrl.zcrx_id = 5;
  assert(control(ZCRX_CTRL_FLUSH_RQ) == -ENXIO, 'no such instance');
  ctrl.zcrx_id = 0;
  assert(control(77) == -EOPNOTSUPP, 'operations');
  store<u64>(bench().ctrl, 1, 40);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == -EINVAL, 'reserved words of the operation');
}

export function a_second_area_has_a_token_of_its_own(): void {
  zcrx(2, 8, 64);
  const ctrl = changetype<zcrx_ctrl>(<usize>bench().ctrl);
  memory.fill(bench().area_reg, 0, 48);
  area().addr = user(3 * 4096);
  area().len = 3 * 4096;
  ctrl.zc_area.area_ptr = bench().area_reg;
  assert(control(ZCRX_CTRL_ADD_AREA) == 0 && area().rq_area_token == (<u64>1) << 48, 'token 1');
  const fd = socket();
  for (let i: u32 = 0; i < 5; i++) packet(fd, 0, 100);
  recvZc(fd, 7, 0);
  assert(cqes() == 5, 'five buffers in two areas');
  assert(cqeOff(0) >> 48 == 1 && cqeOff(4) >> 48 == 0, 'the token is a part of the offset');
  rqPush(cqeOff(0), 0);
  assert(take() != NONE, 'and names the area when it comes back');
  verify();
}

export function flush_reads_the_ring_and_stops_at_a_bad_entry(): void {
  build();
  ring(64, DEFER32);
  prepareZcrx(8, 8);
  reg().if_idx = 0;
  reg().flags = ZCRX_REG_NODEV;
  assert(registerZcrx() == 0, 'no device');
  const fd = socket();
  for (let i: u32 = 0; i < 4; i++) pagePacket(fd, 10, 0);
  recvZc(fd, 7, 0);
  getEvents();
  rqPush(cqeOff(0), 0);
  rqPush(1 << 40, 0);
  rqPush(cqeOff(1), 0);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 2 && areaAt(0).free_count == 5, 'the bad entry is used up and ends the call');
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 3 && areaAt(0).free_count == 6, 'the next call goes on');
  rqPush(cqeOff(1), 0);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && areaAt(0).free_count == 6, 'a second return does nothing');
  store<u32>(bench().region, 77);
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0 && rqHead() == 4, 'the head is the kernel\'s own');
  assert(netmem(areaAt(0).first).place == PLACE_FREE, 'never used');
  verify();
}
