/** A machine in a file: what it changes, what is stronger than it, and how it is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Change, loadScenario, machineText, readMachine } from '../../sim/host/index.ts';
import { ringlab } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringlab-machine-'));
afterAll(() => rmSync(folder, { recursive: true }));
const MACHINE = readMachine(`
machine: mine
values: {cost.enter: 7, cost.sqe: {value: 8, by: published, source: a book}, cpu.mhz: 2GHz}
`, 'm');
const TEXT = 'hosts: {server: {cost: {sqe: 3}}}\n';
const values = (...sets: readonly Change[]) => loadScenario(TEXT, 'own', { sets }).hosts.map((h) =>
  [h.machine, h.values['cost.enter'], h.values['cost.sqe'], h.values['cpu.mhz']]);

test('a machine gives both hosts the knobs that the scenario does not set', () => {
  expect(values({ machine: MACHINE })).toEqual([['mine', 7, 8, 2000], ['mine', 7, 3, 2000]]);
});

test('it may be the machine of one host, and --set is stronger wherever it stands', () => {
  expect(values('cost.enter=9', { machine: MACHINE, host: 1 })[1]).toEqual(['mine', 9, 3, 2000]);
  expect(values({ machine: MACHINE, host: 1 })[0]?.[0]).toBe('generic');
});

test('a host whose machine the scenario names keeps it', () => {
  expect(values({ machine: MACHINE }, 'client.cpu.machine=ideal').map((v) => v[0])).toEqual(['ideal', 'mine']);
  expect(values('client.cpu.machine=ideal', { machine: MACHINE })[0]?.slice(1, 3)).toEqual([0, 0]);
});

test('what is written is read again', () => {
  expect(readMachine(machineText(MACHINE), 'other')).toEqual(MACHINE);
  const odd = { name: 'a: "b"\n#', about: '{', values: [] };
  expect(() => readMachine(machineText(odd), 'odd')).toThrow(/^odd:3:1: key 'values': expected knobs/);
});

test.each([
  ['values: {cost.entr: 3}', "key 'cost.entr': there is no such knob; did you mean 'cost.enter'?"],
  ['values: {cost.enter: many}', "key 'cost.enter': expected a whole number of cycles from 0 to 1000000; found 'many'"],
  ['values: {app.bytes: 3}', "key 'app.bytes': a machine has knobs of cost, cpu, mem, nic; this belongs to a scenario"],
  ['values: {cost.cqe: {value: 3, by: me}}', "key 'cost.cqe.by': expected published, fitted, calibrated, assumed; found 'me'"],
  ['app: {port: 1}', "expected a machine, such as 'values: {cost.enter: 900}'; found no 'values:'"],
  ['[1]', "expected a machine, such as 'values: {cost.enter: 900}'; found a list"],
])('%s is refused in one sentence', (text, said) => {
  const file = join(folder, 'bad.yaml');
  writeFileSync(file, text);
  const { code, err } = ringlab('run', 'tour', '--machine', `server=${file}`);
  expect(code).toBe(2);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect(err).toContain(said);
});

test('commands take it, and say it again where they name the run', () => {
  const file = join(folder, 'mine.yaml');
  writeFileSync(file, machineText({ ...MACHINE, values: [{ knob: 'cost.enter', value: 100_000, by: 'assumed', source: '' }] }));
  const enter = (...args: string[]) => {
    const { charges } = (JSON.parse(ringlab('run', 'tour', '--json', ...args).out) as
      { server: { charges: { cost: string; cycles: number; units: number }[] } }).server;
    const row = charges.find((c) => c.cost === 'enter');
    return (row?.cycles ?? 0) / (row?.units ?? 1);
  };
  expect(enter('--machine', file)).toBe(100_000);
  expect(enter('--machine', `client=${file}`)).toBeLessThan(100_000);
  expect(ringlab('run', 'tour', '--machine', join(folder, 'none.yaml')).err).toMatch(/^ringlab: there is no file .*none\.yaml\.\n$/);
});
