/** Runs one script against one machine, in virtual time. */
import { TrapError } from '../../sim/host/trap_error.ts';
import type { Script, ScriptEvent, Syscall } from './ast.ts';
import type { Waiting } from './blocking.ts';
import { type Config, defaultConfig, type Mode } from './config.ts';
import type { Connection } from './connection.ts';
import { Machine } from './machine.ts';
import { checkPacket, checkPiece, mergePackets } from './match.ts';
import type { Packet } from './packet.ts';
import { packetText } from './packet_text.ts';
import { parseScript } from './parser.ts';
import { type Outcome, Process } from './process.ts';
import { type Fragment, runPython } from './python.ts';
import { checkTime, isBlocking, Runtime } from './runtime.ts';
import { Shell } from './shell.ts';
import { symbol } from './symbols.ts';
import { DATA_CALLS } from './syscalls_data.ts';
import { FILE_CALLS } from './syscalls_file.ts';
import { OPTION_CALLS } from './syscalls_option.ts';
import { POLL_CALLS } from './syscalls_poll.ts';
import { type Call, type Handler, SOCKET_CALLS } from './syscalls_socket.ts';
import { recordVariables } from './tcp_info.ts';
import { evaluate, s32 } from './values.ts';
import { ScriptFailure, SyntaxFailure, Unsupported, type Verdict } from './verdict.ts';
import { addressBytes, addressKey, packetBytes } from './wire_bytes.ts';

const CALLS: Readonly<Record<string, Handler>> = { ...SOCKET_CALLS, ...OPTION_CALLS, ...DATA_CALLS, ...POLL_CALLS, ...FILE_CALLS };
/** Scripts begin in the middle of a jiffy, so that their times do not lie on the edge of one. */
const START_US = 100_250;
/** An expected packet is waited for so long beyond its time. */
const PATIENCE_US = 2_000_000;
/** A call that blocks the script, and a packet that may come at any time, are waited for so long. */
const FOREVER_US = 180_000_000;
/** A call while another one blocks waits for it, so long at most. */
const IDLE_WAIT_US = 1_000_000;

export interface Report {
  readonly verdict: Verdict;
  readonly line: number;
  readonly message: string;
  readonly expected: string;
  readonly actual: string;
}

/** A blocking call under way: the script's second thread. */
interface Thread {
  readonly event: ScriptEvent;
  readonly syscall: Syscall;
  readonly call: Call;
}

class Run {
  private readonly rt: Runtime;
  private readonly shell: Shell;
  private readonly script: Script;
  private readonly fragments: Fragment[] = [];
  private thread: Thread | undefined;
  private events_done = 0;
  private ephemeral_port = 32769;

  constructor(core: WebAssembly.Module, script: Script, config: Config) {
    const machine = new Machine(core, config.mtu);
    machine.runUntil(START_US);
    this.rt = new Runtime(config, machine, new Process(machine, config), START_US);
    this.shell = new Shell(machine, this.rt.files, config.remote_ip);
    this.script = script;
  }

  run(): void {
    const { script, rt } = this;
    if (script.init !== undefined) this.command(script.init, script.init_line);
    for (const event of script.events) {
      rt.last_event = rt.event;
      rt.event = event;
      this.setTimes(event);
      try {
        this.perform(event);
      } catch (error) {
        if ((error instanceof ScriptFailure || error instanceof Unsupported) && error.line === 0) error.line = event.line;
        throw error;
      }
      this.events_done++;
    }
    if (script.cleanup !== undefined) this.command(script.cleanup, script.cleanup_line);
    runPython(this.fragments);
    this.awaitThread();
    if (this.thread) throw at(this.thread.event.line, new ScriptFailure('the script ends while a blocking system call is in progress'));
  }

