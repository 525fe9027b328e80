/** The options that say who computes cells. */
import type { Command } from 'commander';
import { wholeNumber } from '../run_options.ts';
import type { Dispatcher } from './dispatcher.ts';
import { ThreadPool } from './thread_pool.ts';

export interface EngineFlags {
  readonly threads?: number;
}

export const addEngineOptions = (command: Command): Command =>
  command.option('--threads <n>', 'worker threads (default: one a core)', wholeNumber('--threads', 1));

/** What starts the engine of the flags, when there is something to compute. */
export const engineOf = ({ threads }: EngineFlags): () => Promise<Dispatcher> => () => ThreadPool.start(threads);
