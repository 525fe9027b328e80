/**
 * The process that makes the script's system calls: its descriptors, and what it waits for. Calls that must wait are tried
 * again when their socket was woken.
 */
import type { Config } from './config.ts';
import type { Epoll } from './epoll.ts';
import { CALL, type Machine } from './machine.ts';
import type { Pipe, PlainFile } from './files.ts';
import { errnoName, symbol } from './symbols.ts';
import { ScriptFailure, Unsupported } from './verdict.ts';
import { addressBytes } from './wire_bytes.ts';

/** What tcpSetsockopt and tcpGetsockopt say to an option that the model has not. */
export const NOT_MODELLED = -1000;

export const EAGAIN = 11;
export const EBADF = 9;
export const EFAULT = 14;
export const EINVAL = 22;
export const EINPROGRESS = 115;
export const O_NONBLOCK = symbol('O_NONBLOCK');

export class SocketFile {
  readonly type = 'socket';
  readonly sock: number;
  /** 4 or 6. */
  readonly family: number;
  flags: number;
  /** Poll bits of wake-ups that nobody has looked at. */
  woken = 0;
  /** A read blocks for so long at most; 0: for ever. Microseconds. */
  receive_timeout_us = 0;
  send_timeout_us = 0;

  constructor(sock: number, family: number, flags: number) {
    this.sock = sock;
    this.family = family;
    this.flags = flags;
  }
  get nonblocking(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }
}

export type OpenFile = SocketFile | Epoll | Pipe | PlainFile;

/** What a call gave: a value, or -1 and an errno. */
export interface Outcome {
  readonly result: number;
  readonly errno: number;
}
export const ok = (result: number): Outcome => ({ result, errno: 0 });
export const failed = (errno: number): Outcome => ({ result: -1, errno });
/** A result of the core: a value or -errno. */
export const outcomeOf = (value: number): Outcome => (value < 0 ? failed(-value) : ok(value));

/** A call under way: try it; undefined: it waits on. */
export type Attempt = () => Outcome | undefined;

export class Process {
  readonly machine: Machine;
  readonly config: Config;
  private readonly files = new Map<number, OpenFile>();
  private next_fd = 3;

  constructor(machine: Machine, config: Config) {
    this.machine = machine;
    this.config = config;
    for (const address of [config.local_ip]) {
      machine.give(sixteen(addressBytes(address)));
      machine.call(CALL.address, 1, addressBytes(address).length === 4 ? 4 : 6);
    }
  }

  open(file: OpenFile): number {
    const fd = this.next_fd++;
    this.files.set(fd, file);
    return fd;
  }
  file(fd: number): OpenFile {
    const file = this.files.get(fd);
    if (!file) throw new ScriptFailure(`no descriptor ${fd}`);
    return file;
  }
  socket(fd: number): SocketFile {
    const file = this.file(fd);
    if (file.type !== 'socket') throw new Unsupported(`a socket call on a ${file.type}`);
    return file;
  }

  /** Gathers the wake-ups since the last time, for waiting calls and for epoll. True when there were any. */
  collectWakes(): boolean {
    let any = false;
    for (const [fd, file] of this.files) {
      if (file.type !== 'socket') continue;
      const mask = this.machine.call(CALL.woken, file.sock);
      if (mask === 0) continue;
      any = true;
      file.woken |= mask;
      for (const other of this.files.values()) if (other.type === 'epoll') other.wake(fd, mask);
    }
    return any;
  }

  close(fd: number): Outcome {
    const file = this.file(fd);
    this.collectWakes();
    this.files.delete(fd);
    for (const other of this.files.values()) if (other.type === 'epoll') other.forget(fd);
    if (file.type === 'socket') return outcomeOf(this.machine.call(CALL.close, file.sock));
    return ok(0);
  }

  /** Poll bits of a descriptor, now. */
  pollMask(fd: number): number {
    const file = this.file(fd);
    if (file.type === 'socket') return this.machine.call(CALL.poll, file.sock);
    if (file.type === 'epoll') return file.anyReady((other) => this.pollMask(other)) ? 1 | 64 : 0;
    throw new Unsupported(`poll of a ${file.type}`);
  }

  /** The result of a call, in words. */
  static text(o: Outcome): string {
    return o.result === -1 && o.errno !== 0 ? `-1 ${errnoName(o.errno)}` : String(o.result);
  }
}

/** An address as the core takes it. */
export function sixteen(address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(address);
  return bytes;
}
