/** A corpus in files: each case a run file with a sentence of what it is there for. */
import { parse } from 'yaml';
import type { Plain } from '../host/index.ts';
import { RUN_FILE_VERSION, type RunFile } from '../lab/index.ts';
import { caseText, type FuzzCase, NO_CALM, ownEdits } from './case.ts';
import type { Member } from './minimise.ts';

/** FNV-1a: a name that says nothing, and is the same for the same case. */
function nameOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return `case-${hash.toString(16).padStart(8, '0')}`;
}

const NAMED = 3;

function aboutMember({ c, reaches }: Member): string {
  const { steps } = c.scenario;
  const what = Array.isArray(steps) ? `A program of ${steps.length} steps` : 'Built-in applications';
  const edits = c.edits.length === 0 ? '' : ` with ${c.edits.length} ${c.edits.length === 1 ? 'edit' : 'edits'}`;
  if (reaches.length === 0) return `${what}${edits}: it takes what otherwise only several others together do.`;
  const more = reaches.length > NAMED ? ` and ${reaches.length - NAMED} more functions` : '';
  return `${what}${edits}: alone in the corpus it takes branches of ${reaches.slice(0, NAMED).join(', ')}${more}.`;
}

/** A member as it is kept: its name is its content's. */
export function memberFile(member: Member): RunFile {
  const { c } = member;
  const text = caseText(c);
  return {
    ringlab_run: RUN_FILE_VERSION, name: nameOf(`${text}${JSON.stringify(c.edits)}${c.calm_at}`), about: aboutMember(member), text,
    sets: [], edits: c.edits, ...(c.calm_at === NO_CALM ? {} : { calm_at: c.calm_at }),
  };
}

/** The case that a run file is: of a corpus, or of a finding. */
export function caseOfFile({ name, text = '', edits, calm_at = NO_CALM }: RunFile): FuzzCase {
  const scenario = parse(text) as Readonly<Record<string, Plain>>;
  return { generator: name, scenario, edits: ownEdits(edits, calm_at), calm_at };
}