  /** Relative times become absolute, now that it is the event's turn. */
  private setTimes(event: ScriptEvent): void {
    const { rt, script } = this;
    if (event === script.events[0] && event.time_us !== 0) throw at(event.line, new ScriptFailure('first event should be at time 0'));
    const last = rt.last_event;
    if (last?.time_type === 'absolute' && event.time_type === 'absolute' && event.time_us < last.time_us)
      throw at(event.line, new ScriptFailure('time goes backward in script'));
    if (event.time_type === 'absolute' || event.time_type === 'absolute_range') return;
    const inbound = (e: ScriptEvent | undefined) => e?.action.type === 'packet' && e.action.packet.direction === 'in';
    const offset = last && inbound(last) && inbound(event) ? last.time_us : rt.now();
    event.offset_us = offset;
    event.time_us += offset;
    if (event.time_type === 'relative_range') event.end_us += offset;
    const { action } = event;
    if (action.type === 'syscall' && action.end_us !== undefined && event.time_type === 'relative') action.end_us += offset;
  }

  private perform(event: ScriptEvent): void {
    const { action } = event;
    switch (action.type) {
      case 'packet': return this.packet(event, action.packet);
      case 'syscall': return this.syscall(event, action);
      case 'command': {
        this.waitForEvent(event, 'command');
        return this.command(action.text, event.line);
      }
      case 'code': {
        this.waitForEvent(event, 'data collection for code');
        this.fragments.push({ line: event.line, text: action.text, variables: recordVariables(this.rt) });
      }
    }
  }

  private command(text: string, line: number): void {
    let status: number;
    try {
      status = this.shell.run(text);
    } catch (error) {
      throw error instanceof Unsupported ? at(line, error) : error;
    }
    if (status !== 0) throw at(line, new ScriptFailure(`command failed with status ${status}`, text.trim()));
  }

  // Time.

  /** Lets everything happen until a script time; the second thread goes on meanwhile. */
  private runUntil(script_us: number): void {
    const end = script_us + this.rt.start_us;
    const { machine } = this.rt;
    while (this.thread && machine.now() < end) {
      machine.runOne(Math.min(end, this.thread.call.waiting.deadline_us));
      this.tryThread();
    }
    machine.runUntil(end);
    this.tryThread();
  }

  private lastTime(): number | undefined {
    return this.rt.last_event?.time_us;
  }

  private waitForEvent(event: ScriptEvent, what: string): void {
    if (event.time_us > this.rt.now()) this.runUntil(event.time_us);
    else this.settle();
    if (this.events_done > 0) checkTime(this.rt, event, event.time_us, event.end_us, this.rt.now(), this.lastTime(), what);
  }

  /** Everything that is due now happens. */
  private settle(): void {
    this.rt.machine.settle();
    this.tryThread();
  }

  // System calls.

  private syscall(event: ScriptEvent, syscall: Syscall): void {
    this.awaitThread();
    if (isBlocking(syscall) && this.thread) throw new ScriptFailure('blocking system call while another one is in progress');
    this.waitForEvent(event, 'system call start');
    const handler = CALLS[syscall.name];
    if (!handler) throw new Unsupported(`system call ${syscall.name}`);
    const call = handler(this.rt, syscall.args.map(evaluate));
    this.rt.process.collectWakes();
    const outcome = call.waiting.attempt();
    this.rt.machine.runUntil(this.rt.machine.now() + 1);
    if (outcome) {
      this.finish(call, syscall, outcome);
      if (isBlocking(syscall)) this.checkEnd(event, syscall);
    } else if (isBlocking(syscall)) this.thread = { event, syscall, call };
    else this.finish(call, syscall, this.waitHere(call.waiting));
  }

  /** A call that blocks though the script does not say so: the script waits with it. */
  private waitHere(waiting: Waiting): Outcome {
    const { machine, process } = this.rt;
    const end = machine.now() + FOREVER_US;
    while (machine.now() < end) {
      machine.runOne(Math.min(end, waiting.deadline_us));
      process.collectWakes();
      const outcome = waiting.attempt();
      this.tryThread();
      if (outcome) return outcome;
    }
    throw new ScriptFailure('the call does not return');
  }

  private tryThread(): void {
    const { thread } = this;
    if (!thread) return;
    this.rt.process.collectWakes();
    const outcome = thread.call.waiting.attempt();
    if (!outcome) return;
    this.thread = undefined;
    try {
      this.finish(thread.call, thread.syscall, outcome);
      this.checkEnd(thread.event, thread.syscall);
    } catch (error) {
      if (error instanceof ScriptFailure || error instanceof Unsupported) error.line = thread.event.line;
      throw error;
    }
  }

