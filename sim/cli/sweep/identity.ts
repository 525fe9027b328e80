/** What computes cells, by its content: the core, and the code that measures. Two machines with the same identity compute the same. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { InputError } from '../../host/index.ts';
import { besideBundle } from '../files.ts';

export const WORKER_FILE = besideBundle('cell_worker.mjs');

export function coreIdentity(): string {
  const hash = createHash('sha256');
  for (const file of [besideBundle('core.wasm'), WORKER_FILE]) {
    if (!existsSync(file)) throw new InputError('the core is not built: run npm run build, or npx ringlab, which does it.');
    hash.update(readFileSync(file));
  }
  return hash.digest('hex');
}
