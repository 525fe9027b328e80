/**
 * What the doctor can find, once: name, what it says of a run, cause, remedy, and the cases of public reports that it answers. The
 * detectors (sim/host/doctor) bring the evidence; docs/doctor.md is generated from here.
 *
 * Cases are the names of scenarios/pain/*.yaml.
 */
import { type FindingRow, row } from './finding_form.ts';
import { MEMORY } from './findings_memory.ts';
import { MODEL, PROGRAM, SETUP } from './findings_setup.ts';

export type { FindingRow, Severity } from './finding_form.ts';

const IDLE: readonly FindingRow[] = [
  row('idle', 'error', 'idle-cq-full', 'A1 H2', {
    about: 'a connection is idle: its zero-copy receive ended because the completion queue was full, and bytes wait in its socket',
    cause: 'RECV_ZC writes its completions straight into the queue; without a free entry it ends with -ENOSPC and no F_MORE, and'
      + ' nothing arms it again.',
    remedy: 'arm RECV_ZC again after every completion without F_MORE, and make the completion queue larger (ring.cq_entries).',
  }),
  row('idle', 'error', 'idle-cq-filler', 'A16', {
    about: 'a connection looks idle: a filler entry at the end of a mixed completion queue was taken for a completion',
    cause: 'with IORING_SETUP_CQE_MIXED a completion of 32 bytes that does not fit before the end of the queue is preceded by an entry'
      + ' with F_SKIP.',
    remedy: 'skip completions with IORING_CQE_F_SKIP, and advance the head by two over completions with IORING_CQE_F_32.',
  }),
  row('idle', 'error', 'idle-group-empty', 'B3 H8', {
    about: 'a connection is idle: its receive ended with -ENOBUFS, the buffer group is still empty, and bytes wait in its socket',
    cause: 'a buffer is chosen before the socket is read, so an empty group ends the receive; nobody has put buffers back since.',
    remedy: 'give buffers back to the group and arm the receive again when one comes back; POLL_FIRST delays the choice until there is'
      + ' data.',
  }),
  row('idle', 'error', 'idle-bundle-ended', 'B5', {
    about: 'a connection is idle: a bundle took the last buffer of its group and ended with a data completion',
    cause: 'a bundle that empties the group ends with that completion, without F_MORE; -ENOBUFS never comes, so a refill that waits for'
      + ' it never runs.',
    remedy: 'give buffers back and arm again whenever a completion lacks F_MORE, whatever its result.',
  }),
  row('idle', 'error', 'idle-overflow', 'C1 C3 C9 C11 C16', {
    about: 'a connection is idle: its multishot request was ended by an overflow of the completion queue',
    cause: 'a multishot request whose completion goes to the overflow list ends with it, without F_MORE; cq.overflow stays 0, since'
      + ' nothing was lost.',
    remedy: 'reap more often, size the completion queue for the burst (ring.cq_entries), and arm again after a completion without F_MORE.',
  }),
  row('idle', 'error', 'idle-not-rearmed', 'C7 C8', {
    about: 'a connection is idle: its receive ended although it could go on, and nobody armed it again',
    cause: 'a completion without F_MORE is the last of its request, also when its result is positive or an error that passes.',
    remedy: 'arm again on every completion without F_MORE, unless its result is 0 (end of stream) or an error that stays.',
  }),
  row('idle', 'error', 'idle-closed-armed', 'F1', {
    about: 'the peer waits for a FIN that does not come: the descriptor was closed while a request still holds the file',
    cause: 'close() drops one reference; an armed request holds another, so the socket stays open and still receives.',
    remedy: 'shutdown() the socket, or cancel its requests, before it is closed.',
  }),
  row('idle', 'error', 'idle-area-exhausted', 'H1 A12 H6', {
    about: 'a connection is idle: its receive is armed and the window is open, but the NIC has no buffer for the frames',
    cause: 'every buffer of the area is posted or on loan; the NIC drops what comes, TCP sends it again later, and no completion tells'
      + ' of it.',
    remedy: 'give buffers back sooner, make the area larger (refill.area_bytes), and watch ZCRX_EVENT_ALLOC_FAIL.',
  }),
  row('idle', 'warning', 'idle-window-zero', 'I6 I1', {
    about: 'a connection is idle: its receive window is closed',
    cause: 'the receive buffer is full of bytes that nobody has read.',
    remedy: 'read; when the receive is armed and the application is only slow, that is back-pressure at work.',
  }),
  row('idle', 'error', 'idle-area-empty', 'A11', {
    about: 'a connection is idle: its zero-copy receive ended with -ENOMEM because the area had no free buffer to copy into',
    cause: 'copies take buffers from the free list, and nobody reads the refill ring unless the page pool wants buffers or it is flushed.',
    remedy: 'ZCRX_CTRL_FLUSH_RQ (refill.flush), then arm again; no byte is lost.',
  }),
  row('idle', 'error', 'idle-work-not-run', 'E3', {
    about: 'a connection looks idle: its completion waits as task work that nobody runs',
    cause: 'with IORING_SETUP_DEFER_TASKRUN completions are made only when the submitter enters the kernel for events.',
    remedy: 'call io_uring_get_events or wait; with IORING_SETUP_TASKRUN_FLAG liburing\'s peek does so by itself.',
  }),
];

