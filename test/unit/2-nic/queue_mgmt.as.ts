/** Description: a memory provider gets a queue only as the kernel would give it, and buffers of before and after never mix. */
import {
  arenaAlloc, DROP_SIM_NIC_RESTART, DROP_SIM_NIC_UNREADABLE, EV_DROP, EV_NIC_DMA, NICQ_RX_RESTARTS, NICQ_RX_UNREADABLE_DROP, NONE,
  PAGE_SIZE,
} from '../../../sim/core';
import {
  areaPlaceCounts, fragUnref, KIND_NIOV, ledgerMove, netmem, netmemReserve, NO_POOL, pagePool, PLACE_FREE, PLACE_LIVE, PLACE_NIC,
  poolState, queueClose, queueOpen, setMemoryProvider,
} from '../../../stack/3-pool';
import { nicqCounter, nicVerify, rxQueue } from '../../../nic-model/2-nic';
import { AT_NIC_HDS_THRESH, AT_NIC_HEADER_SPLIT, AT_NIC_RX_QUEUES, setHost } from '../config.gen.as';
import { bufferIs, build, headers, HEADERS, lastTraced, runUntil, send, small } from '../config_two_nics.as';
import { wireInject } from '../../../nic-model/1-wire';

const QUEUE: u32 = 16;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;
const ERANGE: i32 = 34;
const COUNT: u32 = 100;
/** Where this provider keeps its first buffer and its free list. */
const PROVIDER: usize = 0x7800;

function take(pool_idx: u32): u32 {
  const n = load<u32>(PROVIDER, 4);
  if (n == 0) return NONE;
  store<u32>(PROVIDER, n - 1, 4);
  const idx = load<u32>(PROVIDER + 8 + (<usize>(n - 1) << 2));
  netmem(idx).pool = <u16>pool_idx;
  ledgerMove(idx, 1);
  return idx;
}

function giveBack(pool_idx: u32, netmem_idx: u32): void {
  const n = load<u32>(PROVIDER, 4);
  store<u32>(PROVIDER + 8 + (<usize>n << 2), netmem_idx);
  store<u32>(PROVIDER, n + 1, 4);
  ledgerMove(netmem_idx, PLACE_FREE);
}

function world(): void {
  small();
  setHost(1, AT_NIC_RX_QUEUES, 1);
}

function provider(): void {
  setMemoryProvider(take, giveBack);
  const first = netmemReserve(COUNT);
  const memory_base = <u32>arenaAlloc(COUNT * PAGE_SIZE);
  store<u32>(areaPlaceCounts(0), COUNT);
  store<u32>(PROVIDER, first);
  store<u32>(PROVIDER, COUNT, 4);
  for (let i: u32 = 0; i < COUNT; i++) {
    const n = netmem(first + i);
    n.addr = memory_base + i * PAGE_SIZE;
    n.size = PAGE_SIZE;
    n.kind = KIND_NIOV;
    n.area = 0;
    n.pool = NO_POOL;
    n.host = 1;
    n.niov_idx = i;
    store<u32>(PROVIDER + 8 + (<usize>i << 2), first + i);
  }
}

function placed(place: u32): u32 {
  return load<u32>(areaPlaceCounts(0) + (<usize>place << 2));
}

export function a_queue_is_refused_as_the_kernel_refuses_it(): void {
  world();
  setHost(0, AT_NIC_HEADER_SPLIT, 0);
  build();
  provider();
  assert(queueOpen(1, 1, 1, 0) == -ERANGE, 'no such queue');
  assert(queueOpen(0, 9, 1, 0) == -ERANGE, 'which is looked at before header split');
  assert(queueOpen(0, 0, 1, 0) == -EINVAL, 'header split is off');
  assert(queueOpen(1, 0, 1, 6000) == -ERANGE && queueOpen(1, 0, 1, 2048) == -ERANGE, 'buffers that the device does not have');
  assert(queueOpen(1, 0, 1, 0) == 0, 'given');
  assert(queueOpen(1, 0, 2, 0) == -EEXIST, 'and not twice');
}

export function a_threshold_for_header_split_is_refused(): void {
  world();
  setHost(1, AT_NIC_HDS_THRESH, 1);
  build();
  provider();
  assert(queueOpen(1, 0, 1, 0) == -EINVAL, 'small payload would be linear');
}

export function payload_lands_in_the_area_while_the_provider_has_the_queue(): void {
  world();
  build();
  const pages = poolState().pages_used;
  provider();
  assert(queueOpen(1, 0, 1, 4096) == 0, 'given');
  assert(poolState().pages_used == pages - 64 && placed(PLACE_NIC) == 64, 'pages out, net_iovs in');
  send(0, 3, 1000);
  runUntil(100000, false);
  const idx = lastTraced(EV_NIC_DMA, 16);
  assert(netmem(idx).kind == KIND_NIOV && bufferIs(idx, 0, 3, 1000), 'in the area');
  nicVerify();
  queueClose(1, 0);
  assert(placed(PLACE_FREE) == COUNT && poolState().pages_used == pages, 'all home, pages in');
  assert(nicqCounter(QUEUE, NICQ_RX_RESTARTS) == 2, 'two restarts');
  assert(lastTraced(EV_DROP, 20) == DROP_SIM_NIC_RESTART, 'the frame that nobody polled is lost');
  nicVerify();
}

export function a_frame_that_was_not_split_stays_out_of_the_area(): void {
  world();
  build();
  provider();
  assert(queueOpen(1, 0, 1, 0) == 0, 'given');
  const at = headers(0, 1, 200, 16);
  store<u8>(at + 14, 17, 9);
  assert(wireInject(0, 10, at, HEADERS + 200, 1) == 0, 'UDP');
  runUntil(20, false);
  assert(lastTraced(EV_NIC_DMA, 16) == NONE && lastTraced(EV_NIC_DMA, 24) == HEADERS + 200, 'it fits the header buffer');
  assert(wireInject(0, 30, at, 400, 1) == 0, 'a longer one');
  runUntil(40, false);
  assert(lastTraced(EV_DROP, 20) == DROP_SIM_NIC_UNREADABLE && nicqCounter(QUEUE, NICQ_RX_UNREADABLE_DROP) == 1, 'does not');
}

export function a_buffer_from_before_a_restart_goes_home_and_not_into_the_pool(): void {
  world();
  build();
  provider();
  assert(queueOpen(1, 0, 1, 0) == 0, 'given');
  const q = rxQueue(QUEUE);
  // One buffer is in an skb while the queue changes hands, twice.
  const idx = load<u32>(<usize>q.desc_base);
  q.freed++;
  q.filled++;
  ledgerMove(idx, PLACE_LIVE);
  queueClose(1, 0);
  assert(placed(PLACE_LIVE) == 1 && placed(PLACE_FREE) == COUNT - 1, 'all but one are home');
  assert(queueOpen(1, 0, 2, 0) == 0, 'another provider');
  const inflight = pagePool(q.pool).inflight;
  fragUnref(idx, true);
  assert(netmem(idx).place == PLACE_FREE, 'it is released, though the pool has a provider again');
  assert(pagePool(q.pool).inflight == inflight - 1, 'and no longer in flight');
}
