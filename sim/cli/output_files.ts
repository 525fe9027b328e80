/**
 * The files that a command writes: all of them whole, or none. What is written goes to a nameless file in the folder of its
 * place, which is gone with the process, whatever ends that; only commit() gives names. Symlinks are followed. Pipes and
 * devices are written as they are.
 */
import { randomBytes } from 'node:crypto';
import {
  accessSync, closeSync, constants, existsSync, fchmodSync, fstatSync, fsyncSync, lstatSync, openSync, readlinkSync, readSync, realpathSync,
  renameSync, rmSync, type Stats, statSync, writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../host/index.ts';
import { OutputError, patiently, reasonOf, resultsToStderr } from './terminal.ts';

/** One option that names a file. */
export interface Wanted {
  readonly option: string;
  readonly path: string;
}

const STDOUT = 1;
const LINKS_MAX = 40;
const PIECE_BYTES = 1 << 20;
const CREATED = 0o666;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** What follows from a path, before anything is opened. */
interface Place extends Wanted {
  /** file: made anew and renamed to `target`; as it is: a pipe or a device; stdout: our own, however it is called. */
  readonly kind: 'file' | 'as it is' | 'stdout';
  readonly target: string;
  /** Permissions of the file that is replaced. */
  readonly mode: number | undefined;
  /** Two outputs with the same identity would spoil each other; devices take any number of writers. */
  readonly identity: string | undefined;
}

/** Where a path leads that may not exist yet. */
function followed(path: string): string {
  let at = resolve(path);
  for (let links = 0; links < LINKS_MAX; links++) {
    at = join(realpathSync(dirname(at)), basename(at));
    let link: string;
    try {
      link = readlinkSync(at);
    } catch {
      return at;
    }
    at = resolve(dirname(at), link);
  }
  return at;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function placeOf({ option, path }: Wanted): Place {
  const refuse = (text: string) => new InputError(`${option} ${path === '' ? "''" : path}: ${text}.`);
  if (path === '') throw refuse('the path is empty; name a file');
  if (path === '-') throw refuse('write /dev/stdout for standard output, or ./- for a file of that name');
  try {
    const stats = statOf(path);
    if (stats?.isDirectory() || /[\\/]$/.test(path)) throw refuse('this is a folder; name a file in it');
    const same = stats && !stats.isCharacterDevice() ? `${stats.dev}:${stats.ino}` : undefined;
    const wanted = { option, path, target: path, mode: undefined };
    const own = fstatSync(STDOUT);
    if (same !== undefined && same === `${own.dev}:${own.ino}`) return { ...wanted, kind: 'stdout', identity: same };
    if (stats && !stats.isFile()) return { ...wanted, kind: 'as it is', identity: same };
    const target = followed(path);
    if (stats) accessSync(target, constants.W_OK);
    accessSync(dirname(target), constants.W_OK);
    if (!stats && isLink(target)) throw refuse('its symlinks run in a circle; name the file itself');
    return { ...wanted, kind: 'file', target, mode: stats?.mode, identity: target };
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw refuse(whyNot(error, path));
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function whyNot(error: unknown, path: string): string {
  const folder = dirname(path);
  const code = codeOf(error);
  if (code === 'ENOENT' && isLink(path)) return 'it is a symlink into a folder that is not there; make the folder first';
  if (code === 'ENOENT' && !existsSync(folder)) return `there is no folder ${folder}; make it first`;
  if (code === 'ENOTDIR') return `${folder} is no folder; name a file in a folder`;
  if (code === 'ELOOP') return 'its symlinks run in a circle; name the file itself';
  return `it cannot be written (${reasonOf(error)}); choose another place`;
}

function sameFile(a: string, b: string): boolean {
  const [x, y] = [statOf(a), statOf(b)];
  return x !== undefined && y !== undefined && x.dev === y.dev && x.ino === y.ino;
}

/** Refuses outputs that would overwrite each other, or a file that the run is made from. */
function checkDistinct(places: readonly Place[], inputs: readonly string[]): void {
  places.forEach((p, i) => {
    const other = places.slice(0, i).find((q) => p.identity !== undefined && q.identity === p.identity);
    if (other) throw new InputError(`${p.option} ${p.path}: ${other.option} writes there too; give each its own file.`);
    const input = inputs.find((path) => p.kind === 'file' && sameFile(path, p.target));
    if (input !== undefined) throw new InputError(`${p.option} ${p.path}: the scenario is read from there; choose another file.`);
  });
}

/** One file that is being written. */
export class OutputFile {
  readonly place: Place;
  readonly fd: number;
  private deaf = false;

  constructor(place: Place) {
    this.place = place;
    try {
      this.fd = this.open();
    } catch (error) {
      throw new InputError(`${place.option} ${place.path}: ${whyNot(error, place.path)}.`);
    }
  }

  private open(): number {
    const { kind, path, target } = this.place;
    if (kind === 'stdout') return STDOUT;
    if (kind === 'as it is') return openSync(path, 'w');
    const name = besides(target);
    const fd = openSync(name, 'wx+', CREATED);
    rmSync(name);
    return fd;
  }

  /** Writes all of it. A reader that has gone away is no error: it has what it wanted. */
  write(data: Uint8Array): void {
    try {
      if (!this.deaf) writeAll(this.fd, data);
    } catch (error) {
      if (codeOf(error) !== 'EPIPE') throw this.failure(error);
      this.deaf = true;
    }
  }

  /** The file under a name of its own, beside its place. */
  settle(): string {
    const { target, mode } = this.place;
    const name = besides(target);
    try {
      const fd = openSync(name, 'wx', CREATED);
      try {
        if (mode !== undefined) fchmodSync(fd, mode & 0o7777);
        const piece = new Uint8Array(PIECE_BYTES);
        for (let at = 0; ; ) {
          const n = readSync(this.fd, piece, 0, piece.length, at);
          if (n === 0) break;
          writeAll(fd, piece.subarray(0, n));
          at += n;
        }
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      rmSync(name, { force: true });
      throw this.failure(error);
    }
    return name;
  }

  failure(error: unknown): OutputError {
    return new OutputError(`${this.place.option} ${this.place.path}`, error);
  }
}

const besides = (target: string): string => join(dirname(target), `.${basename(target).slice(0, 200)}.${randomBytes(6).toString('hex')}`);

function writeAll(fd: number, data: Uint8Array): void {
  for (let at = 0; at < data.length; ) at += patiently(() => writeSync(fd, data, at));
}

/** Every file of one command. */
export class OutputFiles {
  private readonly files: readonly OutputFile[];

  /** Checks all places, then opens them. `inputs`: files that the command reads. */
  constructor(wanted: readonly Wanted[], inputs: readonly string[] = []) {
    const places = wanted.map(placeOf);
    checkDistinct(places, inputs);
    if (places.some((p) => p.kind === 'stdout')) resultsToStderr();
    this.files = places.map((p) => new OutputFile(p));
  }

  of(option: string): OutputFile | undefined {
    return this.files.find((f) => f.place.option === option);
  }

  /** Gives all files their names at once, when each of them is safely on its disk. */
  commit(): void {
    const own = this.files.filter((f) => f.place.kind === 'file');
    if (own.length === 0) return;
    // From here on there are named files to take away again: a signal waits until they have their places.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.kill(process.pid, signal));
    const settled: { file: OutputFile; name: string }[] = [];
    try {
      for (const file of own) settled.push({ file, name: file.settle() });
      for (const { file, name } of settled) rename(file, name);
    } finally {
      for (const { name } of settled) rmSync(name, { force: true });
    }
  }
}

function rename(file: OutputFile, name: string): void {
  try {
    renameSync(name, file.place.target);
  } catch (error) {
    throw file.failure(error);
  }
}
