/**
 * Description: what an area lies in. Its pages decide how large buffers may be, they count against the user's limit, and memory
 * of a device cannot be copied to.
 */
import { memLocked } from '../../../stack/3-pool';
import { sysClose } from '../../../uring-model/7-ring';
import { areaAt, dmabufCreate } from '../../../uring-model/9-refill';
import {
  EINVAL, ENOMEM, EPERM, ERANGE, IORING_CQE_F_MORE, io_uring_zcrx_area_reg, zcrx_ctrl, ZCRX_CTRL_ADD_AREA, ZCRX_REG_NODEV,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, control, cqeOff, cqes, DEFER32, HOST, isCqe, linearPacket, packet, pagePacket, prepareZcrx, recvZc, registerZcrx, ring,
  settle, socket, user, verify, zcrx,
} from '../config_ring.as';
import { prepared, reg } from '../config_zcrx.as';
import { AT_REFILL_AREA_PAGE, AT_RING_CAP_IPC_LOCK, AT_RING_CAP_NET_ADMIN, AT_RING_MEMLOCK, setHost } from '../config.gen.as';

const PAGE: u32 = 4096;

function area(): io_uring_zcrx_area_reg {
  return changetype<io_uring_zcrx_area_reg>(<usize>bench().area_reg);
}
/** The area of the registration becomes a dma-buf over the same memory, in runs of `run` bytes. Its descriptor. */
function asDmabuf(run: u32): u32 {
  const fd = dmabufCreate(HOST, area().addr, area().len, run);
  assert(fd >= 0, 'a dma-buf');
  area().addr = 0;
  area().flags = 1;
  area().dmabuf_fd = fd;
  return <u32>fd;
}

export function payload_in_memory_of_a_device_is_lent(): void {
  prepared(8);
  const box = asDmabuf(PAGE);
  assert(registerZcrx() == 0 && sysClose(HOST, box) == 0, 'the area keeps it');
  const fd = socket();
  packet(fd, 66, 1000);
  recvZc(fd, 7, 0);
  assert(cqes() == 1 && isCqe(0, 7, 1000, IORING_CQE_F_MORE) && cqeOff(0) == 66, 'as ever');
  verify();
}

export function nothing_is_copied_into_memory_of_a_device(): void {
  prepared(8);
  asDmabuf(PAGE);
  assert(registerZcrx() == 0, 'registered');
  const fd = socket();
  pagePacket(fd, 100, 0);
  recvZc(fd, 7, 0);
  assert(cqes() == 1 && isCqe(0, 7, -ENOMEM, 0), 'eight buffers are free, and none will do');
  const fd2 = socket();
  linearPacket(fd2, 100, 0);
  recvZc(fd2, 8, 0);
  assert(isCqe(0, 8, -ENOMEM, 0), 'linear data too');
}

export function a_dma_buf_is_taken_whole_and_with_a_device(): void {
  prepared(8);
  const addr = area().addr;
  asDmabuf(PAGE);
  area().len = 4 * PAGE;
  assert(registerZcrx() == -EINVAL, 'a part of it');
  area().len = 8 * PAGE;
  area().addr = addr;
  assert(registerZcrx() == -EINVAL, 'an address');
  area().addr = 0;
  reg().if_idx = 0;
  reg().flags = ZCRX_REG_NODEV;
  assert(registerZcrx() == -EINVAL, 'nobody would write there');
  reg().if_idx = 2;
  reg().flags = 0;
  assert(registerZcrx() == 0, 'right');
}

export function areas_of_an_instance_are_all_of_one_sort(): void {
  zcrx(2, 8, 64);
  memory.fill(bench().area_reg, 0, 48);
  area().addr = user(4 * PAGE);
  area().len = 4 * PAGE;
  asDmabuf(PAGE);
  changetype<zcrx_ctrl>(<usize>bench().ctrl).zc_area.area_ptr = bench().area_reg;
  assert(control(ZCRX_CTRL_ADD_AREA) == -EINVAL, 'a dma-buf beside user memory');
  assert(area().rq_area_token == (<u64>1) << 48, 'the token was told already');
  verify();
}

export function buffers_are_not_larger_than_the_runs_of_memory(): void {
  build();
  setHost(HOST, AT_REFILL_AREA_PAGE, 4096);
  ring(64, DEFER32);
  prepareZcrx(8, 8);
  reg().rx_buf_len = 8192;
  assert(registerZcrx() == -ERANGE, 'ordinary pages');
  setHost(HOST, AT_REFILL_AREA_PAGE, 16384);
  reg().rx_buf_len = 16384;
  assert(registerZcrx() == 0 && areaAt(0).num_niovs == 2, 'pages of 16 KiB');
}

export function the_runs_of_a_dma_buf_are_its_own(): void {
  build();
  setHost(HOST, AT_REFILL_AREA_PAGE, 4096);
  ring(64, DEFER32);
  prepareZcrx(8, 8);
  reg().rx_buf_len = 16384;
  assert(registerZcrx() == -ERANGE, 'ordinary pages');
  asDmabuf(16384);
  assert(registerZcrx() == 0 && areaAt(0).num_niovs == 2, 'runs of 16 KiB');
}

export function a_last_run_that_is_shorter_counts(): void {
  build();
  setHost(HOST, AT_REFILL_AREA_PAGE, 16384);
  ring(64, DEFER32);
  prepareZcrx(5, 8);
  reg().rx_buf_len = 8192;
  assert(registerZcrx() == -ERANGE, 'five pages: a run of four and one of one');
  asDmabuf(PAGE);
  assert(registerZcrx() == -ERANGE, 'runs of a dma-buf as well');
}

export function an_area_counts_against_the_users_limit(): void {
  build();
  setHost(HOST, AT_RING_CAP_IPC_LOCK, 0);
  setHost(HOST, AT_REFILL_AREA_PAGE, 4096);
  setHost(HOST, AT_RING_MEMLOCK, 40 * PAGE);
  ring(64, DEFER32);
  const before = memLocked(HOST);
  prepareZcrx(36 - <u32>before, 8);
  assert(registerZcrx() == 0 && memLocked(HOST) == 37, 'the area, and the page of its refill ring');
  sysClose(HOST, bench().fd);
  settle();
  assert(memLocked(HOST) == 0, 'all of it is given back');
  ring(64, DEFER32);
  prepareZcrx(41 - <u32>before, 8);
  assert(registerZcrx() == -ENOMEM && memLocked(HOST) == before, 'too much');
  verify();
}

export function an_area_of_large_pages_counts_whole_ones(): void {
  build();
  setHost(HOST, AT_RING_CAP_IPC_LOCK, 0);
  ring(64, DEFER32);
  const before = memLocked(HOST);
  prepareZcrx(8, 8);
  assert(registerZcrx() == 0 && memLocked(HOST) == before + 1 + 512, '2 MiB, of which eight pages are used');
}

export function who_may_not_administer_the_network_may_not_register(): void {
  build();
  setHost(HOST, AT_RING_CAP_NET_ADMIN, 0);
  ring(64, 0);
  assert(registerZcrx() == -EPERM, 'before anything else is looked at');
}

export function the_place_of_an_area_in_device_memory_is_used_again(): void {
  prepared(8);
  asDmabuf(PAGE);
  assert(registerZcrx() == 0 && areaAt(0).dmabuf != 0, 'registered');
  sysClose(HOST, bench().fd);
  settle();
  assert(areaAt(0).used == 0, 'the area is gone');
  ring(64, DEFER32);
  prepareZcrx(8, 8);
  assert(registerZcrx() == 0 && areaAt(0).dmabuf == 0, 'and its place is used for user memory');
}
