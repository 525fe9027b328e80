/** Reads a file in a worker, and opens what belongs on the bench. */
import { type Opened, openingOf } from '../../sim/lab/index.ts';
import { JobClient, Stopped } from '../jobs/job_client.ts';
import { keepDraft } from '../pages/editor/draft.ts';
import { findScenario } from '../scenarios.ts';
import { openRun } from './open_run.ts';
import { route } from './route.svelte.ts';

const BYTES_MAX = 1024 * 2 ** 20;
/** As much of a file as its first line may be long. */
const HEAD_BYTES = 65_536;

/** The text of the scenario that a recorded trace names in its first line. */
async function programsOf(bytes: Uint8Array): Promise<Record<string, string>> {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES)).split('\n', 1)[0] ?? '';
  const [, name] = /^\{"i":-1,"e":"capture","scenario":"([\w./-]+)"/.exec(head) ?? [];
  const found = name === undefined ? undefined : await findScenario(name);
  return found ? { [found.name]: found.text } : {};
}

/** undefined: it went to the bench or to the editor, or was stopped. */
async function done(opened: Opened): Promise<Opened | undefined> {
  if (opened.kind === 'run') {
    const library = opened.run.scenario === undefined ? undefined : await findScenario(opened.run.scenario);
    await openRun(openingOf(opened.run, () => library?.text));
    return undefined;
  }
  if (opened.kind !== 'scenario') return opened;
  if (opened.problem === '') {
    const source = { name: opened.name, text: opened.text, sets: [] };
    await openRun({ source, edits: [], step: undefined, state_hash: undefined, core_hash: undefined });
    return undefined;
  }
  keepDraft({ name: opened.name, text: opened.text, original: '' });
  route.go('editor');
  return undefined;
}

export function readFile(file: File, told: (progress: string) => void): { opened: Promise<Opened | undefined>; stop: () => void } {
  const worker = new JobClient();
  const read = async (): Promise<Opened | undefined> => {
    if (file.size > BYTES_MAX)
      throw new Error(`${file.name} has more than ${BYTES_MAX / 2 ** 20} MiB; the command line reads files of any size.`);
    const bytes = new Uint8Array(await file.arrayBuffer());
    try {
      return await done(await worker.do('read', { name: file.name, bytes, programs: await programsOf(bytes) }, told));
    } catch (error) {
      if (error instanceof Stopped) return undefined;
      throw error;
    } finally {
      worker.stop();
    }
  };
  return { opened: read(), stop: () => worker.stop() };
}
