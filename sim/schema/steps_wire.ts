/** Steps that move much at once, and say of it what the interface promises, not how it was cut; and those that change a NIC. */
import { bool, FD, files, flags, fresh, int, least, must, ns, one, RING, step, type StepRow, ZCRX } from './steps_form.ts';

const listed = (...names: readonly string[]): ReadonlyMap<string, number> => new Map(names.map((name, i) => [name, i]));

export const GIVES = listed('each', 'batch', 'reversed', 'twice', 'none');
export const ORDERS = listed('fifo', 'reversed', 'twice');

const QUIET = ns('quiet', 'gives up when nothing has come for so long', 3_000_000_000);
const N = least(0, int('n', 'bytes after which it is over; 0: at the end of the stream', 0));

export const STREAM_STEP_ROWS: readonly StepRow[] = [
  step('streams', 'stream.send', 'bytes of a pair\'s stream go as there is room, now and while later steps of streams wait', [
    must(FD), must(least(0, int('n', 'bytes'))), bool('end', 'and behind them the end of the stream (shutdown)', false),
    least(0, int('window', 'bytes that may be sent and not yet received by a step; 0: as many as the sockets take', 0)),
  ]),
  step('streams', 'stream.flush', 'waits until the sockets have taken all that stream.send has for them', [QUIET]),
  step('streams', 'stream.recv', 'receives (recv) and proves what stream.send sends', [must(FD), N, QUIET]),
  step('streams', 'zcrx.receive', 'the receive loop of an application: arms RECV_ZC, proves the bytes, gives buffers back, arms again', [
    RING, ZCRX, must(files('fds', 'the sockets')), N, one('give', GIVES, 'how buffers are given back; batch, reversed: so many at once',
      'each'),
    least(1, int('batch', 'how many', 16)), int('len', 'bytes that the request itself ends after (sqe.len)', 0),
    bool('rearm', 'with room made after -ENOSPC and -ENOMEM; off: the first end of a request is the end', true), QUIET,
  ]),
  step('streams', 'zcrx.give', 'gives back what zcrx.receive has kept', [
    ZCRX, RING, one('order', ORDERS, 'in which order', 'fifo'), bool('flush', 'and makes the kernel read it (ZCRX_CTRL_FLUSH_RQ)', false),
  ]),
];

const AT = least(0, int('at', 'its place among the rules', 0));

/** Counters that mean the same on every NIC that splits headers. */
export const COUNTERS = new Map([['hds_bytes', 1], ['hds_nosplit', 2], ['copybreak', 4], ['restarts', 8]]);

/** Of the server's NIC, unless `host` says client. What they come to is the errno that the kernel gives. */
export const NIC_STEP_ROWS: readonly StepRow[] = [
  step('nic', 'nic.ring', 'gives the RX queues rings of another size (ethtool -G rx)', [must(least(0, int('rx', 'descriptors')))], 'rx'),
  step('nic', 'nic.link', 'takes the device down or up (ip link set)', [must(bool('up', 'up'))], 'up'),
  step('nic', 'nic.rss', 'spreads the hash over queues (ethtool -X)', [
    least(0, int('start', 'the first of them', 0)), must(least(1, int('equal', 'how many'))),
  ]),
  step('nic', 'nic.rule', 'steers TCP by ports (ethtool -N)', [
    AT, must(int('queue', 'where to')), int('dst_port', 'the server\'s port; 0: any', 0), int('src_port', 'the client\'s; 0: any', 0),
  ]),
  step('nic', 'nic.unrule', 'deletes a rule (ethtool -N … delete)', [AT], 'at'),
  step('nic', 'nic.split', 'splits headers from payload, or not (ethtool -G tcp-data-split)', [must(bool('on', 'on'))], 'on'),
  step('nic', 'nic.threshold', 'leaves frames with so much payload unsplit (ethtool -G hds-thresh)', [
    must(least(0, int('bytes', 'the most of them'))),
  ], 'bytes'),
  step('nic', 'nic.copybreak', 'copies small frames into the linear part (ethtool --set-tunable rx-copybreak)', [
    must(least(0, int('bytes', 'the longest'))), bool('first', 'those that would be split, too (a flag of the emulated NIC)', false),
  ], 'bytes'),
  step('nic', 'nic.pack', 'lets frames share buffers (a flag of the emulated NIC)', [must(bool('on', 'on'))], 'on'),
  step('nic', 'nic.counters', 'what a queue has counted since the last look at it; the first look only begins (ethtool -S)', [
    least(0, int('queue', 'the queue', 0)), flags('of', COUNTERS, 'which counters', [...COUNTERS.keys()]),
  ], 'queue'),
  step('nic', 'nic.drop', 'loses every so many-th frame that the host sends from now on (a parameter of the emulated NIC)', [
    must(least(0, int('every', 'how many; 0: none'))),
  ], 'every'),
];

export const MEMORY_WIRE_ROWS: readonly StepRow[] = [
  step('memory', 'mem.dmabuf', 'memory of a device that a file stands for (UDMABUF_CREATE): area and dmabuf of zcrx.reg', [
    must(fresh('name', 'name of the memory')), must(fresh('fd', 'name of the file')), least(1, int('pages', 'pages', 4)),
  ]),
];
