/** ringlab bridge SCENARIO */
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import {
  Bridge, type BridgeResult, type EngineSinks, InputError, loadScenario, parseQuantity, PcapngWriter, placeOf, readWireFrames, resultJson,
  roleOf, type Scenario,
} from '../host/index.ts';
import { bridgeLines, hintLines, liveText } from './bridge_text.ts';
import { loadCore, readSource } from './files.ts';
import { OutputFiles } from './output_files.ts';
import { collect, loadOptionsOf } from './run_options.ts';
import { missingForTap, Tap } from './tap.ts';
import { Progress, resultsToStderr, say } from './terminal.ts';

interface Flags {
  readonly json?: boolean;
  readonly for?: string;
  readonly exec?: string;
  readonly pcap?: string;
  readonly set: readonly string[];
  readonly seed?: string;
}

/** Connections that a world is sized for. */
const FLOWS = 512;
/** As timeout(1) says it. */
const EXIT_TIME_OVER = 124;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** How long connections may take to end when the command has. */
const GRACE_MS = 3000;
/** How long a command may take to end when it is told to. */
const PATIENCE_MS = 2000;
/** A timer is late by a millisecond or so: what comes sooner is waited for by looking again. */
const SOON_NS = 1_500_000;
const NS_PER_MS = 1_000_000;

export function addBridge(program: Command): void {
  program.command('bridge')
    .description('give the server of a scenario a real client: a tap device in a network namespace; needs root')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--exec <command>', 'run a command in the namespace and end when it ends, with its exit code')
    .option('--for <time>', 'end after this time, such as 30s')
    .option('--json', 'the result as JSON; the output of --exec goes to standard error')
    .option('--pcap <file>', 'what was on the simulated wire, as pcapng')
    .option('--set <path=value>', 'change a knob; may be given several times', collect, [])
    .option('--seed <n>', 'seed of every random draw')
    .addHelpText('after', `
The server's applications, its NIC and the wire are simulated; the client is this machine's kernel, and virtual time follows the clock
on the wall. Loss, reordering, duplication and delay are those of the scenario: client.wire is the way to the server, server.wire the
way back. The namespace goes when the bridge does.

Exit code: 0, or that of --exec; 2 bad input, or root or a tool is missing; 3 the simulator found a fault of its own; 124 --for ended
the command; 129, 130, 143 it was ended by SIGHUP, Ctrl-C, SIGTERM.

Examples:
  $ ringlab bridge http
  $ ringlab bridge http --exec 'curl -s http://10.0.0.2:8080/bytes/67108864 | sha256sum'
  $ ringlab bridge http --set wire.loss_ppm=1% --json --exec 'curl -sT video.mp4 http://[fd00::2]:8080/' | jq .streams
  $ ringlab bridge bulk --for 10s`)
    .action(bridge);
}

/** The scenario with the client outside. */
function scenarioOf(source: { text: string; shown: string }, flags: Flags): Scenario {
  const asked = loadOptionsOf({ set: flags.set, ...(flags.seed === undefined ? {} : { seed: flags.seed }) });
  const sets = ['run.trace=off', ...(flags.pcap === undefined ? [] : ['run.capture=on']), ...(asked.sets ?? [])];
  const scenario = loadScenario(source.text, source.shown, { sets: [...sets, 'client.nic.tap=on', 'client.app.role=none'], flows: FLOWS });
  if (scenario.steps)
    throw new InputError(`${source.shown}: a program of steps has no room for a real client; ringlab replay runs it.`);
  if (roleOf(scenario, 1) === 'none')
    throw new InputError(`${placeOf(scenario, 'server.app.role')}: the server has no application (server.app.role); nothing would answer.`);
  if (scenario.hosts[1].values['nic.tap'] !== 0) throw new InputError('bridge: the client is the real host; leave server.nic.tap off.');
  if (scenario.run['run.payload'] === 0) throw new InputError('bridge: a real client sends and wants real bytes; leave run.payload on.');
  return scenario;
}

function milliseconds(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const ns = parseQuantity(text, 'ns');
  if (ns === undefined || ns <= 0) throw new InputError(`--for ${text}: expected a time such as 30s.`);
  return ns / NS_PER_MS;
}

async function bridge(name: string, flags: Flags): Promise<void> {
  const source = readSource(name);
  const scenario = scenarioOf(source, flags);
  const limit_ms = milliseconds(flags.for);
  const missing = missingForTap();
  if (missing !== undefined) throw new InputError(`bridge: ${missing}.`);
  const core = await loadCore();
  const files = new OutputFiles(flags.pcap === undefined ? [] : [{ option: '--pcap', path: flags.pcap }], [source.path]);
  if (flags.exec !== undefined && !flags.json) resultsToStderr();
  const watcher = wireWatcher(files);
  const session = new Session(core, scenario, flags, watcher.sinks);
  const code = await session.run(limit_ms);
  watcher.finish();
  files.commit();
  process.exitCode = code;
}

function wireWatcher(files: OutputFiles): { sinks: EngineSinks; finish: () => void } {
  const pcap = files.of('--pcap');
  if (!pcap) return { sinks: {}, finish: () => {} };
  const writer = new PcapngWriter();
  const onCapture = (bytes: Uint8Array) => {
    for (const frame of readWireFrames(bytes)) writer.add(frame);
    pcap.write(writer.take());
  };
  // The head is written even where no frame came, and frames that waited for one of the other link are.
  const finish = () => {
    writer.finish();
    pcap.write(writer.take());
  };
  return { sinks: { onCapture }, finish };
}

