/**
 * The steps of a step scenario (docs/steps.md): the vocabulary, once. A program of steps is compiled to a flat list without
 * loops, branches or expressions; the simulator runs it here, and a real kernel runs the same list. From this table come the
 * checks of a scenario, its JSON Schema and the reference page.
 */
import { STRUCTS } from './uapi.ts';
import { bool, FAMILY, FD, file, files, flags, fresh, int, ints, least, memories, memory, must, ns, one, OVER, pieces, pokes, RING, step,
  type StepField, type StepRow, text, word, ZCRX } from './steps_form.ts';
import { MEMORY_WIRE_ROWS, NIC_STEP_ROWS, STREAM_STEP_ROWS } from './steps_wire.ts';
import { HOSTS } from './scenario.ts';
import { CONSTANTS } from './uapi_constants.ts';

export const STEPS_MAX = 4096;
export const STEP_RINGS_MAX = 8;

/** Constants with a prefix, under what follows it; `also` keeps names of other families whole. */
function named(...prefixes: readonly string[]): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  for (const { constants } of CONSTANTS) {
    for (const { name, value } of constants) {
      const prefix = prefixes.find((p) => name.startsWith(p));
      if (prefix !== undefined) out.set(name.slice(prefix.length), Number(value));
    }
  }
  return out;
}
const without = (set: ReadonlyMap<string, number>, ...names: readonly string[]) =>
  new Map([...set].filter(([name]) => !names.includes(name)));
const listed = (...names: readonly string[]): ReadonlyMap<string, number> => new Map(names.map((name, i) => [name, i]));

/** Every constant of the UAPI by its whole name: integer fields take them too. */
export const ALL_CONSTANTS: ReadonlyMap<string, bigint> = new Map(
  CONSTANTS.flatMap(({ constants }) => constants.map((c): [string, bigint] => [c.name, c.value])));

export const OPS = without(named('IORING_OP_'), 'LAST');
const IOSQE = named('IOSQE_');
const SETUP = named('IORING_SETUP_');
const ENTER = named('IORING_ENTER_');
const MSG = without(named('MSG_'), '');
const POLL = new Map([...[...named('POLL')].filter(([n]) => !n.startsWith('_')), ['ET', 2 ** 31], ['EXCLUSIVE', 2 ** 28]] as [string,
  number][]);
const TIMEOUT = new Map([...named('IORING_TIMEOUT_'), ...[...named('IORING_LINK_')].map(([n, v]): [string, number] => [`LINK_${n}`, v])]);
const CANCEL = named('IORING_ASYNC_CANCEL_');
const MSG_RING = named('IORING_MSG_RING_');
const IOPRIO = new Map([...named('IORING_')].filter(([n]) => /^(RECVSEND|RECV|SEND|ACCEPT)_/.test(n)));
const SOCK = new Map([...named('SOCK_')].filter(([n]) => n === 'NONBLOCK' || n === 'CLOEXEC'));
/** Bits of type_mask. */
const EVENT_BITS = new Map([['ALLOC_FAIL', 1], ['COPY', 2]]);
const PBUF = new Map([['MMAP', 1], ['INC', 2]]);

const PAIRS = listed('tcp', 'unix', 'unix-dgram', 'seqpacket', 'udp');
const SOCKETS = listed('tcp', 'tcp6', 'udp', 'udp6', 'unix', 'unix-dgram');
const HOW = named('SHUT_');
const QUERIES = listed('opcodes', 'zcrx', 'scq', 'zcrx_event');
const PATTERNS = listed('fill', 'seq');

const TIMEOUT_NS = ns('timeout', 'for how long at most; left out: without end');
const BUCKETS = ints('buckets', 'milliseconds between which the trace says how long the step took; without it it says nothing of time');
const BGID = int('bgid', 'group of buffers', 1);

/** Members of unions that have a field of their own above, and padding. */
const SQE_KNOWN = ['opcode', 'flags', 'ioprio', 'fd', 'off', 'addr', 'len', 'user_data', 'msg_flags', 'poll32_events', 'timeout_flags',
  'cancel_flags', 'accept_flags', 'msg_ring_flags', 'buf_group', '__pad1', '__pad2', '__pad3', '__pad4', 'cmd', 'poll_events', 'addr3',
    'optval', 'addr2'];
