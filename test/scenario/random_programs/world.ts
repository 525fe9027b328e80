/** What there is when a program begins: memory with arguments in it, and files of each kind. */
import * as U from '../../../uring-model/8-app/uapi.gen.ts';
import type { Genes } from './genes.ts';
import { DATA, type Machine, SERVER } from './machine.ts';

const SERVER_ADDRESS = [10, 0, 0, 2];
export const IOVECS = DATA;
export const MSGS = DATA + 0x1000;
export const NAMES = DATA + 0x2000;
export const TIMES = DATA + 0x3000;
export const INTS = DATA + 0x3800;
export const SCRATCH = DATA + 0x4000;
export const TEXTS = DATA + 0x5000;
export const MEMORY = DATA + 0x10000;

export const u64 = (m: Machine, at: number, v: number | bigint) => m.view.setBigUint64(m.base + at, BigInt.asUintN(64, BigInt(v)), true);
export const u32 = (m: Machine, at: number, v: number) => m.view.setUint32(m.base + at, v >>> 0, true);

export const UNIX_PATHS = ['/a', '/b', '\0x', '\0y'];
export function names(m: Machine): void {
  const inet = (n: number, a: number[], port: number) => {
    const at = m.base + NAMES + n * 128;
    m.view.setUint16(at, U.AF_INET, true);
    m.view.setUint16(at + 2, port, false);
    for (const [i, b] of a.entries()) m.view.setUint8(at + 4 + i, b);
  };
  inet(0, [127, 0, 0, 1], 80);
  inet(1, [127, 0, 0, 1], 0);
  inet(2, [0, 0, 0, 0], 81);
  inet(3, SERVER_ADDRESS, 80);
  inet(4, [10, 0, 0, 1], 80);
  inet(5, [127, 0, 0, 1], 81);
  inet(6, [10, 9, 9, 9], 99);
  for (const [i, path] of UNIX_PATHS.entries()) {
    const at = m.base + NAMES + (8 + i) * 128;
    m.view.setUint16(at, U.AF_UNIX, true);
    for (let k = 0; k < path.length; k++) m.view.setUint8(at + 2 + k, path.charCodeAt(k));
  }
  // AF_INET6 ::1, and ::
  for (const n of [12, 13]) {
    m.view.setUint16(m.base + NAMES + n * 128, U.AF_INET6, true);
    m.view.setUint16(m.base + NAMES + n * 128 + 2, 80 + n - 12, false);
  }
  m.view.setUint8(m.base + NAMES + 12 * 128 + 8 + 15, 1);
  m.view.setUint16(m.base + NAMES + 15 * 128, 99, true);
}
export const nameLen = (n: number): number => (n < 8 ? 16 : n < 10 ? 5 : n < 12 ? 4 : n < 14 ? 28 : n === 14 ? 2 : 16);

/** Lengths that matter. */
export const LENGTHS = [64, 1, 0, 5, 16, 100, 512, 1000, 4096, 5000, 16384, 65536, 0x7fffffff, 0xffffffff];
export const TIMESPECS: [number, number][] = [
  [0, 1000], [0, 0], [0, 1_000_000], [0, 10_000_000], [0, 150_000_000], [-1, 0], [0, -1], [0, 1_000_000_000], [9e9, 0],
];

export function prepare(m: Machine, g: Genes): void {
  names(m);
  for (let n = 0; n < 16; n++) {
    for (let i = 0; i < 8; i++) {
      u64(m, IOVECS + n * 128 + i * 16, g.rare(20) ? 0 : m.base + g.below(DATA));
      u64(m, IOVECS + n * 128 + i * 16 + 8, g.pick([64, 16, 100, 0, 1, 4096, 512, 20000]));
    }
    const at = MSGS + n * 64;
    const name = g.below(16);
    const named = g.below(2);
    u64(m, at, named ? m.base + NAMES + name * 128 : 0);
    u32(m, at + 8, named ? nameLen(name) : 0);
    u64(m, at + 16, m.base + IOVECS + n * 128);
    u64(m, at + 24, g.pick([1, 2, 0, 8, 3]));
    const control = g.below(3);
    u64(m, at + 32, control ? m.base + SCRATCH + 0x800 : 0);
    u64(m, at + 40, control ? g.pick([64, 16, 7, 24, 256]) : 0);
    u32(m, at + 48, 0);
  }
  TIMESPECS.forEach(([s, n], i) => {
    u64(m, TIMES + i * 16, s);
    u64(m, TIMES + i * 16 + 8, n);
  });
  for (let i = 0; i < 32; i++) u32(m, INTS + i * 4, [1, 0, 2, 100, 16, 65536, 0xffffffff][i % 7] as number);
  const path = '/dev/vda';
  for (let i = 0; i < path.length; i++) m.view.setUint8(m.base + TEXTS + i, path.charCodeAt(i));
}

