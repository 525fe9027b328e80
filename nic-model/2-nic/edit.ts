/** What somebody changes by hand in a NIC that runs: its moderation, one packet that it holds, an interrupt. */
import { coreState, hostConfig } from '../../sim/core';
import { holdIrq } from './moderation';
import { completion, COMPLETION_LOST, rxQueue } from './rx_ring';
import { nicOf, queueIndex } from './state';
import { txHolds, txReconfigure } from './tx_ring';

/** Moderation, DMA time and queue length are taken from the configuration anew. */
export function nicReconfigure(host: u32): void {
  const c = hostConfig(host);
  const nic = nicOf(host);
  nic.dma_ns = c.nic_dma_ns;
  nic.rx_usecs_ns = <u64>c.nic_rx_usecs * 1000;
  nic.rx_frames = c.nic_rx_frames;
  for (let queue: u32 = 0; queue < nic.tx_queues; queue++) txReconfigure(host, queue);
}

/** Drops a packet that lies in the receive ring of a host and was not polled yet. False: none does. */
export function nicDropReceived(host: u32, pkt_id: u32): bool {
  for (let queue: u32 = 0; queue < nicOf(host).rx_queues; queue++) {
    const q = rxQueue(queueIndex(host, queue));
    for (let i = q.taken; i != q.done; i++) {
      const c = completion(q, i);
      if (c.pkt_id != pkt_id) continue;
      c.flags |= COMPLETION_LOST;
      return true;
    }
  }
  return false;
}

/** A packet waits in a TX ring or the qdisc before it, whole or as a part of a larger one. */
export function nicWaitsToSend(host: u32, pkt_id: u32): bool {
  for (let queue: u32 = 0; queue < nicOf(host).tx_queues; queue++) if (txHolds(host, queue, pkt_id)) return true;
  return false;
}

/** A queue raises no interrupt for a while. False: there is no such queue. */
export function nicHoldIrq(host: u32, queue: u32, ns: u64): bool {
  if (queue >= nicOf(host).rx_queues) return false;
  holdIrq(rxQueue(queueIndex(host, queue)), coreState().clock_ns + ns);
  return true;
}
