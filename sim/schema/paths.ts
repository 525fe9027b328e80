/**
 * The paths that a payload byte can take into an application, and out of one: each a name, a direction, the knobs of the host that make it,
 * and a sentence. `ringlab compare-paths` runs a scenario on each. The first of a direction is what the others are held against.
 */
export interface Path {
  readonly name: string;
  /** rx: knobs of the host whose application receives; tx: of the one that sends; ring: of one that uses io_uring, whichever way. */
  readonly direction: 'rx' | 'tx' | 'ring';
  readonly knobs: Readonly<Record<string, string>>;
  readonly about: string;
  readonly linux: string;
}

const path = (direction: Path['direction'], base: Path['knobs']) =>
  (name: string, knobs: Path['knobs'], about: string, linux: string): Path => ({
    name, direction, knobs: { ...base, ...knobs }, about, linux,
  });

/** What no path leaves to the scenario: a knob that one path sets, the others set back. */
const rx = path('rx', { 'nic.rx_gro_hw': 'off', 'refill.rx_buf_len': '4KiB', 'refill.nodev': 'off' });
const tx = path('tx', { 'app.notify': 'each' });
const ring = path('ring', {
  'ring.defer_taskrun': 'on', 'ring.coop_taskrun': 'off', 'ring.sqpoll': 'off', 'ring.fixed_files': 'off', 'ring.napi_busy_poll_ns': '0',
  'ring.wait_batch': '1',
});

export const PATHS: readonly Path[] = [
  rx('read', { 'app.receive': 'read' }, 'a thread per connection sleeps in recv(2): a system call and a copy for each piece', 'recv(2)'),
  rx('epoll', { 'app.receive': 'epoll' }, 'one thread waits in epoll_wait(2) and reads each ready socket until there is nothing',
    'epoll_wait(2), recv(2)'),
  rx('mmap', { 'app.receive': 'mmap' },
    'pages that a segment\'s payload fills are mapped to the application and the rest is copied: it wants an MTU such as 4148',
    'TCP_ZEROCOPY_RECEIVE'),
  rx('recv', { 'app.receive': 'recv' }, 'io_uring with one request for each receive: a copy, and an SQE each', 'IORING_OP_RECV'),
  rx('select', { 'app.receive': 'select' }, 'the same into a buffer that the kernel picks from a ring', 'IOSQE_BUFFER_SELECT'),
  rx('multishot', { 'app.receive': 'multishot' }, 'one request receives for ever into a ring of provided buffers: a copy, and no SQE',
    'IORING_RECV_MULTISHOT, IORING_REGISTER_PBUF_RING'),
  rx('pbuf', { 'app.receive': 'pbuf' }, 'multishot into the older list of buffers, each of which is given back by a request',
    'IORING_OP_PROVIDE_BUFFERS'),
  rx('bundle', { 'app.receive': 'bundle' }, 'a ring of provided buffers, of which one completion takes as many as it fills',
    'IORING_RECVSEND_BUNDLE'),
  rx('incremental', { 'app.receive': 'incremental' }, 'a ring of large buffers that are used up little by little', 'IOU_PBUF_RING_INC'),
  rx('multishot-hwgro', { 'app.receive': 'multishot', 'nic.rx_gro_hw': 'on' },
    'multishot into provided buffers, with segments merged by the NIC', 'IORING_RECV_MULTISHOT, NETIF_F_GRO_HW'),
  rx('zc', { 'app.receive': 'zc' }, 'zero-copy receive: the NIC writes into the application\'s area, a completion for each buffer of 4 KiB',
    'IORING_OP_RECV_ZC'),
  rx('zc-hwgro', { 'app.receive': 'zc', 'nic.rx_gro_hw': 'on' }, 'the same, with segments merged by the NIC: buffers are filled',
    'IORING_OP_RECV_ZC, NETIF_F_GRO_HW'),
  rx('zc-32k', { 'app.receive': 'zc', 'refill.rx_buf_len': '32KiB' }, 'zero-copy receive into buffers of 32 KiB, which hold a frame each',
    'io_uring_zcrx_ifq_reg.rx_buf_len'),
  rx('zc-32k-hwgro', { 'app.receive': 'zc', 'refill.rx_buf_len': '32KiB', 'nic.rx_gro_hw': 'on' },
    'large buffers and segments merged by the NIC: fewest completions', 'io_uring_zcrx_ifq_reg.rx_buf_len, NETIF_F_GRO_HW'),

  tx('write', { 'app.send': 'write' }, 'a thread per connection waits in send(2): a system call and a copy for each piece', 'send(2)'),
  tx('sendmsg', { 'app.send': 'sendmsg' }, 'the same by sendmsg(2), which takes a list of pieces', 'sendmsg(2)'),
  tx('msg-zerocopy', { 'app.send': 'msg_zerocopy' },
    'sendmsg(2) that lends its memory: pages are pinned, and notifications are read from the error queue', 'MSG_ZEROCOPY'),
  tx('send', { 'app.send': 'send' }, 'io_uring\'s send: a copy into the socket', 'IORING_OP_SEND'),
  tx('send-zc', { 'app.send': 'zc' }, 'zero-copy send: pages are pinned for each request, which has a notification of its own',
    'IORING_OP_SEND_ZC'),
  tx('send-zc-fixed', { 'app.send': 'zc_fixed' }, 'zero-copy send from registered memory: nothing is pinned', 'IORING_RECVSEND_FIXED_BUF'),
  tx('send-zc-shared', { 'app.send': 'zc', 'app.notify': 'none' },
    'zero-copy send whose requests share a notification, without a flush each', 'the notification slots of the first patches'),
  tx('send-zc-fixed-shared', { 'app.send': 'zc_fixed', 'app.notify': 'none' }, 'requests that share a notification, from registered memory',
    'the notification slots of the first patches'),

  ring('defer', {}, 'task work runs when the application asks for completions', 'IORING_SETUP_DEFER_TASKRUN'),
  ring('coop', { 'ring.defer_taskrun': 'off', 'ring.coop_taskrun': 'on' }, 'task work runs at the next system call of any kind',
    'IORING_SETUP_COOP_TASKRUN'),
  ring('signal', { 'ring.defer_taskrun': 'off' }, 'task work interrupts the application, wherever it runs', 'TWA_SIGNAL'),
  ring('sqpoll', { 'ring.defer_taskrun': 'off', 'ring.sqpoll': 'on' },
    'a thread of the kernel reads the submission queue: no system call submits', 'IORING_SETUP_SQPOLL'),
  ring('napi', { 'ring.napi_busy_poll_ns': '50us' }, 'who waits for completions polls the NIC for 50 µs before sleeping',
    'IORING_REGISTER_NAPI'),
  ring('fixed-files', { 'ring.fixed_files': 'on' }, 'requests name files by the slots of a table', 'IOSQE_FIXED_FILE'),
  ring('wait-16', { 'ring.wait_batch': '16' }, 'a wait is for 16 completions, or for as many as came until its time is up',
    'io_uring_enter(2) min_complete'),
];
