/** Predictions of published measurements, and the fit that they rest on. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore } from '../../sim/host/index.ts';
import {
  type Cell, checkCell, FAMILIES, familyOf, fitMachine, nonNegativeLeastSquares, PLANS, PUBLISHED, settingsOf,
} from '../../sim/validation/index.ts';
import { MACHINES } from '../../sim/schema/machines.ts';
import { ringlab } from './cli.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});
const planOf = (name: string) => PLANS.find((p) => p.name === name) as (typeof PLANS)[number];

describe('the fit', () => {
  test('finds unknowns without going below zero', () => {
    const [a = 0, b = 0] = nonNegativeLeastSquares([[1, 1], [1, 2], [1, 3]], [3, 5, 7]);
    expect([a, b]).toEqual([expect.closeTo(1), expect.closeTo(2)]);
    // Without the bound the second would be negative.
    expect(nonNegativeLeastSquares([[1, 1], [1, 2]], [3, 1])[1]).toBe(0);
  });

  test('never sees check cells: with others in their place it finds the same', () => {
    const shuffled = PUBLISHED.map((c: Cell) => (c.role === 'check' ? { ...c, expected: c.expected * 3 + 17 } : c));
    const plan = planOf('xeon-6354');
    const [own, other] = [PUBLISHED, shuffled].map((cells) => fitMachine(core, plan, FAMILIES, cells));
    expect(own?.values).toEqual(other?.values);
    expect(own?.cells).toBe(2);
    // A fit cell does move it.
    const moved = PUBLISHED.map((c) => (c.family === 'F8_llc_miss' && c.role === 'fit' ? { ...c, expected: c.expected * 0.8 } : c));
    expect(fitMachine(core, plan, FAMILIES, moved).values).not.toEqual(own?.values);
  });

  test('what it found is in the machines', () => {
    for (const plan of PLANS) {
      const machine = MACHINES.find((m) => m.name === plan.name);
      expect(machine?.values.map((v) => v.knob).sort(), plan.name).toEqual([...plan.fixed, ...plan.free].map((v) => v.knob).sort());
    }
  });
});

describe('a family', () => {
  test('understands the names of all its published cells, and has its machine', () => {
    for (const cell of PUBLISHED) {
      const family = familyOf(FAMILIES, cell.family);
      expect(family.unit(settingsOf(family, [], cell.cell)), `${cell.family} ${cell.cell}`).toBe(cell.unit);
      expect(MACHINES.map((m) => m.name)).toContain(family.machine);
    }
  });

  test('takes settings by the names and in the words that people guess', () => {
    const f6 = familyOf(FAMILIES, 'F6');
    expect(settingsOf(f6, ['placement=different-core', 'receive=zc'])).toMatchObject({ core: 'different', path: 'zcrx' });
    const f5 = familyOf(FAMILIES, 'F5_vldb_send_zc');
    expect(settingsOf(f5, ['bytes=64K'])).toEqual({ size: 65536 });
    expect(() => settingsOf(f5, ['colour=red'])).toThrow(/F5_vldb_send_zc has no setting colour; it has size/);
    expect(() => settingsOf(f5, ['size=large'])).toThrow(/size is a size such as 4096 or 4KiB; found 'large'/);
  });

  test.each([['F1_nop_batch', 'batch=32'], ['F5_vldb_recv_zcrx', '512B'], ['F9_ddio_ways', '6 ways']])(
    '%s predicts its check cell %s', (name, cell_name) => {
      const cell = PUBLISHED.find((c) => c.family === name && c.cell === cell_name) as Cell;
      const row = checkCell(core, familyOf(FAMILIES, name), cell, PUBLISHED);
      expect(cell.role).toBe('check');
      expect(Math.abs(row.error_percent)).toBeLessThan(10);
    },
  );
});

describe('ringlab predict', () => {
  test('gives a value with its unit, the scenario that was run and the machine', () => {
    const { code, out } = ringlab('predict', '--family', 'F9', '--set', 'ways=4', '--json');
    const answer = JSON.parse(out) as Record<string, unknown>;
    expect(code).toBe(0);
    expect(answer).toMatchObject({ family: 'F9_ddio_ways', unit: '%hit', machine: 'xeon-6140', settings: { ways: 4 } });
    // Twice the ways of the fitted cell hold twice as much of the same working set.
    expect(answer['value']).toBeCloseTo(2 * 38.93, 0);
  });

  test('says what is wrong with a family, a setting and a cell', () => {
    for (const [args, said] of [
      [['--family', 'F99'], /there is no such family; there are F1_nop_batch/],
      [['--family', 'F1', '--cell', 'large'], /F1_nop_batch has no such cell/],
      [['--family', 'F5_vldb_s'], /several begin so; name one of F5_vldb_send_copy, F5_vldb_send_zc/],
      [['--family', 'F2_sendzc_nic_2022', '--set', 'size=10GiB'], /size of F2_sendzc_nic_2022 goes from 1 to 65507; found 10GiB/],
      [['--family', 'F9', '--set', 'ways=12'], /ways of F9_ddio_ways goes from 1 to 11/],
      [[], /--family is missing; ringlab predict --list shows the families/],
    ] as const) {
      const { code, err } = ringlab('predict', ...args);
      expect(code).toBe(2);
      expect(err).toMatch(said);
    }
  });

  test('a page that cannot be written is refused before anything runs', () => {
    const { code, err } = ringlab('validate', '--page', '/nonexistent/page.md');
    expect(code).toBe(2);
    expect(err).toMatch(/--page \/nonexistent\/page.md: there is no folder \/nonexistent; make it first/);
  });
});
