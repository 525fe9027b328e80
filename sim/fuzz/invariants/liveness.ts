/** What must come to pass once nothing disturbs any more. */
import { type Engine, HOSTS, readField, readStreams, roleOf, SOCK } from '../../host/index.ts';
import { STEPS_MAX } from '../case.ts';
import { KNOB, KNOB_MASK, knobNumber, NOTSENT_LOWAT, SHRINK_CQ } from './disturbed.ts';
import type { Checker, Invariant, RunEnd, RunView } from './form.ts';
import { Lasting } from './lasting.ts';
import { eachSock } from './memory.ts';

/** Buffers that a page pool keeps for itself (include/net/page_pool/types.h: PP_ALLOC_CACHE_SIZE, and as many again on their way back). */
const POOL_KEEPS = 192;

/** Does an application that receives want all, and can it have it? Buffers in rings and caches are none that it can be lent. */
function wants(run: RunView, sink: number): boolean {
  const values = run.scenario.hosts[sink]?.values;
  const value = (knob: keyof NonNullable<typeof values>) => values?.[knob] ?? 0;
  if (value('app.rearm') === 0 || value('app.protocol') !== 0) return false;
  const lent = value('app.receive') === 0;
  return !lent || value('refill.area_bytes') / value('refill.rx_buf_len') >= value('nic.rx_ring') * value('nic.rx_queues') + POOL_KEEPS;
}

const ETIMEDOUT = 110;
/** app.rearm: a sink closes when a receive ended, whatever else is on its way. A peer that had the FIN before the RST sees an end. */
const REARM_CLOSE = 2;
/** Every retransmission that a connection has, and all that ends after it: a shorter run says nothing of what would have come. */
const LONG_NS = 3_600_000_000_000;
/**
 * Where each flight loses a segment for want of room, and no timestamps measure what is sent again, the timeout stays at its most
 * (tcp_set_rto, TCP_RTO_MAX): such a connection goes on, slowly, for longer than any run. So much later it has stopped.
 */
const GOES_ON_NS = 2 * 120_000_000_000;
const LOST_MAX_PPM = 100_000;
const LOST: ReadonlySet<number> = new Set([knobNumber('wire', 'loss_ppm'), knobNumber('wire', 'corrupt_ppm')]);
const QUEUE = knobNumber('wire', 'queue_packets');
/** Could a peer of an established connection have been heard in fifteen tries? One whose window shrank drops what was sent before. */
const answers = (run: RunView): boolean =>
  run.scenario.hosts.every(({ values }) =>
    Math.max(values['wire.loss_ppm'], values['wire.corrupt_ppm']) <= LOST_MAX_PPM && values['wire.queue_packets'] > 0
    && values['tcp.shrink_window'] === 0);
/** The same of what a link was turned to in mid-run. */
const silences = (number: number, value: number): boolean => (LOST.has(number) ? value > LOST_MAX_PPM : number === QUEUE && value === 0);

/** Flows of a source that ended well must have arrived; those that have not ended wait for something that will not come. */
function everyByte(engine: Engine, run: RunView, source: number, heard: boolean): void {
  const sink = 1 - source;
  const wanted = run.scenario.hosts[sink]?.values;
  const all = wanted?.['app.stop_after'] === 0 && wanted['app.rearm'] !== REARM_CLOSE;
  const bytes = run.scenario.hosts[source]?.values['app.bytes'] ?? 0;
  const arrived = new Map(readStreams(engine, sink).map((s) => [s.flow, s]));
  for (const sent of readStreams(engine, source)) {
    const got = arrived.get(sent.flow);
    if (sent.done === 0)
      run.violated(`flow ${sent.flow} of the ${HOSTS[source]} never ends; ${got?.bytes ?? 0} of ${bytes} bytes have come`);
    if (sent.res === -ETIMEDOUT && got && got.bytes > 0 && heard)
      run.violated(`flow ${sent.flow} of the ${HOSTS[source]} timed out after ${got.bytes} of ${bytes} bytes`);
    if (sent.res < 0 || !all || !got || got.res < 0) continue;
    if (got.done === 0)
      run.violated(`flow ${sent.flow} has ended at its source, and at the ${HOSTS[sink]} after ${got.bytes} bytes never does`);
    if (got.bytes !== bytes) run.violated(`flow ${sent.flow}: ${got.bytes} of ${bytes} bytes came`);
  }
}

