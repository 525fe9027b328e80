/** What came of a campaign, for people and as JSON. */
import { type Finding, NO_CALM, ownEdits, ruleOf } from '../../fuzz/index.ts';
import { editText } from '../../lab/index.ts';
import { MUSEUM } from '../../schema/museum.ts';
import { brokenLines } from '../broken_lines.ts';
import { green, red } from '../terminal.ts';
import type { CampaignFinding, CampaignFlags, CampaignResult } from './run_campaign.ts';
import { SERVED } from './link.ts';

/** A finding with what was made of it. */
export interface Kept extends CampaignFinding {
  readonly files: readonly string[];
  readonly fragment: string;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
const counted = (n: number, one: string): string => `${n} ${n === 1 ? one : `${one}s`}`;
const rate = (n: number, ms: number): number => Math.round((n * 1000) / Math.max(1, ms));

export function timelineLines(timeline: readonly string[]): string[] {
  if (timeline.length === 0) return ['  Nothing was recorded before it.'];
  return timeline.map((line, i) => (i === timeline.length - 1 ? red(`▸${line}`) : ` ${line}`));
}

function sizeText({ size, step, program }: Finding): string {
  const parts = [...(size.steps > 0 ? [counted(size.steps, 'step')] : []), ...(size.edits > 0 ? [counted(size.edits, 'edit')] : [])];
  const place = program === '' ? '' : `, ${program}`;
  return `${[...parts, `${size.bytes} bytes of YAML`].join(', ')}; it breaks after ${counted(step, 'step')} of the run${place}`;
}

/** What is done to the world by hand, a line each. */
function editLines({ run: { edits, calm_at } }: Finding): string[] {
  const own = ownEdits(edits, calm_at ?? NO_CALM).map((e) => `after step ${e.at}: ${editText(e)}`);
  return calm_at === undefined ? own : [...own, `after step ${calm_at}: nothing disturbs any more`];
}

function findingLines({ found, after_ms, finding, files, fragment }: Kept, { bug, shrink_ms }: CampaignFlags): string[] {
  const about = MUSEUM.find((e) => e.name === bug);
  const own = about && !found.also_without ? [`  the museum's ${about.name}: ${about.about}`] : [];
  const also = bug !== undefined && found.also_without ? [`  It breaks without ${bug} too: this is a fault of the model.`] : [];
  const where = `found by seed ${found.seed} after ${seconds(after_ms)}, ${counted(found.runs, 'run')} and ${counted(found.steps, 'step')}`;
  const head = ['', ...brokenLines(finding?.broken ?? found.broken), ...own, ...also, `  ${where}`];
  const again = `ringlab fuzz --seed ${found.seed} --runs 1${bug === undefined ? '' : ` --bug ${bug}`}`;
  if (!finding) return [...head, `  not made smaller; ${again} finds it again`];
  const run = files.find((f) => f.endsWith('.run.json')) ?? '';
  return [
    ...head, `  ${shrink_ms === 0 ? 'as it was found' : 'smallest'}: ${sizeText(finding)}`, ...editLines(finding).map((l) => `    ${l}`),
    '', ...timelineLines(finding.timeline), '',
    ...files.map((f) => `  ${f}`),
    `  ringlab fuzz --repro ${run}`,
    `  the moment before it, in a browser: ${SERVED}${fragment}`,
  ];
}

export function summaryLines(result: CampaignResult, kept: readonly Kept[], flags: CampaignFlags): string[] {
  const { work, time_ms } = result;
  const lines = kept.flatMap((k) => findingLines(k, flags));
  if (kept.some((k) => k.finding))
    lines.push('', `ringlab serve makes that address work; behind the address of any other host of the page put the link from # on.`);
  const speed = `${rate(work.runs, time_ms)} runs/s, ${rate(work.steps, time_ms)} steps/s on ${counted(flags.jobs, 'thread')}`;
  const refused = work.refused > 0 ? `; ${work.refused} cases were no scenario` : '';
  lines.push(...(lines.length > 0 ? [''] : []), `${counted(work.runs, 'run')}, ${counted(work.steps, 'step')} in ${seconds(time_ms)}:`
    + ` ${speed}; seeds from ${flags.seed}${refused}`);
  const last = result.search?.samples.at(-1);
  const cases = counted(result.search?.corpus.length ?? 0, 'case');
  if (last) lines.push(`${last.reached} sides of branches were taken; ${cases} reached something new`);
  const own = kept.filter((k) => flags.bug === undefined || !k.found.also_without);
  const others = kept.length > own.length ? `, and ${counted(kept.length - own.length, 'fault')} of the model` : '';
  const ended = result.ended ? '; ended by hand' : '';
  if (own.length > 0) lines.push(red(`${counted(own.length, 'finding')}${others}${ended}`));
  else if (work.runs === 0) lines.push('no run came to its end in that time');
  else
    lines.push(flags.bug === undefined ? green(`nothing found${ended}`) : `${flags.bug} was not found${others}${ended}`);
  return lines;
}

/** Keys in the order of the alphabet, so that two results can be laid side by side. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}
export const sortedJson = (value: unknown): string => JSON.stringify(sorted(value), null, 2);

const fixed = (ms: number): number => Math.round(ms) / 1000;

function findingJson({ found, after_ms, finding, files, fragment }: Kept): Record<string, unknown> {
  const broken = finding?.broken ?? found.broken;
  return {
    ...broken, ...ruleOf(broken), seed: found.seed, generator: found.generator,
    runs: found.runs, steps: found.steps, seconds: fixed(after_ms), alsoWithoutBug: found.also_without,
    ...(finding ? {
      step: finding.step, program: finding.program, timeNs: finding.time_ns, size: finding.size, edits: editLines(finding),
      timeline: finding.timeline, files, link: fragment,
    } : {}),
  };
}

/** `members`: of the corpus that was left in its folder. */
export function campaignJson(
  result: CampaignResult, kept: readonly Kept[], flags: CampaignFlags, core_hash: string, members?: number,
): string {
  const { work, time_ms, search } = result;
  const searched = search ? { coverage: search.samples, corpus: members ?? search.corpus.length } : {};
  return sortedJson({
    ...searched,
    bug: flags.bug ?? null, core: core_hash, ended: result.ended, findings: kept.map(findingJson), focus: flags.aim, refused: work.refused,
    records: work.records, runs: result.runs, runsPerSecond: rate(work.runs, time_ms), seconds: fixed(time_ms), seed: flags.seed,
    steps: result.steps, stepsPerSecond: rate(work.steps, time_ms), threads: flags.jobs, violations: kept.length,
  });
}
