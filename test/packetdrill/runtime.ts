/** What a running script has at hand. */
import type { ScriptEvent, Syscall } from './ast.ts';
import type { Config } from './config.ts';
import { Connection } from './connection.ts';
import type { Machine } from './machine.ts';
import type { Process } from './process.ts';
import { ScriptFailure } from './verdict.ts';

export class Runtime {
  readonly config: Config;
  readonly machine: Machine;
  readonly process: Process;
  /** Newest first. */
  readonly connections: Connection[] = [];
  under_test: Connection | undefined;
  /** Live time, in microseconds, at which the script began. */
  readonly start_us: number;
  /** Files that commands have made: their sizes. */
  readonly files = new Map<string, number>();
  event: ScriptEvent | undefined;
  last_event: ScriptEvent | undefined;

  constructor(config: Config, machine: Machine, process: Process, start_us: number) {
    this.config = config;
    this.machine = machine;
    this.process = process;
    this.start_us = start_us;
  }

  /** Script time, now. */
  now(): number {
    return this.machine.now() - this.start_us;
  }

  newConnection(): Connection {
    const connection = new Connection();
    this.connections.unshift(connection);
    this.under_test = connection;
    return connection;
  }
  byScriptFd(fd: number): Connection | undefined {
    return this.connections.find((c) => !c.closed && c.script_fd === fd);
  }

  // Descriptors of the script and live ones.
  private readonly fds = new Map<number, number[]>();
  liveFd(script_fd: number): number {
    const fd = this.fds.get(script_fd)?.at(-1);
    if (fd === undefined) throw new ScriptFailure(`unable to find fd with script fd ${script_fd}`);
    return fd;
  }
  addFd(script_fd: number, live_fd: number): void {
    if ((this.fds.get(script_fd)?.length ?? 0) > 0) throw new ScriptFailure(`duplicate fd ${script_fd} in script`);
    this.fds.set(script_fd, [live_fd]);
  }
  /** As accept() does: a descriptor of the same number that was not closed is hidden until this one is. */
  coverFd(script_fd: number, live_fd: number): void {
    this.fds.set(script_fd, [...(this.fds.get(script_fd) ?? []), live_fd]);
  }
  removeFd(script_fd: number): void {
    this.fds.get(script_fd)?.pop();
  }
}

/** Checks a time that something happened at, as tolerantly as packetdrill does. Times are script times. */
export function checkTime(
  rt: Runtime, event: ScriptEvent, expected_us: number, expected_end_us: number, actual_us: number, last_us: number | undefined,
  what: string,
): void {
  if (event.time_type === 'any') return;
  let tolerance = rt.config.tolerance_us;
  const gap_us = last_us === undefined ? 0 : expected_us - last_us;
  tolerance = Math.max(tolerance, Math.trunc((rt.config.tolerance_percent / 100) * gap_us));
  const range = event.time_type.endsWith('range');
  const latest = (range ? expected_end_us : expected_us) + tolerance;
  if (actual_us >= expected_us - tolerance && actual_us <= latest) return;
  const seconds = (us: number) => (us / 1e6).toFixed(6);
  const wanted = range ? `${seconds(expected_us)} to ${seconds(expected_end_us)}` : seconds(expected_us);
  throw new ScriptFailure(
    `timing error: expected ${what} at ${wanted} sec but happened at ${seconds(actual_us)} sec; tolerance ${seconds(tolerance)} sec`,
    `${what} at ${wanted} s`, `at ${seconds(actual_us)} s`,
  );
}

export const isBlocking = (syscall: Syscall): boolean => syscall.end_us !== undefined;
