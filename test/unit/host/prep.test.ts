/** Description: prep functions write the bytes that liburing's write; the fixture was printed by a C program with liburing's header. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../../scripts/run_command.mjs';
import * as app from '../../../uring-model/8-app/index.ts';
import { IORING_FILE_INDEX_ALLOC, io_uring_sqe } from '../../../uring-model/8-app/uapi.gen.ts';

/** Arguments of each function: n a number, b a user_data, t true. */
const KINDS: Readonly<Record<string, string>> = {
  prepNop: '', prepNop128: '', prepTimeout: 'nnn', prepTimeoutRemove: 'bn', prepTimeoutUpdate: 'nbn', prepLinkTimeout: 'nn',
  prepCancel64: 'bn', prepCancel: 'bn', prepCancelFd: 'nn', prepMsgRing: 'nnbn', prepMsgRingCqeFlags: 'nnbnn', prepMsgRingFd: 'nnnbn',
  prepMsgRingFdAlloc: 'nnbn', prepSocket: 'nnnn', prepSocketDirect: 'nnnnn', prepSocketDirectAlloc: 'nnnn', prepBind: 'nnn',
  prepListen: 'nn', prepConnect: 'nnn', prepShutdown: 'nn', prepAccept: 'nnnn', prepAcceptDirect: 'nnnnn', prepMultishotAccept: 'nnnn',
  prepMultishotAcceptDirect: 'nnnn', prepUringCmd: 'nn', prepUringCmd128: 'nn', prepCmdSock: 'nnnnnn', prepCmdGetsockname: 'nnnt',
  prepSend: 'nnnn', prepSendBundle: 'nnn', prepSendSetAddr: 'nn', prepSendto: 'nnnnnn', prepSendZc: 'nnnnn', prepSendZcFixed: 'nnnnnn',
  prepSendmsg: 'nnn', prepSendmsgZc: 'nnn', prepSendmsgZcFixed: 'nnnn', prepRecv: 'nnnn', prepRecvMultishot: 'nnnn', prepRecvmsg: 'nnn',
  prepRecvmsgMultishot: 'nnn', prepRead: 'nnnn', prepReadMultishot: 'nnnn', prepReadFixed: 'nnnnn', prepReadv: 'nnnn', prepReadv2: 'nnnnn',
  prepReadvFixed: 'nnnnnn', prepWrite: 'nnnn', prepWriteFixed: 'nnnnn', prepWritev: 'nnnn', prepWritev2: 'nnnnn',
  prepWritevFixed: 'nnnnnn', prepFsync: 'nn', prepSplice: 'nnnnnn', prepTee: 'nnnn', prepPollAdd: 'nn', prepPollMultishot: 'nn',
  prepPollRemove: 'b', prepPollUpdate: 'bbnn', prepEpollCtl: 'nnnn', prepEpollWait: 'nnnn', prepClose: 'n', prepCloseDirect: 'n',
  prepFilesUpdate: 'nnn', prepFixedFdInstall: 'nn', prepPipe: 'nn', prepPipeDirect: 'nnn', prepProvideBuffers: 'nnnnn',
  prepRemoveBuffers: 'nn', sqeSetData64: 'b', sqeSetFlags: 'n', sqeSetBufGroup: 'n',
};
const FUNCTIONS = app as unknown as Readonly<Record<string, (sqe: io_uring_sqe, ...args: unknown[]) => void>>;
/** What liburing has no function for, and what others are made of. */
const OWN = new Set(['prepRecvZc', 'prepRw']);

const lines = readFileSync(join(root, 'test/fixtures/liburing/prep.txt'), 'utf8').split('\n').filter((l) => l !== '' && !l.startsWith('#'));

/** The words that a function leaves in a zeroed entry. */
function written(name: string, alloc: boolean): string[] {
  const kinds = KINDS[name] ?? '';
  const args = [...kinds].map((kind, i) => {
    if (kind === 't') return true;
    if (kind === 'b') return 0x1122334400n + BigInt(i);
    return 0x21 + 7 * i;
  });
  if (alloc) args[args.length - 1] = IORING_FILE_INDEX_ALLOC;
  const bytes = Buffer.alloc(64);
  FUNCTIONS[name]?.(new io_uring_sqe(new DataView(bytes.buffer, bytes.byteOffset, 64)), ...args);
  const words = Array.from({ length: 8 }, (_, i) => `${i}:${bytes.toString('hex', 8 * i, 8 * i + 8)}`);
  return words.filter((w) => !w.endsWith('0'.repeat(16)));
}

test.each(lines)('%s', (line) => {
  const [called = '', ...words] = line.split(' ');
  // `prepRecv1` and the like: only names of the table may end in a digit of their own.
  const alloc = !(called in KINDS) && called.endsWith('1');
  expect(written(alloc ? called.slice(0, -1) : called, alloc)).toEqual(words);
});

test('every function of the sort is in the fixture', () => {
  const names = Object.keys(app).filter((n) => /^(prep|sqeSet)[A-Z]/.test(n) && !OWN.has(n));
  const fixture = new Set(lines.map((l) => l.split(' ')[0]));
  expect(names.filter((n) => !fixture.has(n))).toEqual([]);
});
