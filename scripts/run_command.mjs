/** Child processes: quiet unless they fail. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's root: every command runs there. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

const children = new Set();

/** Ends a child with all that it started: a test that runs in circles does not hear of its parent's end. */
function end(child, signal) {
  try {
    if (child.grouped) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
function endAll(signal) {
  for (const child of children) end(child, signal);
  process.exit(signal === 'SIGINT' ? 130 : 143);
}

/** Signals are handled while there is a child to end, and only then: the command line runs in the process that built it. */
function keep(child) {
  if (children.size === 0) for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, endAll);
  children.add(child);
}
function release(child) {
  children.delete(child);
  if (children.size === 0) for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, endAll);
}

/**
 * Runs a command to its end and returns its exit code and everything it printed. A command that cannot be started has
 * code 127, as in a shell. `input` goes to its stdin; `inherit` lets it print by itself; `minutes` is how long it may take.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, input?: string | Uint8Array, inherit?: boolean, cwd?: string, minutes?: number }} options
 * @returns {Promise<{ code: number, stdout: string, output: string }>}
 */
export function run(command, args, { env = {}, input, inherit = false, cwd = root, minutes = 0 } = {}) {
  return new Promise((resolve) => {
    const stdio = inherit ? 'inherit' : ['pipe', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio, detached: !inherit });
    child.grouped = !inherit;
    keep(child);
    const clock = minutes > 0 ? setTimeout(() => {
      output += `\nIt was ended because it had not come to its end after ${minutes} minutes.`;
      end(child, 'SIGKILL');
    }, minutes * 60_000) : undefined;
    let output = '';
    let stdout = '';
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => {
      clearTimeout(clock);
      release(child);
      resolve({ code: 127, stdout: '', output: error.message });
    });
    child.on('close', (code, signal) => {
      clearTimeout(clock);
      release(child);
      resolve({ code: code ?? (signal ? 1 : 0), stdout, output });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/**
 * Runs a Node program of the repository.
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export const node = (args, options) => run(process.execPath, args, options);
