/** A scenario's knobs as a form sees them: what is written for whom, and how a value is put into the text. */
import { isMap, isScalar, parseDocument } from 'yaml';
import { removeIn, setIn } from '../../../sim/lab/index.ts';
import type { Knob } from '../../../sim/schema/scenario.ts';

/** Whom a value is for. */
export type Who = 'both' | 'client' | 'server';

export const pathOf = (who: Who, { section, name }: Knob): string[] =>
  who === 'both' ? [section, name] : ['hosts', who, section, name];

export interface Written {
  /** What stands at a path, as it is written; undefined: nothing. */
  at(path: readonly string[]): string | undefined;
  /** The text is YAML, and can be changed by parts. */
  readonly ok: boolean;
}

export function readWritten(text: string): Written {
  const doc = parseDocument(text, { logLevel: 'silent' });
  const ok = doc.errors.length === 0 && (doc.contents === null || isMap(doc.contents));
  return {
    ok,
    at: (path) => {
      const node = ok && isMap(doc.contents) ? doc.getIn(path, true) : undefined;
      return isScalar(node) ? String(node.source ?? node.value) : undefined;
    },
  };
}

/** The text with a value for a knob; an empty one takes it away. */
export const changed = (text: string, who: Who, knob: Knob, value: string): string => {
  const path = pathOf(who, knob);
  return value.trim() === '' ? removeIn(text, path) : setIn(text, path, value.trim());
};