const TERMINATION: readonly FindingRow[] = [
  row('termination', 'note', 'ended-with-data', 'B5 C8', {
    about: 'a multishot receive ended with a completion that carries data',
    cause: 'its total length was reached, a bundle emptied its group, or the completion went to the overflow list.',
    remedy: 'arm again on a missing F_MORE, whatever the result; only 0 is the end of the stream.',
  }),
  row('termination', 'note', 'completion-after-last', '', {
    about: 'a log goes on after the last completion of a request, with the same user_data',
    cause: 'a completion without F_MORE is the last of its request: what follows belongs to another, armed again or in flight beside it,'
      + ' and completions alone do not say which.',
    remedy: 'nothing, if it was armed again; else give each request a user_data of its own, a count in its upper bits, so that late'
      + ' completions are known.',
  }),
  row('termination', 'warning', 'armed-twice', 'C10', {
    about: 'two receives of one kind are armed on one socket',
    cause: 'it was armed again while the first had not ended: its completion had F_MORE, or none had come.',
    remedy: 'arm again only after a completion without F_MORE.',
  }),
  row('termination', 'warning', 'rearm-loop', 'C10', {
    about: 'a request is submitted again and again and fails each time in the same way',
    cause: 'the error is of the kind that stays, and the application arms again on every negative result.',
    remedy: 'give up on errors other than -ENOBUFS, -ENOSPC, -ENOMEM, -EAGAIN and -EINTR.',
  }),
  row('termination', 'error', 'terminal-buffer', 'A6', {
    about: 'the offset of a completion without F_MORE was used',
    cause: 'the last completion of RECV_ZC has no buffer; its second half is not a place in the area.',
    remedy: 'read the offset only of completions with F_MORE.',
  }),
  row('termination', 'note', 'mshot-turn', 'C5', {
    about: 'one multishot receive took a full turn of completions while others waited',
    cause: 'it goes on until its socket is empty, at most 33 completions a turn.',
    remedy: 'size the buffer group for 33 a connection and turn; give connections groups of their own where one must not starve others.',
  }),
];

const CQ: readonly FindingRow[] = [
  row('cq', 'warning', 'cq-full', 'A1 H2', {
    about: 'zero-copy receive ended with -ENOSPC because the completion queue was full',
    cause: 'a completion is posted for each fragment, and the queue has fewer entries than one burst has fragments.',
    remedy: 'make the completion queue larger (ring.cq_entries, IORING_SETUP_CQSIZE), and arm again.',
  }),
  row('cq', 'warning', 'cq-overflow', 'C1 C2 C3 C9 C11 C16 D10', {
    about: 'completions did not fit into the completion queue and went to the overflow list',
    cause: 'more completions were posted between two reapings than the queue has entries; the list takes kernel memory without bound.',
    remedy: 'make the queue larger (IORING_SETUP_CQSIZE), keep fewer requests in flight, or reap more often.',
  }),
  row('cq', 'note', 'cq-turn', 'E1', {
    about: 'one entry of the kernel made only 20 of the completions that were ready',
    cause: 'with IORING_SETUP_DEFER_TASKRUN a wait runs at most max(20, wait_nr) pieces of work.',
    remedy: 'wait for more (wait_nr), or loop until IORING_SQ_TASKRUN is clear.',
  }),
  row('cq', 'warning', 'reap-endless', 'C14', {
    about: 'a loop over completions does not end: what it submits completes before it looks again',
    cause: 'the thread of the submission queue (IORING_SETUP_SQPOLL) takes entries as soon as they are written, and a loop that reads the'
      + ' tail each time sees their completions, too.',
    remedy: 'read the tail once and reap up to it (io_uring_for_each_cqe since liburing 2.8), or at most so many at a time.',
  }),
  row('cq', 'error', 'cq-head-past-tail', 'C15', {
    about: 'the head of the completion queue was moved past its tail',
    cause: 'a completion was marked as seen that was never there: a wait that ends with -ETIME returns none.',
    remedy: 'call io_uring_cqe_seen only for a completion that was returned.',
  }),
  row('cq', 'note', 'cq-skipped', 'A16', {
    about: 'a mixed completion queue holds a filler entry',
    cause: 'a completion of 32 bytes did not fit before the end of the queue.',
    remedy: 'skip completions with IORING_CQE_F_SKIP.',
  }),
];

