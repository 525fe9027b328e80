/**
 * The stage's own state, at NIC_ADDR: a Nic for each host (hardware registers and TX side), then addresses of the tables
 * in the arena: receive queues (rx_ring.ts), transmit queues (tx_ring.ts), counters (counters.ts).
 */
import { NIC_ADDR, QUEUES_MAX } from '../../sim/core';

@unmanaged
export class Nic {
  /** Station address, as a load of four and of two bytes sees it. */
  mac_low: u32;
  mac_high: u32;
  /** Longest frame without VLAN tags. */
  frame_max: u32;
  rx_queues: u32;
  tx_queues: u32;
  rx_checksum: u32;
  tx_checksum: u32;
  header_split: u32;
  hds_thresh: u32;
  /** RX_GRO_HW, RX_LRO or 0: hw_gro.ts. */
  rx_gro: u32;
  rx_copybreak: u32;
  /** Frames up to this length are copied, whether they would be split or not. */
  copybreak_first: u32;
  /** Frames share buffers: pack.ts. */
  pack: u32;
  /** The device was taken down (ip link set down). */
  down: u32;
  /** n-tuple rules in force, and their table: steer.ts. */
  rules: u32;
  rule_table: u32;
  /** Payload bytes are moved. */
  payload: u32;
  dma_ns: u64;
  rx_usecs_ns: u64;
  /** Frames that raise an interrupt at once; 0: no such limit. */
  rx_frames: u32;
  /** Toeplitz tables and indirection table: steer.ts. */
  hash_tables: u32;
  indirection: u32;
  counters: u32;
  /** TX queue that is looked at first: round robin. */
  tx_next: u32;
  /** Frames in TX rings and qdiscs. */
  tx_waiting: u32;
  /** An EVENT_TX of this host is in the queue. */
  tx_event: u32;
  /** Whom the packet that is being sent belongs to, and its truesize. */
  tx_sock: u32;
  tx_truesize: u32;
  /** Its Ubuf; 0: none. */
  tx_uarg: u32;
  /** The page for payload that was lent, and how far it is filled: tx_fetch.ts. */
  fetch_page: u32;
  fetch_off: u32;
}
const NIC_BYTES: usize = 192;

@unmanaged
export class NicTables {
  rx_queues: u32;
  tx_queues: u32;
  /** u64[HOSTS_MAX][NIC_COUNTERS] and u64[HOSTS_MAX * QUEUES_MAX][NICQ_COUNTERS]. */
  nic_counters: u32;
  nicq_counters: u32;
}
const TABLES: usize = 0x800;

export function nicOf(host: u32): Nic {
  return changetype<Nic>(NIC_ADDR + <usize>host * NIC_BYTES);
}
export function nicTables(): NicTables {
  return changetype<NicTables>(NIC_ADDR + TABLES);
}
/** A queue in a table of all hosts: receive queues, NAPIs and transmit queues are numbered so. */
export function queueIndex(host: u32, queue: u32): u32 {
  return host * QUEUES_MAX + queue;
}
