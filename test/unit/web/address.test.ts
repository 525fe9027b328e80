/** A link to a run is the run: what is written is read back. */
import { expect, test } from 'vitest';
import { type Address, EMPTY, readAddress, writeAddress } from '../../../web/address.ts';
import { packText, unpackText } from '../../../web/deflate.ts';
import { readPlace, writePlace } from '../../../web/shell/route_text.ts';

const ADDRESSES: readonly Partial<Address>[] = [
  { scenario: 'bulk' },
  { scenario: 'loss', seed: 7 },
  { scenario: 'a b&c', seed: 0 },
  { scenario: 'pain/A1', sets: ['client.wire.delay_ns=1ms', 'server.app.script=a=b&c'], step: 0 },
  { scenario: 'bulk', branch: 2, branches: 'abc-_', step: 1200, selected: 'buffer:1:44', filter: 'event = cqe and "100 %"',
    stops: ['drop', '-server.free < 8'],
  },
  { scenario: 'bulk', views: 'a;40/b,c*60:d' },
  { scenario: 'own', text: 'q1bKS', title: 'Größe & Ziel', embed: 'tcp', commands: ['play', 'faster'] },
  { scenario: 'bulk', core: '0123abcd', state: '0123456789abcdef', step: 9 },
];
test.each(ADDRESSES)('%j comes back', (address) => {
  expect(readAddress(`#${writeAddress(address)}`)).toEqual({ ...EMPTY, ...address });
});
test('what is as it would be without a word is not written', () => {
  expect(writeAddress({ ...EMPTY, scenario: 'bulk' })).toBe('bulk');
  expect(writeAddress({ scenario: 'loss', seed: 7, views: 'road;48/memory,rings:inspector' }))
    .toBe('loss&seed=7&v=road;48/memory,rings:inspector');
});
test('a spoilt address names no run, and spoils nothing else', () => {
  expect(readAddress('')).toEqual(EMPTY);
  const { unread, ...rest } = readAddress('#bulk&seed=-1&at=x&is=12&sel');
  expect({ ...rest, unread: [] }).toEqual({ ...EMPTY, scenario: 'bulk' });
  expect(unread.map((u) => u.replace(/ .*/, ''))).toEqual(['seed=-1', 'at=x', 'is=12']);
  expect(readAddress('#%E0%A4%A&seed=3')).toMatchObject({ scenario: '%E0%A4%A', seed: 3 });
});
test('a text of one\'s own comes back from fewer characters', async () => {
  const text = 'about: déjà vu\nclient:\n  app: source\n'.repeat(50);
  const packed = await packText(text);
  expect(packed).toMatch(/^[\w-]+$/);
  expect(packed.length).toBeLessThan(text.length / 10);
  expect(await unpackText(packed)).toBe(text);
  await expect(unpackText('not packed')).rejects.toThrow();
});
test('the bench is named by its scenario, any other page by a path', () => {
  expect(readPlace('#loss&seed=7')).toEqual({ page: 'bench', rest: 'loss&seed=7' });
  expect(readPlace('#/lessons/ownership?step=3')).toEqual({ page: 'lessons', rest: 'ownership?step=3' });
  expect(readPlace('#/editor')).toEqual({ page: 'editor', rest: '' });
  for (const text of ['#pain/A1&seed=1', '#/lessons', '#/lessons/a/b', '#']) expect(writePlace(readPlace(text))).toBe(text);
});