const SQE_FIELDS: readonly StepField[] = [
  RING,
  must(one('op', OPS, 'operation (opcode)')),
  file('fd', 'file, or slot of the registered files with FIXED_FILE', -1),
  memory('addr', 'address of the buffer or of the argument', 0),
  int('len', 'bytes, or a number of vectors', 0),
  memory('off', 'offset; second address (addr2)', 0),
  int('ud', 'user_data', 0),
  flags('flags', IOSQE, 'flags of the request (IOSQE_)'),
  flags('ioprio', IOPRIO, 'flags of send, receive and accept, such as RECV_MULTISHOT (IORING_)'),
  int('bgid', 'group of provided buffers (buf_group)'),
  flags('msg_flags', MSG, 'flags of send and receive (MSG_)'),
  flags('poll_events', POLL, 'events of a poll (POLL…; ET: EPOLLET)'),
  flags('timeout_flags', TIMEOUT, 'flags of a timeout (IORING_TIMEOUT_)'),
  flags('cancel_flags', CANCEL, 'flags of a cancellation (IORING_ASYNC_CANCEL_)'),
  flags('accept_flags', SOCK, 'flags of an accepted socket (SOCK_)'),
  flags('msg_ring_flags', MSG_RING, 'flags of a message (IORING_MSG_RING_)'),
  memory('addr3', 'third address; user_data of a notification', undefined),
  memory('optval', 'address of a socket option\'s value', undefined),
  ...(STRUCTS.find((s) => s.name === 'io_uring_sqe')?.fields ?? [])
    .filter(([, , name]) => !SQE_KNOWN.includes(name)).map(([, , name, about]) => int(name, about)),
  pokes('poke', 'words written over the finished entry, as [offset, u32], for entries that no library would make'),
];

