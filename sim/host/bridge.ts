/**
 * A world whose client is a real host: what that sends comes in through a tap device, what is sent to it goes out there. Virtual
 * time follows a clock of the outside. How frames get to the device and back is the caller's affair (sim/cli/tap.ts).
 *
 *      virtual   ──────────────────●───────●────● · · · ○          ● has happened   ○ waits
 *                                  now     └ AHEAD ┘
 *
 * What is due within AHEAD happens at once: it is shorter than waking a process takes, and what follows from a frame in the
 * machine (DMA, interrupt, softirq, the answer on the wire) need not be waited for one by one.
 *
 * Time that this process takes for itself is none in the world, as in a virtual machine that is not scheduled: else timers
 * would run out while the frames that they wait for stand at the door.
 */
import { REASON_APP, REASON_CAPTURE_FULL, REASON_EVENTS, REASON_TRACE_FULL } from './core_exports.ts';
import { Engine, type EngineSinks } from './engine.ts';
import { EventCounts } from './event_counts.ts';
import { collectFacts, type RunFacts, type StreamResult } from './result.ts';
import { type Scenario, worldOf } from './scenario.ts';
import { ScriptHosts, type ScriptOptions } from './script_hosts.ts';
import { ended, readStreams } from './streams.ts';
import { nicCounters } from './tables.ts';

const CLIENT = 0;
const SERVER = 1;
const AHEAD_NS = 100_000;
const SLICE_EVENTS = 100_000;
/** A turn that takes longer than this stops the world's clock. */
const STALL_NS = 1_000_000;
/** Who comes back sooner than this after a turn has not slept since: what it brings came during that turn. */
const AWAKE_NS = 50_000;
const NEVER = 0xffff_ffff_ffff_ffffn;

export interface BridgeOptions extends ScriptOptions {
  readonly sinks?: EngineSinks;
  /** Nanoseconds since some moment before the bridge was made. */
  readonly clock: () => number;
  /** Takes whole frames for the client, each behind its length; they are the callee's to keep. */
  readonly send: (frames: Uint8Array) => void;
}

/** What went one way. */
export interface Traffic {
  frames: number;
  /** Without the lengths between them. */
  bytes: number;
}

export interface BridgeResult extends RunFacts {
  readonly fromClient: Traffic;
  readonly toClient: Traffic;
  /** From the first frame to the last, by the clock outside. */
  readonly activeNs: number;
  /** Payload of the streams, in bits a second of that time. */
  readonly receivedBps: number;
  readonly sentBps: number;
}

export class Bridge {
  readonly engine: Engine;
  readonly toClient: Traffic = { frames: 0, bytes: 0 };
  private readonly scenario: Scenario;
  private readonly scripts: ScriptHosts;
  private readonly counts = new EventCounts();
  private readonly options: BridgeOptions;
  private readonly begun: number;
  /** Time of ours that is none in the world; the world's time when we last did something, and when we last looked at the clock. */
  private stalled_ns = 0;
  private acted_ns = 0;
  /** When the first and the last frame passed, by the clock outside. */
  private first = 0;
  private last = 0;
  private time_ns = 0;

  constructor(core: WebAssembly.Module, scenario: Scenario, options: BridgeOptions) {
    this.scenario = scenario;
    this.options = options;
    const { onTrace, ...sinks } = options.sinks ?? {};
    this.engine = new Engine(core, worldOf(scenario), {
      ...sinks,
      onTrace: (batch) => {
        this.counts.add(batch);
        onTrace?.(batch);
      },
      onEgress: (bytes) => this.egress(bytes),
    });
    this.scripts = new ScriptHosts(this.engine, scenario, options);
    this.begun = options.clock();
  }

  /** What the client has sent: a piece of the stream of its frames. */
  feed(piece: Uint8Array): void {
    this.seen();
    this.act(() => {
      const now_ns = this.now();
      const came_ns = now_ns - this.acted_ns < AWAKE_NS ? this.time_ns : now_ns;
      this.runTo(came_ns);
      this.engine.feed(CLIENT, piece);
      this.runDue(came_ns + AHEAD_NS);
    });
  }

  /**
   * Does what is due; frames that wait are to be fed before. Returns in how many nanoseconds it wants to be called again;
   * Infinity: when a frame comes.
   */
  turn(): number {
    return this.act(() => {
      const now_ns = this.now();
      this.runTo(now_ns);
      this.runDue(now_ns + AHEAD_NS);
      const next = BigInt.asUintN(64, this.engine.core.nextEvent());
      return next === NEVER ? Number.POSITIVE_INFINITY : Math.max(0, Number(next) - AHEAD_NS - this.now());
    });
  }

  /** Connections that the server's application has open. */
  open(): number {
    const built_in = readStreams(this.engine, SERVER).filter((row) => !ended(row)).length;
    return built_in + (this.scripts.streams.get(SERVER)?.openCount() ?? 0);
  }

  fromClient(): Traffic {
    const nic = nicCounters(this.engine, CLIENT);
    return { frames: nic.tx_packets ?? 0, bytes: nic.tx_bytes ?? 0 };
  }

  result(): BridgeResult {
    this.engine.drain();
    const facts = collectFacts(this.engine, this.scenario, this.counts, this.scripts.streams);
    const activeNs = Math.round(this.last - this.first);
    const rate = (bytes: number) => (activeNs > 0 ? Math.round((bytes * 8e9) / activeNs) : 0);
    const total = (of: (s: StreamResult) => number) => facts.streams.reduce((n, s) => n + of(s), 0);
    return {
      ...facts, fromClient: this.fromClient(), toClient: this.toClient, activeNs, receivedBps: rate(total((s) => s.bytes)),
      sentBps: rate(total((s) => s.sentBytes)),
    };
  }

  /** The world's time, by the clock outside. */
  private now(): number {
    return Math.round(this.options.clock() - this.begun - this.stalled_ns);
  }

  private act<T>(body: () => T): T {
    const from = this.options.clock();
    const out = body();
    const took = this.options.clock() - from;
    if (took > STALL_NS) this.stalled_ns += took;
    this.acted_ns = this.now();
    return out;
  }

  /** It is `time_ns`, unless it is later already. */
  private runTo(time_ns: number): void {
    this.time_ns = time_ns;
    this.runDue(time_ns);
    if (this.engine.clockNs() < time_ns) this.engine.guard(() => this.engine.core.advance(BigInt(time_ns), 1));
  }

  private runDue(time_ns: number): void {
    const until = BigInt(time_ns);
    for (;;) {
      const reason = this.engine.guard(() => this.engine.core.due(until, SLICE_EVENTS));
      if (reason === REASON_APP) {
        do this.scripts.step(); while (this.scripts.in_turn);
        continue;
      }
      this.engine.drain();
      if (reason !== REASON_TRACE_FULL && reason !== REASON_CAPTURE_FULL && reason !== REASON_EVENTS) return;
    }
  }

  private seen(): void {
    this.last = this.options.clock();
    this.first ||= this.last;
  }

  private egress(bytes: Uint8Array): void {
    this.seen();
    const frames = bytes.slice();
    const view = new DataView(frames.buffer);
    for (let at = 0; at < frames.length; ) {
      const len = view.getUint32(at, true);
      this.toClient.frames++;
      this.toClient.bytes += len;
      at += 4 + len;
    }
    this.options.send(frames);
  }
}
