/**
 * Stage 4 of 9 · napi
 * From 2-nic: an interrupt (napiSchedule), then skbs of a poll (groReceive).   To 5-tcp: packets, merged (ipReceive).
 *
 * Linux 7.3   net/core/dev.c (net_rx_action, __napi_poll, napi_complete_done), net/core/gro.c, net/ipv4/tcp_offload.c,
 *             net/ipv6/tcpv6_offload.c, include/net/gro.h
 * Owns        poll lists and backlogs of the cores, the softirq with its budget, ksoftirqd, packets that GRO holds
 * Does not    know the device (port NapiPoll does); validate checksums; look a socket up
 * Drops       CPU_BACKLOG, SKB_UCOPY_FAULT
 * Invariants  G1 a poll keeps within its weight.  G2 a poll that does less than its weight completes its NAPI.
 *             G3 GRO holds nothing for a NAPI that is not scheduled.
 *             G4 what waits in the backlog of a core has its softirq.
 */
import { HOSTS_MAX, QUEUES_MAX } from '../../sim/core';
import { backlogVerify } from './backlog';
import { napi } from './state';

export { backlogLen, netifRx } from './backlog';
export { groFlush, groReceive } from './gro';
export { napiPollDriver, setNapiPoll } from './port';
export { napiComplete, napiKsoftirqd, napiSchedule, napiSoftirq } from './softirq';

/** Checks G3 and G4. Returns the number of NAPIs that are scheduled and of packets in backlogs. */
export function napiVerify(): u32 {
  let scheduled: u32 = 0;
  for (let i: u32 = 0; i < HOSTS_MAX * QUEUES_MAX; i++) {
    const n = napi(i);
    assert(n.scheduled != 0 || n.bitmap == 0, 'G3 GRO holds nothing for a NAPI that is not scheduled');
    scheduled += n.scheduled;
  }
  return scheduled + backlogVerify();
}
