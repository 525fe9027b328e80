/** What is left when a program has closed all that it had. */
import { type Engine, type Program, VIEW_SOCKETS, VIEW_USED } from '../../host/index.ts';
import { ALL_CLOSED } from '../generate/programs/program.ts';
import type { Invariant } from './form.ts';

/** A host keeps a page to carve the next data from, and its NIC one for the bytes that it fetches. */
const PAGES_KEPT = 4;
/**
 * A connection that nobody has any more, and whose peer does not answer, is given up when its last retransmission, after at least
 * 102.2 s, was for nothing, so after twice that and its first timeout at most (tcp_orphan_retries: 8; tcp_model_timeout). One that is
 * answered stays another TCP_TIMEWAIT_LEN. A connect without an answer takes 134 s of a program's time before it closes anything.
 */
const CLOSED_NS = 270e9;

function leftIn(engine: Engine): string[] {
  const { view, core } = engine;
  const used = core.view(VIEW_USED, 0);
  const [requests, files, skbs, pages] = [0, 4, 8, 12].map((at) => view.getUint32(used + at, true)) as [number, number, number, number];
  const slots = view.getUint32(core.view(VIEW_SOCKETS, 0), true);
  let sockets = 0;
  for (let i = 0; i < slots; i++) sockets += view.getUint32(core.view(VIEW_SOCKETS, i) + 4, true);
  const left = { requests, files, sockets, skbs, 'transmit pages': pages > PAGES_KEPT ? pages : 0 };
  return Object.entries(left).flatMap(([name, n]) => (n > 0 ? [`${n} ${name}`] : []));
}

/** Does a program leave a device down? */
function leftDown(steps: Program): boolean {
  const up = new Map<unknown, unknown>();
  for (const s of steps) if (s.step === 'nic.link') up.set(s.host ?? 'server', s.up);
  return [...up.values()].includes(false);
}

export const NOTHING_LEFT: Invariant = {
  id: 'P1', name: 'nothing left',
  about: 'When a process has closed every file and every ring, and time has passed, there are no requests, files, sockets and packets.',
  source: 'Linux io_uring/io_uring.c: io_ring_exit_work; net/ipv4/tcp.c: tcp_close; fs/file_table.c: __fput',
  checker: ({ scenario, violated }) => ({
    atEnd(engine, { played }) {
      const last = scenario.steps?.at(-1);
      // Who has closed everything says so with its last step.
      if (last?.step !== 'label' || last.text !== ALL_CLOSED || played.scripts.steps?.result().complete !== true) return;
      // When nothing is left to happen nobody will ever free it. To a device that is down a connection speaks for longer than the run.
      if (played.stopped !== 'idle' && leftDown(scenario.steps ?? [])) return;
      if (played.stopped !== 'idle' && engine.clockNs() - played.scripts.steps.at_ns < CLOSED_NS) return;
      const left = leftIn(engine);
      if (left.length > 0) violated(`all is closed, and there are ${left.join(', ')}`);
    },
  }),
};
