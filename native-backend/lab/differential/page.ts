/** The table of docs/differential.md: campaigns that were made, from what `ringlab fuzz --against --json` said of them. */
import { readFileSync } from 'node:fs';
import { native } from '../places.ts';

export interface Kept {
  readonly on: string;
  readonly kernel: string;
  readonly first_seed: number;
  readonly programs: number;
  readonly steps: number;
  readonly lines: number;
  readonly equal: number;
  /** Differed once, and not again. */
  readonly unsteady: number;
  /** Differed each time. */
  readonly differed: number;
}

export const keptCampaigns = (): readonly Kept[] =>
  JSON.parse(readFileSync(native('lab/differential/campaigns.json'), 'utf8')) as readonly Kept[];

export const campaignTable = (all: readonly Kept[]): string => [
  '| on | kernel | seeds | programs | steps | lines compared | equal | differed once | differed |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ...all.map((c) => `| ${[
    c.on, c.kernel, `${c.first_seed} to ${c.first_seed + c.programs - 1}`, c.programs, c.steps, c.lines, c.equal, c.unsteady, c.differed,
  ].join(' | ')} |`),
].join('\n');