const hash = () => {
  const sha = createHash('sha256');
  return { update: (data: Uint8Array) => sha.update(data), hex: () => sha.digest('hex') };
};
const wallNs = (): number => performance.now() * NS_PER_MS;

/** One bridge, from its device to its end. */
class Session {
  private readonly scenario: Scenario;
  private readonly flags: Flags;
  private readonly tap = new Tap();
  private readonly world: Bridge;
  private readonly progress = new Progress();
  private soon: NodeJS.Immediate | undefined;
  private later: NodeJS.Timeout | undefined;
  private over = false;
  private fail: (error: unknown) => void = () => {};

  constructor(core: WebAssembly.Module, scenario: Scenario, flags: Flags, sinks: EngineSinks) {
    this.scenario = scenario;
    this.flags = flags;
    this.world = new Bridge(core, scenario, { clock: wallNs, send: (frames) => this.tap.send(frames), hash, sinks });
  }

  /** Returns the exit code. */
  async run(limit_ms: number): Promise<number> {
    const begun = performance.now();
    const ends = this.endings(limit_ms);
    try {
      const code = await this.live(ends);
      this.progress.end();
      this.report(this.world.result(), code, performance.now() - begun);
      return code;
    } finally {
      this.over = true;
      this.progress.end();
      clearTimeout(this.later);
      clearImmediate(this.soon);
      this.tap.close();
    }
  }

  /** What ends a bridge besides its command: a signal, the time, an error. */
  private endings(limit_ms: number): Promise<number> {
    const ends = new Promise<number>((resolve, reject) => {
      this.fail = reject;
      for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => resolve(code));
      if (Number.isFinite(limit_ms)) setTimeout(() => resolve(this.flags.exec === undefined ? 0 : EXIT_TIME_OVER), limit_ms).unref();
    });
    // It may come before anybody waits for it.
    ends.catch(() => {});
    return ends;
  }

  private feed(piece: Uint8Array): void {
    if (this.over) return;
    try {
      this.world.feed(piece);
    } catch (error) {
      this.fail(error);
    }
    this.soonTurn();
  }

  /** A turn, as soon as the frames that are there have been read. */
  private soonTurn(): void {
    if (!this.over) this.soon ??= setImmediate(() => this.turn());
  }

  /** The world goes on by what is due. */
  private turn(): void {
    this.soon = undefined;
    clearTimeout(this.later);
    if (this.over || this.tap.crowded) return;
    try {
      const wait_ns = this.world.turn();
      this.progress.show(() => liveText(this.scenario.name, this.world));
      if (wait_ns <= SOON_NS) this.soonTurn();
      else this.later = setTimeout(() => this.soonTurn(), Math.min((wait_ns - SOON_NS) / NS_PER_MS + 1, 500));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Until the command ends, or what else ends a bridge comes. Returns the exit code. */
  private async live(ends: Promise<number>): Promise<number> {
    const opened = this.tap.open(this.scenario.hosts[0].values['nic.mtu'], {
      onFrames: (piece) => this.feed(piece), onRoom: () => this.soonTurn(), onLost: (why) => this.fail(new InputError(`bridge: ${why}.`)),
    });
    opened.catch(() => {});
    const early = await Promise.race([opened, ends]);
    if (early !== undefined) return early;
    this.soonTurn();
    if (this.flags.exec === undefined) {
      if (!this.flags.json) for (const line of hintLines(this.scenario, this.tap)) say(line);
      return ends;
    }
    const child = this.tap.exec(this.flags.exec, ['inherit', this.flags.json ? 2 : 'inherit', 'inherit']);
    const ended = new Promise<number>((resolve) => {
      child.on('error', () => resolve(127));
      child.on('close', (code, signal) => resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)));
    });
    try {
      const code = await Promise.race([ended, ends]);
      if (child.exitCode !== null || child.signalCode !== null) await Promise.race([this.quiet(), ends]);
      return code;
    } finally {
      await stop(child, ended);
    }
  }

  /** Until the server's application has no connection any more. */
  private async quiet(): Promise<void> {
    const until = performance.now() + GRACE_MS;
    while (this.world.open() > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  private report(result: BridgeResult, code: number, wall_ms: number): void {
    const { exec, json } = this.flags;
    if (!json) {
      for (const line of bridgeLines(this.scenario, result, wall_ms)) say(line);
      return;
    }
    const command = exec === undefined ? {} : { exec: { command: exec, exitCode: code } };
    say(resultJson({ ...result, namespace: this.tap.namespace, wallMs: Math.round(wall_ms), ...command }));
  }
}

/** Ends a command with all that it started. */
async function stop(child: ChildProcess, ended: Promise<number>): Promise<void> {
  const tell = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // There is nobody left.
    }
  };
  tell('SIGTERM');
  if (child.exitCode !== null || child.signalCode !== null) return;
  const patience = setTimeout(() => tell('SIGKILL'), PATIENCE_MS);
  await ended;
  clearTimeout(patience);
}
