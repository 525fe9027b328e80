/** What steps of streams know: the pattern, what is lent, and how it is given back. */
import { describe, expect, test } from 'vitest';
import { GIVE_BATCH, GIVE_EACH, GIVE_NONE, GIVE_REVERSED, GIVE_TWICE, Loans } from '../../../sim/host/steps/loans.ts';
import { provesStream, writeStream } from '../../../sim/host/steps/stream_pairs.ts';
import { crc32, crcOn, crcText } from '../../../sim/host/steps/trace_line.ts';

const entry = (at: number, len = 100, area = 0) => ({ off: (BigInt(area) << 48n) + BigInt(at), len });
function loans(): Loans {
  const l = new Loans();
  l.addArea(0x1000, 8192);
  l.addArea(0x9000, 4096);
  return l;
}
const queue = (l: Loans) => l.queue.map((e) => Number(e.off));

describe('the pattern of a stream', () => {
  const bytes = new Uint8Array(10_000);
  writeStream(bytes, 3, 1001);
  test('is the same wherever one begins', () => {
    expect(provesStream(bytes.subarray(17, 5000), 3, 1018)).toBe(true);
  });
  test('is another at every place that buffers begin at, and in every stream', () => {
    for (const off of [1, 4, 256, 1448, 4096]) expect(provesStream(bytes.subarray(0, 64), 3, 1001 + off)).toBe(false);
    expect(provesStream(bytes.subarray(0, 64), 2, 1001)).toBe(false);
  });
  test('a checksum goes on where it stopped', () => {
    expect(crcText(crcOn(crcOn(0, bytes.subarray(0, 333)), bytes.subarray(333)))).toBe(crc32(bytes));
  });
});

describe('what an instance lends', () => {
  test('lies where its area lies', () => {
    const l = loans();
    expect([l.lend(entry(64)), l.lend(entry(0, 10, 1))]).toEqual([0x1040, 0x9000]);
    expect([l.lend(entry(8100)), l.lend(entry(0, 1, 2))]).toEqual([undefined, undefined]);
  });
  test('is distinct until a byte is lent that is out already', () => {
    const l = loans();
    l.lend(entry(0));
    l.lend(entry(100));
    l.lend(entry(0, 100, 1));
    expect(l.distinct).toBe(true);
    l.lend(entry(199, 2));
    expect(l.distinct).toBe(false);
  });
  test('may be lent again when it was given back', () => {
    const l = loans();
    l.lend(entry(0));
    l.published(entry(0));
    l.lend(entry(0));
    expect(l.distinct).toBe(true);
  });
});

describe('policies', () => {
  const give = (policy: number, batch = 2) => {
    const l = loans();
    for (const at of [0, 100, 200]) {
      l.lend(entry(at));
      l.give(policy, batch);
    }
    return l;
  };
  test.each([
    [GIVE_EACH, [0, 100, 200], 'all'], [GIVE_BATCH, [0, 100], 'some'], [GIVE_REVERSED, [100, 0], 'some'],
    [GIVE_TWICE, [0, 0, 100, 100, 200, 200], 'all'], [GIVE_NONE, [], 'none'],
  ])('%i gives back %j: %s', (policy, offsets, returned) => {
    const l = give(policy);
    expect([queue(l), l.returned]).toEqual([offsets, returned]);
  });
});
