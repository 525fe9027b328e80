/** The network's faults: a packet that goes no further, with its reason, counted and traced. */
import { arenaAlloc } from './arena';
import { DROP_COUNT, HOSTS_MAX } from './constants.gen';
import { NONE } from './memory_map';
import { coreState } from './state';
import { traceDrop } from './trace.gen';

export function dropInit(): void {
  coreState().drops_base = <u32>arenaAlloc(<u64>(DROP_COUNT * HOSTS_MAX) * 8);
}

/** Counts and traces a drop at the running host. The caller frees whatever held the packet. */
export function countDrop(reason: u32, stage: u32, pkt_id: u32, len: u32): void {
  const s = coreState();
  const at = <usize>s.drops_base + (<usize>(s.host * DROP_COUNT + reason) << 3);
  store<u64>(at, load<u64>(at) + 1);
  traceDrop(pkt_id, NONE, reason, stage, len);
}

/** A fresh packet id; 0 is never one. */
export function newPktId(): u32 {
  return ++coreState().next_pkt_id;
}

/** `count` ids in a row; returns the first. */
export function newPktIds(count: u32): u32 {
  const s = coreState();
  const first = s.next_pkt_id + 1;
  s.next_pkt_id += count;
  return first;
}
