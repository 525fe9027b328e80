/** Steps that move much at once, and say of it what the interface promises, not how it was cut. */
import { bool, FD, files, int, least, must, ns, one, RING, step, type StepRow, ZCRX } from './steps_form.ts';

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
