/** Plain system calls, and what the peer does. */
import * as U from '../../../uring-model/8-app/uapi.gen.ts';
import type { Genes } from './genes.ts';
import type { Machine } from './machine.ts';
import { added, anyAddress, anyFd, INTS, IOVECS, LENGTHS, MSGS, nameLen, NAMES, pairAt, SCRATCH, TEXTS, TIMES, u32 } from './world.ts';

/** Plain system calls. */
export function plain(m: Machine, task: number, g: Genes): void {
  const nr = g.pick([
    U.__NR_write, U.__NR_read, U.__NR_sendto, U.__NR_recvfrom, U.__NR_socketpair, U.__NR_pipe2, U.__NR_eventfd2, U.__NR_poll,
    U.__NR_epoll_ctl, U.__NR_epoll_pwait, U.__NR_accept4, U.__NR_connect, U.__NR_shutdown, U.__NR_sendmsg, U.__NR_recvmsg,
    U.__NR_setsockopt, U.__NR_getsockopt, U.__NR_fcntl, U.__NR_socket, U.__NR_bind, U.__NR_listen, U.__NR_nanosleep,
    U.__NR_epoll_create1, U.__NR_openat, U.__NR_readv, U.__NR_writev, U.__NR_getsockname,
  ]);
  const fd = anyFd(m, g);
  const buf = Number(BigInt.asUintN(32, anyAddress(m, g)));
  const len = g.pick(LENGTHS);
  const n = g.below(16);
  switch (nr) {
    case U.__NR_write: case U.__NR_read: m.sys(task, nr, fd, buf, len); break;
    case U.__NR_readv: case U.__NR_writev: m.sys(task, nr, fd, m.base + IOVECS + n * 128, g.below(9)); break;
    case U.__NR_sendto: m.sys(task, nr, fd, buf, len, g.bits(0x0400c140), g.below(2) ? m.base + NAMES + n * 128 : 0, nameLen(n)); break;
    case U.__NR_recvfrom: m.sys(task, nr, fd, buf, len, g.bits(0x2162), 0, 0); break;
    case U.__NR_sendmsg: case U.__NR_recvmsg: m.sys(task, nr, fd, m.base + MSGS + n * 64, g.bits(0x2162)); break;
    case U.__NR_socketpair:
      if (m.sys(task, nr, U.AF_UNIX, g.pick([1, 2, 5]) | g.bits(U.SOCK_NONBLOCK), 0, m.base + SCRATCH) === 0) pairAt(m);
      break;
    case U.__NR_pipe2: if (m.sys(task, nr, m.base + SCRATCH, g.bits(0o44000)) === 0) pairAt(m); break;
    case U.__NR_eventfd2: added(m, m.sys(task, nr, g.below(3), g.bits(U.EFD_NONBLOCK | 1))); break;
    case U.__NR_epoll_create1: added(m, m.sys(task, nr, 0)); break;
    case U.__NR_openat: added(m, m.sys(task, nr, -100, m.base + TEXTS, g.pick([2, 0o40002]))); break;
    case U.__NR_socket:
      added(m, m.sys(task, nr, g.pick([U.AF_INET, U.AF_UNIX, U.AF_INET6]), g.pick([1, 2, 5]) | g.bits(U.SOCK_NONBLOCK), 0));
      break;
    case U.__NR_poll:
      u32(m, SCRATCH + 0x500, fd);
      u32(m, SCRATCH + 0x504, g.pick([1, 4, 5]));
      m.sys(task, nr, m.base + SCRATCH + 0x500, 1, g.pick([0, 1, 5, -1]));
      break;
    case U.__NR_epoll_ctl:
      u32(m, SCRATCH + 0x700, g.pick([1, 4, 5, 0x80000001, 0x40000001, 0x10000001]));
      m.sys(task, nr, fd, g.pick([1, 3, 2]), anyFd(m, g), m.base + SCRATCH + 0x700);
      break;
    case U.__NR_epoll_pwait: m.sys(task, nr, fd, buf, g.below(5), g.pick([0, 1, -1]), 0, 8); break;
    case U.__NR_accept4: added(m, m.sys(task, nr, g.below(2) ? (m.fds[1] ?? 3) : fd, 0, 0, g.bits(U.SOCK_NONBLOCK))); break;
    case U.__NR_connect: case U.__NR_bind: m.sys(task, nr, fd, m.base + NAMES + n * 128, nameLen(n)); break;
    case U.__NR_shutdown: case U.__NR_listen: m.sys(task, nr, fd, g.below(3)); break;
    case U.__NR_setsockopt:
      m.sys(task, nr, fd, g.pick([1, 6, 0]), g.pick([7, 8, 13, 1, 60, 37]), m.base + INTS + g.below(8) * 4, g.pick([4, 8]));
      break;
    case U.__NR_getsockopt:
      u32(m, SCRATCH + 0x510, g.pick([4, 8, 200]));
      m.sys(task, nr, fd, g.pick([1, 6]), g.pick([4, 3, 8, 11]), buf, m.base + SCRATCH + 0x510);
      break;
    case U.__NR_fcntl: m.sys(task, nr, fd, g.pick([3, 4]), g.pick([0, U.O_NONBLOCK])); break;
    case U.__NR_nanosleep: m.sys(task, nr, m.base + TIMES + g.pick([0, 1, 2, 3]) * 16, 0); break;
    case U.__NR_getsockname: u32(m, SCRATCH + 0x510, 128); m.sys(task, nr, fd, m.base + SCRATCH + 0x520, m.base + SCRATCH + 0x510); break;
    default: break;
  }
}

export function peer(m: Machine, g: Genes): void {
  const what = g.below(12);
  if (what < 7) m.sys(0, U.__NR_sendto, m.out, m.base, g.pick([100, 1, 1448, 5000, 30000]), U.MSG_DONTWAIT, 0, 0);
  else if (what < 9) m.sys(0, U.__NR_recvfrom, m.out, m.base + 0x8000, 0x8000, U.MSG_DONTWAIT, 0, 0);
  else if (what === 9) m.sys(0, U.__NR_shutdown, m.out, g.below(3));
  else if (what === 10) m.sys(0, U.__NR_close, m.out);
  else {
    m.out = m.sys(0, U.__NR_socket, U.AF_INET, U.SOCK_STREAM | U.SOCK_NONBLOCK, 0);
    m.sys(0, U.__NR_connect, m.out, m.base + NAMES + 3 * 128, 16);
  }
}
