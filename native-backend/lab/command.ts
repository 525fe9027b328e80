/** A command of this machine, run to its end: quiet, and gone when somebody aborts. */
import { execFile, type ExecFileException } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface CommandEnd {
  /** 127: there is no such command, as in a shell. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_BYTES = 1 << 26;
const NOT_THERE = 127;

export interface CommandOptions {
  readonly signal: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export function command(argv: readonly string[], { signal, env, cwd }: CommandOptions): Promise<CommandEnd> {
  const [file = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const options = { signal, maxBuffer: MAX_BYTES, env: { ...process.env, ...env }, ...(cwd === undefined ? {} : { cwd }) };
    execFile(file, args, options, (error: ExecFileException | null, stdout, stderr) => {
      if (signal.aborted) reject(signal.reason);
      else if (error?.code === 'ENOENT') resolve({ code: NOT_THERE, stdout: '', stderr: `${file} is not there` });
      else resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
    });
  });
}

/** Is there such a program in one of these folders? */
export function haveProgram(program: string, path: readonly string[] = (process.env.PATH ?? '').split(delimiter)): boolean {
  return path.some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return dir !== '';
    } catch {
      return false;
    }
  });
}

/** The last line of a text that says something. */
export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';
