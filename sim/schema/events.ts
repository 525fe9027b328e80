/**
 * Every trace event, once: the record, the emitter, the decoder, the print format and the documentation.
 *
 * A record is 32 bytes; packet and buffer have fixed columns in all of them, so that following one packet
 * or one buffer is a filter and not a join:
 *
 *      0        8    9     10    11    12      16        20   24   28   32
 *     +--------+----+-----+-----+-----+-------+---------+----+----+----+
 *     |time_ns |kind|host |ctx  |core | pkt_id|niov_idx | a  | b  | c  |
 *     +--------+----+-----+-----+-----+-------+---------+----+----+----+
 *
 * `pkt_id` 0 means no packet; `niov_idx` (an index into the netmem table) 0xffffffff means no buffer.
 */
export interface TraceEvent {
  readonly name: string;
  readonly stage: string;
  readonly about: string;
  /** Names of the words a, b and c that this event uses, in order. `seq` words are TCP sequence numbers. */
  readonly words: readonly string[];
  readonly linux?: string;
}

const event = (stage: string, name: string, words: readonly string[], about: string, linux?: string): TraceEvent =>
  linux === undefined ? { name, stage, about, words } : { name, stage, about, words, linux };

/** For invariants: no other build of the core writes them. */
const SEEN_BY_FUZZER = 'only in the fuzzing build: ';
export const isForInvariants = ({ about }: Pick<TraceEvent, 'about'>): boolean => about.startsWith(SEEN_BY_FUZZER);

