/** State of the fair queue (fq.ts): of each TX queue, and of each flow in it. */
import { NIC_ADDR } from '../../sim/core';

@unmanaged
export class Fq {
  host: u32;
  /** Packets in all. */
  qlen: u32;
  /** Packets that passed the flows by: a list through Frame.next. */
  internal_head: u32;
  internal_tail: u32;
  internal_len: u32;
  /** Flows with packets; those of them that may not send yet. */
  busy_flows: u32;
  throttled_flows: u32;
  /** Table of FqFlow, by the socket's number. */
  flows: u32;
  // Lists of flows through FqFlow.next
  new_first: u32;
  new_last: u32;
  old_first: u32;
  old_last: u32;
  /** A heap of delayed flows by time: entries {time, flow}. */
  delayed_base: u32;
  delayed_len: u32;
  delayed_capacity: u32;
  delayed_seq: u64;
  // The watchdog, an HrTimer
  watchdog0: u64;
  watchdog1: u64;
  watchdog2: u64;
  watchdog3: u64;
}

@unmanaged
export class FqFlow {
  /** Departure time of its next packet, at the earliest. */
  time_next_packet: u64;
  detached_ns: u64;
  next: u32;
  head: u32;
  tail: u32;
  qlen: u32;
  /** Bytes that it may send before the next flow has its turn. */
  credit: i32;
  /** The socket's hash: another one is another socket. */
  hash: u32;
  /** In no list, in one, or delayed. */
  where: u8;
  known: u8;
}

@unmanaged
export class FqTables {
  queues: u32;
}
const TABLES: usize = 0x900;

export function fqTables(): FqTables {
  return changetype<FqTables>(NIC_ADDR + TABLES);
}