const REFILL: readonly FindingRow[] = [
  row('refill', 'error', 'refill-overfilled', 'A4', {
    about: 'more entries were put into the refill ring than it has room for: buffers were overwritten and stay on loan for ever',
    cause: 'the kernel reads the ring only when the page pool wants buffers; what lies beyond the ring\'s size overwrites what was not'
      + ' read yet.',
    remedy: 'check tail − head before each entry, keep the rest in a list, and call ZCRX_CTRL_FLUSH_RQ when the ring is full.',
  }),
  row('refill', 'error', 'refill-not-lent', 'A7 A9', {
    about: 'the kernel refused refill entries: the buffer was not on loan as often as it was given back',
    cause: 'a buffer was given back twice, or entries in a row for one buffer ask for more references than there are, and are refused'
      + ' together.',
    remedy: 'one refill entry for each completion with a buffer, no more and no fewer.',
  }),
  row('refill', 'error', 'refill-malformed', 'A8', {
    about: 'the kernel skipped refill entries that name no buffer',
    cause: 'the offset lies past the area, the area is unknown, or the padding is not 0.',
    remedy: 'give back the offset of the completion masked by IORING_ZCRX_AREA_MASK, or-ed with the area\'s token, and write 0 to the'
      + ' padding.',
  }),
  row('refill', 'warning', 'refill-unread', 'A11', {
    about: 'the refill ring fills and nobody reads it',
    cause: 'without a device there is no page pool that would; with one, a queue that only copies wants no buffers.',
    remedy: 'call ZCRX_CTRL_FLUSH_RQ after each batch.',
  }),
  row('refill', 'error', 'never-returned', 'A7 H4', {
    about: 'buffers were lent and never given back',
    cause: 'the application keeps them, or gave back fewer entries than it got completions.',
    remedy: 'one refill entry for each completion with a buffer; copy out what is to be kept (refill.give_back).',
  }),
  row('refill', 'warning', 'loans-long', 'H4 H7 A12', {
    about: 'the application kept buffers for so long that the area ran dry',
    cause: 'rate × holding time is more than the area holds besides what the NIC has posted.',
    remedy: 'hold buffers for less (refill.delay_ns, refill.batch), or make the area larger (refill.area_bytes).',
  }),
  row('refill', 'error', 'loans-deadlock', 'A12', {
    about: 'the application waits for more bytes before it gives buffers back, and the bytes cannot arrive without buffers',
    cause: 'messages in part, or a batch of refills, hold every buffer of the area.',
    remedy: 'let no more messages begin than the area holds whole, besides what the NIC has posted; give back part batches.',
  }),
  row('refill', 'warning', 'event-not-rearmed', 'A13', {
    about: 'a zcrx event fired once and was not armed again, so that what it tells of went untold the next time',
    cause: 'each event type fires once until ZCRX_CTRL_ARM_EVENT.',
    remedy: 'arm the event again as soon as its completion was read; give it a user_data of its own, since type 0 reads as an end of'
      + ' stream.',
  }),
];

const STANDING: readonly FindingRow[] = [
  row('area', 'warning', 'area-below-ring', 'H1', {
    about: 'the RX ring wants as many buffers as the area has, or more',
    cause: 'posted descriptors take their buffers from the same area: ring × ⌈segment / buffer⌉.',
    remedy: 'make the area larger (refill.area_bytes) or the RX ring shorter (nic.rx_ring).',
  }),
];

