/**
 * How far a program may be compared.
 *
 * A chain that is open when its submission ends goes to a worker thread, and while a drain is active all requests do: they complete sooner
 * or later than the program looks. The generator makes neither, but a step that was left out, or a queue smaller than it thought, may leave
 * a chain open. Linux io_uring/io_uring.c: io_submit_state_end, io_queue_sqe_fallback, io_init_req (REQ_F_FORCE_ASYNC)
 *
 * An instance of zero-copy receive is for who has CAP_NET_ADMIN, as the simulator's programs have: another process is refused, whatever
 * it asks for. Linux io_uring/zcrx.c: io_register_zcrx
 */
import type { Plain, TraceLine } from '../../../sim/host/index.ts';

interface Entry {
  readonly linked: boolean;
  readonly drains: boolean;
}

const entryOf = (flags: unknown): Entry => {
  const all = Array.isArray(flags) ? flags as readonly unknown[] : [flags];
  return { linked: all.some((f) => f === 'IO_LINK' || f === 'IO_HARDLINK'), drains: all.includes('IO_DRAIN') };
};

/** Do these entries, submitted together, need a worker? */
const needsWorker = (some: readonly Entry[]): boolean =>
  some.at(-1)?.linked === true || some.some((e) => e.drains);

/** The step that asks for an instance and may not have any. */
const refusedAt = (lines: readonly TraceLine[]): number =>
  Number(lines.find((l) => l.e === 'ret' && l.step === 'zcrx.reg' && l.err === 'EPERM')?.i ?? Number.POSITIVE_INFINITY);

/** The first step that is not compared; Infinity: all are. `lines` say which steps were left out, and what others came to. */
export const comparedUntil = (steps: readonly Plain[], lines: readonly TraceLine[]): number =>
  Math.min(openChainAt(steps, lines), refusedAt(lines));

/** The step that submits what a worker does. */
function openChainAt(steps: readonly Plain[], lines: readonly TraceLine[]): number {
  const left_out = new Set(lines.filter((l) => l.e === 'left_out').map((l) => l.i));
  const taken = new Map(lines.filter((l) => l.e === 'ret').map((l) => [l.i, Number(l.ret)]));
  const queues = new Map<number, Entry[]>();
  for (const [i, step] of steps.entries()) {
    const [name = '', value] = typeof step === 'object' && step !== null ? Object.entries(step)[0] ?? [] : [String(step)];
    const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
    const ring = Number(fields.ring ?? 0);
    if (left_out.has(i)) continue;
    const queue = queues.get(ring) ?? [];
    if (name === 'sqe') queues.set(ring, [...queue, entryOf(fields.flags)]);
    else if (name === 'ring.exit') queues.delete(ring);
    else if (name === 'submit' || name === 'submit_wait' || name === 'enter') {
      const n = Math.max(taken.get(i) ?? queue.length, 0);
      if (needsWorker(queue.slice(0, n))) return i;
      queues.set(ring, queue.slice(n));
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** A trace before that step. */
export const beforeStep = <T extends TraceLine>(lines: readonly T[], step: number): readonly T[] =>
  lines.filter((l) => typeof l.i !== 'number' || l.i < step);
