/**
 * Runs a world. The core has no imports and calls nobody: the engine lets it run until it has a reason to come back,
 * empties its trace and capture buffers, and goes on. Works wherever WebAssembly does.
 */
import {
  type CoreExports, REASON_APP, REASON_CAPTURE_FULL, REASON_DEADLINE, REASON_EVENTS, REASON_IDLE, REASON_TRACE_FULL, VIEW_INJECT,
} from './core_exports.ts';
import { LIMITS } from '../schema/limits.ts';
import { InputError } from './input_error.ts';
import { CONFIG_ADDR, CURSORS_ADDR, STATE_END } from './memory_map.gen.ts';
import type { FieldPlace } from './struct_read.ts';
import { TRACE_CURSOR } from './structs.gen.ts';
import { TraceBatch } from './trace.ts';
import { readTrapRecord, TrapError } from './trap_error.ts';

/** Compiles a core and refuses one that could reach outside. */
export async function compileCore(source: BufferSource): Promise<WebAssembly.Module> {
  const module = await WebAssembly.compile(source);
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0)
    throw new Error(`the core must import nothing, but imports ${imports.map((i) => `${i.module}.${i.name}`).join(', ')}`);
  return module;
}

/** What a world is made in: a compiled core, or an instance of one that no world uses and whose memory is as it was (recycle.ts). */
export type Core = WebAssembly.Module | CoreExports;

export const instantiate = (module: WebAssembly.Module): CoreExports =>
  new WebAssembly.Instance(module, {}).exports as unknown as CoreExports;

/** build(): the scenario wants a bug of the museum, and this core has none. */
const NO_MUSEUM = -38;

/** The scenario is for the fuzzing build of the core. */
export class MuseumWanted extends InputError {}

/** A compiled scenario, as far as a run needs it. */
export interface WorldConfig {
  readonly block: Uint8Array;
  readonly seed: number;
  /** Where it comes from, for error messages. */
  readonly file?: string;
  /** Where each knob got its value, where that is known. */
  readonly written?: Readonly<Record<string, string>>;
}

export interface EngineSinks {
  /** Sees each batch of trace records once, in order. The batch's memory is used again afterwards. */
  onTrace?: (batch: TraceBatch) => void;
  /** Sees the captured frames (capture.ts) once, in order; as with traces. */
  onCapture?: (bytes: Uint8Array) => void;
  /** Sees the frames that left the world for a host behind a tap device: whole ones, each behind its length (u32); as with traces. */
  onEgress?: (bytes: Uint8Array) => void;
}

/** Why run() came back. `events`: the limit was reached. */
export type StopReason = 'deadline' | 'idle' | 'app' | 'events';

export interface RunLimits {
  readonly max_events?: number;
  /** Called between slices, and when a full buffer was emptied; true stops the run. */
  readonly onSlice?: (engine: Engine) => boolean | undefined;
  readonly slice_events?: number;
}

const SLICE_EVENTS = 200_000;
const INJECT_MAX = LIMITS.find((l) => l.name === 'INJECT_MAX')?.value ?? 0;
const BACKSTOP = 0xffff_ffff;

export class Engine {
  readonly core: CoreExports;
  readonly seed: number;
  readonly sinks: EngineSinks;
  private readonly file: string;
  private readonly written: Readonly<Record<string, string>>;
  /** Bytes of an unfinished frame, in the inject buffer. */
  private fed = 0;
  /** Over all of the core's memory. It does not grow after the world was built. */
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(core: Core, config: WorldConfig, sinks: EngineSinks = {}) {
    this.core = core instanceof WebAssembly.Module ? instantiate(core) : core;
    this.seed = config.seed;
    this.sinks = sinks;
    this.file = config.file ?? 'the scenario';
    this.written = config.written ?? {};
    if (config.block.length > STATE_END - CONFIG_ADDR) throw new Error('the configuration block does not fit into its place');
    new Uint8Array(this.core.memory.buffer).set(config.block, CONFIG_ADDR);
    const built = this.guard(() => this.core.build());
    if (built === NO_MUSEUM) throw new MuseumWanted(`${this.written['run.bug'] ?? this.file}: run.bug: the museum's bugs are only in the`
      + ' fuzzing build of the core; ringlab fuzz runs that.');
    if (built !== 0) throw new Error(`the core refused its configuration block (${built}): core and host are of different builds`);
    this.bytes = new Uint8Array(this.core.memory.buffer);
    this.view = new DataView(this.core.memory.buffer);
  }