const AREA: readonly FindingRow[] = [
  row('area', 'warning', 'area-too-small', 'H1 H4 H6 H7', {
    about: 'the page pool found no buffer and the NIC dropped frames',
    cause: 'the area holds less than what is in flight, on loan and posted together.',
    remedy: 'make the area larger (refill.area_bytes), the RX ring shorter (nic.rx_ring), or give back sooner.',
  }),
  row('area', 'warning', 'ring-too-small', 'H5', {
    about: 'the NIC dropped frames although the area had buffers: its RX ring was empty',
    cause: 'more frames arrive between two polls of the driver than the ring has descriptors.',
    remedy: 'a longer RX ring (nic.rx_ring), or polls that come sooner (nic.rx_usecs, nic.rx_frames).',
  }),
  row('area', 'warning', 'segments-cut', 'G8', {
    about: 'each segment takes several buffers and several completions',
    cause: 'the payload of a frame is longer than a buffer.',
    remedy: 'ask for larger buffers (refill.rx_buf_len), where the driver can.',
  }),
  row('area', 'note', 'buffers-mostly-empty', 'I1 I2', {
    about: 'buffers of the area carry only a few bytes each',
    cause: 'a frame begins a buffer of its own, however short it is; socket memory is charged for the whole buffer.',
    remedy: 'send larger segments (socket.nodelay off), let the NIC merge them (nic.rx_gro_hw), or receive small messages by RECV.',
  }),
  row('area', 'warning', 'window-by-overhead', 'I1', {
    about: 'the receive window closed because of memory that carries no payload',
    cause: 'the receive buffer is charged with the size of the buffers, not of the bytes in them.',
    remedy: 'larger segments, or a larger receive buffer (socket.rcvbuf): window × buffer / payload of a segment.',
  }),
  row('area', 'warning', 'receive-pruned', 'I2 I5', {
    about: 'the receive queue ran over its memory and segments that had arrived were thrown away',
    cause: 'zero-copy buffers cannot be collapsed into fewer, so pruning drops what plain sockets would only pack.',
    remedy: 'a larger receive buffer (socket.rcvbuf), larger segments, or a faster reader.',
  }),
  row('area', 'warning', 'window-shrunk', 'I4', {
    about: 'segments were dropped that had been inside the window when they were sent: its right edge moved back',
    cause: 'with tcp_shrink_window the window follows the memory that is left, and what was in flight lies beyond it.',
    remedy: 'leave it off (tcp.shrink_window, sysctl net.ipv4.tcp_shrink_window): an edge once offered stays; or a larger receive buffer.',
  }),
  row('area', 'note', 'window-update-lost', 'I6', {
    about: 'a sender had to probe a window that was open again',
    cause: 'the frame that told of it was lost, and nothing else tells.',
    remedy: 'nothing: the persist timer repairs it; on a lossy link it costs a retransmission time-out each time.',
  }),
  row('area', 'note', 'sack-off', 'I9', {
    about: 'losses were repaired without selective acknowledgements',
    cause: 'one of the hosts has SACK off, so that each hole costs a round trip, and more than one a time-out.',
    remedy: 'turn it on (tcp.sack, sysctl net.ipv4.tcp_sack).',
  }),
];

const COPIES: readonly FindingRow[] = [
  row('copies', 'warning', 'copies-wrong-queue', 'G5 A3', {
    about: 'bytes were copied: the flow lands in a queue that is not bound to the area',
    cause: 'neither an n-tuple rule nor the hash sends the flow to the queue of the area, and the kernel copies what lies in ordinary'
      + ' pages.',
    remedy: 'steer the flow to the queue of the area (nic.rules, ethtool -N flow-type tcp4 dst-port … action QUEUE).',
  }),
  row('copies', 'warning', 'copies-rules-off', 'G4', {
    about: 'bytes were copied: the NIC has a rule for the flow and does not obey rules',
    cause: 'n-tuple filtering is off, so the hash chooses the queue.',
    remedy: 'turn it on (nic.ntuple, ethtool -K … ntuple on).',
  }),
  row('copies', 'warning', 'copies-copybreak', 'I8', {
    about: 'bytes were copied: the driver copied short frames into the linear part',
    cause: 'rx-copybreak; zero-copy receive then copies the linear bytes once more, and copy_count does not count them.',
    remedy: 'turn it off (nic.rx_copybreak 0, ethtool --set-tunable … rx-copybreak 0).',
  }),
  row('copies', 'note', 'copies-no-device', 'A11 J1', {
    about: 'bytes were copied: the instance has no device',
    cause: 'ZCRX_REG_NODEV copies everything.',
    remedy: 'register with a device and queue (refill.nodev off) where there is one that can.',
  }),
  row('copies', 'warning', 'copies-refused', 'G1 G2', {
    about: 'bytes were copied: the area was refused, and the application fell back to a receive that copies',
    cause: 'registration failed; the finding beside this one says why.',
    remedy: 'repair what the registration needs.',
  }),
];

