/**
 * Stage 2 of 9 · nic
 * From 1-wire: frames.   To 4-napi: skbs, and an interrupt that says so.   From 5-tcp: packets.   To 1-wire: frames.
 *
 * Models      mlx5, bnxt and fbnic in what they share; Linux 7.3 net/core/netdev_rx_queue.c; Documentation/networking/scaling.rst;
 *             the Toeplitz hash of Microsoft's receive side scaling
 * Owns        RX and TX rings, segmentation, steering, header split, DMA, checksums, interrupt moderation; the driver; what is left of
 *             a NIC whose host is a real one behind a tap device
 * Does not    own buffers (3-pool lends them); look at TCP beyond its ports and length, but for what differs between segments
 * Drops       SIM_NIC_MTU, SIM_WIRE_FAULT, OTHERHOST, SIM_NIC_RULE, SIM_NIC_NO_DESC, SIM_NIC_UNREADABLE, SIM_NIC_RESTART, SIM_NIC_DOWN,
 *             SIM_NIC_FIFO, NOMEM, FULL_RING, PKT_TOO_SMALL
 * Invariants  N1 a ring holds what fits it.  N2 a posted buffer is the NIC's alone.  N3 a masked queue raises no interrupt.
 *             N4 a qdisc holds at most its limit.  N5 frames that wait are in some ring.  N6 a queue posts buffers of one size.
 *             N7 the payload of a frame lies in its skb.  N8 only a queue with a provider is closed.
 */
import { hostConfig, HOSTS_MAX, NONE, NTUPLE_MAX, runConfig } from '../../sim/core';
import { poolCreate, setBusyPoll, setQueueMgmt } from '../../stack/3-pool';
import { setNapiPoll } from '../../stack/4-napi';
import { setStartXmit } from '../../stack/5-tcp';
import { busInit } from './bus';
import { countersInit, nicCountersOf } from './counters';
import { nicPoll, nicStartXmit, rxRefill } from './driver';
import { fqInit } from './fq';
import { RX_GRO_HW, RX_LRO } from './hw_gro';
import { nicBusyPoll } from './moderation';
import { nicQueueClose, nicQueueOpen } from './queue_mgmt';
import { rxQueue, rxQueueInit, rxQueuesInit, rxQueueVerify } from './rx_ring';
import { nicOf, queueIndex } from './state';
import { steerInit } from './steer';
import { txQueueInit, txQueuesInit } from './tx_ring';

export { nicCounter, nicCountersBase, nicqCounter, nicqCountersBase } from './counters';
export { nicControl } from './control';
export { nicReceive } from './dma';
export { nicInterrupt } from './driver';
export { nicDropReceived, nicHoldIrq, nicReconfigure, nicWaitsToSend } from './edit';
export { rxQueue, RxQueue } from './rx_ring';
export { nicOf } from './state';
export { toeplitz, toeplitzTables } from './steer';
export { nicFeed } from './tap';
export { nicQdiscWatchdog, nicTransmitNext } from './tx_ring';

const ETH_HLEN: u32 = 14;

/** Builds the NIC of a host and fills its receive rings. Hosts in order. */
export function nicInit(host: u32): void {
  if (host == 0) {
    countersInit();
    rxQueuesInit();
    txQueuesInit();
    setNapiPoll(nicPoll);
    setStartXmit(nicStartXmit);
    setQueueMgmt(nicQueueOpen, nicQueueClose);
    setBusyPoll(nicBusyPoll);
  }
  const c = hostConfig(host);
  const nic = nicOf(host);
  nic.mac_low = 0x00000002; // 02:00:00:00:00:01 and :02
  nic.mac_high = (host + 1) << 8;
  nic.frame_max = c.nic_mtu + ETH_HLEN;
  nic.rx_queues = c.nic_rx_queues;
  nic.tx_queues = c.nic_tx_queues;
  nic.rx_checksum = c.nic_rx_checksum ? 1 : 0;
  nic.tx_checksum = c.nic_tx_checksum ? 1 : 0;
  nic.header_split = c.nic_header_split ? 1 : 0;
  nic.rx_gro = c.nic_rx_gro_hw && c.nic_rx_checksum ? RX_GRO_HW : c.nic_lro ? RX_LRO : 0;
  nic.hds_thresh = c.nic_hds_thresh;
  nic.rx_copybreak = c.nic_rx_copybreak;
  nic.copybreak_first = c.nic_copybreak_first ? c.nic_rx_copybreak : 0;
  nic.pack = c.nic_pack_buffers && nic.rx_gro == 0 ? 1 : 0;
  nic.rules = c.nic_ntuple ? c.rule_count : 0;
  assert(nic.rules <= NTUPLE_MAX, 'a NIC has at most NTUPLE_MAX rules');
  nic.payload = runConfig().run_payload ? 1 : 0;
  nic.dma_ns = c.nic_dma_ns;
  nic.rx_usecs_ns = <u64>c.nic_rx_usecs * 1000;
  nic.rx_frames = c.nic_rx_frames;
  nic.counters = nicCountersOf(host);
  nic.tx_sock = NONE;
  nic.fetch_page = NONE;
  steerInit(nic, host);
  for (let queue: u32 = 0; queue < nic.rx_queues; queue++) {
    const ptr_ring = c.pool_ptr_ring == 0 ? max(c.nic_rx_ring, c.nic_rx_ring_max) : c.pool_ptr_ring;
    rxQueueInit(host, queue, poolCreate(host, queue, powerOfTwo(ptr_ring)));
    rxRefill(rxQueue(queueIndex(host, queue)));
  }
  for (let queue: u32 = 0; queue < nic.tx_queues; queue++) txQueueInit(host, queue);
  fqInit(host);
  busInit(host);
}

/** The least power of two that is at least n (net/core/page_pool.c: ptr_ring sizes need none; our ring masks). */
function powerOfTwo(n: u32): u32 {
  let size: u32 = 1;
  while (size < n) size <<= 1;
  return size;
}

/** Checks N1 and N2 of all queues. Returns the buffers that the NICs hold. */
export function nicVerify(): u32 {
  let held: u32 = 0;
  for (let host: u32 = 0; host < HOSTS_MAX; host++) {
    for (let queue: u32 = 0; queue < nicOf(host).rx_queues; queue++) held += rxQueueVerify(rxQueue(queueIndex(host, queue)));
  }
  return held;
}
