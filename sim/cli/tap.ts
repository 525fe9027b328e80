/**
 * A network namespace with a tap device, and a process that carries its frames (tap_pump.pl). Both are gone when this process
 * is, however it ends: by close(), by the exit handler, or because the pump sees its input end.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../host/index.ts';

// The bundle is build/cli.mjs.
const PUMP = join(dirname(fileURLToPath(import.meta.url)), '..', 'sim', 'cli', 'tap_pump.pl');
const NAMESPACES = '/run/netns';
const TUN = '/dev/net/tun';
const PREFIX = 'ringlab-';
export const DEVICE = 'ringlab0';
/** Programs that are needed, and the Debian packages that they come in. */
const TOOLS = [['ip', 'iproute2'], ['perl', 'perl-base'], ['nsenter', 'util-linux']] as const;
/** Bytes on their way to the pump at which the world is to wait. */
const CROWDED = 8 * 1024 ** 2;
/** How long the pump may take to end. */
const PATIENCE_MS = 500;
/** Frames that wait in the kernel while we are busy. */
const QUEUE = 10_000;
/** RFC 8200 section 5. */
const IPV6_MTU_MIN = 1280;

/** The two hosts, as sim/core and stack/5-tcp have them. */
export const CLIENT = { mac: '02:00:00:00:00:01', ipv4: '10.0.0.1', ipv6: 'fd00::1' } as const;
export const SERVER = { mac: '02:00:00:00:00:02', ipv4: '10.0.0.2', ipv6: 'fd00::2' } as const;

function have(program: string): boolean {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What is missing here for a bridge, as a sentence without its end; undefined when nothing is. */
export function missingForTap(): string | undefined {
  if (process.platform !== 'linux') return `a tap device needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'a tap device and a network namespace need root; run it with sudo';
  if (!existsSync(TUN)) return `there is no ${TUN}; modprobe tun makes it, and a container must be given it`;
  const tool = TOOLS.find(([program]) => !have(program));
  return tool ? `there is no ${tool[0]}; apt-get install ${tool[1]}` : undefined;
}

const env = { ...process.env, PATH: `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin` };

/** Runs a command to its end. Returns what it complained about; undefined: all went well. */
function complaint(command: string, args: readonly string[], input = ''): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8', env });
  if (status === 0) return undefined;
  // A batch of commands ends its complaint with the number of the line.
  const said = stderr.trim().split('\n').filter((line) => !line.startsWith('Command failed'));
  return error?.message ?? (said.at(-1) || `exit code ${status}`);
}

/** A bridge of another process whose namespace is still wanted. */
function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('bridge');
  } catch {
    return false;
  }
}

/** A process that has not ended; one of ours that has waits for us as a zombie. */
function isAlive(pid: number | undefined): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Removes the namespaces of bridges that were killed together with their pumps. */
function removeStale(): void {
  if (!existsSync(NAMESPACES)) return;
  for (const name of readdirSync(NAMESPACES)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)$`).exec(name)?.[1];
    if (pid !== undefined && (Number(pid) === process.pid || !isRunning(Number(pid)))) complaint('ip', ['netns', 'del', name]);
  }
}

export interface TapEvents {
  /** A piece of the stream of frames from the device. */
  readonly onFrames: (piece: Uint8Array) => void;
  /** The device is gone, or frames can be sent again. */
  readonly onLost: (why: string) => void;
  readonly onRoom: () => void;
}

export class Tap {
  readonly namespace = `${PREFIX}${process.pid}`;
  /** IPv6 is there. */
  ipv6 = true;
  private pump: ChildProcess | undefined;
  private made = false;

  /** Makes everything. */
  async open(mtu: number, events: TapEvents): Promise<void> {
    removeStale();
    process.on('exit', () => this.close());
    const refused = complaint('ip', ['netns', 'add', this.namespace]);
    if (refused !== undefined) throw new InputError(`bridge: no network namespace can be made here (${refused}).`);
    this.made = true;
    await this.startPump(events);
    this.setUp(mtu);
  }

