/**
 * The seam: three system calls and a mapping, with the Linux UAPI's own bytes in shared memory. The simulated kernel
 * (sim/host/sim_kernel.ts) and a real one implement the same interface; everything above it is one code.
 */
export type Awaitable<T> = T | Promise<T>;

/** The application's memory. Addresses are those that it writes into SQEs and registrations. */
export interface UserMemory {
  /** Over all of the memory: an address is an offset. Do not keep it across a call. */
  view(): DataView;
  bytes(address: number, length: number): Uint8Array;
  /** Zeroed memory, aligned to a page when it has a page or more. Never freed: the task's end frees it. */
  alloc(bytes: number): number;
}

/** System calls return what Linux returns: 0 or more, or -errno. */
export interface Kernel {
  readonly memory: UserMemory;
  /** io_uring_setup(2); `params` is the address of a struct io_uring_params. Returns the ring's file descriptor. */
  setup(entries: number, params: number): Awaitable<number>;
  /** io_uring_register(2) */
  register(fd: number, opcode: number, arg: number, count: number): Awaitable<number>;
  /** io_uring_enter(2); returns when its wait is over. `arg` is an address, or 0. */
  enter(fd: number, submit: number, wait: number, flags: number, arg: number, arg_bytes: number): Awaitable<number>;
  /** mmap(2) of a ring's region; returns an address. */
  mmap(fd: number, offset: bigint, bytes: number): Awaitable<number>;
  close(fd: number): Awaitable<number>;
  /** A system call by its number on x86-64 (__NR_), with at most six arguments. */
  syscall(nr: number, args: readonly (number | bigint)[]): Awaitable<number>;
  /** CPU time that the application spends, where time is simulated; nothing on a real kernel. */
  work(ns: number): Awaitable<number>;
}

/** One system call as data: what an application yields and a driver carries out. */
export type Call = {
  /** Thread of the process that makes the call; 0 when it is left out. */
  readonly thread?: number;
  /** A task of the other host makes it: in a program that plays both. */
  readonly peer?: boolean;
} & (
  | { readonly call: 'setup'; readonly entries: number; readonly params: number }
  | { readonly call: 'register'; readonly fd: number; readonly opcode: number; readonly arg: number; readonly count: number }
  | { readonly call: 'enter'; readonly fd: number; readonly submit: number; readonly wait: number; readonly flags: number;
      readonly arg: number; readonly arg_bytes: number;
      /** For transcripts: copies of the entries that this call publishes. */
      readonly sqes?: () => readonly Uint8Array[]; readonly rqes?: () => readonly Uint8Array[] }
  | { readonly call: 'mmap'; readonly fd: number; readonly offset: bigint; readonly bytes: number }
  | { readonly call: 'close'; readonly fd: number }
  | { readonly call: 'work'; readonly ns: number }
  /** Any other system call, by its number on x86-64. */
  | { readonly call: 'syscall'; readonly nr: number; readonly args: readonly (number | bigint)[] });

/** Carries a call out. */
export function perform(kernel: Kernel, c: Call): Awaitable<number> {
  switch (c.call) {
    case 'setup': return kernel.setup(c.entries, c.params);
    case 'register': return kernel.register(c.fd, c.opcode, c.arg, c.count);
    case 'enter': return kernel.enter(c.fd, c.submit, c.wait, c.flags, c.arg, c.arg_bytes);
    case 'mmap': return kernel.mmap(c.fd, c.offset, c.bytes);
    case 'close': return kernel.close(c.fd);
    case 'work': return kernel.work(c.ns);
    case 'syscall': return kernel.syscall(c.nr, c.args);
  }
}
