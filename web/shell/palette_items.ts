/** What the palette offers: commands, scenarios, views, workspaces, pages, branches, and any time or step by its number. */
import { duration } from '../format.ts';
import type { LabStore } from '../lab/store.svelte.ts';
import { bench, WORKSPACES } from '../pages/bench/bench_state.svelte.ts';
import { PAGES } from '../pages/index.ts';
import type { BundledScenario } from '../scenarios.ts';
import { VIEWS } from '../views/index.ts';
import { COMMANDS } from './commands.ts';
import { fitOf } from './fit.ts';
import { keyText } from './key_text.ts';
import { route } from './route.svelte.ts';

export interface PaletteItem {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly about?: string;
  readonly keys?: string;
  readonly run: () => void | Promise<void>;
}

const SHOWN_MAX = 60;
const NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };

/** Scenarios come when they are there: their texts are not part of the first load. */
export function itemsOf(lab: LabStore, library: readonly BundledScenario[]): PaletteItem[] {
  const commands = COMMANDS.map((c): PaletteItem => ({
    id: `command:${c.id}`, group: c.group, title: c.title, run: () => c.run(lab), ...(c.keys?.[0] ? { keys: keyText(c.keys[0]) } : {}),
  }));
  const views = VIEWS.map((v): PaletteItem => ({
    id: `view:${v.id}`, group: 'View', title: v.title, about: v.about,
    run: () => {
      route.go('bench');
      bench.show(v.id);
    },
  }));
  const workspaces = WORKSPACES.map((w): PaletteItem => ({
    id: `workspace:${w.id}`, group: 'Workspace', title: w.title, about: w.about,
    run: () => {
      route.go('bench');
      bench.arrange(w.layout);
    },
  }));
  const pages = PAGES.map((p): PaletteItem => ({
    id: `page:${p.id}`, group: 'Page', title: p.title, about: p.about, run: () => route.go(p.id),
  }));
  const branches = lab.branches.map((b): PaletteItem => ({
    id: `branch:${b.n}`, group: 'Branch', title: b.name, run: () => lab.goto(lab.step, b.n),
  }));
  const scenarios = library.map((s): PaletteItem => ({
    id: `scenario:${s.name}`, group: 'Scenario', title: s.name, about: s.about, run: () => route.go('bench', encodeURIComponent(s.name)),
  }));
  const places = [timeItem, stepItem, seedItem, conditionItem].map((make) => make(lab));
  return [...places.flat(), ...commands, ...workspaces, ...views, ...pages, ...branches, ...scenarios];
}

/** An item that a number of its own makes: found by it alone. */
interface NumberItem extends PaletteItem {
  readonly from: (text: string) => PaletteItem | undefined;
}
const hasNumber = (item: PaletteItem): item is NumberItem => 'from' in item;

function timeItem(lab: LabStore): NumberItem {
  const from = (text: string): PaletteItem | undefined => {
    const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s)\s*$/.exec(text) ?? [];
    if (number === undefined || unit === undefined) return undefined;
    const time_ns = Math.round(Number(number) * (NS[unit] as number));
    return { id: 'time', group: 'Go to', title: `time ${duration(time_ns)}`, run: () => lab.whenOpen(() => lab.gotoTime(time_ns)) };
  };
  return { id: 'time', group: 'Go to', title: '', run: () => {}, from };
}
function stepItem(lab: LabStore): NumberItem {
  const from = (text: string): PaletteItem | undefined => {
    const [, number] = /^\s*(?:step\s*)?(\d{1,12})\s*$/.exec(text) ?? [];
    if (number === undefined) return undefined;
    return { id: 'step', group: 'Go to', title: `step ${number}`, run: () => lab.whenOpen(() => lab.goto(Number(number))) };
  };
  return { id: 'step', group: 'Go to', title: '', run: () => {}, from };
}

/** `seed 7`: the same run with other chances, from its beginning. */
function seedItem(lab: LabStore): NumberItem {
  const from = (text: string): PaletteItem | undefined => {
    const [, number] = /^\s*seed\s+(\d{1,15})\s*$/.exec(text) ?? [];
    const { source } = lab;
    if (number === undefined || !source) return undefined;
    return {
      id: 'seed', group: 'Run', title: `with seed ${number}`, about: 'the same scenario, from its beginning',
      run: () => void lab.open({ ...source, seed: Number(number) }),
    };
  };
  return { id: 'seed', group: 'Run', title: '', run: () => {}, from };
}

/** `run to drop`, `back to server.free < 8`: a condition in the language of the filter. */
function conditionItem(lab: LabStore): NumberItem {
  const from = (text: string): PaletteItem | undefined => {
    const [, way, filter] = /^\s*(run|back) to\s+(\S.*?)\s*$/.exec(text) ?? [];
    if (filter === undefined) return undefined;
    const [title, direction] = way === 'run' ? [`run to ${filter}`, 1 as const] : [`back to ${filter}`, -1 as const];
    return {
      id: 'condition', group: 'Go to', title, about: 'where this condition is met next',
      run: () => lab.whenOpen(async () => {
        await lab.runTo(filter, direction);
      }),
    };
  };
  return { id: 'condition', group: 'Go to', title: '', run: () => {}, from };
}

/** What a text means, best first; without a text, all in their order. */
export function found(items: readonly PaletteItem[], text: string): PaletteItem[] {
  const numbers = items.filter(hasNumber).flatMap((item) => item.from(text) ?? []);
  const plain = items.filter((item) => !hasNumber(item));
  if (text.trim() === '') return plain.slice(0, SHOWN_MAX);
  const scored = plain.map((item, i) => ({ item, i, score: fitOf(item, text) })).filter((s) => s.score > 0);
  scored.sort((a, b) => b.score - a.score || a.i - b.i);
  return [...numbers, ...scored.map((s) => s.item)].slice(0, SHOWN_MAX);
}
