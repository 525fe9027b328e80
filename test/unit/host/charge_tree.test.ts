/** The charges of a run as a tree, a table and folded stacks. */
import { expect, test } from 'vitest';
import type { Charge } from '../../../sim/host/charges.ts';
import { chargeTable, chargeTrees, foldedStacks, type RunResult } from '../../../sim/host/index.ts';

const charge = (core: number, context: string, account: string, cost: string, cycles: number, units = 1): Charge =>
  ({ core, context, account, cost, cycles, units });
const RESULT = {
  virtualTimeNs: 1000,
  streams: [{ bytes: 1000 }],
  client: { charges: [] },
  server: {
    charges: [
      charge(0, 'softirq', 'tcpip', 'tcp_rx_segment', 400), charge(0, 'softirq', 'netdevice', 'gro_frame', 100, 2),
      charge(1, 'syscall', 'copy', 'copy_kib', 1500, 4096), charge(1, 'syscall', 'tcpip', 'send', 0, 9),
    ],
  },
} as unknown as RunResult;

test('a tree has the most cycles first, and sums that agree', () => {
  const [client, server] = chargeTrees(RESULT);
  expect(client?.cycles).toBe(0);
  expect([server?.cycles, server?.children.map((c) => `${c.name} ${c.cycles}`)]).toEqual([2000, ['core 1 1500', 'core 0 500']]);
});

test('the table says shares, cycles per byte and how often', () => {
  const lines = chargeTable(RESULT);
  expect(lines).toHaveLength(1 + 1 + 2 + 2 + 3 + 3);
  expect(lines.find((l) => l.includes('copy_kib'))).toMatch(/^ {8}copy_kib +1 500 +75\.0 % +1\.5000 {2}█{15} {6}× 4 096$/);
  expect(lines.some((l) => l.includes('send'))).toBe(false);
});

test('folded stacks are sorted, with the cycles at the end', () => {
  expect(foldedStacks(RESULT).split('\n')).toEqual([
    'server;core 0;softirq;netdevice;gro_frame 100', 'server;core 0;softirq;tcpip;tcp_rx_segment 400',
    'server;core 1;syscall;copy;copy_kib 1500', '',
  ]);
});

test('a run that costs nothing says so', () => {
  expect(chargeTable({ ...RESULT, server: RESULT.client } as RunResult)).toEqual(['no core was charged anything in 1000 ns']);
});
