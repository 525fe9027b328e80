/** A line of a step trace for people. */
import { lineText, type TraceLine } from '../host/index.ts';
import { bold } from './terminal.ts';

export function stepLine(line: TraceLine, painted = true): string {
  const text = lineText(line);
  if (line.e === 'label') return painted ? bold(`## ${text}`) : `## ${text}`;
  if (line.e === 'note') return `# ${text}`;
  return `${String(line.i).padStart(5)}  ${line.e.padEnd(6)} ${text}`;
}
