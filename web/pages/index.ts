/** The pages, in the order of the bar. Each is a folder of its own, and is loaded when it is first opened. */
import type { Component } from 'svelte';

export interface PageEntry {
  readonly id: string;
  readonly title: string;
  /** What it is for, in a sentence. */
  readonly about: string;
  /** Reached by what one does, not by the bar. */
  readonly apart?: true;
  readonly load: () => Promise<{ default: Component }>;
}

export const PAGES: readonly PageEntry[] = [
  {
    id: 'bench', title: 'Bench', about: 'A run under the microscope: play it, step it, go back.',
    load: () => import('./bench/Bench.svelte'),
  },
  {
    id: 'library', title: 'Library', about: 'Every scenario there is, with a picture of its run.',
    load: () => import('./library/Library.svelte'),
  },
  {
    id: 'editor', title: 'Editor', about: 'The open scenario as text and as a form.',
    load: () => import('./editor/Editor.svelte'),
  },
  {
    id: 'lessons', title: 'Lessons', about: 'Stories over the live machine, with tasks that it checks itself.',
    load: () => import('./lessons/Lessons.svelte'),
  },
  {
    id: 'explore', title: 'Explore', about: 'Sweeps, ways beside each other, and how large everything must be.',
    load: () => import('./explore/Explore.svelte'),
  },
  {
    id: 'file', title: 'File', about: 'What was opened: a trace, a log or a capture, and what there is to say of it.', apart: true,
    load: () => import('./file/File.svelte'),
  },
];
