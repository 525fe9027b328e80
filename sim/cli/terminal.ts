/** Output of the command line: standard output for results, one progress line on standard error when somebody watches. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../host/index.ts';

/** A reader that goes away (`| head`) is no error: we stop quietly. */
export function endWithTheReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const paint = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);

/** One line that is written over; nothing at all when standard error is no terminal. */
export class Progress {
  private readonly on = process.stderr.isTTY === true;
  private last = 0;

  show(text: () => string): void {
    if (!this.on) return;
    const now = Date.now();
    if (now - this.last < 100) return;
    this.last = now;
    process.stderr.write(`\r\u001b[K${text().slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }
  end(): void {
    if (this.on && this.last !== 0) process.stderr.write('\r\u001b[K');
    this.last = 0;
  }
}

/** Columns, padded: numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[], right: readonly boolean[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => {
    widths[i] = Math.max(widths[i] ?? 0, String(cell).length);
  });
  return rows.map((row) => row.map((cell, i) => {
    const width = widths[i] ?? 0;
    return right[i] ? String(cell).padStart(width) : String(cell).padEnd(width);
  }).join('  ').trimEnd());
}

/** A file that appears whole or not at all: written beside its place and renamed by commit(). */
export class OutputFile {
  readonly path: string;
  private readonly temporary: string;
  private fd: number | undefined;

  constructor(path: string) {
    this.path = path;
    this.temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
    try {
      this.fd = openSync(this.temporary, 'wx');
    } catch (error) {
      throw new InputError(`cannot write ${path}: ${(error as Error).message}`);
    }
    OPEN.add(this);
  }

  write(data: Uint8Array): void {
    for (let at = 0; at < data.length; ) at += writeSync(this.fd as number, data, at);
  }

  commit(): void {
    fsyncSync(this.fd as number);
    this.close();
    renameSync(this.temporary, this.path);
  }

  /** Leaves nothing behind. */
  abandon(): void {
    this.close();
    rmSync(this.temporary, { force: true });
  }

  private close(): void {
    OPEN.delete(this);
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}

const OPEN = new Set<OutputFile>();
/** Whatever ends the process, no half-written file stays. */
export function abandonOpenFiles(): void {
  for (const file of [...OPEN]) file.abandon();
}