  /** Runs to a time, an event limit, or until nothing is left to happen. */
  run(until_ns: number, limits: RunLimits = {}): StopReason {
    const until = BigInt(until_ns);
    const slice = limits.slice_events ?? SLICE_EVENTS;
    let left = limits.max_events ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const before = this.eventCount();
      const reason = this.guard(() => this.core.run(until, Math.min(slice, left, BACKSTOP)));
      left -= this.eventCount() - before;
      if (reason === REASON_TRACE_FULL || reason === REASON_CAPTURE_FULL) {
        this.drain();
        if (limits.onSlice?.(this)) return this.stopped('events');
        continue;
      }
      if (reason === REASON_EVENTS && left > 0) {
        if (limits.onSlice?.(this)) return this.stopped('events');
        continue;
      }
      switch (reason) {
        case REASON_DEADLINE: return this.stopped('deadline');
        case REASON_IDLE: return this.stopped('idle');
        case REASON_APP: return this.stopped('app');
        case REASON_EVENTS: return this.stopped('events');
        default: throw new Error(`the core stopped for an unknown reason ${reason}`);
      }
    }
  }

  /** Hands out what the trace and capture buffers hold and empties them. Running does it by itself. */
  drain(): void {
    this.empty(TRACE_CURSOR.base, TRACE_CURSOR.next, (from, to) =>
      this.sinks.onTrace?.(new TraceBatch(this.bytes.buffer as ArrayBuffer, from, to)));
    this.empty(TRACE_CURSOR.capture_base, TRACE_CURSOR.capture_next, (from, to) => this.sinks.onCapture?.(this.bytes.subarray(from, to)));
    this.empty(TRACE_CURSOR.egress_base, TRACE_CURSOR.egress_next, (from, to) => this.sinks.onEgress?.(this.bytes.subarray(from, to)));
  }

  private empty(base: FieldPlace, next: FieldPlace, hand: (from: number, to: number) => void): void {
    const from = this.view.getUint32(CURSORS_ADDR + base.at, true);
    const to = this.view.getUint32(CURSORS_ADDR + next.at, true);
    if (to <= from) return;
    hand(from, to);
    this.view.setUint32(CURSORS_ADDR + next.at, from, true);
  }

  clockNs(): number {
    return Number(this.core.clockNs());
  }
  eventCount(): number {
    return Number(this.core.eventCount());
  }
  /** 16 hex digits. */
  stateHash(): string {
    return BigInt.asUintN(64, this.core.stateHash()).toString(16).padStart(16, '0');
  }

  /** Feeds a frame to the NIC at the far end of a link. Flag bit 0: its checksum was left to hardware and counts as good. */
  inject(link: number, time_ns: number, frame: Uint8Array, flags = 0): void {
    this.bytes.set(frame, this.core.view(VIEW_INJECT, 0));
    const result = this.guard(() => this.core.inject(link, BigInt(time_ns), frame.length, flags));
    if (result !== 0) throw new Error(`the core refused an injected frame of ${frame.length} bytes (${result})`);
  }

  /** A host behind a tap device sends: a piece of the stream of its frames, each behind its length. Pieces may end anywhere. */
  feed(host: number, piece: Uint8Array): void {
    const buffer = this.core.view(VIEW_INJECT, 0);
    for (let from = 0; from < piece.length; ) {
      const part = piece.subarray(from, from + INJECT_MAX - this.fed);
      this.bytes.set(part, buffer + this.fed);
      from += part.length;
      this.fed += part.length;
      const taken = this.guard(() => this.core.feed(host, this.fed));
      this.bytes.copyWithin(buffer, buffer + taken, buffer + this.fed);
      this.fed -= taken;
      if (this.fed === INJECT_MAX) throw new Error('a frame is longer than any frame: the stream of frames is out of step');
    }
  }

  /** Calls into the core; a trap becomes a TrapError, or an InputError where the scenario is too small for itself. */
  guard<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      throw this.trapped(error);
    }
  }

  private stopped(reason: StopReason): StopReason {
    this.drain();
    return reason;
  }

  private trapped(error: Error): Error {
    const record = readTrapRecord(this.core.memory.buffer as ArrayBuffer);
    // The text says what the scenario gave too little of.
    const [limit = ''] = /^limits\.\w+/.exec(record.message) ?? [];
    if (limit !== '') return new InputError(`${this.written[limit] ?? this.file}: ${record.message}; raise it, or leave it at auto.`);
    // What was written before it trapped is seen too, and may say more than the trap does.
    this.drain();
    const attempt = <T>(f: () => T, otherwise: T): T => {
      try {
        return f();
      } catch {
        return otherwise;
      }
    };
    return new TrapError({
      ...record,
      message: record.message === '' ? error.message : record.message,
      time_ns: attempt(() => this.clockNs(), 0),
      events: attempt(() => this.eventCount(), 0),
      state_hash: attempt(() => this.stateHash(), 'unknown'),
      seed: this.seed,
    });
  }
}