  /** Waits until the second thread is idle, though not for long. */
  private awaitThread(): void {
    const { machine } = this.rt;
    const end = machine.now() + IDLE_WAIT_US;
    while (this.thread && machine.now() < end) {
      machine.runOne(Math.min(end, this.thread.call.waiting.deadline_us));
      this.tryThread();
    }
  }

  private finish(call: Call, syscall: Syscall, outcome: Outcome): void {
    const expected = s32(evaluate(syscall.result));
    const wanted = `${syscall.name}() = ${expected}${syscall.errno === undefined ? '' : ` ${syscall.errno}`}`;
    const got = `${syscall.name}() = ${Process.text(outcome)}`;
    const right = call.mode === 'fd' && expected >= 0 ? outcome.result >= 0 : outcome.result === expected;
    if (!right) throw new ScriptFailure('another result than expected', wanted, got);
    if (syscall.errno !== undefined && symbol(syscall.errno) !== outcome.errno)
      throw new ScriptFailure('another errno than expected', wanted, got);
    call.done?.(outcome, expected);
  }

  private checkEnd(event: ScriptEvent, syscall: Syscall): void {
    checkTime(this.rt, { ...event, time_type: 'absolute' }, syscall.end_us ?? 0, 0, this.rt.now(), event.time_us, 'system call return');
  }

  // Packets.

  private packet(event: ScriptEvent, packet: Packet): void {
    const connection = this.connectionOf(packet);
    if (packet.direction === 'in') {
      this.waitForEvent(event, 'inbound packet');
      this.inject(connection, packet);
    } else this.expect(event, connection, packet);
  }

  /** The connection that a packet of the script belongs to: perhaps a new one. */
  private connectionOf(packet: Packet): Connection {
    const { rt } = this;
    const { tcp } = packet;
    const under_test = rt.under_test;
    if (tcp && packet.direction === 'in' && (!under_test || under_test.state === 'listening')) {
      const connection = rt.newConnection();
      connection.state = 'packet_received';
      connection.script_remote_isn = tcp.seq;
      connection.live_remote_isn = tcp.seq;
      connection.live_remote = addressKey(rt.config.remote_ip);
      connection.live_remote_port = this.ephemeral_port++;
      connection.live_local = addressKey(rt.config.local_ip);
      connection.live_local_port = rt.config.bind_port;
      return connection;
    }
    if (tcp?.syn && !tcp.ack && packet.direction === 'out' && under_test?.state === 'connecting') {
      under_test.state = 'syn_sent';
      under_test.script_local_isn = tcp.seq;
      return under_test;
    }
    if (!under_test) throw new ScriptFailure('no matching socket for script packet');
    return under_test;
  }

  private inject(connection: Connection, packet: Packet): void {
    const { rt } = this;
    const { tcp } = packet;
    if (connection.state === 'synack_sent' && tcp?.ack) connection.state = 'synack_acked';
    else if (connection.state === 'syn_sent' && tcp?.syn && tcp.ack) {
      connection.state = 'syn_acked';
      connection.script_remote_isn = tcp.seq;
      connection.live_remote_isn = tcp.seq;
    }
    const live = connection.toLive(packet, rt.config.tcp_ts_ecr_scaled);
    const src = addressBytes(rt.config.remote_ip);
    const dst = addressBytes(rt.config.local_ip);
    rt.machine.inject(packetBytes(live, src, dst, [connection.live_remote_port, connection.live_local_port]), rt.config.mss);
    this.settle();
  }

