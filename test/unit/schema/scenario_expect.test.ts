/** Description: a line of `expect` says what it means, fails with what there was, and is refused with what was expected. */
import { expect, test } from 'vitest';
import { evaluateExpects, parseExpect } from '../../../sim/host/scenario.ts';

const RESULT = {
  virtualTimeNs: 20_000_000,
  dropped: 0,
  streams: [
    { id: 1, bytes: 4 * 1024 ** 2, whole: true, sha256: 'ab', copiedWhy: {} },
    { id: 2, bytes: 6 * 1024 ** 2, whole: true, sha256: 'cd', copiedWhy: { page: 7 } },
  ],
  none: [],
  server: { tcp: { RetransSegs: 0, InSegs: 12 }, nicq: [{ rx_out_of_buffer: 3 }, { rx_out_of_buffer: 4 }] },
  drops: { SIM_WIRE_LOSS: 2 },
};

const LINES: readonly (readonly [line: string, ok: boolean, actual: string | number])[] = [
  ['dropped == 0', true, 0],
  ['dropped > 0', false, 0],
  ['streams.all.whole == true', true, '2 of 2'],
  ['streams.all.whole', true, '2 of 2'],
  ['streams.all.bytes > 5MiB', false, '1 of 2, not 4194304'],
  ['streams.any.bytes > 5MiB', true, '1 of 2, not 4194304'],
  ['streams.any.bytes > 9MiB', false, '0 of 2, not 4194304'],
  ['none.all.whole', false, '0 of 0'],
  ['sum(streams.bytes) == 10 MiB', true, 10485760],
  ['streams.bytes == 10MiB', true, 10485760],
  ['streams.whole', false, '2 values that do not add up: use all or any'],
  ['count(streams) == 2', true, 2],
  ['max(streams.id) - min(streams.id) == 1', true, 1],
  ['max(none) > 0', false, 'the list is empty'],
  ['streams[1].copiedWhy.page == 7', true, 7],
  ['streams[0].copiedWhy.page == 0', true, 0],
  ['streams[2].bytes == 0', false, 'streams[2].bytes has 2 elements'],
  ['streams[0].sha256 == "ab"', true, "'ab'"],
  ["streams[0].sha256 != 'ab'", false, "'ab'"],
  ['streams[0].sha256 > 1', false, "'ab' is no number"],
  ['server.nicq.rx_out_of_buffer > 0', true, 7],
  ['server.nicq[1].rx_out_of_buffer == 4', true, 4],
  ['drops.SIM_WIRE_LOSS >= 1', true, 2],
  ['drops.SIM_NIC_NO_DESC == 0', true, 0],
  ['server.tcp.RetransSegs == 0', true, 0],
  ['server.tcp.Retrans == 0', false, 'there is no server.tcp.Retrans in the result'],
  ['server.tcp.InSegs * 2 + 1 == 5 * 5', true, 25],
  ['(server.tcp.InSegs + 1) * 2 <= 26', true, 26],
  ['-server.tcp.InSegs < 0', true, -12],
  ['virtualTimeNs == 20ms', true, 20000000],
  ['1 == streams.all.id', false, "'all' belongs to the left side of a comparison"],
];
test.each(LINES)('%s', (line, ok, actual) => {
  expect(evaluateExpects([parseExpect(line)], RESULT)).toEqual([{ text: line, ok, actual }]);
});

const WRONG: readonly (readonly [line: string, message: string])[] = [
  ['', "expected a line such as 'drops.SIM_WIRE_LOSS > 0'; found nothing"],
  ['a = 1', "cannot read '= 1'"],
  ['a == ', "expected a value after '=='; found the end"],
  ['a b', "expected one of == != <= >= < > after 'a'; found 'b'"],
  ['a == 1 == 2', "expected the end after '1'; found '=='"],
  ['a. == 1', "expected a name after '.'; found '=='"],
  ['a[x] == 1', "expected an index after '['; found 'x'"],
  ['a[1 == 1', "expected ']' after '1'; found '=='"],
  ['(a == 1', "expected ')' after 'a'; found '=='"],
  ['total(a) == 1', "there is no function 'total'; there are sum, min, max, count"],
  ['a == 5 parsecs', "expected a unit such as KiB, us or Gbps after '5'; found 'parsecs'"],
];
test.each(WRONG)('refused: %s', (line, message) => {
  expect(() => parseExpect(line)).toThrow(message);
});
