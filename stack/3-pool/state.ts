/** The stage's own state, at POOL_ADDR; place counts of areas follow at +0x800 (netmem.ts). */
import { POOL_ADDR } from '../../sim/core';

@unmanaged
export class PoolState {
  netmem_base: u32;
  netmem_count: u32;
  netmem_capacity: u32;
  page_free: u32;
  tx_page_free: u32;
  pages_used: u32;
  tx_pages_used: u32;
  skb_base: u32;
  skb_head_base: u32;
  skb_capacity: u32;
  /** Those that came back; behind them all from skb_fresh on, which nobody has had. */
  skb_free: u32;
  skb_fresh: u32;
  skb_used: u32;
  skb_used_max: u32;
  pools_base: u32;
  /** Where user memory begins, 0 while nobody said; and how many of its pages have entries. */
  user_base: u32;
  user_pages: u32;
  user_end: u32;
  pool_count: u32;
  /** Areas that sockets were mapped to, and what lies at each page of user memory (mapping.ts). */
  vmas_base: u32;
  mapped_base: u32;
}

export function poolState(): PoolState {
  return changetype<PoolState>(POOL_ADDR);
}