  private startPump(events: TapEvents): Promise<void> {
    const args = [`--net=${join(NAMESPACES, this.namespace)}`, 'perl', PUMP, DEVICE, this.namespace];
    // A session of its own: the terminal's Ctrl-C is for us, and we end it.
    const pump = spawn('nsenter', args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env });
    this.pump = pump;
    let said = '';
    let ready = false;
    return new Promise((resolve, reject) => {
      const lost = (why: string) => {
        if (!ready) reject(new InputError(`bridge: the tap device cannot be used (${why}).`));
        else if (this.made) events.onLost(why);
      };
      pump.on('error', (error) => lost(error.message));
      pump.on('close', (code) => lost(said.trim().split('\n').at(-1) || `the process that carries its frames ended with ${code}`));
      pump.stderr?.on('data', (text: Buffer) => {
        said += text.toString();
        if (ready || !/^ready$/m.test(said)) return;
        ready = true;
        said = '';
        resolve();
      });
      pump.stdin?.on('error', () => {});
      pump.stdin?.on('drain', events.onRoom);
      pump.stdout?.on('data', events.onFrames);
    });
  }

  /** Addresses, the server as a neighbour that needs no asking, and nothing that would send frames of its own accord. */
  private setUp(mtu: number): void {
    // Linux has no IPv6 on a device with a smaller MTU (net/ipv6/addrconf.c: addrconf_notify).
    const v6 = mtu >= IPV6_MTU_MIN;
    const ip = (commands: readonly string[]) => complaint('ip', ['-n', this.namespace, '-batch', '-'], `${commands.join('\n')}\n`);
    const refused = ip([
      'link set dev lo up',
      `link set dev ${DEVICE} address ${CLIENT.mac} mtu ${mtu} txqueuelen ${QUEUE} arp off${v6 ? ' addrgenmode none' : ''}`,
      `link set dev ${DEVICE} up`,
      `address add ${CLIENT.ipv4}/24 dev ${DEVICE}`,
      `neighbour replace ${SERVER.ipv4} lladdr ${SERVER.mac} dev ${DEVICE} nud permanent`,
    ]);
    if (refused !== undefined) throw new InputError(`bridge: the tap device cannot be set up (${refused}).`);
    this.ipv6 = v6 && ip([
      `address add ${CLIENT.ipv6}/64 dev ${DEVICE} nodad`,
      `neighbour replace ${SERVER.ipv6} lladdr ${SERVER.mac} dev ${DEVICE} nud permanent`,
    ]) === undefined;
    // A queue that drops by itself would be a second wire; where there is no tc, the device's own is long enough.
    complaint('tc', ['-n', this.namespace, 'qdisc', 'replace', 'dev', DEVICE, 'root', 'pfifo', 'limit', String(QUEUE)]);
  }

  /** So many frames are on their way to the device that the world is to wait for onRoom. */
  get crowded(): boolean {
    return (this.pump?.stdin?.writableLength ?? 0) > CROWDED;
  }

  send(frames: Uint8Array): void {
    if (this.made) this.pump?.stdin?.write(frames);
  }

  /** Runs a shell command in the namespace, in a process group of its own. */
  exec(command: string, stdio: ['inherit', 'inherit' | 2, 'inherit']): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.namespace, 'sh', '-c', command], { stdio, detached: true, env });
    // Where we are killed, it is not to stay behind.
    this.endWithPump(child.pid ?? 0);
    child.on('exit', () => this.endWithPump(0));
    return child;
  }

  private endWithPump(group: number): void {
    const word = new DataView(new ArrayBuffer(4));
    word.setUint32(0, 2 ** 31 + group, true);
    this.send(new Uint8Array(word.buffer));
  }

  /** Removes everything; at once, and as often as anybody likes. */
  close(): void {
    if (!this.made) return;
    this.made = false;
    complaint('ip', ['netns', 'del', this.namespace]);
    this.pump?.kill('SIGTERM');
    // The device goes when the pump is gone.
    for (let ms = 0; ms < PATIENCE_MS && isAlive(this.pump?.pid); ms++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    this.pump?.stdin?.destroy();
    this.pump?.stdout?.destroy();
  }
}
