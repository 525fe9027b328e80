/** What a detector says, and what becomes of it. */
import { FINDINGS, type FindingRow } from '../../schema/findings.ts';
import { durationText } from '../numbers_text.ts';

/** Where something happened: at a time of the simulation, in a step of a program (from 0, as its trace counts), in a line of a log. */
export interface At {
  readonly time_ns?: number;
  readonly step?: number;
  readonly line?: number;
}

export interface Evidence extends At {
  readonly text: string;
}

/** A finding of a detector: the name of its row in sim/schema/findings.ts, and what the trace shows. */
export interface Symptom {
  readonly name: string;
  readonly evidence: readonly Evidence[];
  /** What to do, with numbers, where the row's own remedy knows none. */
  readonly remedy?: string;
  /** Knobs that end it, as `--set` takes them. */
  readonly sets?: readonly string[];
}

export interface Finding extends FindingRow {
  readonly evidence: readonly Evidence[];
  readonly sets?: readonly string[];
}

const ROWS: ReadonlyMap<string, FindingRow> = new Map(FINDINGS.map((f) => [f.name, f]));
const EVIDENCE_MAX = 8;
const SEVERITIES = ['error', 'warning', 'note'];

/**
 * One finding for each name, the worst first and then in the order of the table, causes before what they cause;
 * evidence that several detectors brought is put together.
 */
export function findingsOf(symptoms: readonly Symptom[]): Finding[] {
  const by_name = new Map<string, Symptom[]>();
  for (const s of symptoms) by_name.set(s.name, [...(by_name.get(s.name) ?? []), s]);
  const found = SEVERITIES.flatMap((s) => FINDINGS.filter((f) => f.severity === s && by_name.has(f.name)));
  return found.map(({ name }) => {
    const row = ROWS.get(name) as FindingRow;
    const own = by_name.get(name) ?? [];
    const all = own.flatMap((s) => s.evidence);
    const more = all.length - EVIDENCE_MAX;
    const evidence = more > 0 ? [...all.slice(0, EVIDENCE_MAX), { text: `and ${more} more of the kind` }] : all;
    const remedy = own.find((s) => s.remedy !== undefined)?.remedy;
    const sets = own.find((s) => s.sets !== undefined)?.sets;
    return { ...row, evidence, ...(remedy === undefined ? {} : { remedy }), ...(sets === undefined ? {} : { sets }) };
  });
}

/** `step 18 (10.9 µs)`, `10.9 µs`, `step 18`, `line 3`: as much as is known. */
export function atText(at: At): string {
  const time = at.time_ns === undefined ? '' : durationText(at.time_ns);
  if (at.step !== undefined) return time === '' ? `step ${at.step}` : `step ${at.step} (${time})`;
  return at.line === undefined ? time : `line ${at.line}`;
}
