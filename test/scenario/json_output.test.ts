/** Whatever a command shows, it gives as JSON too, and twice the same. */
import { expect, test } from 'vitest';
import { ringlab } from './cli.ts';

const CASES: readonly (readonly [string, readonly string[], string])[] = [
  ['list', ['list'], '0.name'],
  ['show', ['show', 'loss', '--all'], 'client'],
  ['tour', ['tour'], 'records'],
  ['journey', ['journey', 'tour', '--byte', '0'], 'records'],
  ['stat', ['stat', 'tour', 'ss'], 'server: ss -tani'],
  ['run', ['run', 'tour'], 'stateHash'],
  ['pcap', ['pcap', 'test/fixtures/captures/lossy-ipv4-mtu1500.pcap'], 'streams'],
  ['packetdrill', ['packetdrill', 'test/packetdrill/scripts/acks'], 'counts'],
];

test.each(CASES)('%s', (_, args, path) => {
  const first = ringlab(...args, '--json');
  expect(first.err).toBe('');
  const value = path.split('.').reduce<unknown>((v, key) => (v as Record<string, unknown>)[key], JSON.parse(first.out));
  expect(value).toBeDefined();
  expect(ringlab(...args, '--json').out).toBe(first.out);
});

test('a record of a journey has its words by name, and its sentence', () => {
  const { records } = JSON.parse(ringlab('journey', 'tour', '--byte', '0', '--json').out) as { records: Record<string, unknown>[] };
  expect(records.find((r) => r['event'] === 'zc_deliver')).toMatchObject({ host: 'server', stage: 'refill', len: 1000 });
  expect(records.every((r) => typeof r['text'] === 'string' && r['text'] !== '')).toBe(true);
});
