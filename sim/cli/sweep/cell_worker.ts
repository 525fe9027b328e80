/** A worker thread: build/cell_worker.mjs. Tinypool calls what is exported, once a cell; beside its own data it hands on ours. */
import { workerData } from 'node:worker_threads';
import { type CellJob, type CellRecord, measureCell } from '../../host/index.ts';

const [, { core }] = workerData as [unknown, { core: WebAssembly.Module }];

export default (job: CellJob): CellRecord => measureCell(core, job);
