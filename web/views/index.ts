/** The views of the bench, by name. Each is a folder of its own, and is loaded when it is first shown. */
import type { Component } from 'svelte';

export interface ViewEntry {
  readonly id: string;
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly about: string;
  readonly load: () => Promise<{ default: Component }>;
}

export const VIEWS: readonly ViewEntry[] = [
  {
    id: 'road', title: 'Road', about: 'The nine stages of both hosts, and what moves along them.', load: () => import('./road/Road.svelte'),
  },
  {
    id: 'memory', title: 'Memory', about: 'Every buffer of the area: where it is, who holds it, and for how long.',
    load: () => import('./memory/Memory.svelte'),
  },
  {
    id: 'rings', title: 'Rings', about: 'Every ring: heads, tails, slots, and what the application sees beside what is true.',
    load: () => import('./rings/Rings.svelte'),
  },
  {
    id: 'inspector', title: 'Inspector', about: 'What is selected: where it is, its bytes, its life, its history, and why.',
    load: () => import('./inspector/Inspector.svelte'),
  },
  {
    id: 'tcp', title: 'TCP', about: 'A connection over time: sequence numbers, window and cwnd, what passed, what ss says.',
    load: () => import('./tcp/Tcp.svelte'),
  },
  {
    id: 'timeline', title: 'Timeline', about: 'Who works when: contexts of each core, links, NICs and levels.',
    load: () => import('./timeline/Timeline.svelte'),
  },
  {
    id: 'charts', title: 'Charts', about: 'Rates, levels, cycles and latencies over time.',
    load: () => import('./charts/Charts.svelte'),
  },
  { id: 'log', title: 'Log', about: 'Every record, with one filter language.', load: () => import('./log/Log.svelte') },
  {
    id: 'branches', title: 'Branches', about: 'Runs that leave one another, and two of them side by side on one clock.',
    load: () => import('./branches/Branches.svelte'),
  },
  {
    id: 'knobs', title: 'Knobs and faults', about: 'What can be changed from here on, and done to what is selected.',
    load: () => import('./knobs/Knobs.svelte'),
  },
  {
    id: 'breakpoints', title: 'Breakpoints', about: 'Conditions at which play stops, both ways.',
    load: () => import('./breakpoints/Breakpoints.svelte'),
  },
  { id: 'result', title: 'Result', about: 'What came of the run, and what was promised.', load: () => import('./result/Result.svelte') },
  { id: 'overview', title: 'Overview', about: 'Where the run stands, in words.', load: () => import('./overview/Overview.svelte') },
];
