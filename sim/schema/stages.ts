/**
 * The nine stages: the way of a packet, and the one order in which everything is named.
 * Folders, scenario sections, trace stages, UI columns, test folders and chapters follow this list.
 */
export interface Stage {
  readonly n: number;
  readonly name: string;
  readonly folder: string;
  readonly about: string;
}

const stage = (n: number, name: string, parent: string, about: string): Stage => ({
  n,
  name,
  folder: `${parent}/${n}-${name}`,
  about,
});

export const STAGES: readonly Stage[] = [
  stage(1, 'wire', 'nic-model', 'links: rate, delay, queue, loss, reorder, duplicate, corrupt, jitter'),
  stage(2, 'nic', 'nic-model', 'RSS and flow steering, header split, descriptors, DMA, moderation; the driver'),
  stage(3, 'pool', 'stack', 'page pool, net_iov and skb: where payload lands, and who holds each buffer'),
  stage(4, 'napi', 'stack', 'interrupt, softirq, poll with budget, GRO'),
  stage(5, 'tcp', 'stack', 'IP and TCP, both directions'),
  stage(6, 'socket', 'stack', 'listen and accept queues, receive queue, memory accounting, wake-ups'),
  stage(7, 'ring', 'uring-model', 'SQ, CQ, requests, multishot, task work'),
  stage(8, 'app', 'uring-model', 'user space: the rings\' other half, and the applications; the seam'),
  stage(9, 'refill', 'uring-model', 'zcrx: areas, refill ring, user references, back to the pool'),
];
