/** Questions that several detectors ask of a step scenario. */
import {
  IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS, IOSQE_FIXED_FILE, IOSQE_IO_HARDLINK, IOSQE_IO_LINK, IORING_RECV_MULTISHOT,
  IORING_RECVSEND_BUNDLE, MSG_WAITALL,
} from '../../../uring-model/8-app/uapi.gen.ts';
import { REFERENCE, type Step } from '../steps/program.ts';
import type { At } from './finding.ts';
import type { Cqe, Life } from './life.ts';
import type { Move, Story } from './story.ts';

const bit = (story: Story, life: Life, field: string, mask: number): boolean =>
  (Number(story.entry.get(life)?.[field] ?? 0) & mask) !== 0;

export const selects = (s: Story, l: Life) => bit(s, l, 'flags', IOSQE_BUFFER_SELECT);
export const skips = (s: Story, l: Life) => bit(s, l, 'flags', IOSQE_CQE_SKIP_SUCCESS);
export const links = (s: Story, l: Life) => bit(s, l, 'flags', IOSQE_IO_LINK | IOSQE_IO_HARDLINK);
export const isFixed = (s: Story, l: Life) => bit(s, l, 'flags', IOSQE_FIXED_FILE);
export const isMultishot = (s: Story, l: Life) => bit(s, l, 'ioprio', IORING_RECV_MULTISHOT);
export const isBundle = (s: Story, l: Life) => bit(s, l, 'ioprio', IORING_RECVSEND_BUNDLE);
export const waitsForAll = (s: Story, l: Life) => bit(s, l, 'msg_flags', MSG_WAITALL);

export const number = (step: Step | undefined, field: string): number => Number(step?.[field] ?? 0) || 0;
export const receives = (l: Life): boolean => l.op.startsWith('RECV');
export const sendsZc = (l: Life): boolean => l.op === 'SEND_ZC' || l.op === 'SENDMSG_ZC';

export const stepsOf = (s: Story, ...names: readonly string[]): Extract<Move, { kind: 'step' }>[] =>
  s.moves.filter((m): m is Extract<Move, { kind: 'step' }> => m.kind === 'step' && names.includes(m.step.step));
export const cqesOf = (s: Story, life: Life): Cqe[] => s.moves.flatMap((m) => (m.kind === 'cqe' && m.life === life ? [m.cqe] : []));

/** Was the request alive after a step? What completes is seen when it is reaped. */
export const aliveAt = (l: Life, step: number): boolean =>
  (l.begun.step ?? 0) < step && ((l.ended ?? l.gone)?.step ?? Number.POSITIVE_INFINITY) > step;

/** Requests that were submitted together, in order. */
export function batches(s: Story): Life[][] {
  const by = new Map<string, Life[]>();
  for (const m of s.moves) if (m.kind === 'sqe') by.set(`${m.life.owner} ${m.i}`, [...(by.get(`${m.life.owner} ${m.i}`) ?? []), m.life]);
  return [...by.values()];
}

/** Neighbours in a link: the one, and the one behind it. */
export const linked = (s: Story): [Life, Life][] =>
  batches(s).flatMap((b) => b.flatMap((l, i): [Life, Life][] => (b[i + 1] && links(s, l) ? [[l, b[i + 1] as Life]] : [])));

/** Is the second behind the first in one chain, so that it begins when the first has completed? */
export const chained = (s: Story, first: Life, second: Life): boolean => batches(s).some((b) => {
  const [from, to] = [b.indexOf(first), b.indexOf(second)];
  return from >= 0 && to > from && b.slice(from, to).every((l) => links(s, l));
});

/** Memory that an entry names: the piece's name, and the place in it. */
export function memoryOf(s: Story, life: Life): { base: string; at: number; len: number } | undefined {
  const e = s.entry.get(life);
  const m = typeof e?.addr === 'string' ? REFERENCE.exec(e.addr) : null;
  return m?.[1] === undefined ? undefined : { base: m[1], at: Number(m[4] ?? 0), len: number(e, 'len') };
}

export const evidence = (at: At, text: string) => ({
  ...(at.time_ns === undefined ? {} : { time_ns: at.time_ns }), ...(at.step === undefined ? {} : { step: at.step }),
  ...(at.line === undefined ? {} : { line: at.line }), text,
});
