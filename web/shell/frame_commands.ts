/** Commands of the frame itself. */
import { bench } from '../pages/bench/bench_state.svelte.ts';
import { chooseFile } from './choose_file.ts';
import type { Command } from './commands.ts';
import { shell } from './shell_state.svelte.ts';
import { theme } from './theme.svelte.ts';

/** The focus goes to the next panel, or to the one before. */
function nextPanel(by: 1 | -1): void {
  const panels = [...document.querySelectorAll<HTMLElement>('[id^="panel-"]')];
  const now = panels.findIndex((p) => p.contains(document.activeElement));
  panels[(now + by + panels.length) % Math.max(1, panels.length)]?.focus();
}

export const frameCommands = (): Command[] => [
  {
    id: 'palette', title: 'Commands', group: 'Page', keys: ['Ctrl+k'], anywhere: true,
    run: () => {
      shell.palette = shell.palette === undefined ? '' : undefined;
    },
  },
  {
    id: 'sheet', title: 'Keys', group: 'Page', keys: ['?'],
    run: () => {
      shell.sheet = true;
    },
  },
  {
    id: 'open_scenario', title: 'Open a scenario', group: 'Page', keys: ['o'],
    run: () => {
      shell.palette = 'scenario ';
    },
  },
  {
    id: 'seed', title: 'Run with another seed', group: 'Page',
    run: (lab) => {
      shell.palette = `seed ${lab.seed + 1}`;
    },
  },
  {
    id: 'share', title: 'Link to this moment', group: 'Page', keys: ['l'],
    run: () => {
      shell.share = true;
    },
  },
  {
    id: 'save', title: 'Save the run or a drawing', group: 'Page', keys: ['E'],
    run: () => {
      shell.save = true;
    },
  },
  { id: 'open_file', title: 'Open a file: scenario, run, trace, log, capture', group: 'Page', keys: ['O'], run: () => chooseFile() },
  { id: 'theme', title: 'Light, dark, or as the system', group: 'Page', run: () => theme.next() },
  { id: 'next_panel', title: 'To the next panel', group: 'Page', keys: ['F6'], run: () => nextPanel(1) },
  { id: 'panel_before', title: 'To the panel before', group: 'Page', keys: ['Shift+F6'], run: () => nextPanel(-1) },
  {
    id: 'full', title: 'The panel fills the bench, or goes back', group: 'Page', keys: ['Enter'],
    run: () => {
      const panel = document.activeElement?.closest('[id^="panel-"]');
      if (panel !== document.activeElement) return;
      const view = panel?.id.replace('panel-', '');
      bench.full = bench.full === view ? undefined : view;
    },
  },
];