const BUFFERS: readonly FindingRow[] = [
  row('buffers', 'warning', 'group-empty', 'B3 B15 C7 H8', {
    about: 'receives ended with -ENOBUFS',
    cause: 'the buffer group was empty when a buffer was chosen.',
    remedy: 'more buffers (33 a connection and turn, and those that the application holds), or give them back sooner.',
  }),
  row('buffers', 'warning', 'bundle-ended', 'B5', {
    about: 'a bundle ended with the data completion that took the last buffer',
    cause: 'a bundle that empties its group ends without F_MORE and without -ENOBUFS.',
    remedy: 'refill and arm again on a missing F_MORE, not on -ENOBUFS.',
  }),
  row('buffers', 'note', 'bundle-span', 'B7 B8', {
    about: 'a completion of a bundle covers several buffers',
    cause: 'its flags name the first; the others follow in the order of the ring, not of their numbers.',
    remedy: 'walk the ring from the first buffer and subtract lengths.',
  }),
  row('buffers', 'error', 'buffer-twice', 'B9', {
    about: 'a buffer stands in the ring twice, or was put back while the application still had it',
    cause: 'it was added again before the completion that used it was handled.',
    remedy: 'add a buffer only after its own completion, once.',
  }),
  row('buffers', 'error', 'select-missing', 'B10', {
    about: 'a multishot receive was refused with -EINVAL: it does not select buffers',
    cause: 'a multishot RECV or RECVMSG needs IOSQE_BUFFER_SELECT, and cannot have MSG_WAITALL.',
    remedy: 'set IOSQE_BUFFER_SELECT and buf_group, and leave out MSG_WAITALL.',
  }),
  row('buffers', 'warning', 'tail-too-small', 'B1', {
    about: 'a multishot RECVMSG ended with -EFAULT: what was left of an incremental buffer was too small for its header',
    cause: 'io_uring_recvmsg_out, name and control data do not fit into the rest of the buffer.',
    remedy: 'register the ring with min_left, or put a whole buffer in the place of the short one; a receive that is only armed again'
      + ' chooses the short one again.',
  }),
  row('buffers', 'note', 'eof-keeps-buffer', 'B2', {
    about: 'an end of stream came while an incremental buffer was in part used',
    cause: 'the last completion has neither F_BUFFER nor F_BUF_MORE: its missing F_BUF_MORE says nothing, and the buffer still belongs'
      + ' to the kernel.',
    remedy: 'look at F_BUF_MORE only where F_BUFFER is set.',
  }),
  row('buffers', 'note', 'datagram-cut', 'B4', {
    about: 'a completion says more bytes than its buffer holds',
    cause: 'MSG_TRUNC reports the length of the datagram; what did not fit is gone.',
    remedy: 'take the lesser of result and buffer length as what was written.',
  }),
  row('buffers', 'note', 'error-keeps-buffer', 'B11', {
    about: 'a receive with a selected buffer failed',
    cause: 'a completion with an error and without F_BUFFER has used no buffer: it is still in the ring.',
    remedy: 'give back only what F_BUFFER names.',
  }),
  row('buffers', 'warning', 'cancelled-with-data', 'B12', {
    about: 'a request that was cancelled still completed with data',
    cause: 'data and cancellation raced; the completion carries bytes, and a buffer where it selected one.',
    remedy: 'handle the completion of a cancelled request like any other.',
  }),
];

