/**
 * Stage 3 of 9 · pool
 * From 2-nic: pages wanted.   To 4-napi: buffers that hold payload.
 *
 * Linux 7.3   net/core/page_pool.c, include/net/netmem.h, include/linux/skbuff.h
 * Owns        the netmem table, page pools, skbs, the ledger of places
 * Does not    know who reads the bytes; free a net_iov (its provider does)
 * Drops       none: who finds the pool dry drops
 * Invariants  L1 a net_iov is never freed as a page.  L2 buffers move between places only as the ledger allows.
 *             L3 a buffer never loses a reference that nobody held.  L4 a recycled buffer has no references.
 *             P1 a provider is changed on an empty pool only.  P2 the cache of a pool holds at most 128.
 *             P3 a user unlocks no more memory than it locked.
 *             S1 an skb is freed once.  S2 an skb has at most MAX_SKB_FRAGS fragments.
 */
export * from './lines';
export * from './locked_vm';
export * from './mapping';
export * from './netmem';
export * from './page_pool';
export * from './port';
export * from './skb';
export * from './state';
export * from './ubuf';
export * from './user_page';
export * from './zcopy';
