/** Findings over what has to be right before bytes come: registration, steering, kinds of sockets. */
import { type FindingRow, row } from './finding_form.ts';

export const MODEL: readonly FindingRow[] = [
  row('model', 'error', 'invariant-broken', '', {
    about: 'what always holds did not: an invariant is broken, or an assert of the core',
    cause: 'a bug of the museum is switched on (run.bug), or else the model has a fault; what was found beside this may come of it.',
    remedy: 'ringlab fuzz --repro FILE shows where, and what came before it.',
  }),
];

export const PROGRAM: readonly FindingRow[] = [
  row('program', 'error', 'program-stopped', '', {
    about: 'the program stopped before its end: a step could not be done',
    cause: 'a step names what is not there, or needs what an earlier step did not get.',
    remedy: 'repair the step; what was found beside this is about the part that ran.',
  }),
  row('program', 'error', 'program-waits', '', {
    about: 'the program waits for ever',
    cause: 'what it waits for cannot come: nothing is armed, or nobody sends.',
    remedy: 'arm a request that can complete before the wait, or give the wait a time.',
  }),
];

export const SETUP: readonly FindingRow[] = [
  row('setup', 'error', 'register-no-split', 'G1', {
    about: 'the area was refused with -EINVAL: header split is not configured on',
    cause: 'the configured value must be on, and hds-thresh 0; a NIC that splits by itself while the setting says unknown is refused too.',
    remedy: 'ethtool -G … tcp-data-split on hds-thresh 0 (nic.header_split, nic.hds_thresh), then register.',
  }),
  row('setup', 'error', 'register-kernel', '', {
    about: 'the area was refused with -EINVAL: this kernel does not know what was asked for',
    cause: 'zero-copy receive, its events, buffer lengths and instances without a device came with different kernels; before, their'
      + ' fields and flags are reserved.',
    remedy: 'ask the kernel first (IORING_REGISTER_QUERY, io_uring_get_probe), and fall back.',
  }),
  row('setup', 'error', 'register-argument', '', {
    about: 'the area was refused: an argument, a flag of the ring or a right that it needs is missing',
    cause: 'io_register_zcrx checks the ring\'s flags, the size of the refill ring, flags, interface and area, one after the other.',
    remedy: 'repair what the evidence names.',
  }),
  row('setup', 'error', 'register-refused', '', {
    about: 'the area was refused, and nothing that is known of it says why',
    cause: 'the checks that the doctor knows do not return this error for what was asked.',
    remedy: 'look at the arguments one by one: io_uring/zcrx.c: io_register_zcrx.',
  }),
  row('setup', 'error', 'register-bound', 'A2 A3', {
    about: 'the area was refused with -EEXIST: its queue is bound already',
    cause: 'a queue has one memory provider; one that is being released is bound until its exit work has run, or while an exported'
      + ' descriptor is open.',
    remedy: 'wait for the release and try again; share a queue by ZCRX_CTRL_EXPORT and ZCRX_REG_IMPORT.',
  }),
  row('setup', 'error', 'register-xdp', 'G6', {
    about: 'the area was refused with -EEXIST: an XDP program is attached to the device',
    cause: 'XDP reads what arrives, an area cannot be read; whether the program looks at packets of this queue does not matter.',
    remedy: 'detach it (ip link set … xdp off; nic.xdp off).',
  }),
  row('setup', 'error', 'register-af-xdp', 'G6', {
    about: 'the area was refused with -EBUSY: an AF_XDP socket has the queue',
    cause: 'the buffers of a queue come from one owner.',
    remedy: 'another queue (if_rxq, refill.queue), or close the AF_XDP socket.',
  }),
  row('setup', 'error', 'register-queue', 'G2', {
    about: 'the area was refused with -ERANGE: the device has no such RX queue',
    cause: 'if_rxq counts from 0 to one below the number of RX queues.',
    remedy: 'name a queue that there is (refill.queue), or make more (ethtool -L).',
  }),
  row('setup', 'error', 'register-buf-len', 'A10', {
    about: 'the area was refused for its buffer length',
    cause: 'three layers refuse: no power of two or below a page (-EINVAL), memory not contiguous enough (-ERANGE), a driver that'
      + ' cannot (-EOPNOTSUPP).',
    remedy: 'fall back to pages on -EINVAL, -ERANGE and -EOPNOTSUPP.',
  }),
  row('setup', 'error', 'register-unsupported', 'G2 J1', {
    about: 'the area was refused with -EOPNOTSUPP: the device cannot give a queue away',
    cause: 'the driver needs queue management and a DMA device; loopback and many drivers have neither.',
    remedy: 'another NIC (mlx5, bnxt, gve, fbnic), or ZCRX_REG_NODEV to test the rings.',
  }),
  row('setup', 'warning', 'nic-bound', 'G7', {
    about: 'a setting of the NIC was refused with -EINVAL: one of its queues is bound to an area',
    cause: 'an area wants headers split from payload: as long as it is bound, tcp-data-split cannot be turned off, hds-thresh stays 0, and'
      + ' there may be no fewer channels than its queue needs.',
    remedy: 'set the NIC up before the area is registered; else end the ring and close exported descriptors, wait for the release, and'
      + ' try again.',
  }),
  row('setup', 'error', 'recv-zc-oneshot', '', {
    about: 'RECV_ZC was refused with -EINVAL: it is not multishot',
    cause: 'io_recvzc_prep takes no other: every completion with data is one of several.',
    remedy: 'set IORING_RECV_MULTISHOT in ioprio.',
  }),
  row('setup', 'error', 'recv-not-tcp', 'A15', {
    about: 'RECV_ZC ended with -EPROTONOSUPPORT: its socket is not plain TCP',
    cause: 'only sockets whose receive function is tcp_recvmsg are taken: no UDP, no AF_UNIX, no kTLS, no MPTCP.',
    remedy: 'use RECV there.',
  }),
  row('setup', 'error', 'recv-unreadable', 'A14 G3', {
    about: 'a plain receive ended with -EFAULT: its bytes lie in an area that the CPU may not read for it',
    cause: 'the flow landed in a queue that is bound to an area, by a rule or because RSS still spreads over that queue.',
    remedy: 'narrow RSS first (nic.rss_equal, ethtool -X … equal), then register, then steer the flows that are meant.',
  }),
  row('setup', 'error', 'recv-foreign-area', 'G5', {
    about: 'RECV_ZC ended with -EFAULT: the bytes lie in the area of another instance',
    cause: 'the flow landed in a queue that belongs to another instance.',
    remedy: 'arm RECV_ZC with the instance of the flow\'s queue, or steer the flow.',
  }),
  row('setup', 'warning', 'rss-reaches-area', 'G3 A14', {
    about: 'RSS spreads flows of strangers over the queue of the area',
    cause: 'the indirection table covers the bound queue.',
    remedy: 'take the queue out of the spread (nic.rss_start, nic.rss_equal; ethtool -X).',
  }),
  row('setup', 'error', 'control-refused', 'A13', {
    about: 'a zcrx control operation was refused',
    cause: 'arming an event that has not fired is -EINVAL.',
    remedy: 'arm after the event\'s completion, once.',
  }),
];
