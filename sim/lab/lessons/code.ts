/**
 * What a student hands in: one line of text with how each task was solved. It is deflated JSON in base64url behind a name of the
 * format and a checksum, so that a line that was cut off is told from one that is wrong.
 */
import { sha256Hex } from '../../host/index.ts';
import type { Lesson } from './lesson.ts';
import type { Solved } from './session.ts';

export interface LessonResult {
  readonly lesson: string;
  /** Of the lesson's text: another edition asks other things. */
  readonly edition: string;
  /** Of the simulator. */
  readonly core: string;
  /** As the student gave it; nobody proves a name. */
  readonly name: string;
  /** What the teacher called the assignment. */
  readonly task: string;
  readonly solved: Readonly<Record<number, Solved>>;
}

const FORMAT = 'RL1';
const CHECK_LENGTH = 6;
/** A result has a few kilobytes: nobody makes us unpack more. */
const CODE_MAX = 64 * 1024;
const TEXT_MAX = 256 * 1024;

export const editionOf = (lesson_text: string): string => sha256Hex(new TextEncoder().encode(lesson_text)).slice(0, 8);

export function resultOf(
  lesson: Lesson, edition: string, core: string, who: { readonly name: string; readonly task: string }, solved: LessonResult['solved'],
): LessonResult {
  return { lesson: lesson.id, edition, core, ...who, solved };
}

const checkOf = (body: string): string => sha256Hex(new TextEncoder().encode(body)).slice(0, CHECK_LENGTH);

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const out = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(out).arrayBuffer());
}
const toBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

export async function codeOf(result: LessonResult): Promise<string> {
  const body = toBase64(await through(new TextEncoder().encode(JSON.stringify(result)), new CompressionStream('deflate-raw')));
  return `${FORMAT}.${checkOf(body)}.${body}`;
}

export type ClassResult = { readonly result: LessonResult } | { readonly problem: string };

/** Reads a line that somebody handed in. What is wrong with it is a sentence. */
export async function readCode(line: string): Promise<ClassResult> {
  const text = line.trim();
  const [format, check, body, ...more] = text.split('.');
  if (text.length > CODE_MAX) return { problem: 'it is far longer than a result' };
  if (format !== FORMAT || !check || !body || more.length > 0) return { problem: `it is no result: one begins with ${FORMAT}.` };
  if (checkOf(body) !== check) return { problem: 'it is not whole: copy all of the line' };
  try {
    const bytes = await through(fromBase64(body), new DecompressionStream('deflate-raw'));
    if (bytes.length > TEXT_MAX) return { problem: 'it is far longer than a result' };
    const result: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isResult(result) ? { result } : { problem: 'it holds something else than a result' };
  } catch {
    return { problem: 'it cannot be unpacked' };
  }
}

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const isText = (v: unknown): v is string => typeof v === 'string' && v.length < 1000;
const isCount = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v) && v >= 0;
const isFault = (v: Record<string, unknown>): boolean =>
  isText(v.fault) && isCount(v.host) && Array.isArray(v.args) && v.args.every((a) => typeof a === 'number');
const isEdit = (v: unknown): boolean => isRecord(v) && isCount(v.at) && (isText(v.set) || isFault(v));

function isSolved(v: unknown): v is Solved {
  if (!isRecord(v) || !isRecord(v.making)) return false;
  const { sets, edits } = v.making;
  return Array.isArray(sets) && sets.every(isText) && Array.isArray(edits) && edits.every(isEdit)
    && isCount(v.step) && isText(v.hash) && isCount(v.misses) && typeof v.hint === 'boolean' && typeof v.shown === 'boolean'
    && (v.selected === undefined || isText(v.selected)) && (v.answer === undefined || typeof v.answer === 'number');
}
function isResult(v: unknown): v is LessonResult {
  return isRecord(v) && [v.lesson, v.edition, v.core, v.name, v.task].every(isText) && isRecord(v.solved)
    && Object.entries(v.solved).every(([step, s]) => /^\d+$/.test(step) && isSolved(s));
}