  /** The next packet of the connection, or a failure when none comes in time. */
  private sniff(event: ScriptEvent, connection: Connection, script: Packet): Packet {
    const { machine } = this.rt;
    const gap = Math.max(event.time_us, event.end_us) - (this.lastTime() ?? 0);
    const patience = event.time_type === 'any' ? FOREVER_US : Math.trunc(gap / 1e6) * 1e6 + PATIENCE_US;
    let end = machine.now() + patience;
    for (;;) {
      this.settleBefore();
      for (let live = machine.sent.shift(); live; live = machine.sent.shift()) {
        if (connection.sends(live) || (!this.rt.connections.some((c) => c.sends(live)) && isFirstSyn(connection, live))) return live;
        end = machine.now() + patience;
      }
      if (machine.now() >= end) throw new ScriptFailure('timed out waiting for packet', packetText(script), 'nothing');
      machine.runOne(this.thread ? Math.min(end, this.thread.call.waiting.deadline_us) : end);
      this.tryThread();
    }
  }
  private settleBefore(): void {
    if (this.rt.machine.sent.length === 0) this.settle();
  }

  private expect(event: ScriptEvent, connection: Connection, script: Packet): void {
    const { rt } = this;
    const { tcp } = script;
    const answers = connection.state === 'packet_received' && tcp?.syn === true && tcp.ack;
    if (answers) connection.script_local_isn = tcp.seq;
    const pieces: Packet[] = [];
    let bytes = 0;
    do {
      const live = this.sniff(event, connection, script);
      if (answers && live.tcp && connection.state === 'packet_received') {
        connection.state = 'synack_sent';
        connection.live_local_isn = live.tcp.seq;
      }
      const piece = connection.toScript(live);
      const before = pieces.at(-1);
      if (before) checkPiece(piece, before, script.payload_len - bytes);
      pieces.push(piece);
      bytes += piece.payload_len;
    } while (bytes < script.payload_len && !rt.config.strict_segments);
    const actual = mergePackets(pieces);
    if (bytes !== script.payload_len) {
      const what = `live packet payload: expected ${script.payload_len} bytes, found ${bytes}`;
      throw new ScriptFailure(what, packetText(script), packetText(actual));
    }
    connection.mapTimestamp(actual, script);
    checkPacket(script, actual, rt.config, event.time_us);
    try {
      checkTime(rt, event, event.time_us, event.end_us, actual.time_us - rt.start_us, this.lastTime(), 'outbound packet');
    } catch (error) {
      if (!(error instanceof ScriptFailure)) throw error;
      throw new ScriptFailure(
        error.message, `${error.expected}: ${packetText(script)}`, `${error.actual}: ${packetText(actual, script.ace)}`,
      );
    }
  }
}

/** A SYN of a socket that connects: only now its port and number are known. */
function isFirstSyn(connection: Connection, live: Packet): boolean {
  const { tcp } = live;
  if (!tcp?.syn || tcp.ack || connection.state !== 'syn_sent') return false;
  if (live.dst !== connection.live_remote || tcp.dst_port !== connection.live_remote_port) return false;
  connection.live_local = live.src;
  connection.live_local_port = tcp.src_port;
  connection.live_local_isn = tcp.seq;
  return true;
}

function at<E extends ScriptFailure | Unsupported>(line: number, error: E): E {
  if (error.line === 0) error.line = line;
  return error;
}

export interface RunOptions {
  readonly mode: Mode;
  /** Options of packetdrill's command line. */
  readonly prepare?: (config: Config) => void;
}

/** Runs the text of a script. */
export function runScript(core: WebAssembly.Module, text: string, options: RunOptions): Report {
  const config = defaultConfig(options.mode);
  options.prepare?.(config);
  try {
    const script = parseScript(text, config);
    new Run(core, script, config).run();
    return { verdict: 'pass', line: 0, message: '', expected: '', actual: '' };
  } catch (error) {
    return reportOf(error);
  }
}

/** What an error says of the script; errors of ours go on. */
function reportOf(error: unknown): Report {
  const nothing = { line: 0, expected: '', actual: '' };
  if (error instanceof Unsupported) return { ...nothing, verdict: 'unsupported', line: error.line, message: error.feature };
  if (error instanceof TrapError) return { ...nothing, verdict: 'fail', message: `the simulator trapped: ${error.message}` };
  if (error instanceof SyntaxFailure) return { ...nothing, verdict: 'fail', line: error.line, message: `syntax: ${error.message}` };
  if (!(error instanceof ScriptFailure)) throw error;
  const { line, message, expected, actual } = error;
  return { verdict: 'fail', line, message, expected, actual };
}
