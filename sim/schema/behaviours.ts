/**
 * What io_uring does differently from kernel to kernel, between Linux 6.12 and 7.3: one named behaviour a row, with its
 * sentence, its source, and the profiles that have it. The model asks for behaviours and knows no version numbers; stable
 * kernels get fixes out of order, so a kernel is described by its behaviours and a profile is only a list of them.
 *
 * A scenario says `kernel: {profile: 7.1}`, and may switch single behaviours: `kernel: {profile: 7.1, unix_inq: off}`.
 */
export const PROFILES = ['6.12', '6.18', '6.19', '7.0', '7.1', '7.2', '7.3'] as const;
export type Profile = (typeof PROFILES)[number];
export const DEFAULT_PROFILE: Profile = '7.3';

export interface Behaviour {
  readonly name: string;
  readonly about: string;
  /** Linux file and function, or the trace that shows it. */
  readonly source: string;
  readonly profiles: readonly Profile[];
}

/** All profiles from one on. */
const from = (first: Profile): readonly Profile[] => PROFILES.slice(PROFILES.indexOf(first));
const behaviour = (name: string, about: string, source: string, profiles: readonly Profile[]): Behaviour => ({
  name, about, source, profiles,
});

export const BEHAVIOURS: readonly Behaviour[] = [
  behaviour('unix_inq', 'a receive on an AF_UNIX stream says how much is left: SOCK_NONEMPTY, no needless retry, bundles of more than '
    + 'one buffer', 'net/unix/af_unix.c: unix_stream_read_generic (msg_get_inq)', from('6.18')),
  behaviour('unix_inq_whole', 'what is left of an AF_UNIX stream counts a message that was read in part as a whole',
    'golden/matrix/6.19/p04_bundle.txt', ['6.19']),
  behaviour('recv_mshot_len', 'a multishot RECV may have a length for each shot, and a limit for all of them',
    'io_uring/net.c: io_recvmsg_prep (mshot_len, optlen)', from('6.18')),
  behaviour('bundle_buf_more', 'a bundle that goes on once keeps the word that its last incremental buffer has room left',
    'io_uring/net.c: CQE_F_MASK', ['6.18', '7.0', '7.1', '7.2', '7.3']),
  behaviour('send_vectorized', 'a SEND may have several ranges, and a zero-copy send several in a registered buffer',
    'io_uring/net.c: io_send_setup (IORING_SEND_VECTORIZED)', from('6.18')),
  behaviour('send_fixed_buf', 'a plain SEND or RECV may use a registered buffer',
    'io_uring/net.c: io_sendmsg_prep, io_recvmsg_prep (IORING_RECVSEND_FIXED_BUF); 7.2.12 by agent --probe', from('7.2')),
  behaviour('send_zc_notif_user_data', 'the notification of a zero-copy send may have user_data of its own',
    'io_uring/net.c: io_send_zc_prep (addr3)', from('7.1')),
  behaviour('pbuf_min_left', 'a ring of incremental buffers may say which room is the least that keeps a buffer in use',
    'io_uring/kbuf.c: io_register_pbuf_ring (min_left)', ['6.18', '7.0', '7.1', '7.2', '7.3']),
  behaviour('pbuf_trunc_written', 'of an incremental buffer a receive with MSG_TRUNC uses what was written, not the length of the datagram',
    'io_uring/net.c: io_recv, io_recvmsg (consumed); Linux 6.18.44 does not, 7.2.12 does (agent --probe)', from('7.2')),
  behaviour('rwf_nosignal', 'a write may ask for no signal when the peer has gone',
    'include/uapi/linux/fs.h: RWF_NOSIGNAL', from('6.18')),
  behaviour('cmd_tx_timestamp', 'a command brings the transmit timestamps of a socket',
    'io_uring/cmd_net.c: io_uring_cmd_timestamp', from('6.18')),
  behaviour('cmd_getsockname', 'a command tells the name of a socket, or of its peer',
    'io_uring/cmd_net.c: io_uring_cmd_getsockname', from('6.19')),
  behaviour('sync_msg_ring', 'a message to a ring needs no ring to send it from',
    'io_uring/register.c: io_uring_register_send_msg_ring', from('6.18')),
  behaviour('zcrx', 'zero-copy receive is there: IORING_REGISTER_ZCRX_IFQ, RECV_ZC',
    'io_uring/zcrx.c: io_register_zcrx', from('6.18')),
  behaviour('zcrx_ctrl', 'an instance can be told to read its refill ring, and be exported to other rings',
    'io_uring/zcrx.c: io_zcrx_ctrl, import_zcrx', from('6.19')),
  behaviour('zcrx_rx_buf_len', 'an instance says how large its buffers shall be',
    'io_uring/zcrx.c: ZCRX_FEATURE_RX_PAGE_SIZE', from('7.0')),
  behaviour('zcrx_nodev', 'an instance needs no device, and then copies everything',
    'io_uring/zcrx.c: ZCRX_REG_NODEV', from('7.1')),
  behaviour('zcrx_events', 'an instance tells that it ran out of buffers or copied, and counts copies',
    'io_uring/zcrx.c: zcrx_send_notif', from('7.2')),
  behaviour('zcrx_stopped_early', 'a receive that ended early, for want of buffers or room, ends its request at once and not at the '
    + 'next wake-up', 'io_uring/zcrx.c: io_zcrx_recv_skb (stopped_early)', from('7.2')),
  behaviour('zcrx_add_area', 'an instance can have several areas',
    'io_uring/zcrx.c: zcrx_ctrl_add_area', from('7.3')),
  behaviour('zcrx_refill_folds', 'entries of the refill ring in a row for one buffer are one return, refused as a whole when they are '
    + 'too many', 'io_uring/zcrx.c: io_zcrx_ring_refill', from('7.3')),
  behaviour('zcrx_refill_rereads', 'a refill reads up to 256 entries by the tail that it knows and as many by a fresh one, not 64 by a '
    + 'fresh one', 'io_uring/zcrx.c: zcrx_rq_iter_next', from('7.3')),
  behaviour('zcrx_rq_cache_lines', 'head and tail of the refill ring lie on cache lines of their own: 0, 64, entries at 128, not 0, 4, 64',
    'io_uring/zcrx.h: struct zcrx_rq_hdr', from('7.3')),
  behaviour('zcrx_wide_offsets', 'offsets in an area are computed in 64 bits and not in 32',
    'io_uring/zcrx.c: io_zcrx_queue_cqe', from('7.3')),

  // What the kernel knows of the interface
  behaviour('setup_hybrid_iopoll', 'IORING_SETUP_HYBRID_IOPOLL is known', 'io_uring/io_uring.h: IORING_SETUP_FLAGS', from('6.18')),
  behaviour('setup_cqe_mixed', 'IORING_SETUP_CQE_MIXED is known', 'io_uring/io_uring.h: IORING_SETUP_FLAGS', from('6.18')),
  behaviour('setup_sqe_mixed', 'IORING_SETUP_SQE_MIXED is known, with NOP128 and URING_CMD128', 'io_uring/io_uring.c: io_init_req',
    from('6.19')),
  behaviour('setup_sq_rewind', 'IORING_SETUP_SQ_REWIND is known', 'io_uring/io_uring.c: io_submit_sqes', from('7.0')),
  behaviour('timeout_immediate_arg', 'a timeout may stand in its entry as nanoseconds: IORING_TIMEOUT_IMMEDIATE_ARG',
    'io_uring/timeout.c: io_parse_user_time; Linux 6.18.44 says EINVAL (agent --probe)', from('7.1')),
  behaviour('feat_rw_attr', 'IORING_FEAT_RW_ATTR and IORING_FEAT_NO_IOWAIT are there, and so are the operations from RECV_ZC to PIPE',
    'io_uring/io_uring.h: IORING_FEAT_FLAGS', from('6.18')),
  behaviour('enter_reg_wait', 'waits may be registered: IORING_ENTER_EXT_ARG_REG, IORING_ENTER_NO_IOWAIT, MEM_REGION, and with them '
    + 'SEND_MSG_RING, ZCRX_IFQ, RESIZE_RINGS and QUERY', 'io_uring/io_uring.c: io_get_ext_arg_reg', from('6.18')),
  behaviour('register_bpf_filter', 'IORING_REGISTER_BPF_FILTER is known', 'io_uring/register.c: __io_uring_register', from('7.0')),

  // Registered files and buffers
  behaviour('rsrc_quiesce', 'unregistering files or buffers waits until no request uses one',
    'io_uring/rsrc.c of Linux 6.12: io_rsrc_ref_quiesce', ['6.12']),

  // Task work of a ring with DEFER_TASKRUN
  behaviour('local_tw_cap', 'a call runs at most twenty items of task work, unless it waits for more',
    'io_uring/tw.c: __io_run_local_work', from('6.18')),
  behaviour('local_tw_fifo', 'task work that is added while task work runs belongs to the same run',
    'io_uring/tw.c: __io_run_local_work_loop', from('7.2')),
  behaviour('eventfd_rcu', 'an eventfd is not signalled from inside a wake-up of task work, but a moment later',
    'io_uring/eventfd.c: __io_eventfd_signal', from('7.1')),
  behaviour('drain_ends', 'a drain is over when the draining request has completed, not only when another request comes',
    'io_uring/io_uring.c: io_drain_req_completed', from('7.3')),
];