const SEND_ZC: readonly FindingRow[] = [
  row('send_zc', 'warning', 'send-serialised', 'D2', {
    about: 'each zero-copy send waits for the notification of the one before',
    cause: 'a notification comes when the peer has acknowledged, so one send a round trip is all there is.',
    remedy: 'go on after the first completion, keep several sends in flight (app.depth), and reuse a buffer after its notification.',
  }),
  row('send_zc', 'note', 'send-small', 'D1', {
    about: 'zero-copy sends are so short that a copy is cheaper',
    cause: 'each pins pages, makes a notification and often a packet of its own.',
    remedy: 'SEND below some 4 KiB; measure up to 64 KiB.',
  }),
  row('send_zc', 'error', 'send-skip', 'D4', {
    about: 'a zero-copy send was refused with -EINVAL: it asks for no completion on success',
    cause: 'IOSQE_CQE_SKIP_SUCCESS and a notification contradict each other.',
    remedy: 'leave the flag out.',
  }),
  row('send_zc', 'warning', 'send-copied', 'D9', {
    about: 'a zero-copy send was copied after all',
    cause: 'delivery to this host, or a packet tap, makes the kernel copy; the notification says so in bit 31 of its result.',
    remedy: 'SEND for local peers; take taps off the interface.',
  }),
  row('send_zc', 'note', 'send-two-completions', 'D5 D10', {
    about: 'zero-copy sends that failed still made two completions',
    cause: 'the notification belongs to the request from the moment that it was prepared: an error with F_MORE is followed by F_NOTIF.',
    remedy: 'look at F_MORE, not at the result, to know whether a notification follows.',
  }),
  row('send_zc', 'warning', 'send-user-data-shared', 'D6', {
    about: 'zero-copy sends with one user_data overlap',
    cause: 'a notification can then be taken for that of another send, and memory freed while the kernel uses it.',
    remedy: 'a user_data for each send, or another for notifications (sqe->addr3 with IORING_SEND_ZC_NOTIF_USER_DATA where there is one).',
  }),
  row('send_zc', 'error', 'send-buffer-reused', 'D7', {
    about: 'a request ended by time-out or cancellation while its zero-copy bytes are still referenced',
    cause: 'that ends the request, not the references that the retransmit queue holds.',
    remedy: 'wait for the notification before the buffer is used again; shutdown() bounds the time.',
  }),
  row('send_zc', 'error', 'send-memlock', 'D8', {
    about: 'a zero-copy send failed with -ENOMEM or -ENOBUFS',
    cause: 'pages that it pins are charged to RLIMIT_MEMLOCK, notifications of MSG_ZEROCOPY to optmem.',
    remedy: 'raise RLIMIT_MEMLOCK (ring.memlock), register the buffers, or have fewer sends in flight.',
  }),
];

const TASKS: readonly FindingRow[] = [
  row('tasks', 'error', 'wrong-task', 'E2', {
    about: 'io_uring_enter was refused with -EEXIST: it came from another thread',
    cause: 'with IORING_SETUP_SINGLE_ISSUER and DEFER_TASKRUN only the submitter may enter.',
    remedy: 'enter from the thread that made or enabled the ring.',
  }),
  row('tasks', 'note', 'work-shelved', 'E3', {
    about: 'completions were ready and not to be seen until the kernel was entered for events',
    cause: 'with IORING_SETUP_DEFER_TASKRUN work waits for the submitter.',
    remedy: 'io_uring_get_events, or IORING_SETUP_TASKRUN_FLAG so that peek enters by itself.',
  }),
  row('tasks', 'note', 'recv-one-at-a-time', 'E5', {
    about: 'a stream is received by one request after the other, each of which arms a poll and is woken',
    cause: 'a RECV that finds nothing joins the wait queue of its socket; each piece costs a submission, a poll and a wake-up, and epoll'
      + ' saves the first two.',
    remedy: 'multishot RECV with provided buffers, or RECV_ZC: armed once (app.receive).',
  }),
  row('tasks', 'note', 'sq-thread-spins', 'E9', {
    about: 'a core spends its time in a thread that looks into an empty submission queue',
    cause: 'after its last entry the thread of IORING_SETUP_SQPOLL spins for sq_thread_idle before it sleeps; whoever shares its core'
      + ' waits.',
    remedy: 'a shorter sq_thread_idle, a core of its own (IORING_SETUP_SQ_AFF), or no such thread where entries are rare.',
  }),
  row('tasks', 'note', 'wait-timed', 'E4', {
    about: 'a wait ended by its time and not by its count',
    cause: 'after min_wait one completion is enough; without any, the whole time passes and -ETIME is returned.',
    remedy: 'nothing, if that was meant; -ETIME comes without a completion.',
  }),
];

