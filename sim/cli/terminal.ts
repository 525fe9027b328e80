/** Output of the command line: standard output for results, one progress line on standard error when somebody watches. */

/** What the system says of an error, without the call that met it. */
export function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return message.replace(/^E[A-Z0-9]+: /, '').replace(/, \w+( '.*)?$/, '');
}

/** A read or a write that waits while a pipe is empty or full, also one that another process made non-blocking. */
export function patiently(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Something could not be written to its end. */
export class OutputError extends Error {
  override readonly name = 'OutputError';

  constructor(place: string, error: unknown) {
    super(`${place}: it could not be written to its end (${reasonOf(error)}); make room or choose another place.`);
  }
}

/** A reader that goes away (`| head`) is no error: we stop quietly. A disk that is full is one. */
export function endWithTheReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      if (stream === process.stdout) process.stderr.write(`ringlab: ${new OutputError('standard output', error).message}\n`);
      process.exit(1);
    });
  }
}

let results: NodeJS.WriteStream = process.stdout;
/** Standard output belongs to a file of the command, such as --pcap /dev/stdout: results go where they do not spoil it. */
export function resultsToStderr(): void {
  results = process.stderr;
}

/** As it is in the beginning. */
export function resultsToStdout(): void {
  results = process.stdout;
}

export function say(line = ''): void {
  results.write(`${line}\n`);
}

/** What a long command is doing, for somebody who watches: a line on standard error, nothing in a pipe. */
export function tell(line: string): void {
  if (process.stderr.isTTY === true) process.stderr.write(`${line}\n`);
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