export const LIVENESS: Invariant = {
  id: 'L1', name: 'calm drains',
  about: 'Once nothing disturbs, what is on its way arrives and streams end: nobody waits for what has come already, and no run goes on '
    + 'for ever.',
  source: 'RFC 9293 section 3.8 (data communication); Linux net/ipv4/tcp_timer.c',
  checker: (run) => checker(run, new Lasting()),
};

/**
 * A CQ that holds no more than one completion a connection: once some overflow they fill it whenever it was emptied, each receive ends
 * with -ENOSPC at once, and who arms it again goes on so for ever (io_uring.c: io_cqe_cache_refill, __io_cqring_overflow_flush).
 */
function chokes(run: RunView, host: number, withheld: number): boolean {
  const flows = run.scenario.hosts[1 - host]?.values['app.flows'] ?? 0;
  return (run.scenario.hosts[host]?.values['ring.cq_entries'] ?? 0) - withheld <= flows;
}

/**
 * A window of 0 that Linux never opens again: without a scale, what is free is cut to rcv_ssthresh first, and no segment fits in that
 * (__tcp_select_window). An AccECN option makes rcv_mss too large: tcp_measure_rcv_mss takes off only the header with time stamps.
 */
function shutForEver(engine: Engine): boolean {
  let shut = false;
  eachSock(engine, (_n, at, live) => {
    const word = (field: keyof typeof SOCK) => readField(engine.view, at, SOCK[field]);
    shut ||= live && word('rcv_wscale') === 0 && word('rcv_wnd') === 0 && word('rmem_alloc') === 0
      && word('rcv_ssthresh') < word('rcv_mss') && word('rcv_mss') < word('window_clamp');
  });
  return shut;
}

/** A source reads nothing: where an echo answers, its windows fill, then those of the echo, and both wait for ever. */
function unread(engine: Engine, run: RunView): boolean {
  let full = false;
  eachSock(engine, (_n, at, live) => {
    const host = readField(engine.view, at, SOCK.host);
    full ||= live && roleOf(run.scenario, host) === 'source' && roleOf(run.scenario, 1 - host) === 'echo'
      && readField(engine.view, at, SOCK.rmem_alloc) > 0;
  });
  return full;
}

function checker(run: RunView, lasting: Lasting): Checker {
  let mute = false;
  let can_hear = answers(run);
  const withheld = [0, 0];
  let heard_ns = 0;
  return {
    on: {
      sock_queue: (b, i) => {
        heard_ns = b.timeNs(i);
      },
      edit: (b, i) => {
        lasting.edit(b, i);
        if (b.a(i) === SHRINK_CQ) mute ||= chokes(run, b.host(i), withheld[b.host(i)] = (withheld[b.host(i)] ?? 0) + b.c(i));
        if (b.a(i) !== KNOB) return;
        mute ||= b.b(i) === NOTSENT_LOWAT && b.c(i) === 0;
        if (silences(b.b(i) & KNOB_MASK, b.c(i))) can_hear = false;
      },
    },
    atEnd: (engine: Engine, { played, calm }: RunEnd) => {
      if (!calm || mute || lasting.connection || run.scenario.steps || ![0, 1].every((host) => wants(run, host))) return;
      if (engine.eventCount() > STEPS_MAX) run.violated(`more than ${STEPS_MAX} steps, and no end`);
      if (shutForEver(engine) || unread(engine, run) || (played.stopped !== 'idle' && run.scenario.run['run.until_ns'] < LONG_NS)) return;
      if (played.stopped !== 'idle' && engine.clockNs() - heard_ns < GOES_ON_NS) return;
      if (played.stopped !== 'idle') run.violated(`something is still to happen at the end of time (${engine.clockNs() / 1e9} s)`);
      for (const host of [0, 1]) if (roleOf(run.scenario, host) === 'source') everyByte(engine, run, host, can_hear);
    },
  };
}
