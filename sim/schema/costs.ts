/**
 * What each step of the machine costs a core. Cycles unless the unit says otherwise; one account each, so that a
 * report can say where the cycles went. Defaults: the cost model's Zen 4 column where it has a figure; the rest are
 * first guesses, marked `unsourced`, until a calibration replaces them.
 */
export interface Cost {
  readonly name: string;
  /** ns: time that a scenario or a program asks for; it has no price. */
  readonly unit: 'cycles' | 'cycles/KiB' | 'ns';
  readonly account: (typeof ACCOUNTS)[number];
  readonly value: number;
  readonly about: string;
  readonly source: string;
}

/** The classes that measurements of host network stacks use. */
export const ACCOUNTS = [
  'copy', 'tcpip', 'netdevice', 'skb', 'memory', 'lock', 'scheduling', 'driver', 'syscall', 'app', 'other',
] as const;

/** Who runs on a core, from the most to the least urgent; the first needs no core. */
export const CONTEXTS = ['hardware', 'hardirq', 'softirq', 'task_work', 'syscall', 'user'] as const;

const cost = (
  name: string, account: Cost['account'], value: number, about: string, source = 'unsourced', unit: Cost['unit'] = 'cycles',
): Cost => ({
  name, unit, account, value, about, source,
});
const SEPIA = 'Song et al., OSDI 2026: throughput of a core against its LLC miss rate';
const MODEL = 'Ringlab cost model, Zen 4 fit of published io_uring measurements';
const TCP_MMAP = 'published 178 ns for a page of 4 KiB received by TCP_ZEROCOPY_RECEIVE, in all; the split is a guess';

