/**
 * A run as files. Each is a function of a run file: the run is made again for it, so that a worker of its own can make it while the
 * laboratory goes on.
 */
import {
  type EngineSinks, eventOf, Examination, HOSTS, InputError, loadScenario, measureRun, narrate, PcapngWriter, PerfettoWriter,
  readWireFrames, resultJson, runReport, RunSeries, type Scenario, type TraceBatch,
} from '../host/index.ts';
import { EXPORT_KINDS, type ExportId } from './export_kinds.ts';
import { setsOfSource, type Source } from './lab.ts';
import { rerun, withEdits } from './rerun.ts';
import { type Opening, type RunFile, runFileText } from './run_file.ts';
import { scenarioText } from './scenario_text.ts';

export interface Exported {
  readonly name: string;
  readonly mime: string;
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
}

/** A browser holds this much at once; longer runs are the command line's. */
const BYTES_MAX = 1024 * 2 ** 20;
const NEEDS = 'run.until_ns makes the run shorter; the command line writes files of any length';

/** Pieces of a file, with a limit. */
class Parts {
  readonly all: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#bytes += bytes.length;
    if (this.#bytes > BYTES_MAX) throw new InputError(`this file would have more than ${BYTES_MAX / 2 ** 20} MiB: ${NEEDS}.`);
    this.all.push(bytes.slice());
  }
  text(text: string): void {
    this.add(new TextEncoder().encode(text));
  }
}

const loaded = (source: Source, more: readonly string[] = []): Scenario =>
  loadScenario(source.text, source.name, { sets: [...setsOfSource(source), ...more] });

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export const TRACE_COLUMNS = [
  'record', 'time_ns', 'host', 'core', 'context', 'stage', 'event', 'packet', 'buffer', 'words', 'text',
] as const;
const NONE = 0xffffffff;

/** Lines of a table, one for each record; `first`: the number of the first one. */
export function traceLines(batch: TraceBatch, first: number): string {
  const lines: string[] = [];
  for (let i = 0; i < batch.length; i++) {
    const record = batch.record(i);
    const event = eventOf(record);
    const words = event.words.map((word, n) => `${word}=${[record.a, record.b, record.c][n]}`).join(' ');
    lines.push([
      first + i, record.time_ns, HOSTS[record.host], record.core, record.context, event.stage, event.name, record.pkt_id,
      record.niov_idx === NONE ? '' : record.niov_idx, words, quoted(narrate(record)),
    ].join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** What fills a file while the run goes on, and what is done when it is over. */
function filling(kind: ExportId, parts: Parts): { sinks: EngineSinks; finish: () => void } {
  if (kind === 'pcapng') {
    const frames = new PcapngWriter();
    const onCapture = (bytes: Uint8Array) => {
      for (const frame of readWireFrames(bytes)) frames.add(frame);
      parts.add(frames.take());
    };
    return { sinks: { onCapture }, finish: () => {
      frames.finish();
      parts.add(frames.take());
    } };
  }
  if (kind === 'perfetto') {
    const tracks = new PerfettoWriter();
    const onTrace = (batch: TraceBatch) => {
      tracks.add(batch);
      parts.add(tracks.take());
    };
    return { sinks: { onTrace }, finish: () => {
      tracks.finish();
      parts.add(tracks.take());
    } };
  }
  let records = 0;
  if (kind === 'csv') parts.text(`${TRACE_COLUMNS.join(',')}\n`);
  const onTrace = (batch: TraceBatch) => {
    if (batch.length > 0) parts.add(kind === 'csv' ? new TextEncoder().encode(traceLines(batch, records)) : batch.bytes());
    records += batch.length;
  };
  return { sinks: kind === 'csv' || kind === 'trace' ? { onTrace } : {}, finish: () => {} };
}

/** The command that makes the same run. */
export function runCommandOf({ name, sets, seed }: Source): string {
  const word = (w: string) => (/^[\w@%+=:,./-]+$/.test(w) ? w : `'${w.replaceAll("'", "'\\''")}'`);
  const words = [...sets.flatMap((s) => ['--set', s]), ...(seed === undefined ? [] : ['--seed', String(seed)])];
  return ['ringlab', 'run', name, ...words].map(word).join(' ');
}

/** The command line has no edits: the run file has. */
const EDITED = ' # and what was changed while it ran: the run file has that';

function report(core: WebAssembly.Module, { source, edits }: Opening): string {
  const scenario = loaded(source, ['run.trace=on']);
  const series = new RunSeries();
  const examination = new Examination(scenario);
  const { sinks, ...told } = examination.options();
  const measured = measureRun(core, scenario, { ...told, ...withEdits(edits), sinks: { onTrace: (batch) => {
    sinks?.onTrace?.(batch);
    series.add(batch);
  } } });
  const findings = examination.findings({ scenario, result: measured.result, engine: measured.engine });
  const command = `${runCommandOf(source)} --report report.html${edits.length === 0 ? '' : EDITED}`;
  return runReport({ scenario, text: source.text, command, measured, findings, series });
}

/** Knobs without which a file would be empty. They change nothing of the run. */
const WATCHED: Partial<Record<ExportId, readonly string[]>> = {
  pcapng: ['run.capture=on'], perfetto: ['run.trace=on'], csv: ['run.trace=on'], trace: ['run.trace=on'],
};

/** Makes a file of a run. `run` is what the run file of it says, where that is what is wanted. */
export function exportRun(core: WebAssembly.Module, opening: Opening, run: RunFile, id: ExportId,
  onProgress?: (time_ns: number) => void): Exported {
  const kind = EXPORT_KINDS.find((k) => k.id === id);
  if (!kind) throw new InputError(`there is no export ${id}`);
  const parts = new Parts();
  const name = `${run.name.replace(/[^\w.-]+/g, '-')}.${kind.ending}`;
  if (id === 'run') parts.text(runFileText(run));
  else if (id === 'scenario') parts.text(scenarioText(opening.source));
  else if (id === 'report') parts.text(report(core, opening));
  else {
    const scenario = loaded(opening.source, WATCHED[id] ?? []);
    const { sinks, finish } = filling(id, parts);
    const { result } = rerun(core, scenario, opening.edits, sinks, onProgress);
    finish();
    if (id === 'result') parts.text(`${resultJson(result)}\n`);
  }
  return { name, mime: kind.mime, parts: parts.all };
}
