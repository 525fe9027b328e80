/** What page and job workers say to each other. A job needs nothing of the laboratory: its parameters are all that there is. */
import type { CellJob, CellRecord } from '../../sim/host/index.ts';
import type {
  Exported, ExportId, Opened, Opening, PathsAnswer, PathsAsk, RunFile, SweepAnswer, SweepAsk, SweepNews,
} from '../../sim/lab/index.ts';

export interface Jobs {
  /** Begins a sweep, or a comparison of paths: what has to be measured, and what is known of it already. */
  sweep_plan: { params: { ask: SweepAsk }; answer: { jobs: readonly CellJob[]; answer: SweepAnswer } };
  /** What was measured; and what changes by it. */
  sweep_put: { params: { records: readonly CellRecord[] }; answer: SweepNews };
  sweep_file: { params: { kind: 'json' | 'csv' | 'html' }; answer: string };
  paths_plan: { params: { ask: PathsAsk }; answer: { jobs: readonly CellJob[]; answer: PathsAnswer } };
  paths_put: { params: { records: readonly CellRecord[] }; answer: PathsAnswer };
  paths_file: { params: { kind: 'json' | 'html' }; answer: string };
  measure: { params: { job: CellJob }; answer: CellRecord };
  /** A run as a file. */
  save: { params: { opening: Opening; run: RunFile; kind: ExportId }; answer: Exported };
  /** A file from outside: what it is, and what there is to say of it. `programs`: texts of step scenarios that it may name. */
  read: { params: { name: string; bytes: Uint8Array; programs: Readonly<Record<string, string>> }; answer: Opened };
}
export type JobName = keyof Jobs;

export type JobRequest = { [K in JobName]: { readonly id: number; readonly job: K; readonly params: Jobs[K]['params'] } }[JobName];
export type JobReply =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly error: string }
  /** How far it is: in words. */
  | { readonly id: number; readonly progress: string };