export const COSTS: readonly Cost[] = [
  cost('irq_entry', 'scheduling', 600, 'taking an interrupt and raising the softirq'),
  cost('napi_poll', 'netdevice', 300, 'one call of the poll function'),
  cost('driver_rx_frame', 'driver', 150, 'harvesting one RX completion and making its skb'),
  cost('driver_tx_frame', 'driver', 150, 'filling one TX descriptor'),
  cost('skb_alloc', 'skb', 109, 'one skb from the slab', MODEL),
  cost('page_pool_fast', 'memory', 14, 'a buffer from the pool cache', MODEL),
  cost('page_pool_ring', 'memory', 39, 'a buffer from the ptr_ring', MODEL),
  cost('page_pool_slow', 'memory', 105, 'a buffer from the provider or page allocator', MODEL),
  cost('gro_frame', 'netdevice', 80, 'GRO looking at one frame'),
  cost('lo_packet', 'netdevice', 250, 'the loopback device passing on a packet, and the softirq that takes it'),
  cost('tcp_rx_segment', 'tcpip', 400, 'the TCP receive path, per skb'),
  cost('tcp_tx_skb', 'tcpip', 450, 'the TCP transmit path, per skb'),
  cost('gso_segment', 'netdevice', 200, 'cutting one segment off an skb in software, where the NIC does not'),
  cost('tcp_ack', 'tcpip', 200, 'processing an acknowledgement'),
  // Waking and switching (kernel/sched/core.c); together about what a wake-up with its switch takes.
  cost('wake_up', 'scheduling', 500, 'waking a sleeping task (try_to_wake_up), for who wakes it'),
  cost('ipi_send', 'scheduling', 200, 'interrupting another core'),
  cost('ipi', 'scheduling', 600, 'taking the interrupt of another core'),
  cost('context_switch', 'scheduling', 1000, 'switching a core from the idle task or another one'),
  // Locks, and cache lines that another core has written last: so does it cost to work on several cores.
  cost('remote_line', 'memory', 100, 'a cache line that another core wrote last comes over'),
  cost('remote_buf', 'memory', 30, 'a buffer that another core gave back to zero-copy receive: its counts and its entry come over'),
  cost('sock_lock', 'lock', 60, 'taking a socket\'s lock and letting it go, per call or packet'),
  cost('tx_lock', 'lock', 60, 'the locks of a qdisc and of its TX queue, per packet'),
  cost('file_ref', 'syscall', 30, 'finding the file of a descriptor and putting it back, per request without fixed files'),
  cost('enter', 'syscall', 1101, 'io_uring_enter: the way into the kernel and back, per call however many requests it submits', MODEL),
  cost('syscall', 'syscall', 300, 'any other system call, per call'),
  cost('sqe', 'syscall', 223, 'one request taken from the submission queue, issued and freed, without what its operation does', MODEL),
  cost('cqe', 'syscall', 40, 'posting a completion'),
  cost('task_work', 'scheduling', 150, 'one item of task work'),
  cost('copy_kib', 'copy', 414, 'copying between user and kernel memory', MODEL, 'cycles/KiB'),
  cost('csum_kib', 'tcpip', 130, 'summing bytes in software where the NIC does not', 'unsourced', 'cycles/KiB'),
  cost('zc_chunk', 'memory', 80, 'lending one buffer to user space', MODEL),
  // Receiving
  cost('buf_provide', 'memory', 100, 'one buffer of a list made and freed again (PROVIDE_BUFFERS)'),
  cost('map_page', 'memory', 300, 'mapping a received page to user space, and another page for the pool', TCP_MMAP),
  cost('unmap_page', 'memory', 180, 'unmapping a page, and giving it back', TCP_MMAP),
  cost('tlb_flush', 'memory', 500, 'forgetting translations after pages were unmapped'),
  cost('epoll_event', 'syscall', 100, 'one event of epoll_wait(2), with the poll of its file'),
  // Sending
  cost('send', 'tcpip', 0, 'the send path of one request down to its protocol: message, socket lock, segments of a packet'),
  cost('pin_call', 'memory', 0, 'accounting for the memory of a zero-copy send that is not registered, per request'),
  cost('pin_page', 'memory', 276, 'pinning one page of user memory that is not registered, and letting it go', MODEL),
  cost('zc_frag', 'skb', 0, 'lending one piece of user memory to a packet'),
  cost('zc_notif', 'memory', 0, 'a notification of a zero-copy send: made, flushed and told'),
  // Requests
  cost('net_prep', 'syscall', 0, 'what a request to a socket costs beyond one that does nothing, before it gets there'),
  cost('skb_head_pages', 'skb', 0, 'the head of a datagram that is too long for a slab: pages are allocated and freed (mm/slub.c)'),
  cost('send_first_kib', 'tcpip', 0, 'sending, per KiB more for the first KiB of a request', 'unsourced', 'cycles/KiB'),
  cost('send_start_kib', 'tcpip', 0, 'sending, per KiB more for the first 16 KiB of a request', 'unsourced', 'cycles/KiB'),
  cost('recv', 'tcpip', 0, 'the receive path of one call down to its protocol: message, socket lock, receive queue'),
  cost('recv_first_kib', 'tcpip', 0, 'receiving with a copy, per KiB more for the first KiB of a request', 'unsourced', 'cycles/KiB'),
  cost('recv_start_kib', 'tcpip', 0, 'receiving with a copy, per KiB more for the first 16 KiB of a request', 'unsourced', 'cycles/KiB'),
  cost('zcrx_recv', 'tcpip', 0, 'one walk of RECV_ZC over the receive queue'),
  cost('zcrx_first_kib', 'tcpip', 0, 'RECV_ZC, per KiB more for the first KiB of a request', 'unsourced', 'cycles/KiB'),
  cost('zcrx_start_kib', 'tcpip', 0, 'RECV_ZC, per KiB more for the first 16 KiB of a request', 'unsourced', 'cycles/KiB'),
  cost('buf_select', 'memory', 0, 'picking a provided buffer'),
  cost('zc_msg', 'skb', 300, 'a notification of MSG_ZEROCOPY: an skb, and a message on the error queue'),
  cost('udp_tx', 'tcpip', 400, 'the UDP transmit path, per datagram: route, headers, queue of the device'),
  cost('udp_rx', 'tcpip', 400, 'the UDP receive path, per datagram: lookup, queue of the socket'),
  cost('ip_fragment', 'tcpip', 150, 'one fragment of a datagram that is longer than the MTU'),
  cost('ip_defrag', 'tcpip', 200, 'one fragment that finds its datagram'),
  cost('dummy_xmit', 'netdevice', 60, 'a dummy device throwing a packet away'),
  cost('app_cqe', 'app', 60, 'the application looking at one completion'),
  cost('busy_poll', 'other', 0, 'asking a queue that has nothing for packets (napi_busy_poll_ns, busy_poll_ns)', 'the model', 'ns'),
  cost('app_time', 'app', 0, 'time that an application spends because its scenario says so', 'the scenario', 'ns'),
  // Memory: where bytes were found
  cost('copy_l2_kib', 'copy', 0, 'more, for bytes copied out of the L2 cache', 'unsourced', 'cycles/KiB'),
  cost('copy_llc_kib', 'copy', 0, 'more, for bytes copied out of the last-level cache', 'unsourced', 'cycles/KiB'),
  cost('copy_miss_kib', 'copy', 570, 'more, for bytes copied out of DRAM: 35.6 cycles a line', SEPIA, 'cycles/KiB'),
  cost('copy_rfo_kib', 'copy', 0, 'more, for bytes copied to where no cache has them', 'unsourced', 'cycles/KiB'),
  cost('driver_rx_buffer', 'driver', 54, 'each further buffer of an RX completion: large frames, and what the NIC merged',
    'Begunkov 2025, 4 KiB against 32 KiB buffers: 18 ns a buffer in softirq'),
  cost('iommu_map', 'memory', 250, 'mapping one page for the NIC (mem.iommu)'),
  cost('iommu_unmap', 'memory', 200, 'taking a page away from the NIC again'),
  cost('iommu_flush', 'memory', 1500, 'making the NIC forget a translation, where mem.iommu is strict'),
  cost('dram_stall', 'memory', 0, 'waiting for a memory bus that has no time left (mem.dram_bps)', 'the model', 'ns'),
  cost('app_read_kib', 'app', 64, 'the application reading its payload (app.touch)', 'unsourced', 'cycles/KiB'),
  cost('app_write_kib', 'app', 64, 'the application writing its payload (app.touch)', 'unsourced', 'cycles/KiB'),
  cost('app_miss_kib', 'app', 570, 'more, for payload that was in no cache', SEPIA, 'cycles/KiB'),
];
