/**
 * A receive queue: the driver posts buffers, the NIC fills them in order and reports frames in a completion ring. Headers
 * that are split off, and small frames, go to the header buffer of the completion.
 *
 *      RX ring (rx_ring descriptors)                     completion ring (as many entries), header buffers (384 B each)
 *
 *            freed      filled         posted                   taken            done
 *              v          v              v                        v               v
 *     +---+---+---+---+---+---+---+---+---+---+          +---+---+---+---+---+---+---+---+
 *     |   |   | B | B | b | b | b | b |   |   |          |   |   | C | C | C | C |   |   |
 *     +---+---+---+---+---+---+---+---+---+---+          +---+---+---+---+---+---+---+---+
 *              filled,    posted,                                 not yet polled   header buffer
 *              not polled empty                                                    of each: same index
 *
 *      A completion:
 *      0          8        12     16    20           24           26        28      29        30     31
 *     +----------+--------+------+-----+------------+------------+---------+-------+---------+------+
 *     | ready_ns | pkt_id | hash | len | first_desc | header_len | n descs | flags | l3_off  | pull |
 *     +----------+--------+------+-----+------------+------------+---------+-------+---------+------+
 *
 * Counters run on and on; an index is a counter masked. freed <= filled <= posted <= freed + ring size;
 * taken <= done <= taken + ring size.
 */
import { arenaAlloc, hostConfig, HOSTS_MAX, PAGE_SIZE, QUEUES_MAX, SKB_HEAD_SIZE } from '../../sim/core';
import { netmem, PLACE_NIC } from '../../stack/3-pool';
import { nicqCountersOf } from './counters';
import { nicTables, queueIndex } from './state';

@unmanaged
export class RxQueue {
  napi_idx: u32;
  host: u32;
  queue: u32;
  core: u32;
  /** u32 netmem_idx a descriptor. */
  desc_base: u32;
  /** Ring size - 1, of both rings. */
  mask: u32;
  posted: u32;
  filled: u32;
  freed: u32;
  comp_base: u32;
  done: u32;
  taken: u32;
  header_base: u32;
  pool: u32;
  /** 1 + zcrx instance whose memory the CPU does not read; 0: ordinary pages. */
  provider: u32;
  /** Bytes of a posted buffer, as a power of two. */
  buf_shift: u32;
  /** The interrupt is masked: its NAPI is scheduled. */
  masked: u32;
  counters: u32;
  // Moderation: moderation.ts.
  irq_at: u64;
  timer_at: u64;
  fast_at: u64;
  /** Until then somebody on a core polls the queue all the time, and its interrupt is off (busy_poll.ts). */
  busy_until_ns: u64;
  busy_core: u32;
  // Coalescing: hw_gro.ts. The last completion may grow, with the segment that begins at gro_seq and has at most gro_size bytes.
  gro_open: u32;
  gro_seq: u32;
  gro_size: u32;
  /** Bytes of the buffer at `filled` that frames have, where they share buffers: pack.ts. */
  pack_off: u32;
  /** No interrupt comes before: somebody holds it back (edit.ts). */
  held_until_ns: u64;
}
const RX_QUEUE_BYTES: usize = 144;

@unmanaged
export class RxCompletion {
  /** When the DMA is complete. */
  ready_ns: u64;
  pkt_id: u32;
  hash: u32;
  /** Bytes of the frame. */
  len: u32;
  /** First descriptor, as a counter. */
  first_desc: u32;
  /** Bytes in the header buffer. */
  header_len: u16;
  desc_count: u16;
  flags: u8;
  l3_off: u8;
  /** Header bytes that the driver pulls out of the first page of an unsplit frame. */
  pull: u8;
  unused: u8;
  /** Of a merged frame: the size of its segments. */
  gso_size: u32;
  /** Segments that hardware merged. */
  segs: u16;
  /** Where the frame begins in its first buffer, in units of PACK_ALIGN: pack.ts. */
  first_off: u16;
}
const COMPLETION_BYTES: usize = 40;