export const EVENTS: readonly TraceEvent[] = [
  event('wire', 'wire_send', ['len', 'seq', 'queue_packets'],
    'a frame was given to the link, which sends it when those before it have left; queue_packets wait behind it'),
  event('wire', 'wire_arrive', ['len', 'seq'], 'the last bit of a frame arrived at the far end'),
  event('wire', 'wire_fault', ['verdict', 'param'],
    'the link did something to a frame: reorder, duplicate, corrupt, jitter, delay, CE mark'),
  event('wire', 'drop', ['reason', 'stage', 'len'], 'a packet was dropped', 'skb:kfree_skb'),
  event('nic', 'nic_steer', ['queue', 'hash', 'rule'],
    'RSS or an n-tuple rule chose the RX queue; rule is 0 for RSS, else the rule number from 1'),
  event('nic', 'nic_dma', ['queue', 'header_len', 'payload_len'],
    'header and payload were written to memory; niov_idx is the first payload buffer'),
  event('nic', 'nic_dma_buf', ['offset', 'len'], 'payload bytes landed in this buffer'),
  event('nic', 'nic_irq', ['queue', 'frames'], 'the NIC raised an interrupt', 'irq:irq_handler_entry'),
  event('nic', 'nic_post', ['queue', 'posted'], 'the driver posted a buffer to an RX queue'),
  event('nic', 'nic_tx', ['queue', 'len', 'tso_pkt'],
    'the NIC sends a frame of a TX ring; tso_pkt is the packet that the stack sent, if the NIC cut it into several, else 0',
    'net:net_dev_start_xmit'),
  event('nic', 'lo_xmit', ['len', 'segs', 'waiting'],
    'the loopback device passed a packet back to its own host; waiting packets are before it in the backlog of the core', 'net:netif_rx'),
  event('pool', 'pool_hold', ['pool', 'from'], 'a buffer left the page pool; from: 0 cache, 1 ptr_ring, 2 slow path',
    'page_pool:page_pool_state_hold'),
  event('pool', 'pool_release', ['pool', 'to'], 'a buffer came back; to: 0 cache, 1 ptr_ring, 2 provider or page allocator',
    'page_pool:page_pool_state_release'),
  event('pool', 'pool_empty', ['pool'], 'the pool had nothing to give'),
  event('pool', 'ledger', ['from', 'to', 'refs'], 'a buffer changed its place'),
  event('napi', 'napi_schedule', ['napi'], 'softirq work was asked for', 'irq:softirq_raise'),
  event('napi', 'napi_poll', ['napi', 'work', 'budget'], 'a poll harvested this many frames', 'napi:napi_poll'),
  event('napi', 'skb_build', ['len', 'linear', 'frags'], 'the driver made an skb of a frame', 'net:napi_gro_frags_entry'),
  event('napi', 'gro_merge', ['into_pkt', 'segs', 'len'], 'GRO merged this packet into an earlier one'),
  event('tcp', 'tcp_rx', ['sock', 'seq', 'len'], 'a segment reached its socket', 'tcp:tcp_probe'),
  event('tcp', 'tcp_heard', ['ack', 'window', 'bits'],
    'what else the header says of the segment of the record before (tcp_rx); bits: flags, and from bit 16 on 1 + the window '
    + 'scale of a SYN that has one; in runs with run.verify'),
  event('tcp', 'tcp_backlog', ['sock', 'seq', 'len'], 'a segment waits until the caller who has locked its socket lets it go'),
  event('tcp', 'tcp_state', ['sock', 'from', 'to'], 'a connection changed its state', 'sock:inet_sock_set_state'),
  event('tcp', 'tcp_ack', ['sock', 'ack', 'acked'], 'an ACK moved snd_una'),
  event('tcp', 'tcp_tx', ['sock', 'seq', 'len'], 'a segment was handed to the device'),
  event('tcp', 'tcp_said', ['ack', 'window', 'bits'],
    'what else the header says of the segment of the record before (tcp_tx), as in tcp_heard; in runs with run.verify'),
  event('tcp', 'tcp_retransmit', ['sock', 'seq', 'len'], 'a segment was sent again', 'tcp:tcp_retransmit_skb'),
  event('tcp', 'tcp_ooo', ['sock', 'seq', 'len'], 'a segment went to the out-of-order queue'),
  event('tcp', 'tcp_timer', ['sock', 'timer', 'backoff'], 'a timer of a connection fired'),
  event('tcp', 'tcp_cwnd', ['sock', 'cwnd', 'ssthresh'], 'the congestion window changed'),
  event('socket', 'sock_queue', ['sock', 'seq', 'len'], 'bytes are in the receive queue, in order'),
  event('socket', 'sock_wake', ['sock', 'mask'], 'somebody who waits on the socket was told', 'sock:sk_data_ready'),
  event('socket', 'sock_send', ['sock', 'len', 'queued'], 'the application gave bytes to the socket'),
  event('socket', 'sock_read', ['sock', 'len'], 'bytes left the receive queue'),
  event('ring', 'ring_submit', ['ring', 'opcode', 'user_data'], 'a request was taken from the SQ', 'io_uring:io_uring_submit_req'),
  event('ring', 'ring_enter', ['ring', 'submitted', 'waiting'], 'io_uring_enter was called'),
  event('ring', 'poll_arm', ['kind', 'obj', 'user_data'],
    'a request that would block waits for its file: of kind 1, socket obj', 'io_uring:io_uring_poll_arm'),
  event('ring', 'task_work', ['ring', 'items'], 'task work ran', 'io_uring:io_uring_local_work_run'),
  event('ring', 'cqe', ['user_data', 'res', 'flags'], 'a completion was posted', 'io_uring:io_uring_complete'),
  event('ring', 'cq_overflow', ['ring', 'user_data'], 'a completion went to the overflow list', 'io_uring:io_uring_cqe_overflow'),
  event('app', 'cpu_charge', ['cost', 'cycles', 'units'],
    'a context was charged a cost, by its number in sim/schema/costs.ts, since it began or last said so (run.charges)'),
  event('app', 'app_wake', ['app', 'cqes'], 'the application runs'),
  event('app', 'app_read', ['flow', 'offset', 'len'], 'the application read payload bytes, at an offset of the area if they were lent'),
  event('app', 'app_write', ['flow', 'position', 'len'], 'the application produced bytes to send, from a position of the stream on'),
  event('app', 'app_stream', ['flow', 'sock'], 'the application knows whose stream it is that comes on a socket'),
  event('app', 'app_done', ['app', 'flow', 'res'], 'a stream ended at the application'),
  event('refill', 'zc_copy', ['sock', 'len', 'why'], 'the copy fallback copied bytes into a buffer; why: 1 linear data, 2 foreign page'),
  event('refill', 'zc_deliver', ['sock', 'offset', 'len'], 'a buffer was lent to the application, with nothing copied'),
  event('refill', 'rqe_push', ['offset', 'len', 'tail'], 'the application put a buffer into the refill ring'),
  event('refill', 'rqe_take', ['offset', 'result', 'entries'],
    'the kernel read refill entries, in a row for one buffer; result: 0 recycled, 1 still referenced, 2 malformed, 3 not on loan'),
  event('refill', 'zc_event', ['type'], 'a zcrx event was posted'),
  event('ring', 'ring_new', ['ring', 'address', 'flags'], SEEN_BY_FUZZER + 'a ring has queues at this address, the first or others'),
  event('ring', 'ring_gone', ['ring', 'done'], SEEN_BY_FUZZER + 'the exit work of a ring begins, or is done'),
  event('ring', 'req_new', ['req', 'entry', 'user_data'],
    SEEN_BY_FUZZER + 'an SQE became a request; entry is its first word: opcode, flags, ioprio', 'io_uring:io_uring_submit_req'),
  event('ring', 'req_entry', ['ring_group', 'left', 'op_flags'],
    SEEN_BY_FUZZER + 'of the request just made: ring and group of buffers (high half); SQEs that its batch still has, with this one'),
  event('ring', 'req_args', ['fd', 'addr', 'len'], SEEN_BY_FUZZER + 'of the request just made'),
  event('ring', 'req_time', ['req', 'ns_low', 'ns_high'], SEEN_BY_FUZZER + 'the time of a timeout was read, or written anew'),
  event('ring', 'req_work', ['req', 'ring', 'tw'], SEEN_BY_FUZZER + 'a request has task work', 'io_uring:io_uring_task_add'),
  event('ring', 'req_armed', ['req', 'file', 'obj'], SEEN_BY_FUZZER + 'a request waits for its file, whose kind is the low byte of file'),
  event('ring', 'req_run', ['req', 'ring'], SEEN_BY_FUZZER + 'its task work runs'),
  event('ring', 'req_worker', ['req', 'ring', 'task'], SEEN_BY_FUZZER + 'a request waits for a worker',
    'io_uring:io_uring_queue_async_work'),
  event('ring', 'req_taken', ['req', 'ring'], SEEN_BY_FUZZER + 'a worker takes a request up'),
  event('ring', 'req_notif', ['req', 'notif', 'user_data'], SEEN_BY_FUZZER + 'a zero-copy send has a notification of its own'),
  event('ring', 'req_end', ['req', 'ring'], SEEN_BY_FUZZER + 'a request is free again'),
  event('ring', 'cqe_of', ['ring', 'req', 'at'],
    SEEN_BY_FUZZER + 'whose the next completion is, and its place; 0xffffffff: nobody\'s, 0xfffffffe: the overflow list\'s'),
  event('ring', 'cqe_big', ['req', 'low0', 'low1'], SEEN_BY_FUZZER + 'a request completes with 32 bytes: low halves of the last two words'),
  event('ring', 'cq_full', ['ring', 'req'], SEEN_BY_FUZZER + 'a multishot request found no room for a completion'),
  event('ring', 'fd_new', ['req', 'fd', 'file'], SEEN_BY_FUZZER + 'a request gave its application a descriptor'),
  event('ring', 'overflow_of', ['ring', 'req', 'kept'],
    SEEN_BY_FUZZER + 'whose the completion is that just went to the overflow list; kept is 0 if it was lost'),
  event('ring', 'pbuf_new', ['ring_group', 'flags', 'min_left'],
    SEEN_BY_FUZZER + 'a group of provided buffers is there: a list (flags 0), a ring (1), an incremental one (3); high half: entries'),
  event('ring', 'pbuf_gone', ['ring_group'], SEEN_BY_FUZZER + 'a group of provided buffers has gone'),
  event('ring', 'pbuf_show', ['ring_group', 'bid', 'len'],
    SEEN_BY_FUZZER + 'the kernel sees a provided buffer for the first time; high half of bid: its place in the ring'),
  event('ring', 'pbuf_pick', ['ring_group', 'bid', 'len'], SEEN_BY_FUZZER + 'the kernel looks at a provided buffer that it may use'),
  event('ring', 'pbuf_drop', ['ring_group', 'bid'], SEEN_BY_FUZZER + 'a buffer left its list unused'),
  event('refill', 'zc_scrub', ['loans', 'left'],
    SEEN_BY_FUZZER + 'nobody uses the instance any more: all loans of the buffer were taken back; left: references that packets have'),
  event('refill', 'zc_area', ['area', 'niovs', 'niov_shift'],
    SEEN_BY_FUZZER + 'an area was made, whose first buffer this is; with no niovs: it was freed'),
  event('app', 'edit', ['op', 'what', 'amount'],
    'somebody changed the running world by hand: op is a row of sim/schema/edits.ts; what and amount are its target and its number'),
  event('ring', 'req_high', ['user_data', 'addr'],
    SEEN_BY_FUZZER + 'of the request just made, before its arguments: high halves, where one is not 0'),
];
