/**
 * How the trace of a step scenario is laid beside that of a real kernel: what it promises to be equal in. A scenario says
 * `compare: stream`; without that every line has to be equal.
 */
export const COMPARING = ['exact', 'await', 'stream', 'timing'] as const;
export type Comparing = (typeof COMPARING)[number];

export const COMPARING_ABOUT: Readonly<Record<Comparing, string>> = {
  exact: 'every line, in its order, in every field',
  await: 'as exact, but completions that one `drain` sees behind an `await` may come in any order; those of one request keep theirs',
  stream: 'what does not depend on how bytes were cut into completions: between two `label` lines, for each request, the sum of the '
    + 'bytes, whether every one was right, which flags its data came with, and each completion that ended it; of rings and refill '
    + 'rings, flags and whether they are empty; of steps that wait, look or flush, errors only',
  timing: 'as exact, but the run may be repeated up to three times: a busy machine may be late',
};
