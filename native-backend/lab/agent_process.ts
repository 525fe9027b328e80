/** One process of the agent, here or behind ssh: its trace, and in one sentence what went wrong when it did not come to its end. */
import { spawn } from 'node:child_process';
import type { TraceLine } from '../../sim/host/index.ts';
import type { Job } from './job.ts';
import { LabError, type NativeRun } from './target.ts';

/** Without a line for so long it hangs: the agent's own watchdog is to come first. */
const SILENCE_MS = 90_000;
/** How long it may take to end when it is told to. */
const PATIENCE_MS = 2000;

export interface AgentCommand {
  readonly argv: readonly string[];
  /** What it reads from standard input. */
  readonly input: string | Uint8Array;
  readonly silence_ms?: number;
}

export interface AgentEnd {
  readonly text: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It was ended by us because it said nothing any more. */
  readonly silent: boolean;
  /** It could not be started. */
  readonly refused?: NodeJS.ErrnoException;
}

/** Runs it to its end. Throws when somebody aborts, and then the process and its children are gone. */
export async function runAgent({ argv, input, silence_ms = SILENCE_MS }: AgentCommand, abort: AbortSignal): Promise<AgentEnd> {
  abort.throwIfAborted();
  const [file = '', ...args] = argv;
  // A process group of its own: the terminal's Ctrl-C is for us, and we end all of it.
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const tell = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // There is nobody left.
    }
  };
  return new Promise((resolve, reject) => {
    let text = '';
    let stderr = '';
    let silent = false;
    let last: NodeJS.Timeout | undefined;
    const end = () => {
      tell('SIGTERM');
      last ??= setTimeout(() => tell('SIGKILL'), PATIENCE_MS);
    };
    const idle = () => setTimeout(() => {
      silent = true;
      end();
    }, silence_ms);
    let timer = idle();
    const atExit = () => tell('SIGKILL');
    process.on('exit', atExit);
    abort.addEventListener('abort', end);
    const over = () => {
      clearTimeout(timer);
      clearTimeout(last);
      process.off('exit', atExit);
      abort.removeEventListener('abort', end);
    };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      clearTimeout(timer);
      timer = idle();
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      stderr += piece;
    });
    // It may end without reading all of its program.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (refused) => {
      over();
      resolve({ text, stderr, code: null, signal: null, silent, refused });
    });
    child.on('close', (code, signal) => {
      over();
      if (abort.aborted) reject(new LabError('the run was ended before it was done.'));
      else resolve({ text, stderr, code, signal, silent });
    });
  });
}

/** The lines of a trace. The last one may have been cut short. */
export function traceLines(text: string): TraceLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as TraceLine];
    } catch {
      return [];
    }
  });
}

/** What ended a run before its end, as a sentence without the name of the scenario; undefined: nothing did. */
export function failureOf({ text, stderr, code, signal, silent, refused }: AgentEnd): string | undefined {
  const lines = traceLines(text);
  const said = stderr.trim().split('\n').at(-1) ?? '';
  // The watchdog's own line belongs to no step.
  const at = lines.findLast((l) => l.i !== undefined)?.i ?? -1;
  const where = at < 0 ? 'before its first step' : `after step ${at}`;
  const program = 'ringlab replay SCENARIO --program shows the steps';
  if (refused) return `the agent could not be started (${refused.message.replace(/^spawn /, '')}); is its folder mounted noexec?`;
  if (silent) return `the agent hung ${where} and was ended; ${program}.`;
  if (signal) return `the agent was ended by ${signal} ${where}; ${program}.`;
  if (lines.at(-1)?.e === 'end' && code === 0) return undefined;
  const stop = lines.find((l) => l.e === 'stop');
  const refused_instance = lines.findLast((l) => l.e === 'ret' && l.step === 'zcrx.reg' && Number(l.ret) < 0);
  if (stop && refused_instance && /instance|\.id'/.test(String(stop.why)))
    return `step ${stop.i} needs the zcrx instance that step ${refused_instance.i} was refused with ${refused_instance.err}; `
      + '--on nic has a NIC and a kernel that give it, and docs/hardware.md says what else the error may mean.';
  if (stop) return `the program stopped at step ${stop.i}: ${stop.why}; ${program}.`;
  if (code === 3 || lines.some((l) => l.e === 'watchdog')) return `the agent's watchdog ended it ${where}; ${program}.`;
  if (code === 4) return `the agent could not write its trace (${said || 'is the disk full?'}); make room.`;
  return `the agent ended with ${code} ${where}${said === '' ? '' : ` (${said})`}; ${program}.`;
}

export function nativeRun(job: Job, end: AgentEnd, unlike: readonly string[]): NativeRun {
  const failure = failureOf(end)?.replace('SCENARIO', job.name);
  const lines = traceLines(end.text);
  return { job, lines, text: end.text, unlike, ...(failure === undefined ? {} : { failure: `${job.name}: ${failure}` }) };
}
