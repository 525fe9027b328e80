/**
 * A boot of QEMU. The kernel's messages come over the serial line; what the jobs print comes over a virtio port, because writes to
 * it are not byte by byte. Time in the guest is counted in instructions and skips what is idle, so that two boots are alike.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { roomError } from './cache.ts';
import { haveProgram, lastLine } from './command.ts';
import { LabError } from './target.ts';

const QEMU = 'qemu-system-x86_64';
const FOLDER = 'ringlab-vm-';
const MEMORY_MIB = 512;
/** 2^3 ns an instruction. */
const ICOUNT = 'shift=3,sleep=off';
/** A virtual machine that says nothing for so long hangs. */
const SILENCE_MS = 120_000;
/** Warnings are to be seen, for one of them is a result, and all of our marks between them. A panic ends QEMU. */
const APPEND = 'console=ttyS0 quiet loglevel=5 printk.devkmsg=on panic=-1 oops=panic nokaslr';

export interface Boot {
  readonly vmlinuz: string;
  readonly initrd: Uint8Array;
  /** The lines that the jobs print, as they come. */
  readonly onLine: (line: string) => void;
  readonly silence_ms?: number;
}

export interface BootEnd {
  /** off: the guest switched itself off; silent: we ended it because it said nothing any more. */
  readonly how: 'off' | 'silent' | 'died';
  /** What the kernel said. */
  readonly console: string;
  readonly stderr: string;
  readonly took_ms: number;
}

const arguments_ = (vmlinuz: string, initrd: string): string[] => [
  '-no-user-config', '-nodefaults', '-accel', 'tcg,thread=single', '-icount', ICOUNT, '-smp', '1', '-m', String(MEMORY_MIB),
  '-display', 'none', '-nic', 'none', '-no-reboot', '-rtc', 'base=2026-01-01,clock=vm',
  '-serial', 'stdio', '-device', 'virtio-serial-pci,ioeventfd=off', '-chardev', 'socket,id=trace,fd=3',
  '-device', 'virtserialport,chardev=trace,name=ringlab', '-kernel', vmlinuz, '-initrd', initrd, '-append', APPEND,
];

/** Calls `each` with every whole line. */
function lineByLine(stream: Readable, each: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) each(line.replace(/\r$/, ''));
  }).on('close', () => {
    if (rest !== '') each(rest);
    rest = '';
  });
}

function start(boot: Boot, initrd: string, signal: AbortSignal): Promise<BootEnd> {
  // Somebody who kills this process without a word ends the machine too.
  const guarded = haveProgram('setpriv') ? ['setpriv', '--pdeathsig', 'KILL', QEMU] : [QEMU];
  const [program = QEMU, ...args] = [...guarded, ...arguments_(boot.vmlinuz, initrd)];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true });
  const began = Date.now();
  const kill = () => {
    child.kill('SIGKILL');
  };
  return new Promise((resolve, reject) => {
    let text = '';
    let stderr = '';
    let silent = false;
    const idle = () => setTimeout(() => {
      silent = true;
      kill();
    }, boot.silence_ms ?? SILENCE_MS);
    let timer = idle();
    const heard = () => {
      clearTimeout(timer);
      timer = idle();
    };
    process.on('exit', kill);
    signal.addEventListener('abort', kill);
    const over = () => {
      clearTimeout(timer);
      process.off('exit', kill);
      signal.removeEventListener('abort', kill);
    };
    lineByLine(child.stdout as Readable, (line) => {
      text += `${line}\n`;
      heard();
    });
    lineByLine(child.stdio[3] as Readable, (line) => {
      boot.onLine(line);
      heard();
    });
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      stderr += piece;
    });
    child.on('error', (error) => {
      over();
      reject(new LabError(`QEMU cannot be started (${error.message}); ringlab lab doctor says what this machine can have.`));
    });
    child.on('close', (code) => {
      over();
      if (signal.aborted) reject(new LabError('the virtual machine was ended before it was done.'));
      else if (code !== 0 && !silent && text === '')
        reject(new LabError(`QEMU did not start (${lastLine(stderr) || `exit code ${code}`}).`));
      else resolve({ how: silent ? 'silent' : code === 0 ? 'off' : 'died', console: text, stderr, took_ms: Date.now() - began });
    });
  });
}

/** What processes left behind that were killed: folders. */
export function staleBoots(): string[] {
  const names = existsSync(tmpdir()) ? readdirSync(tmpdir()).filter((name) => name.startsWith(FOLDER)) : [];
  return names.filter((name) => !existsSync(`/proc/${name.slice(FOLDER.length).split('-')[0]}`)).map((name) => join(tmpdir(), name));
}

function removeForgotten(): void {
  for (const folder of staleBoots()) rmSync(folder, { recursive: true, force: true });
}

function bootFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LabError(`${tmpdir()} cannot be written (${code}); let TMPDIR name a folder of yours.`);
  }
}

/** Boots to the end, whatever that is. Throws when QEMU cannot be had or somebody aborts; nothing is left of it then. */
export async function runQemu(boot: Boot, signal: AbortSignal): Promise<BootEnd> {
  signal.throwIfAborted();
  if (!haveProgram(QEMU)) throw new LabError(`${QEMU} is not there: apt-get install qemu-system-x86.`);
  removeForgotten();
  const folder = bootFolder();
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.on('exit', remove);
  try {
    const initrd = join(folder, 'initrd');
    try {
      writeFileSync(initrd, boot.initrd);
    } catch (error) {
      throw roomError(error, tmpdir());
    }
    return await start(boot, initrd, signal);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

const TROUBLE = /Kernel panic - not syncing: .*|BUG: .*|Oops: .*|general protection fault.*|WARNING: .*|INFO: (?:task|rcu).*|UBSAN: .*/;

/** What the kernel complained of, by the parts of its messages that `mark` lines begin; '' before the first of them. */
export function kernelTrouble(console: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let part = '';
  for (const line of console.split('\n')) {
    part = /@@ringlab (.+)/.exec(line)?.[1] ?? part;
    const said = TROUBLE.exec(line)?.[0];
    if (said !== undefined && !found.has(part)) found.set(part, said.trim());
  }
  return found;
}
