/** What is left when a ring has gone; what descriptors requests gave; and where completions of a ring are posted. */
import type { Engine } from '../../host/index.ts';
import type { Checker, Invariant, RunView } from './form.ts';
import { followRequests, IOSQE_CQE_SKIP_SUCCESS, named, type Request } from './requests.ts';

const VIEW_USED = 19;

function nothingLeft(run: RunView): Checker {
  const rings = new Set<number>();
  let were = 0;
  const requests = followRequests(run, {
    queues: (ring) => {
      rings.add(ring);
      were++;
    },
    gone: (ring) => {
      rings.delete(ring);
      const left = requests.all().filter((r) => r.ring === ring);
      const [first] = left;
      if (first) run.violated(`ring ${ring} has gone, and ${named(first)} is still there`);
    },
  });
  return {
    on: requests.on,
    atEnd: (engine) => {
      if (were === 0 || rings.size > 0) return;
      const [used, , , , nameless] = words(engine);
      if (used !== 0) run.violated(`${used} requests are left, and all rings have gone`);
      if (nameless !== 0) run.violated(`${nameless} references to files are left that no descriptor has, and all rings have gone`);
    },
  };
}
function words(engine: Engine): number[] {
  const at = engine.core.view(VIEW_USED, 0);
  return [0, 4, 8, 12, 16].map((offset) => engine.view.getUint32(at + offset, true));
}

export const RING_GONE: Invariant = {
  id: 'U11', name: 'nothing is left of a ring',
  about: 'When a ring has gone none of its requests is left, and when all have, no file is without a descriptor.',
  source: 'Linux io_uring/io_uring.c: io_ring_exit_work, io_ring_ctx_free; io_uring/rsrc.c: io_sqe_files_unregister',
  checker: nothingLeft,
};

function descriptors(run: RunView): Checker {
  const given = new Map<Request, number[]>();
  const exiting = new Set<number>();
  const requests = followRequests(run, {
    posted: ({ request, res }) => {
      const fds = request && given.get(request);
      if (!fds || res < 0 || fds.shift() === res) return;
      run.violated(`${named(request)} told of descriptor ${res}, and that is not the one that it gave`);
    },
    exiting: (ring) => {
      exiting.add(ring);
    },
    gone: (ring) => {
      exiting.delete(ring);
    },
    ended: (r) => {
      const fds = given.get(r);
      // What waits in the overflow list is told later.
      if (r.waiting === 0) given.delete(r);
      if (!fds || r.lost || r.waiting > 0 || exiting.has(r.ring) || (r.flags & IOSQE_CQE_SKIP_SUCCESS) !== 0 || fds.length === 0) return;
      run.violated(`${named(r)} gave descriptor ${fds[0]}, and nobody was told`);
    },
  });
  return {
    on: {
      ...requests.on,
      fd_new: (b, i) => {
        const r = requests.at_slot(b.a(i));
        if (!r) return;
        const fds = given.get(r);
        if (fds) fds.push(b.b(i));
        else given.set(r, [b.b(i)]);
      },
    },
  };
}

export const DESCRIPTORS: Invariant = {
  id: 'U12', name: 'descriptors are told',
  about: 'Each descriptor or slot that a request fills is the result of one of its completions.',
  source: 'Linux io_uring/net.c: io_accept, io_socket; io_uring/filetable.c: io_fixed_fd_install',
  checker: descriptors,
};

const SETUP_DEFER_TASKRUN = 1 << 13;
const CONTEXT_TASK_WORK = 3;
const CONTEXT_SYSCALL = 4;

function contexts(run: RunView): Checker {
  const deferred: boolean[] = [];
  return {
    on: {
      ring_new: (b, i) => {
        deferred[b.a(i)] = (b.c(i) & SETUP_DEFER_TASKRUN) !== 0;
      },
      cqe_of: (b, i) => {
        const context = b.context(i);
        if (!deferred[b.a(i)] || context === CONTEXT_SYSCALL || context === CONTEXT_TASK_WORK) return;
        run.violated(`a completion was posted to ring ${b.a(i)} in context ${context}, and only its submitter may, in a system call`);
      },
    },
  };
}

export const DEFERRED: Invariant = {
  id: 'U13', name: 'deferred task work',
  about: 'Completions of a DEFER_TASKRUN ring are posted in the submitter\'s own context.',
  source: 'Linux io_uring/tw.c: io_req_local_work_add, __io_run_local_work; io_uring_setup(2)',
  checker: contexts,
};
