/** Actions become steps: a pure function, so that a program with an action less is a program again. */
import type { Plain } from '../../../host/index.ts';
import type { ActionRow } from './action_form.ts';
import { BUFFER_ACTIONS } from './buffer_actions.ts';
import { FILE_ACTIONS, pair } from './file_actions.ts';
import { type Action, Genes } from './genes.ts';
import { type Feature, FEATURES, Model } from './model.ts';
import { openRing, RING_ACTIONS } from './ring_actions.ts';
import { opsOf } from './sqes.ts';

const ROWS: readonly ActionRow[] = [...RING_ACTIONS, ...FILE_ACTIONS, ...BUFFER_ACTIONS];
/** What a program may do, each row as often as it weighs. */
const tableOf = (m: Model): readonly ActionRow[] => ROWS
  .filter(({ feature, loose }) => !(feature && !m.may(feature)) && !(loose && m.steady))
  .flatMap((row) => Array.from({ length: row.weight }, () => row));

/** What a program says when everything that it had is closed: then nothing may be left. */
export const ALL_CLOSED = 'all is closed';
const CLOSE_RANGE = 436;
const EVERYTHING = 0xffffffff;

export interface ProgramParts {
  /** Bits: features of model.ts. */
  readonly features: number;
  readonly actions: readonly Action[];
  /** 0, 1: files first, or rings first; 2: nothing is closed. */
  readonly ending: number;
}

export const featuresOf = (bits: number): ReadonlySet<Feature> => new Set(FEATURES.filter((_, i) => (bits >>> i) & 1));

/** What depends on time, or on a NIC. */
const UNSTEADY: ReadonlySet<Feature> = new Set(['wire', 'nic', 'async']);

function closeAll(m: Model, files_first: boolean): void {
  const files = () => {
    for (const f of m.files) m.step('peer.close', { fd: f.name });
    for (const name of m.exports) m.step('peer.close', { fd: name });
  };
  if (files_first) files();
  for (const r of [...m.rings]) m.step('ring.exit', r.id > 0 ? { ring: r.id } : {});
  if (!files_first) files();
  if (m.steady) return;
  // Descriptors that completions brought have no names, and a worker may be about to make another.
  m.step('syscall', { nr: CLOSE_RANGE, args: [3, EVERYTHING, 0] });
  m.step('sleep_ms', { ms: 100 });
  m.step('syscall', { nr: CLOSE_RANGE, args: [3, EVERYTHING, 0] });
  if (m.may('wire')) m.step('syscall', { nr: CLOSE_RANGE, args: [3, EVERYTHING, 0], host: 'client' });
  m.step('sleep_ms', { ms: 500 });
  if (!m.cycles) m.step('label', { text: ALL_CLOSED });
}

/** Before the end each ring is looked at: what is under way then is part of what is compared. */
function lookAll(m: Model): void {
  for (const r of m.rings) {
    const on = r.id > 0 ? { ring: r.id } : {};
    m.step('get_events', on);
    m.step('drain', { ...on, max: 64 });
    m.step('rings', on);
  }
}

export function stepsOf({ features, actions, ending }: ProgramParts, steady: boolean): Plain[] {
  const m = new Model(new Set([...featuresOf(features)].filter((f) => !steady || !UNSTEADY.has(f))), steady);
  m.ops = opsOf(m);
  const table = tableOf(m);
  m.step('lenient');
  const plain = new Genes({ what: 0, genes: [] }, false);
  openRing(m, plain);
  pair(m, plain);
  for (const action of actions) {
    table[action.what % table.length]?.run(m, new Genes(action, m.may('hostile'), steady));
  }
  if (steady) lookAll(m);
  if (ending < 2 || steady) closeAll(m, ending === 0);
  return m.steps;
}
