/** Runs the bundled command line as a user would, or the same in a thread that has it loaded already. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, SHARE_ENV, Worker } from 'node:worker_threads';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const bundle = fileURLToPath(new URL('../../build/cli.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What ends with the command: no processes, threads or signals of its own, which a test would have to see the end of. */
const ENDS_BY_ITSELF = [
  'run', 'replay', 'list', 'show', 'tour', 'pcap', 'journey', 'stat', 'doctor', 'size', 'schema', 'packetdrill', 'help', 'rum',
];
/** Who writes to a device, or is about a real kernel, is given a process. */
const IN_A_PROCESS = /^\/(dev|proc)\/|^--on$/;
const WAIT_MS = 60_000;
const done = new Int32Array(new SharedArrayBuffer(4));
let thread: MessagePort | undefined;

function startThread(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const workerData = { bundle: pathToFileURL(bundle).href, done, port: port2 };
  new Worker(join(import.meta.dirname, 'cli_thread.mjs'), { workerData, transferList: [port2], execArgv: [], env: SHARE_ENV }).unref();
  port1.unref();
  return port1;
}

/** The command line, without a process for it: starting one takes longer than most commands. */
export function ringlab(...args: readonly string[]): Ended {
  if (!ENDS_BY_ITSELF.includes(args[0] ?? '') || args.some((a) => IN_A_PROCESS.test(a))) return ringlabProcess(...args);
  thread ??= startThread();
  Atomics.store(done, 0, 0);
  thread.postMessage(args);
  Atomics.wait(done, 0, 0, WAIT_MS);
  const ended = receiveMessageOnPort(thread)?.message as Ended | undefined;
  if (!ended) throw new Error(`ringlab ${args.join(' ')} did not end`);
  return ended;
}

export function ringlabProcess(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { code: status, out: stdout, err: stderr };
}

/** Reads the first bytes of the output and goes away. */
export function ringlabCut(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [bundle, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.on('data', (d: Buffer) => {
      err += d.toString();
    });
    child.stdout.once('data', () => child.stdout.destroy());
    child.on('close', (code) => resolve({ code, out: '', err }));
  });
}

/** With something on standard input. */
export function ringlabFed(input: string, ...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], { cwd: root, encoding: 'utf8', input });
  return { code: status, out: stdout, err: stderr };
}
