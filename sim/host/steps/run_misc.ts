/** Steps on time, signals and the trace itself. */
import type { Steps } from '../../../uring-model/8-app/index.ts';
import { __NR_getppid, __NR_nanosleep, __NR_sendto, __NR_setitimer, MSG_NOSIGNAL } from '../../../uring-model/8-app/uapi.gen.ts';
import type { Handlers, Machine } from './machine.ts';

const MS = 1_000_000;
/** struct itimerval: an interval and a value, each of seconds and microseconds. */
const ITIMERVAL_BYTES = 32;
const ITIMER_REAL = 0;

export function* sleep(m: Machine, ns: number): Steps<void> {
  yield* m.sys(__NR_nanosleep, m.timespec(ns), 0);
}

function* alarm(m: Machine): Steps<void> {
  const at = m.scrap(ITIMERVAL_BYTES);
  const us = Math.floor(m.int('after') / 1000);
  m.memory.view().setBigInt64(at + 16, BigInt(Math.floor(us / 1_000_000)), true);
  m.memory.view().setBigInt64(at + 24, BigInt(us % 1_000_000), true);
  yield* m.sys(__NR_setitimer, ITIMER_REAL, at, 0);
}

/** A second thread sleeps, and sends a byte. */
function after(m: Machine): void {
  const ts = m.timespec(m.int('time'));
  const at = m.memory.alloc(8);
  m.memory.bytes(at, 1)[0] = m.text('fill').charCodeAt(0);
  const fd = m.int('fd');
  m.spawn(1, function* late() {
    yield { call: 'syscall', nr: __NR_nanosleep, args: [ts, 0] };
    yield { call: 'syscall', nr: __NR_sendto, args: [fd, at, 1, MSG_NOSIGNAL, 0, 0] };
    return 0;
  });
}

export const MISC_STEPS: Handlers = {
  after,
  *sleep_ms(m) {
    yield* sleep(m, m.count('ms') * MS);
  },
  *syscall_noop(m) {
    yield* m.sys(__NR_getppid);
  },
  *syscall(m) {
    m.ret(yield* m.sys(m.int('nr'), ...m.list('args').map((a) => m.big(a))));
  },
  alarm,
  seq(m) {
    m.seq_sent = 0;
    m.seq_proved = 0;
  },
  label(m) {
    m.emit('label', { text: m.text('text') });
  },
  note(m) {
    m.emit('note', { text: m.text('text') });
  },
};
