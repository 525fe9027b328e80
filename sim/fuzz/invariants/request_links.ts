/** Chains of requests: one after the other, and none after a failure. */
import type { Checker, Invariant, RunView } from './form.ts';
import { type Completion, ECANCELED, followRequests, IOSQE_CQE_SKIP_SUCCESS, IOSQE_IO_HARDLINK, named, type Request } from './requests.ts';

const OP_TIMEOUT = 11;
const OP_LINK_TIMEOUT = 15;

/** The request that this one waits for, past the timeout that guards it. */
function before(r: Request): Request | undefined {
  const members = r.chain?.members ?? [];
  let at = members.indexOf(r) - 1;
  while (at >= 0 && members[at]?.opcode === OP_LINK_TIMEOUT) at--;
  return members[at];
}
const told = (r: Request) => r.completions + r.waiting > 0 || r.lost;

function links(run: RunView): Checker {
  const check = ({ res }: Completion, r: Request) => {
    const first = before(r);
    if (!first || (first.flags & IOSQE_CQE_SKIP_SUCCESS) !== 0 || r.chain?.members.some((m) => !m.accepted)) return;
    if (!told(first)) run.violated(`${named(r)} completed before ${named(first)}, which stands before it in a chain`);
    const failed = first.completions > 0 && first.res < 0 && first.opcode !== OP_TIMEOUT && (first.flags & IOSQE_IO_HARDLINK) === 0;
    if (!failed || res === -ECANCELED) return;
    run.violated(`${named(r)} ran (${res}), and ${named(first)} before it in its chain had failed`);
  };
  const requests = followRequests(run, {
    posted: (c) => {
      const r = c.request;
      if (r?.chain && r.opcode !== OP_LINK_TIMEOUT && r.completions === 0) check(c, r);
    },
  });
  return { on: requests.on };
}

export const LINKS: Invariant = {
  id: 'U7', name: 'links',
  about: 'Requests of a chain complete in their order, and all behind one that failed are cancelled unless the link is hard.',
  source: 'Linux io_uring/io_uring.c: io_queue_next, io_req_tw_fail_links; io_uring/timeout.c: io_disarm_next; io_uring_enter(2)',
  checker: links,
};
