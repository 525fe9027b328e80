/** A connection to Redis, or one sentence that says why there is none. */
import type { Redis } from 'ioredis';
import { InputError } from '../../host/index.ts';
import { reasonOf } from '../terminal.ts';

export const REDIS_DEFAULT = 'redis://127.0.0.1:6379';
const CONNECT_MS = 5000;
/** A server that restarts is waited for. */
const RETRY_MS = 500;

/** The queue of cells could not be kept up. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
}

/** The address without the password that may stand in it. */
export function shownUrl(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    return parsed.href;
  } catch {
    return url;
  }
}

function checked(url: string): string {
  const refuse = () => new InputError(`--redis ${url === '' ? "''" : shownUrl(url)}: expected an address such as ${REDIS_DEFAULT}`
    + ' or rediss://user:password@host:6379/0.');
  try {
    if (!/^rediss?:$/.test(new URL(url).protocol)) throw refuse();
  } catch {
    throw refuse();
  }
  return url;
}

/** Connects; afterwards the connection comes back by itself when it is lost. */
export async function connectRedis(url = REDIS_DEFAULT): Promise<Redis> {
  checked(url);
  const { Redis } = await import('ioredis');
  let connected = false;
  const redis = new Redis(url, {
    lazyConnect: true, connectTimeout: CONNECT_MS, maxRetriesPerRequest: null,
    retryStrategy: () => (connected ? RETRY_MS : null),
  });
  let reason: unknown;
  redis.on('error', (error) => {
    reason = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    const why = whyNot(reason ?? error);
    throw new InputError(`--redis ${shownUrl(url)}: no Redis answers there (${why}); start redis-server, or name another.`);
  }
  connected = true;
  return redis;
}

function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' ? 'connection refused' : code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'no such host'
    : /NOAUTH|WRONGPASS/.test(message) ? 'it wants another password' : reasonOf(error);
}
