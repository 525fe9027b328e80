/** What completions a request has, and in which order: the grammar of their flags. */
import type { Checker, Invariant, RunView } from './form.ts';
import {
  type Completion, ECANCELED, F_BUFFER, F_MORE, F_NOTIF, followRequests, IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS, named, type Request,
} from './requests.ts';

const OP_POLL_ADD = 6;
const OP_RECVMSG = 10;
const OP_TIMEOUT = 11;
const OP_ACCEPT = 13;
const OP_RECV = 27;
const OP_URING_CMD = 46;
const OP_SEND_ZC = 47;
const OP_SENDMSG_ZC = 48;
const OP_READ_MULTISHOT = 49;
const OP_SEND = 26;
const OP_RECV_ZC = 58;
const POLL_ADD_MULTI = 1;
const TIMEOUT_MULTISHOT = 64;
const ACCEPT_MULTISHOT = 1;
const RECV_MULTISHOT = 2;
const RECVSEND_BUNDLE = 16;

const sendsZc = (r: Request) => r.opcode === OP_SEND_ZC || r.opcode === OP_SENDMSG_ZC;

/** May the request have more than one completion? */
function mayRepeat(r: Request): boolean {
  switch (r.opcode) {
    case OP_POLL_ADD: return (r.len & POLL_ADD_MULTI) !== 0;
    case OP_TIMEOUT: return (r.op_flags & TIMEOUT_MULTISHOT) !== 0;
    case OP_ACCEPT: return (r.ioprio & ACCEPT_MULTISHOT) !== 0;
    case OP_RECV:
    case OP_RECVMSG: return (r.ioprio & RECV_MULTISHOT) !== 0;
    case OP_SEND: return (r.ioprio & RECVSEND_BUNDLE) !== 0;
    case OP_READ_MULTISHOT:
    case OP_RECV_ZC:
    case OP_SEND_ZC:
    case OP_SENDMSG_ZC:
    case OP_URING_CMD: return true;
    default: return false;
  }
}

function grammar(run: RunView): Checker {
  const { violated } = run;
  const exiting: boolean[] = [];
  const ofNotif = ({ flags }: Completion, r: Request, send: Request) => {
    if (r.completions > 0) violated(`the notification of ${named(send)} came twice`);
    if ((flags & F_NOTIF) === 0) violated(`the notification of ${named(send)} does not say that it is one`);
    // A send whose result was skipped with its chain, or lost, is over.
    if (send.completions + send.waiting === 0 && !send.ended && !send.lost) {
      violated(`the notification of ${named(send)} came before its result`);
    }
    // One of a chain that is cut off, or that was never right, ends without its opcode's word for that (io_req_tw_fail_links calls no
    // io_sendrecv_fail).
    const cut = send.chain !== undefined && (send.res === -ECANCELED || !send.accepted);
    if (send.completions > 0 && (send.last_flags & F_MORE) === 0 && !cut) {
      violated(`${named(send)} had a notification that its result did not announce`);
    }
  };
  const ofRequest = (c: Completion, r: Request) => {
    if (r.done) violated(`${named(r)} had a completion after its last`);
    if (c.user_data !== r.user_data && r.opcode !== OP_POLL_ADD) violated(`${named(r)} had a completion of user_data ${c.user_data}`);
    if ((c.flags & F_NOTIF) !== 0) violated(`a notification came as a completion of ${named(r)}`);
    if ((c.flags & F_MORE) !== 0 && !mayRepeat(r)) violated(`${named(r)} said F_MORE, and is no multishot request`);
    if ((c.flags & F_MORE) !== 0 && c.res < 0 && !sendsZc(r) && r.opcode !== OP_TIMEOUT) {
      violated(`${named(r)} said F_MORE and failed: ${c.res}`);
    }
    if ((c.flags & F_BUFFER) !== 0 && (r.flags & IOSQE_BUFFER_SELECT) === 0) violated(`${named(r)} used a buffer that it did not ask for`);
    if (sendsZc(r) && r.completions > 0) violated(`${named(r)} had two results`);
  };
  const requests = followRequests(run, {
    posted: (c) => {
      const r = c.request;
      if (!r) return;
      if (r.notif_of) ofNotif(c, r, r.notif_of);
      else ofRequest(c, r);
    },
    exiting: (ring) => {
      exiting[ring] = true;
    },
    gone: (ring) => {
      exiting[ring] = false;
    },
    ended: (r) => {
      if (exiting[r.ring] || r.lost || r.waiting > 0) return;
      const { notif_of: send } = r;
      if (send) {
        if (r.completions === 0) violated(`${named(send)} never had its notification`);
        return;
      }
      if (r.completions > 0 && (r.done || sendsZc(r))) return;
      const skips = r.chain?.members.some((m) => (m.flags & IOSQE_CQE_SKIP_SUCCESS) !== 0) ?? false;
      if (skips || (r.flags & IOSQE_CQE_SKIP_SUCCESS) !== 0) return;
      violated(r.completions === 0 ? `${named(r)} ended without a completion` : `${named(r)} ended, and had said that more would come`);
    },
  });
  return { on: requests.on };
}

export const COMPLETIONS: Invariant = {
  id: 'U1', name: 'completions of a request',
  about: 'A request has one last completion; before it those with F_MORE of a multishot one; a zero-copy send its result, then its '
    + 'notification if the result said F_MORE.',
  source: 'Linux io_uring/io_uring.c: io_req_post_cqe, __io_submit_flush_completions; io_uring/notif.c; io_uring_enter(2)',
  checker: grammar,
};

/** A multishot request that finds the queue full ends: nobody may go on after something was not told. */
function fullEnds(run: RunView): Checker {
  let full: Request | undefined;
  const requests = followRequests(run, {
    posted: (c) => {
      if (full === undefined || c.request !== full) return;
      if ((c.flags & F_MORE) !== 0) run.violated(`${named(full)} went on after a completion that found no room`);
      full = undefined;
    },
    overflowed: (r) => {
      if (r === full) full = undefined;
    },
    ended: (r) => {
      if (r === full) full = undefined;
    },
  });
  return {
    on: {
      ...requests.on,
      cq_full: (b, i) => {
        full = requests.at_slot(b.b(i));
      },
    },
    atRest: () => {
      if (full && !full.ended) run.violated(`${named(full)} found no room for a completion, and waits on as if it had been told`);
    },
  };
}

export const FULL_ENDS: Invariant = {
  id: 'U2', name: 'a full queue ends a multishot request',
  about: 'A multishot request whose completion finds no room ends with that completion, which then waits in the overflow list.',
  source: 'Linux io_uring/io_uring.c: io_req_post_cqe; io_uring/poll.c: io_poll_check_events; io_uring/net.c: io_recv_finish',
  checker: fullEnds,
};
