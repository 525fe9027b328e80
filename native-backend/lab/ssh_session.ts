/**
 * A shell on another machine, over OpenSSH's own client. Everything that is changed there is changed by this one shell, and undone by
 * its exit: when we close it, when we are killed, and when the connection breaks, for each of them ends its standard input.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { InputError } from '../../sim/host/index.ts';
import { lastLine } from './command.ts';
import { LabError } from './target.ts';

/** user@host, host:port, [address]:port, or a name of ssh's configuration. */
const HOST = /^(?:([\w.-]+)@)?(?:\[([\da-fA-F:.]+)\]|([\w.%-]+))(?::(\d+))?$/;
const PORT_MAX = 65535;
const CONNECT_S = 10;
const ALIVE_S = 5;
/** How long a command may take there, and undoing everything. */
const ANSWER_MS = 60_000;
const UNDO_MS = 30_000;
/** What ssh itself ends with, whatever the command ended with. */
const SSH_FAILED = 255;

export interface SshHost {
  /** As the user named it. */
  readonly shown: string;
  readonly argv: readonly string[];
}

/** RINGLAB_SSH is a client with options, such as `ssh -F config`. */
function client(): string[] {
  return (process.env.RINGLAB_SSH ?? 'ssh').split(/\s+/).filter((w) => w !== '');
}

export function sshHost(name: string): SshHost {
  const [, user, address, host, port] = HOST.exec(name) ?? [];
  const to = address ?? host;
  if (to === undefined || to.startsWith('-') || Number(port ?? 1) < 1 || Number(port ?? 1) > PORT_MAX)
    throw new InputError(`ssh:${name}: expected ssh:HOST, ssh:USER@HOST or ssh:HOST:PORT.`);
  const options = ['BatchMode=yes', `ConnectTimeout=${CONNECT_S}`, `ServerAliveInterval=${ALIVE_S}`];
  return {
    shown: name,
    argv: [...client(), '-T', ...options.flatMap((o) => ['-o', o]), ...(port === undefined ? [] : ['-p', port]),
      user === undefined ? to : `${user}@${to}`],
  };
}

/** What ssh said when there was no connection, as a sentence with what helps. */
export function sshError({ shown, argv }: SshHost, stderr: string): LabError {
  const said = lastLine(stderr).replace(/^ssh: /, '');
  const to = argv.at(-1) ?? shown;
  const remedies: readonly (readonly [RegExp, string])[] = [
    [/Could not resolve|Name or service not known|nodename nor servname/, 'is its name right, or its entry in ~/.ssh/config?'],
    [/Host key verification failed/, `its key is not known here, or another one; ssh ${to} once, and look at what it says.`],
    [/Permission denied/, `it takes none of this user's keys without a password; ssh-copy-id ${to}, or ssh-add.`],
    [/Connection refused|timed out|No route|unreachable/, 'is it up, and does an sshd listen on that port?'],
    [/Bad configuration|command-line|terminating/, 'ssh -G HOST shows what its configuration comes to.'],
  ];
  const remedy = remedies.find(([pattern]) => pattern.test(stderr))?.[1] ?? `does ssh ${to} true work?`;
  return new LabError(`${shown} cannot be reached over ssh (${said || 'it said nothing'}); ${remedy}`);
}

/** A refused start of the client. */
export const noClient = (error: NodeJS.ErrnoException): LabError => (error.code === 'ENOENT'
  ? new LabError('there is no ssh here; apt-get install openssh-client.') : new LabError(`ssh cannot be started (${error.message}).`));

const PREAMBLE = `PATH=$PATH:/usr/sbin:/sbin; export PATH
d=$(umask 077; mktemp -d "\${TMPDIR:-/tmp}/ringlab.XXXXXX" 2>&1) || { echo "$d"; exit 9; }
trap '' PIPE
trap 'exit 1' HUP INT TERM
trap 'test -s "$d/pid" && kill $(cat "$d/pid") 2>/dev/null; test -s "$d/undo" && . "$d/undo"; rm -rf "$d"' EXIT
`;

export class RemoteShell {
  /** The folder of ours there. */
  folder = '';
  private readonly host: SshHost;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<void>;
  private out = '';
  private err = '';
  private over = false;
  private failed: LabError | undefined;
  private asked = 0;
  private wake = () => {};

  private constructor(host: SshHost) {
    this.host = host;
    const [file = '', ...args] = host.argv;
    // A session of its own: the terminal's Ctrl-C is for us, and this shell is to undo what it did.
    this.child = spawn(file, [...args, 'exec sh -s'], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      this.out += piece;
      this.wake();
    });
    this.child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      this.err += piece;
    });
    this.child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.over = true;
        this.wake();
        resolve();
      };
      this.child.on('error', (error) => {
        this.failed = noClient(error);
        end();
      });
      this.child.on('close', (code) => {
        if (code === SSH_FAILED) this.failed ??= sshError(this.host, this.err);
        end();
      });
    });
  }

  /** Connects, and makes a folder there that goes with the shell. */
  static async open(host: SshHost, signal: AbortSignal): Promise<RemoteShell> {
    const shell = new RemoteShell(host);
    try {
      shell.folder = (await shell.run(`${PREAMBLE}echo "$d"`, signal)).trim();
      return shell;
    } catch (error) {
      await shell.close();
      throw error;
    }
  }

  /** Runs a script there. Returns what it printed, and what it complained about among it. */
  async run(script: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const mark = `@@ringlab said ${this.asked++}`;
    this.out = '';
    this.child.stdin.write(`${script.trimEnd()}\necho '${mark}'\n`);
    let patience: NodeJS.Timeout | undefined;
    let late = false;
    try {
      await new Promise<void>((resolve) => {
        this.wake = () => {
          if (this.over || signal.aborted || this.out.includes(`${mark}\n`)) resolve();
        };
        patience = setTimeout(() => {
          late = true;
          resolve();
        }, ANSWER_MS);
        signal.addEventListener('abort', this.wake, { once: true });
        this.wake();
      });
    } finally {
      clearTimeout(patience);
      signal.removeEventListener('abort', this.wake);
      this.wake = () => {};
    }
    signal.throwIfAborted();
    if (late) throw new LabError(`${this.host.shown} did not answer within ${ANSWER_MS / 1000} s; is it still up?`);
    const at = this.out.indexOf(mark);
    if (at >= 0) return this.out.slice(0, at);
    throw this.failed ?? this.shellError();
  }

  /** The shell there ended before it had done what it was told. */
  private shellError(): LabError {
    const said = lastLine(this.out) || lastLine(this.err);
    if (/No space left|Disk quota/.test(said))
      return new LabError(`${this.host.shown} has no room for the agent (${said}); make some, or let TMPDIR there name another folder.`);
    return new LabError(`the shell on ${this.host.shown} ended (${said || 'no word'}); does ssh ${this.host.argv.at(-1)} true work?`);
  }

  /** Ends it, which undoes everything there. Returns what that printed. As often as anybody likes. */
  async close(): Promise<string> {
    if (this.over) return '';
    this.out = '';
    this.child.stdin.end();
    const patience = setTimeout(() => this.child.kill('SIGKILL'), UNDO_MS);
    await this.ended;
    clearTimeout(patience);
    return this.out;
  }
}

/** A file there, with what it is to hold as standard input. */
export const writeTo = (path: string, text: string): string => `cat > ${path} <<'RINGLAB_END'\n${text.trimEnd()}\nRINGLAB_END`;