export const STEP_ROWS: readonly StepRow[] = [
  step('rings', 'ring.init', 'sets a ring up (io_uring_queue_init_params)', [
    RING, int('sq', 'entries of the submission queue', 8), int('cq', 'entries of the completion queue; 0: twice the submission queue', 0),
    flags('flags', SETUP, 'IORING_SETUP_'), int('sq_thread_idle', 'milliseconds until the SQ thread sleeps', 0),
    int('sq_thread_cpu', 'its core', 0), int('wq', 'ring whose workers are shared, with ATTACH_WQ', -1),
  ]),
  step('rings', 'ring.exit', 'ends a ring (io_uring_queue_exit)', [RING], 'ring'),
  step('rings', 'ring.enable', 'enables a ring that began disabled (io_uring_enable_rings)', [RING], 'ring'),
  step('rings', 'ring.resize', 'changes the sizes of the rings (io_uring_resize_rings)', [
    RING, int('sq', 'entries of the submission queue', 8), int('cq', 'entries of the completion queue; 0: twice the submission queue', 0),
    flags('flags', SETUP, 'IORING_SETUP_'),
  ]),
  step('rings', 'ring.regfiles', 'registers files (io_uring_register_files, …_sparse)', [
    RING, files('files', 'the files; -1: an empty slot', []), int('sparse', 'this many empty slots instead', 0),
  ]),
  step('rings', 'ring.updatefiles', 'changes registered files (io_uring_register_files_update)', [
    RING, int('at', 'first slot', 0), files('files', 'the files; -1 empties a slot, -2 leaves it', []),
  ]),
  step('rings', 'ring.allocrange', 'slots that may be picked for a direct descriptor (io_uring_register_file_alloc_range)', [
    RING, int('at', 'first slot', 0), int('n', 'how many', 0),
  ]),
  step('rings', 'ring.unregfiles', 'gives the registered files up (io_uring_unregister_files)', [RING], 'ring'),
  step('rings', 'ring.regbufs', 'registers buffers (io_uring_register_buffers, …_sparse)', [
    RING, pieces('bufs', 'the buffers as [memory, length]', []), int('sparse', 'this many empty slots instead', 0),
  ]),
  step('rings', 'ring.updatebufs', 'changes registered buffers (io_uring_register_buffers_update_tag)', [
    RING, int('at', 'first slot', 0), pieces('bufs', 'the buffers as [memory, length]', []),
  ]),
  step('rings', 'ring.clonebufs', 'takes buffers over from another ring (io_uring_clone_buffers_offset)', [
    RING, must(int('from', 'the other ring')), int('dst_off', 'first slot here', 0), int('src_off', 'first slot there', 0),
    int('n', 'how many; 0: all', 0), int('flags', 'IORING_REGISTER_DST_REPLACE', 0),
  ]),
  step('rings', 'ring.unregbufs', 'gives the registered buffers up (io_uring_unregister_buffers)', [RING], 'ring'),
  step('rings', 'ring.eventfd', 'an eventfd tells of completions (io_uring_register_eventfd)', [
    RING, must(FD), bool('async', 'of those of workers only', false),
  ]),
  step('rings', 'ring.uneventfd', 'it does so no more (io_uring_unregister_eventfd)', [RING], 'ring'),
  step('rings', 'ring.sync_cancel', 'cancels and waits (io_uring_register_sync_cancel)', [
    RING, int('ud', 'user_data of the victim', 0), file('fd', 'file of the victim', -1), flags('flags', CANCEL, 'IORING_ASYNC_CANCEL_'),
    int('opcode', 'opcode of the victim', 0), ns('timeout', 'for how long at most; left out: without end'),
  ]),
  step('rings', 'ring.sync_msg', 'posts a completion to a ring without having one (io_uring_register_sync_msg)', [
    RING, int('len', 'res of the completion', 0), int('ud', 'its user_data', 0), flags('flags', MSG_RING, 'IORING_MSG_RING_'),
  ]),
  step('rings', 'ring.napi', 'busy polling (io_uring_register_napi)', [
    RING, int('busy_poll_to', 'microseconds', 0), int('prefer_busy_poll', 'rather than interrupts', 0),
  ]),
  step('rings', 'ring.restrict', 'restricts a ring that began disabled (io_uring_register_restrictions)', [
    RING, ints('register_ops', 'register opcodes that are allowed', []), ints('sqe_ops', 'operations that are allowed', []),
    flags('flags_allowed', IOSQE, 'request flags that are allowed'), flags('flags_required', IOSQE, 'request flags that must be there'),
  ]),
  step('rings', 'ring.query', 'asks what the kernel can do (IORING_REGISTER_QUERY)', [one('what', QUERIES, 'the question', 'opcodes')],
    'what'),
  step('rings', 'ring.probe', 'which operations are there (io_uring_get_probe_ring)', [RING], 'ring'),
  step('rings', 'ring.register', 'any registration, with an argument of one\'s own (io_uring_register)', [
    RING, must(int('opcode', 'IORING_REGISTER_')), memory('arg', 'the argument', 0), int('count', 'nr_args', 0),
    bool('no_ring', 'with -1 for the ring', false),
  ]),

  step('memory', 'mem.bytes', 'a piece of memory', [
    must(fresh('name', 'its name')), must(least(1, int('len', 'bytes'))), text('fill', 'character that it is filled with', ''),
    one('pattern', PATTERNS, 'seq: byte i is i * 7 + 3', 'fill'),
  ]),
  step('memory', 'mem.words', 'a piece of memory with 32-bit words', [must(fresh('name', 'its name')), must(ints('words', 'the words'))]),
  step('memory', 'mem.iov', 'an array of struct iovec', [must(fresh('name', 'its name')), must(pieces('of',
    'the pieces, as [memory, length]'))]),
  step('memory', 'mem.msg', 'a struct msghdr', [
    must(fresh('name', 'its name')), pieces('of', 'the pieces, as [memory, length]', []), memory('address', 'address of the peer', 0),
    int('address_len', 'bytes of it', 0), memory('control', 'control data', 0), int('control_len', 'bytes of it', 0),
  ]),
  step('memory', 'mem.ts', 'a struct __kernel_timespec', [
    must(fresh('name', 'its name')), ns('time', 'span or point of time', 0), int('sec', 'seconds, as they are written', 0),
    int('nsec', 'nanoseconds, as they are written', 0),
  ]),
  step('memory', 'mem.sockaddr', 'an address: that of a socket of ours, or of a port', [
    must(fresh('name', 'its name')), file('of', 'socket whose address it is (getsockname)', -1), int('port',
      'port of the loopback address', 0),
  ]),
  step('memory', 'mem.dump', 'says what lies in memory', [must(memory('at', 'where')), least(0, int('len', 'bytes', 16))]),

  ...MEMORY_WIRE_ROWS,

  step('buffers', 'pbuf.reg', 'registers a ring of provided buffers (io_uring_setup_buf_ring)', [
    RING, BGID, int('entries', 'entries of the ring', 8), flags('flags', PBUF, 'IOU_PBUF_RING_'), int('min_left',
      'least bytes that are left, with INC', 0),
    int('bufs', 'buffers put in at once', 0), int('size', 'bytes of a buffer', 64),
  ]),
  step('buffers', 'pbuf.add', 'writes a buffer into the ring (io_uring_buf_ring_add)', [
    RING, BGID, must(int('bid', 'buffer')), int('len', 'bytes; left out: the buffers\' size'), int('slot', 'entries beyond the tail', 0),
    int('advance', 'then publishes this many (io_uring_buf_ring_advance)', 1),
  ]),
  step('buffers', 'pbuf.advance', 'publishes buffers that were added (io_uring_buf_ring_advance)', [RING, BGID, int('n', 'how many', 1)]),
  step('buffers', 'pbuf.unreg', 'gives the ring up (io_uring_unregister_buf_ring)', [RING, BGID], 'bgid'),
  step('buffers', 'pbuf.status', 'head and tail (io_uring_buf_ring_head)', [RING, BGID], 'bgid'),
  step('buffers', 'pbuf.dump', 'entries of the ring as they lie in memory', [RING, BGID, int('slots', 'how many, from the first on', 4)]),

  step('zcrx', 'zcrx.reg', 'registers a zcrx instance (io_uring_register_ifq)', [
    RING, fresh('name', 'its name', 'z0'), int('pages', 'pages of the area', 4), int('rq', 'entries of the refill ring', 4),
    bool('nodev', 'without a device', true), int('if_idx', 'interface', 2), int('rxq', 'queue', 0), int('rx_buf_len',
      'bytes of a buffer; 0: a page', 0),
    flags('events', EVENT_BITS, 'ask for these events', null), int('ev_ud', 'user_data of events', 0xeeee),
      bool('stats', 'and for statistics', false),
    memory('area', 'memory of the area, when it is not new'), file('dmabuf', 'file that stands for it (IORING_ZCRX_AREA_DMABUF)'),
    int('reg_flags', 'further flags of the registration', 0), int('area_flags', 'flags of the area', 0),
  ]),
  step('zcrx', 'zcrx.push', 'writes a refill entry', [
    ZCRX, int('off', 'offset of the buffer, such as c1.off'), int('len', 'bytes', 1), int('pad', 'what ought to be 0', 0),
    bool('publish', 'and moves the tail', true),
  ]),
  step('zcrx', 'zcrx.publish', 'moves the tail over entries that were written', [ZCRX], 'zcrx'),
  step('zcrx', 'zcrx.flush', 'makes the kernel read the refill ring (ZCRX_CTRL_FLUSH_RQ)', [ZCRX, RING], 'zcrx'),
  step('zcrx', 'zcrx.arm', 'asks for the next event of a type (ZCRX_CTRL_ARM_EVENT)', [ZCRX, RING, int('type', 'ZCRX_EVENT_', 0)]),
  step('zcrx', 'zcrx.add_area', 'adds an area (ZCRX_CTRL_ADD_AREA)', [ZCRX, RING, int('pages', 'pages of the area', 4)]),
  step('zcrx', 'zcrx.ctrl', 'any control call', [ZCRX, RING, must(int('op', 'ZCRX_CTRL_')), int('id',
    'instance; left out: that of the name')]),
  step('zcrx', 'zcrx.export', 'makes a file of an instance (ZCRX_CTRL_EXPORT)', [ZCRX, RING, fresh('name', 'name of the file', 'zf')]),
  step('zcrx', 'zcrx.import', 'shares an instance of another ring (ZCRX_REG_IMPORT)', [
    RING, must(file('fd', 'the file')), fresh('name', 'its name here', 'z1'), text('like', 'instance that it shares the memory of', 'z0'),
  ]),
  step('zcrx', 'zcrx.poke', 'writes head and tail of the refill ring', [ZCRX, int('head', 'the kernel\'s'), int('tail', 'ours')]),
  step('zcrx', 'zcrx.rq', 'head and tail of the refill ring', [ZCRX], 'zcrx'),
  step('zcrx', 'zcrx.stats', 'what the kernel has copied', [ZCRX], 'zcrx'),
  step('zcrx', 'zcrx.check', 'whether bytes of the area are those of pattern seq', [ZCRX, must(int('off', 'offset')), must(int('len',
    'bytes')), int('at', 'place in the pattern', 0)]),

  step('sqe', 'sqe', 'fills the next submission entry (io_uring_get_sqe); nothing is submitted', SQE_FIELDS),

  step('enter', 'submit', 'submits what has been filled (io_uring_submit)', [
    RING, int('n', 'only so many of them; the rest waits in the queue (io_uring_enter)'),
  ], 'ring'),
  step('enter', 'submit_wait', 'submits and waits (io_uring_submit_and_wait, …_timeout, …_min_timeout)', [
    RING, int('nr', 'completions to wait for', 1), TIMEOUT_NS, int('min_wait', 'microseconds after which fewer will do', 0), BUCKETS,
  ], 'nr'),
  step('enter', 'get_events', 'runs task work and flushes what has overflowed (io_uring_get_events)', [RING, bool('quiet',
    'no line in the trace', false)], 'ring'),
  step('enter', 'wait', 'waits (io_uring_wait_cqes)', [RING, int('nr', 'completions to wait for', 1), TIMEOUT_NS, BUCKETS], 'nr'),
  step('enter', 'peek', 'looks for a completion, and enters the kernel when the ring asks for it (io_uring_peek_cqe)', [RING], 'ring'),
  step('enter', 'peek_batch', 'looks for completions (io_uring_peek_batch_cqe)', [RING, int('max', 'how many at most', 4)]),
  step('enter', 'enter', 'io_uring_enter as it is', [
    RING, int('submit', 'to_submit', 0), int('wait', 'min_complete', 0), flags('flags', ENTER, 'IORING_ENTER_'),
    bool('flush', 'what was filled is published before', true),
    ns('timeout', 'makes an EXT_ARG of it'), int('min_wait', 'microseconds; makes an EXT_ARG of it'), BUCKETS,
  ]),

  step('observe', 'drain', 'says and consumes what is in the CQ, without entering the kernel', [
    RING, int('max', 'how many at most', 65536), bool('check', 'proves the bytes behind completions against pattern seq', false),
      text('zcrx', 'instance whose bytes they are', 'z0'),
  ]),
  step('observe', 'advance', 'gives CQ entries back unseen (io_uring_cq_advance)', [RING, int('n', 'how many', 1)]),
  step('observe', 'rings', 'heads, tails and flags of both rings', [RING], 'ring'),
  step('observe', 'ring.poke', 'writes heads and tails of both rings, as they lie in shared memory', [
    RING, int('sq_head', 'the kernel\'s'), int('sq_tail', 'ours'), int('cq_head', 'ours'), int('cq_tail', 'the kernel\'s'),
  ]),
  step('observe', 'await', 'enters the kernel until there are so many completions', [
    RING, int('nr', 'completions', 1), ns('deadline', 'for how long at most', 1_000_000_000),
  ]),

  step('sockets', 'sock.pair', 'two connected sockets; over the wire (tcp alone) a is the server\'s and b the client\'s', [
    one('kind', PAIRS, 'of which kind', 'tcp'), fresh('a', 'the one, which was accepted', 'a'), fresh('b', 'the other', 'b'), OVER,
    FAMILY, int('port', 'port of a; 0: any', 0), int('from', 'port of b; 0: any', 0),
  ]),
  step('sockets', 'sock.new', 'a socket', [one('kind', SOCKETS, 'of which kind', 'tcp'), must(fresh('name', 'its name')), flags('flags',
    SOCK, 'SOCK_')]),
  step('sockets', 'sock.listen', 'a socket that listens on the loopback address', [
    must(fresh('name', 'its name')), int('backlog', 'connections that may wait', 8), int('port', 'port; 0: any', 0), bool('any',
      'on every address', false), FAMILY,
  ]),
  step('sockets', 'sock.bind', 'binds a socket to the loopback address', [must(FD), int('port', 'port; 0: any', 0)]),
  step('sockets', 'sock.connect', 'connects a socket, a new one when it has no fd', [
    file('fd', 'the socket', -1), fresh('name', 'name of a new one', 'c'), file('to', 'socket to connect to', -1), int('port',
      'or port of the address', 0), OVER, FAMILY,
  ]),
  step('sockets', 'sock.accept', 'accepts a connection', [must(file('fd', 'the listener')), must(fresh('name', 'name of the connection'))]),
  step('sockets', 'sock.opt', 'sets a socket option to a number (setsockopt)', [
    must(FD), int('level', 'SOL_', 1), must(int('opt', 'the option')), must(int('value', 'its value')),
  ]),
  step('sockets', 'sock.getopt', 'a socket option (getsockopt)', [must(FD), int('level', 'SOL_', 1), must(int('opt', 'the option'))]),
  step('sockets', 'peer.send', 'sends (send)', [
    must(FD), must(int('n', 'bytes')), text('fill', 'character that is sent', 'a'), one('pattern', PATTERNS, 'seq: the running pattern',
      'fill'),
    flags('flags', MSG, 'MSG_, besides NOSIGNAL'),
  ]),
  step('sockets', 'peer.recv', 'receives (recv)', [must(FD), int('n', 'bytes at most', 131072), flags('flags', MSG, 'MSG_')]),
  step('sockets', 'peer.shutdown', 'shuts a socket down (shutdown)', [must(FD), one('how', HOW, 'which direction', 'WR')]),
  step('sockets', 'peer.close', 'closes a file (close)', [must(FD), bool('rst',
    'a reset instead of the end of the stream (SO_LINGER 0)', false)], 'fd'),
  step('sockets', 'peer.fill', 'sends without waiting until nothing more goes', [must(FD)], 'fd'),
  step('sockets', 'peer.soak', 'receives what peer.fill sent and so many bytes more, entering the ring meanwhile', [
    must(FD), RING, int('n', 'bytes more', 0),
  ]),
  step('sockets', 'nonblock', 'sets or clears O_NONBLOCK (fcntl)', [must(FD), bool('on', 'set', true)], 'fd'),

  ...STREAM_STEP_ROWS,

  ...NIC_STEP_ROWS,

  step('misc', 'pipe', 'a pipe (pipe2)', [fresh('read', 'its reading end', 'pr'), fresh('write', 'its writing end', 'pw')]),
  step('misc', 'eventfd', 'an eventfd', [must(fresh('name', 'its name')), int('value', 'what it begins with', 0), bool('nonblock',
    'never waits', false)]),
  step('misc', 'eventfd.write', 'adds to an eventfd', [must(FD), int('value', 'how much', 1)]),
  step('misc', 'eventfd.read', 'reads an eventfd', [must(FD)], 'fd'),
  step('misc', 'epoll', 'an epoll instance', [must(fresh('name', 'its name'))], 'name'),
  step('misc', 'epoll.add', 'adds a file to it (epoll_ctl)', [must(FD), must(file('of', 'the epoll instance')), flags('events', POLL,
    'POLL… (EPOLL…)', ['IN']), int('data', 'data of its events', 0)]),
  step('misc', 'epoll.wait', 'events that are there (epoll_wait)', [must(FD), int('max', 'how many at most', 8), int('timeout_ms',
    'for how long', 0)]),
  step('misc', 'read', 'reads into memory or away (read)', [must(FD), int('n', 'bytes at most', 4096)]),
  step('misc', 'write', 'writes (write)', [must(FD), must(text('text', 'what'))]),
  step('misc', 'sleep_ms', 'sleeps', [least(0, int('ms', 'milliseconds', 1))], 'ms'),
  step('misc', 'syscall_noop', 'a system call that does nothing (getppid): task work becomes visible'),
  step('misc', 'syscall', 'any system call', [must(int('nr', 'its number on x86-64')), memories('args', 'arguments', [])]),
  step('misc', 'alarm', 'a signal after a while (setitimer); its handler does nothing', [ns('after', 'when', 50_000_000)]),
  step('misc', 'after', 'lets a second thread send one byte after a while; only for what is compared by time', [
    must(ns('time', 'when')), must(FD), text('fill', 'the byte', 'x'),
  ]),
  step('misc', 'lenient', 'from here on a step that asks for what is not there is left out: the program goes on'),
  step('misc', 'probe_caps', 'says again what the kernel can do (the first line of the trace)'),
  step('misc', 'seq', 'begins pattern seq anew, where it is sent and where it is proved'),
  step('misc', 'label', 'a heading in the trace', [must(text('text', 'what it says'))], 'text'),
  step('misc', 'note', 'a remark in the trace', [must(text('text', 'what it says'))], 'text'),
];

/** Fields that every step has. */
export const COMMON_FIELDS: readonly StepField[] = [
  text('tag', 'said again in the step\'s lines of the trace'),
  { name: 'quiet', kind: 'bool', about: 'its result is not in the trace', required: false },
  int('thread', 'thread of the process that does it; 0 is the one that waits for the others'),
  word('host', HOSTS, 'whose task does it; left out: the client where the step\'s file is the client\'s, else the server'),
  { name: 'as', kind: 'news', about: 'names for its result: of drain one for each completion, with res, ud, bid, off and flags',
    required: false },
];
