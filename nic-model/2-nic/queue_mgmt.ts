/**
 * Queue management: a memory provider takes a receive queue over and gives it back (net/core/netdev_rx_queue.c:
 * netif_mp_open_rxq, netif_mp_close_rxq; the driver's side is struct netdev_queue_mgmt_ops). The queue is stopped, its
 * rings are emptied, the pool changes its memory, and the queue starts again. Other queues go on.
 */
import {
  bug, countDrop, DROP_SIM_NIC_RESTART, hostConfig, NICQ_RX_RESTARTS, PAGE_SIZE, RUN_BUG_RX_RING_UNTRIMMED, STAGE_NIC,
} from '../../sim/core';
import { poolEmpty, poolSetProvider } from '../../stack/3-pool';
import { bump } from './counters';
import { rxRefill, rxRelease } from './driver';
import { completion, rxQueue, RxQueue } from './rx_ring';
import { nicOf, queueIndex } from './state';

const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;
const EOPNOTSUPP: i32 = 95;
const ERANGE: i32 = 34;
/** Buffer sizes of the device (struct netdev_queue_mgmt_ops: supported_params QCFG_RX_PAGE_SIZE, ndo_validate_qcfg). */
const RX_PAGE_SIZE_MAX: u32 = 2 * 1024 * 1024;

/** QueueMgmt.open. `rx_buf_len` 0: the device's own, a page. Checks in the order of netif_mp_open_rxq and __netif_mp_open_rxq. */
export function nicQueueOpen(host: u32, queue: u32, provider: u32, rx_buf_len: u32): i32 {
  const nic = nicOf(host);
  const c = hostConfig(host);
  if (!c.nic_queue_mgmt) return -EOPNOTSUPP;
  if (queue >= nic.rx_queues) return -ERANGE;
  if (nic.header_split == 0) return -EINVAL;
  if (nic.hds_thresh != 0) return -EINVAL;
  if (c.nic_xdp) return -EEXIST;
  if (rx_buf_len != 0 && !c.nic_rx_page_size) return -EOPNOTSUPP;
  const q = rxQueue(queueIndex(host, queue));
  if (q.provider != 0) return -EEXIST;
  if (c.nic_xsk_queue == queue + 1) return -EBUSY;
  const size = rx_buf_len == 0 ? PAGE_SIZE : rx_buf_len;
  // As drivers' validation has it: not a power of two, or out of the device's range.
  if ((size & (size - 1)) != 0 || size < PAGE_SIZE || size > RX_PAGE_SIZE_MAX) return -ERANGE;
  restart(q, provider, size);
  return 0;
}

/** QueueMgmt.close: back to ordinary pages. Buffers in flight come home to their provider one by one. */
export function nicQueueClose(host: u32, queue: u32): void {
  const q = rxQueue(queueIndex(host, queue));
  assert(queue < nicOf(host).rx_queues && q.provider != 0, 'N8 only a queue with a provider is closed');
  restart(q, 0, PAGE_SIZE);
}

/** net/core/netdev_rx_queue.c: netdev_rx_queue_reconfig. Frames that were not polled yet are lost with their buffers. */
export function restart(q: RxQueue, provider: u32, buf_size: u32): void {
  emptyQueue(q);
  poolSetProvider(q.pool, provider);
  q.provider = provider;
  q.buf_shift = ctz(buf_size);
  bump(q.counters, NICQ_RX_RESTARTS);
  rxRefill(q);
}

/** Everything that a queue holds goes back to where it came from. */
export function emptyQueue(q: RxQueue): void {
  for (; q.taken != q.done; q.taken++) {
    const c = completion(q, q.taken);
    countDrop(DROP_SIM_NIC_RESTART, STAGE_NIC, c.pkt_id, c.len);
  }
  // Entries behind `freed` were handed up; those that the ring still shows are other people's.
  const from = bug(RUN_BUG_RX_RING_UNTRIMMED) ? q.freed - min(q.freed, q.mask + 1 - (q.posted - q.freed)) : q.freed;
  rxRelease(q, from, q.posted - from);
  q.freed = q.posted;
  q.filled = q.posted;
  q.pack_off = 0;
  q.gro_open = 0;
  poolEmpty(q.pool);
}
