/** Perfetto's keys, for the view that has the focus. */
import type { Command } from '../../shell/commands.ts';
import type { TimeWindow } from './time_window.svelte.ts';

/** `within`: a CSS selector of what must have the focus. */
export function windowCommands(group: string, prefix: string, within: string, shown: TimeWindow): Command[] {
  const command = (id: string, title: string, keys: readonly string[], run: () => void): Command =>
    ({ id: `${prefix}_${id}`, title, group, keys, within, run });
  return [
    command('zoom_in', 'Zoom in', ['w', 'W'], () => shown.zoom(0.7)),
    command('zoom_out', 'Zoom out', ['s', 'S'], () => shown.zoom(1 / 0.7)),
    command('pan_left', 'Pan to earlier', ['a', 'A'], () => shown.pan(-0.15)),
    command('pan_right', 'Pan to later', ['d', 'D'], () => shown.pan(0.15)),
    command('fit', 'All of the run', ['0'], () => shown.fit()),
  ];
}
