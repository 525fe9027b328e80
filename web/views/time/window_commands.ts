/** Perfetto's keys, for the view that has the focus. */
import type { Command } from '../../shell/commands.ts';
import type { TimeWindow } from './time_window.svelte.ts';

/** `within`: a CSS selector of what must have the focus. */
export function windowCommands(group: string, prefix: string, within: string, shown: TimeWindow): Command[] {
  /** Where the pointer is, or else the playhead. */
  const zoom = (factor: number, time_ns: number) => shown.zoom(factor, shown.anchor_ns ?? time_ns);
  const command = (id: string, title: string, keys: readonly string[], run: Command['run']): Command =>
    ({ id: `${prefix}_${id}`, title, group, keys, within, run });
  return [
    command('zoom_in', 'Zoom in', ['w', 'W'], (lab) => zoom(0.7, lab.time_ns)),
    command('zoom_out', 'Zoom out', ['s', 'S'], (lab) => zoom(1 / 0.7, lab.time_ns)),
    command('pan_left', 'Pan to earlier', ['a', 'A'], () => shown.pan(-0.15)),
    command('pan_right', 'Pan to later', ['d', 'D'], () => shown.pan(0.15)),
    command('fit', 'All of the run', ['0'], () => shown.fit()),
  ];
}
