/** Debian packages for the lab: unpacked in the cache and never installed. scripts/debian_package.mjs says how they are had. */
import { withSuite } from '../../scripts/debian_package.mjs';
import { LabError, type Watch } from './target.ts';

export interface Suite {
  /** Names of packages that an extended regular expression fits: names change with each point release. */
  search(pattern: string): Promise<string[]>;
  /** Unpacks packages into a folder and returns the version of each. */
  unpack(names: readonly string[], folder: string): Promise<Record<string, string>>;
}

/** Does something with the packages of a suite; `what` is what they are needed for. A LabError says why that cannot be. */
export async function inSuite<T>(name: string, what: string, watch: Watch, work: (suite: Suite) => Promise<T>): Promise<T> {
  watch.signal.throwIfAborted();
  watch.progress(`${what}: asking Debian ${name}`);
  try {
    return await withSuite(name, work, { signal: watch.signal });
  } catch (error) {
    watch.signal.throwIfAborted();
    if (error instanceof LabError || /ENOSPC|No space left/.test(String(error))) throw error;
    throw new LabError(`${what} cannot be had from Debian ${name} (${(error as Error).message.split('\n')[0]}): `
      + 'it needs apt with a Debian mirror and a network, once.');
  }
}
