/** Computes cells that are not known yet, shows how far it is, and keeps each as soon as it is there. */
import { type CellJob, type CellRecord, durationText, resultJson } from '../../host/index.ts';
import { Progress } from '../terminal.ts';
import type { CellStore } from './cell_store.ts';
import type { Dispatcher } from './dispatcher.ts';

/** Records by key, of all jobs. Jobs of one key are one. `start` is asked for a dispatcher when there is something to do. */
export async function measureCells(what: string, jobs: readonly CellJob[], start: () => Promise<Dispatcher>,
  store?: CellStore): Promise<Map<string, CellRecord>> {
  const records = new Map<string, CellRecord>();
  const wanted = new Map(jobs.map((job) => [job.key, job]));
  for (const key of wanted.keys()) {
    const kept = store?.get(key);
    if (kept) records.set(key, kept);
  }
  const left = [...wanted.values()].filter((job) => !records.has(job.key));
  if (left.length === 0) return records;
  const dispatcher = await start();
  const line = new ProgressLine(what, dispatcher, wanted.size, records.size);
  const untied = onInterrupt(() => `${records.size} of ${wanted.size} cells are kept; the same command goes on from there.`, store);
  try {
    await dispatcher.run(left, (computed) => {
      // As it is read back from a file: sums of floating-point numbers depend on the order of their parts.
      const record = JSON.parse(resultJson(computed)) as CellRecord;
      store?.put(record);
      records.set(record.key, record);
      line.show(records.size);
    });
  } finally {
    untied();
    line.end();
    await dispatcher.close();
  }
  return records;
}

class ProgressLine {
  private readonly progress = new Progress();
  private readonly begun = Date.now();
  private readonly timer: NodeJS.Timeout;
  private done: number;

  constructor(what: string, { name }: Dispatcher, all: number, known: number) {
    this.done = known;
    const text = () => {
      const rate = (this.done - known) / Math.max(0.001, (Date.now() - this.begun) / 1000);
      const left = rate > 0 ? `, ${rate.toFixed(rate < 10 ? 1 : 0)} a second, ${durationText(((all - this.done) / rate) * 1e9)} left` : '';
      return `${what}: ${this.done} of ${all} cells on ${name}${left}`;
    };
    this.timer = setInterval(() => this.progress.show(text), 200);
    this.timer.unref();
  }
  show(done: number): void {
    this.done = done;
  }
  end(): void {
    clearInterval(this.timer);
    this.progress.end();
  }
}

/** Somebody who interrupts is told what is kept; then the signal does what it always does. */
function onInterrupt(text: () => string, store: CellStore | undefined): () => void {
  if (!store) return () => {};
  const told = () => {
    new Progress().end();
    process.stderr.write(`ringlab: interrupted: ${text()}\n`);
    process.kill(process.pid, 'SIGINT');
  };
  process.once('SIGINT', told);
  return () => process.off('SIGINT', told);
}
