/** Who computes cells: worker threads of this machine, or workers of many machines behind a queue. */
import type { CellJob, CellRecord } from '../../host/index.ts';

export interface Dispatcher {
  /** What computes, in a word or two: for the line of progress. */
  readonly name: string;
  /** Computes the cells and tells of each as it is done, in any order. Ends when all are done. */
  run(jobs: readonly CellJob[], done: (record: CellRecord) => void): Promise<void>;
  close(): Promise<void>;
}