/** The NIC computed the checksums and they are right. */
export const COMPLETION_CSUM_OK: u8 = 1;
/** Its buffers are shared with other frames; the last one is not full yet, and stays the NIC's too. */
export const COMPLETION_PACKED: u8 = 2;
export const COMPLETION_OPEN: u8 = 4;
/** The driver finds nothing of it: somebody has dropped the packet (edit.ts). */
export const COMPLETION_LOST: u8 = 8;

export function rxQueuesInit(): void {
  assert(offsetof<RxQueue>() <= RX_QUEUE_BYTES && offsetof<RxCompletion>() == COMPLETION_BYTES, 'sizes of rx_ring.ts');
  nicTables().rx_queues = <u32>arenaAlloc(<u64>(HOSTS_MAX * QUEUES_MAX) * RX_QUEUE_BYTES);
}

export function rxQueue(napi_idx: u32): RxQueue {
  return changetype<RxQueue>(<usize>nicTables().rx_queues + <usize>napi_idx * RX_QUEUE_BYTES);
}

/** Makes the rings of a queue, empty. */
export function rxQueueInit(host: u32, queue: u32, pool: u32): void {
  const c = hostConfig(host);
  const q = rxQueue(queueIndex(host, queue));
  const size = max(c.nic_rx_ring, c.nic_rx_ring_max);
  assert(size != 0 && (size & (size - 1)) == 0, 'nic.rx_ring is a power of two');
  q.napi_idx = queueIndex(host, queue);
  q.host = host;
  q.queue = queue;
  q.core = (c.cpu_irq_core + queue * c.cpu_irq_spread) % c.cpu_cores;
  q.desc_base = <u32>arenaAlloc(<u64>size << 2);
  q.comp_base = <u32>arenaAlloc(<u64>size * COMPLETION_BYTES);
  q.header_base = <u32>arenaAlloc(<u64>size * SKB_HEAD_SIZE);
  q.mask = c.nic_rx_ring - 1;
  q.pool = pool;
  q.buf_shift = ctz(PAGE_SIZE);
  q.counters = nicqCountersOf(q.napi_idx);
  q.irq_at = u64.MAX_VALUE;
  q.timer_at = u64.MAX_VALUE;
  q.fast_at = u64.MAX_VALUE;
}

export function descriptor(q: RxQueue, counter: u32): usize {
  return <usize>(q.desc_base + ((counter & q.mask) << 2));
}
export function completion(q: RxQueue, counter: u32): RxCompletion {
  return changetype<RxCompletion>(<usize>q.comp_base + <usize>(counter & q.mask) * COMPLETION_BYTES);
}
export function headerBuffer(q: RxQueue, counter: u32): usize {
  return <usize>q.header_base + <usize>(counter & q.mask) * <usize>SKB_HEAD_SIZE;
}

/** Do frames share the oldest of its buffers? Between them may be some that have no payload, and so no part in any buffer. */
function shares(q: RxQueue): bool {
  if (netmem(load<u32>(descriptor(q, q.freed))).pp_ref == 0) return false;
  if (q.pack_off != 0) return true;
  for (let i = q.taken; i != q.done; i++) if ((completion(q, i).flags & COMPLETION_PACKED) != 0) return true;
  return false;
}

/** Checks N1 and N2 for a queue. Returns the buffers that the NIC holds. */
export function rxQueueVerify(q: RxQueue): u32 {
  const size = q.mask + 1;
  assert(q.filled - q.freed <= size && q.posted - q.filled <= size && q.posted - q.freed <= size, 'N1 a ring holds what fits it');
  assert(q.done - q.taken <= size, 'N1 a ring holds what fits it');
  for (let i = q.freed; i != q.posted; i++) {
    const n = netmem(load<u32>(descriptor(q, i)));
    // But for one that frames share: some of them may be up in the stack.
    assert((n.place == PLACE_NIC && n.pp_ref == 1) || (i == q.freed && shares(q)), 'N2 a posted buffer is the NIC\'s alone');
  }
  return q.posted - q.freed;
}