const CANCEL: readonly FindingRow[] = [
  row('cancel', 'warning', 'closed-while-armed', 'F1', {
    about: 'a descriptor was closed while requests were armed on it',
    cause: 'they hold the file: no FIN is sent, and data is still received.',
    remedy: 'shutdown() or cancel first.',
  }),
  row('cancel', 'note', 'cancel-missed', 'F2', {
    about: 'a cancellation found nothing to cancel',
    cause: 'the request had completed, was never there, or its user_data is another\'s.',
    remedy: 'wait for the target\'s own completion in any case; 0, -ENOENT and -EALREADY are all good answers. Use unique keys.',
  }),
  row('cancel', 'warning', 'cancel-ambiguous', 'F2', {
    about: 'a cancellation by user_data could mean several requests',
    cause: 'the key is shared by requests that are in flight at once, or one after the other.',
    remedy: 'keys that are used once, or IORING_ASYNC_CANCEL_FD.',
  }),
  row('cancel', 'error', 'freed-early', 'F3', {
    about: 'memory of a request was used again before its completion',
    cause: 'a cancellation that was submitted, or even answered, is not the completion of its target.',
    remedy: 'free when the request\'s own completion is there.',
  }),
  row('cancel', 'error', 'buffer-shared', '', {
    about: 'two requests in flight receive into the same memory',
    cause: 'each writes its bytes there when they come, in no order that one could know, and the later ones overwrite the earlier.',
    remedy: 'memory of its own for each request in flight, until its completion has been read; or buffers that the kernel chooses'
      + ' (IOSQE_BUFFER_SELECT).',
  }),
  row('cancel', 'warning', 'timer-broke-link', 'F4', {
    about: 'a timer in a link cancelled what stands behind it',
    cause: 'a time-out ends with -ETIME, which counts as a failure.',
    remedy: 'IORING_TIMEOUT_ETIME_SUCCESS.',
  }),
  row('cancel', 'note', 'link-timeout-partial', 'F5', {
    about: 'a linked time-out fired when some bytes had arrived',
    cause: 'the request reports the bytes that it has, and the timer -ETIME.',
    remedy: 'look at both completions; a positive result counts.',
  }),
  row('cancel', 'note', 'link-timeout-fired', 'F5 D7', {
    about: 'a linked time-out cancelled its request',
    cause: 'the request reports -ECANCELED, the timer -ETIME.',
    remedy: 'take -ECANCELED of the request for the time-out, and the timer\'s result for nothing else.',
  }),
  row('cancel', 'note', 'short-recv-in-link', 'F6', {
    about: 'a short receive did not break its link',
    cause: 'only MSG_WAITALL makes a receive fail that got less than it asked for.',
    remedy: 'MSG_WAITALL where the next request needs all bytes.',
  }),
  row('cancel', 'warning', 'sends-unordered', 'F7', {
    about: 'several sends are in flight on one stream socket and one of them had to wait',
    cause: 'they are issued in order, but one that has to poll lets those behind it go first.',
    remedy: 'one send in flight on a stream, a link of them, or a bundle.',
  }),
  row('cancel', 'note', 'link-cut-by-submit', 'F9', {
    about: 'a link ends at the end of its submission',
    cause: 'chains do not reach from one io_uring_enter to the next.',
    remedy: 'submit a chain as a whole.',
  }),
  row('cancel', 'warning', 'slot-freed-file-alive', 'F10', {
    about: 'a direct descriptor was closed while requests hold its file',
    cause: 'the slot is free at once, the socket lives until its last request ends.',
    remedy: 'cancel by IORING_ASYNC_CANCEL_FD_FIXED before the slot is closed.',
  }),
];

/** Causes stand before what they cause: within one severity findings are told in this order. */
export const FINDINGS: readonly FindingRow[] = [
  ...MODEL, ...PROGRAM, ...SETUP, ...STANDING, ...REFILL, ...AREA, ...CQ, ...TERMINATION, ...COPIES, ...BUFFERS, ...SEND_ZC, ...TASKS,
  ...CANCEL, ...MEMORY, ...IDLE,
];
