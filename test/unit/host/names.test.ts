/** Numbers of the kernel by name, and back: one table for errors of calls, traces and the doctor. */
import { expect, test } from 'vitest';
import { errnoName, errnoOf, opName } from '../../../uring-model/8-app/names.ts';
import { EPERM, IORING_OP_RECV_ZC } from '../../../uring-model/8-app/uapi.gen.ts';
import { readCqeLog } from '../../../sim/host/doctor/cqe_log.ts';
import { resultOf } from '../../../sim/host/steps/trace_line.ts';

test('an errno has its name, and a name its errno', () => {
  expect([errnoName(EPERM), errnoName(105), errnoName(4000)]).toEqual(['EPERM', 'ENOBUFS', undefined]);
  expect([errnoOf('ENOBUFS'), errnoOf('EPOLLIN'), errnoOf('ENOTHING')]).toEqual([105, undefined, undefined]);
});

test('an operation has its name', () => {
  expect([opName(IORING_OP_RECV_ZC), opName(4000)]).toEqual(['RECV_ZC', 'operation 4000']);
});

test('traces name what they know, and logs may name any of it', () => {
  expect([-22, -4000, 3].map((n) => resultOf('ret', n))).toEqual([{ ret: -22, err: 'EINVAL' }, { ret: -4000 }, { ret: 3 }]);
  expect(readCqeLog('user_data=1 res=-EALREADY flags=0x0\n')?.cqes).toMatchObject([{ res: -114 }]);
});
