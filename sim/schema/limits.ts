/**
 * Every capacity, and what happens at it. Fixed ones are constants of the core; the capacities that a scenario
 * chooses are the knobs of its `limits` section (sim/schema/scenario.ts), which default to what its flows need.
 */
export interface Limit {
  readonly name: string;
  readonly value: number;
  readonly about: string;
  readonly at_limit: string;
}
const limit = (name: string, value: number, about: string, at_limit: string): Limit => ({ name, value, about, at_limit });

export const LIMITS: readonly Limit[] = [
  limit('HOSTS_MAX', 2, 'hosts in a world', 'the scenario is refused'),
  limit('CORES_MAX', 8, 'cores of a host', 'the scenario is refused'),
  limit('QUEUES_MAX', 16, 'RX or TX queues of a NIC', 'the scenario is refused'),
  limit('NTUPLE_MAX', 32, 'n-tuple rules of a NIC', 'the scenario is refused'),
  limit('RSS_INDIR_SIZE', 128, 'entries of the RSS indirection table', 'fixed, as in most hardware'),
  limit('FAULTS_MAX', 64, 'deterministic faults of a scenario', 'the scenario is refused'),
  limit('PORTS_MAX', 64, 'ports that an application listens on', 'the scenario is refused'),
  limit('TURN_CQES', 64, 'completions that a built-in application handles in a turn', 'it takes another turn'),
  limit('THREADS_MAX', 4, 'threads of a process', 'there is no such task'),
  limit('VMAS_MAX', 64, 'areas of TCP sockets that user space has mapped in a world', '-ENOMEM'),
  limit('UNIX_SOCKS_MAX', 256, 'AF_UNIX sockets in a world', '-ENFILE'),
  limit('UNIX_SKBS_MAX', 4096, 'messages that wait in AF_UNIX sockets', '-ENOBUFS'),
  limit('UDP_SOCKS_MAX', 64, 'UDP sockets in a world', '-ENFILE'),
  limit('UDP_SKBS_MAX', 1024, 'datagrams that wait in UDP sockets', 'dropped, as without buffer space'),
  limit('UDP_ZCS_MAX', 1024, 'sends of datagrams with MSG_ZEROCOPY that were not told of', '-ENOBUFS'),
  limit('PIPES_MAX', 64, 'pipes in a world', '-ENFILE'),
  limit('EVENTFDS_MAX', 128, 'eventfds in a world', '-ENFILE'),
  limit('BLOCK_DEVICE_BYTES', 262144, 'bytes of the block device of a host', '-ENOSPC'),
  limit('EPOLLS_MAX', 32, 'epoll sets in a world', '-ENFILE'),
  limit('EPOLL_ITEMS_MAX', 1024, 'descriptors in epoll sets', '-ENOSPC, as with max_user_watches'),
  limit('BYTES_MAX', 2097152, 'bytes that wait in AF_UNIX and UDP sockets and in pipes', '-ENOBUFS'),
  limit('RINGS_MAX', 64, 'io_uring instances in a world', '-ENFILE'),
  limit('CQ_OVERFLOW_MAX', 16384, 'completions that wait in overflow lists', 'dropped and counted in cq_overflow, as without memory'),
  limit('PBUF_GROUPS_MAX', 64, 'provided-buffer rings in a world', '-ENOMEM'),
  limit('PBUF_LEGACY_MAX', 16384, 'buffers in lists (IORING_OP_PROVIDE_BUFFERS) in a world', '-ENOMEM, or fewer than asked for'),
  limit('RSRC_NODES_MAX', 4096, 'registered files and buffers in a world, with those that only requests still hold', '-ENOMEM'),
  limit('RSRC_SLOTS_MAX', 16384, 'slots in the tables of registered files and buffers of a world', '-ENOMEM'),
  limit('RLIMIT_NOFILE', 1024, 'descriptors that a process may have, and registered files', '-EMFILE'),
  limit('NET_MSGS_MAX', 512, 'requests with a message, an address or several ranges in a world', '-ENOMEM'),
  limit('NET_IOVS_MAX', 32, 'of them, those with more than 8 ranges', '-ENOMEM'),
  limit('IFQS_MAX', 64, 'zcrx instances in a world', '-ENOMEM'),
  limit('ZCRX_LINKS_MAX', 64, 'zcrx instances of rings: one for each ring that has it', '-ENOMEM'),
  limit('DMABUFS_MAX', 32, 'dma-bufs in a world', '-ENOMEM'),
  limit('AREAS_MAX', 64, 'zcrx areas in a world', '-ENOMEM'),
  limit('POOLS_MAX', 64, 'page pools in a world', 'the scenario is refused'),
  limit('MAX_SKB_FRAGS', 17, 'page fragments of an skb', 'GRO flushes; the sender starts a new skb'),
  limit('SKB_HEAD_SIZE', 384, 'bytes of an skb\'s linear buffer', 'longer frames go to pages'),
  limit('FRAME_HEAD_SIZE', 128, 'bytes of a frame kept beside its fragments: room for every header', 'the rest is payload'),
  limit('PP_ALLOC_CACHE_SIZE', 128, 'entries of a page pool\'s cache (net/core: PP_ALLOC_CACHE_SIZE)', 'goes to the ptr_ring'),
  limit('PP_ALLOC_CACHE_REFILL', 64, 'entries taken at once (PP_ALLOC_CACHE_REFILL)', 'the next allocation refills again'),
  limit('PAGE_SIZE', 4096, 'bytes of a page', 'fixed'),
  limit('TX_PAGE_SIZE', 32768, 'bytes of a transmit page fragment (SKB_FRAG_PAGE_ORDER)', 'a new one is taken'),
  limit('TRACE_HEADROOM', 32768, 'trace records that one event may write', 'the run stops for the host to read before that'),
  limit('CAPTURE_HEADROOM', 1048576, 'bytes of captured frames that one event may write', 'the run stops for the host to read before that'),
  limit('INJECT_MAX', 131072, 'bytes of an injected frame', 'the frame is cut and marked'),
  limit('SOCKS_MAX', 65536, 'sockets in a world', '-ENFILE'),
];