export function pairAt(m: Machine): void {
  for (const at of [SCRATCH, SCRATCH + 4]) {
    const fd = m.view.getInt32(m.base + at, true);
    if (fd >= 0 && !m.fds.includes(fd)) m.fds.push(fd);
  }
}
export function added(m: Machine, fd: number): number {
  if (fd >= 0 && !m.fds.includes(fd) && (m.rings_are_files || !m.ring_fds.has(fd))) m.fds.push(fd);
  return fd;
}

/** Two ends of a TCP connection over lo, one end of one over the wire, and one of each other kind. */
export function files(m: Machine): void {
  const S = SERVER;
  const nb = U.SOCK_NONBLOCK;
  const listener = added(m, m.sys(S, U.__NR_socket, U.AF_INET, U.SOCK_STREAM | nb, 0));
  m.sys(S, U.__NR_bind, listener, m.base + NAMES, 16);
  m.view.setUint32(m.base + NAMES + 4, 0, true);
  m.sys(S, U.__NR_close, listener);
  const any = added(m, m.sys(S, U.__NR_socket, U.AF_INET, U.SOCK_STREAM | nb, 0));
  m.sys(S, U.__NR_bind, any, m.base + NAMES, 16);
  m.view.setUint32(m.base + NAMES + 4, 0x0100007f, true);
  m.sys(S, U.__NR_listen, any, 4);
  const a = added(m, m.sys(S, U.__NR_socket, U.AF_INET, U.SOCK_STREAM | nb, 0));
  m.sys(S, U.__NR_connect, a, m.base + NAMES, 16);
  m.pass(100_000);
  added(m, m.sys(S, U.__NR_accept4, any, 0, 0, 0));
  m.out = m.sys(0, U.__NR_socket, U.AF_INET, U.SOCK_STREAM | nb, 0);
  m.sys(0, U.__NR_connect, m.out, m.base + NAMES + 3 * 128, 16);
  m.pass(1_000_000);
  added(m, m.sys(S, U.__NR_accept4, any, 0, 0, nb));
  for (const type of [U.SOCK_STREAM, U.SOCK_DGRAM | nb, U.SOCK_SEQPACKET]) {
    if (m.sys(S, U.__NR_socketpair, U.AF_UNIX, type, 0, m.base + SCRATCH) === 0) pairAt(m);
  }
  const udp = added(m, m.sys(S, U.__NR_socket, U.AF_INET, U.SOCK_DGRAM, 0));
  m.sys(S, U.__NR_bind, udp, m.base + NAMES, 16);
  m.sys(S, U.__NR_connect, udp, m.base + NAMES, 16);
  if (m.sys(S, U.__NR_pipe2, m.base + SCRATCH, 0) === 0) pairAt(m);
  added(m, m.sys(S, U.__NR_eventfd2, 0, 0));
  added(m, m.sys(S, U.__NR_epoll_create1, 0));
  added(m, m.sys(S, U.__NR_openat, -100, m.base + TEXTS, 2));
  added(m, m.sys(S, U.__NR_openat, -100, m.base + TEXTS, 0o40002));
}

export function anyFd(m: Machine, g: Genes): number {
  if (g.rare(24)) return g.pick([-1, 999, 0, 1]);
  return m.fds.length === 0 ? 3 : (m.fds[g.below(m.fds.length)] as number);
}
export function anyAddress(m: Machine, g: Genes): bigint {
  if (!g.rare(12)) return BigInt(m.base + g.below(DATA / 64) * 64);
  const r = m.rings.length ? g.pick(m.rings) : undefined;
  return g.pick([
    0n, BigInt(m.base + 1), BigInt(m.base + DATA - 1), 0xffff_ffff_ffff_f000n, BigInt(r?.at.sqes ?? 0), BigInt(r?.at.sq_head ?? 0), 8n,
  ]);
}
