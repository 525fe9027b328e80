/**
 * Stage 9 of 9 · refill
 * From 8-app: buffers given back.   To 3-pool: buffers to receive into.   And for 7-ring: RECV_ZC.
 *
 * Linux 7.3   io_uring/zcrx.c, io_uring/zcrx.h, include/net/page_pool/memory_provider.h
 * Owns        areas and their free lists, zcrx instances, the refill ring's kernel half, user references, the copy fallback
 * Does not    know requests (7-ring completes them); move buffers but as the ledger of 3-pool allows
 * Drops       none: what finds no buffer stays in the socket, and the NIC drops (rx_out_of_buffer)
 * Invariants  Z1 an area is freed when all its buffers are home.  Z2 a free list holds each free buffer once.
 *             Z3 a provider is asked when the cache is empty.  Z4 a free buffer belongs to no pool.
 *             Z5 a user lets go of an instance once.  Z6 a buffer keeps its area and its index.
 *             Z7 each user reference came with a page-pool reference.  Z8 a free buffer has no references.
 *             Z9 a buffer on loan is live.  Z10 free + cached + posted + live = all buffers.
 *             Z11 a free list holds buffers of its own area.  Z12 loans of an instance are those of its buffers.
 *             Z13 a refill ring has a power of two of entries.  Z14 a dma-buf lives as long as somebody has it.
 */
import { setMemoryProvider } from '../../stack/3-pool';
import { dmabufsInit } from './dmabuf';
import { exportInit } from './export';
import { providerAlloc, providerRelease } from './provider';
import { refillTables } from './state';

export * from './control';
export * from './counters';
export * from './port';
export * from './query';
export * from './recv_skb';
export * from './register';
export * from './scrub';
export * from './state';
export * from './verify';
export { dmabufCreate } from './dmabuf';
export { zcrxFind } from './links';
export { RQ_RQES_MAX, zcrxLoseEntry, ZCRX_REFILL_CAP } from './refill_ring';

export function refillInit(): void {
  refillTables();
  dmabufsInit();
  exportInit();
  setMemoryProvider(providerAlloc, providerRelease);
}
