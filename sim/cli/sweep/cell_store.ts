/**
 * The folder of a sweep. Records of cells lie in it by their address, so a sweep that was interrupted goes on where it was, and sweeps that
 * share cells share records:
 *
 *     DIR/cells/<key>.json    one a cell, there as soon as it is computed
 *     DIR/sweep.json .csv .html    what came of the sweep, when all cells are there
 *
 * A file appears whole under its name, or not at all.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CellRecord, InputError, resultJson } from '../../host/index.ts';
import { OutputError, reasonOf } from '../terminal.ts';

/** A file that is being written: of which process, so that what a killed one left can be told from what a living one writes. */
const UNFINISHED = /^\..*\.(\d+)$/;

export class CellStore {
  private readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
    const refuse = (why: string) => new InputError(`--out ${dir === '' ? "''" : dir}: ${why}.`);
    if (dir === '') throw refuse('the path is empty; name a folder');
    try {
      if (!existsSync(dir)) {
        if (!existsSync(dirname(dir))) throw refuse(`there is no folder ${dirname(dir)}; make it first`);
        mkdirSync(dir);
      }
      if (!statSync(dir).isDirectory()) throw refuse('this is a file; name a folder');
      if (!existsSync(this.cells) && readdirSync(dir).length > 0)
        throw refuse('the folder has other things in it and is none of a sweep; name an empty one, or one that is not there yet');
      mkdirSync(this.cells, { recursive: true });
      this.write('.writable', '');
      rmSync(join(dir, '.writable'));
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw refuse(`it cannot be written (${reasonOf(error instanceof OutputError ? error.cause : error)}); choose another place`);
    }
    for (const folder of [dir, this.cells]) removeAbandoned(folder);
  }

  private get cells(): string {
    return join(this.dir, 'cells');
  }

  /** The record of a cell; undefined when there is none, or when what is there is no whole record of this cell. */
  get(key: string): CellRecord | undefined {
    try {
      const record = JSON.parse(readFileSync(join(this.cells, `${key}.json`), 'utf8')) as CellRecord;
      return record.key === key && record.outcome === 'measured' && typeof record.measurement === 'object' ? record : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps what was measured. A failure is tried again by the next sweep. */
  put(record: CellRecord): void {
    if (record.outcome === 'measured') this.write(join('cells', `${record.key}.json`), `${resultJson(record)}\n`);
  }

  write(name: string, text: string): void {
    const path = join(this.dir, name);
    const unfinished = join(dirname(path), `.${name.replaceAll(/[\\/]/g, '-')}.${process.pid}`);
    try {
      writeFileSync(unfinished, text);
      renameSync(unfinished, path);
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw Object.assign(new OutputError(path, error), { cause: error });
    }
  }
}

function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = UNFINISHED.exec(name)?.[1];
    if (pid !== undefined && !lives(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
