/** Does jobs one after the other: measures cells, saves runs, reads files. Ended by whoever does not want to wait any more. */
import coreUrl from '../../build/core.wasm?url';
import { type CellRecord, compileCore, durationText, measureCell, sha256Hex, TrapError } from '../../sim/host/index.ts';
import { exportRun, openFile, PathComparison, Sweep } from '../../sim/lab/index.ts';
import type { JobName, JobReply, JobRequest, Jobs } from './protocol.ts';

interface Core {
  readonly module: WebAssembly.Module;
  readonly hash: string;
}
let loading: Promise<Core> | undefined;

async function load(): Promise<Core> {
  const response = await fetch(coreUrl);
  if (!response.ok) throw new Error(`The simulator could not be loaded: ${response.status} ${response.statusText}`);
  const bytes = await response.arrayBuffer();
  return { module: await compileCore(bytes), hash: sha256Hex(new Uint8Array(bytes)) };
}
function core(): Promise<Core> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** What was ever measured here: a sweep that asks for it again has it at once. */
const records = new Map<string, CellRecord>();
let sweep: Sweep | undefined;
let paths: PathComparison | undefined;
const begun = <T>(what: T | undefined): T => {
  if (what === undefined) throw new Error('nothing was begun');
  return what;
};

type Told = (progress: string) => void;
type Does = { [K in JobName]: (params: Jobs[K]['params'], told: Told) => Promise<Jobs[K]['answer']> | Jobs[K]['answer'] };

const DOES: Does = {
  sweep_plan: async ({ ask }) => {
    sweep = new Sweep(ask, (await core()).hash, records);
    return { jobs: sweep.jobs(), answer: sweep.answer() };
  },
  sweep_put: ({ records: measured }) => {
    for (const record of measured) begun(sweep).put(record);
    return begun(sweep).news();
  },
  sweep_file: ({ kind }) => begun(sweep).file(kind),
  paths_plan: async ({ ask }) => {
    paths = new PathComparison(ask, (await core()).hash, records);
    return { jobs: paths.jobs(), answer: paths.answer() };
  },
  paths_put: ({ records: measured }) => {
    for (const record of measured) begun(paths).put(record);
    return begun(paths).answer();
  },
  paths_file: ({ kind }) => begun(paths).file(kind),
  measure: async ({ job }) => measureCell((await core()).module, job),
  save: async ({ opening, run, kind }, told) =>
    exportRun((await core()).module, opening, run, kind, (time_ns) => told(`${durationText(time_ns)} simulated`)),
  read: async ({ name, bytes, programs }, told) =>
    openFile((await core()).module, name, bytes, { programs, onProgress: (done, all) => told(`frame ${done} of ${all}`) }),
};

const say = (reply: JobReply, parts: Transferable[] = []) => postMessage(reply, { transfer: parts });

function sentence(error: unknown): string {
  if (error instanceof TrapError) return `The simulator found a fault of its own: ${error.message}.`;
  return error instanceof Error ? error.message : String(error);
}

addEventListener('message', async ({ data }: MessageEvent<JobRequest>) => {
  const { id, job, params } = data;
  try {
    const ok = await (DOES[job] as (params: unknown, told: Told) => unknown)(params, (progress) => say({ id, progress }));
    say({ id, ok }, job === 'save' ? (ok as Jobs['save']['answer']).parts.map((p) => p.buffer) : []);
  } catch (error) {
    say({ id, error: sentence(error) });
  }
});
