/** The options that say who computes cells. */
import type { Command } from 'commander';
import { InputError } from '../../host/index.ts';
import { wholeNumber } from '../run_options.ts';
import type { Dispatcher } from './dispatcher.ts';
import { REDIS_DEFAULT } from './redis_link.ts';
import { RedisQueue } from './redis_queue.ts';
import { ThreadPool } from './thread_pool.ts';

export interface EngineFlags {
  readonly engine: string;
  readonly threads?: number;
  readonly redis?: string;
}

export function addEngineOptions(command: Command): Command {
  return command
    .option('--engine <name>', 'who computes: local (threads of this machine) or redis (workers: ringlab worker)', 'local')
    .option('--threads <n>', 'threads of the local engine (default: one a core)', wholeNumber('--threads', 1))
    .option('--redis <url>', `where the redis engine has its queue (default: ${REDIS_DEFAULT})`);
}

/** What starts the engine of the flags, when there is something to compute. */
export function engineOf({ engine, threads, redis }: EngineFlags, core: string): () => Promise<Dispatcher> {
  if (engine !== 'local' && engine !== 'redis') throw new InputError(`--engine ${engine}: expected local or redis.`);
  if (engine === 'redis' && threads !== undefined)
    throw new InputError('--threads: workers have threads of their own; give it to ringlab worker.');
  if (engine === 'local' && redis !== undefined) throw new InputError('--redis: only the redis engine has a queue; add --engine redis.');
  if (engine === 'local') return () => ThreadPool.start(threads);
  return () => RedisQueue.open(redis, core);
}
