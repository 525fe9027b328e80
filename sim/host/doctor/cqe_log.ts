/**
 * Completions as people publish them: `user_data=0x52 res=1448 flags=0x2`, `{10, 0x13}`, columns under a heading, flags as numbers or by
 * name. Remarks (# or //), blank lines and rulers are skipped.
 */
import { errnoOf } from '../../../uring-model/8-app/names.ts';
import { flagBits } from './cqe_text.ts';
import type { Cqe } from './life.ts';
import { looksLikeScenario } from '../scenario_draft.ts';

export interface LoggedCqe extends Cqe {
  readonly line: number;
  readonly user_data: string;
}

const NUMBER = String.raw`-?(?:0x[0-9a-fA-F]+|\d+)`;
const NAMES = String.raw`[A-Z_0-9:]+(?:[|+ ,]+[A-Z_0-9:]+)*`;
const FIELD = (names: string, value: string) => new RegExp(String.raw`\b(?:${names})\b\s*[=:]?\s*(${value})`);
const USER_DATA = FIELD('user_data|ud', NUMBER);
const RES = FIELD('res|result', String.raw`${NUMBER}|-E[A-Z]+`);
const FLAGS = FIELD('flags|cflags|fl', String.raw`${NUMBER}|${NAMES}`);
const BID = FIELD('bid|buf(?:fer)?(?:_id)?', NUMBER);
const SKIPPED = /^\s*(?:#|\/\/|```|[-=|+\s]*$)/;
const F_BUFFER = 1;
const INT32_WRAP = 2 ** 32;

/** NaN for the name of no error. */
function resultOf(text: string): number {
  const n = text.startsWith('-E') ? -(errnoOf(text.slice(1)) ?? Number.NaN) : Number(text);
  // A result that was printed as unsigned.
  return n > 0x7fffffff ? n - INT32_WRAP : n;
}

function flagsOf(text: string): number {
  if (new RegExp(`^${NUMBER}$`).test(text)) return Number(text) >>> 0;
  return flagBits(text.split(/[|+ ,]+/).map((name) => name.replace(/^(?:IORING_CQE_)?F_(?!32)/, '')));
}

/** Cells of a line without names, by the heading above it or as user_data, result, flags. */
function columns(text: string, heading: readonly string[]): Map<string, string> | undefined {
  const cells = text.replace(/[{}()]/g, ' ').split(/[|,;\s]+/).filter(Boolean);
  const names = heading.length > 0 ? heading : cells.length === 2 ? ['res', 'flags'] : ['user_data', 'res', 'flags', 'bid'];
  if (cells.length < 2 || cells.length > names.length) return undefined;
  const good = new RegExp(`^(?:${NUMBER}|-E[A-Z]+)$`);
  if (!cells.every((c) => c === '-' || good.test(c))) return undefined;
  return new Map(cells.flatMap((c, i) => (c === '-' ? [] : [[names[i] ?? '', c] as const])));
}

const HEADING = /^(?:user_data|ud|res|result|flags|bid|seq)$/;

export interface CqeLog {
  readonly cqes: readonly LoggedCqe[];
  /** Lines of something else between them. */
  readonly foreign: readonly number[];
}

/** The completions of a log, or undefined when the text is none. */
export function readCqeLog(text: string): CqeLog | undefined {
  if (looksLikeScenario(text)) return undefined;
  const cqes: LoggedCqe[] = [];
  const foreign: number[] = [];
  let heading: string[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (SKIPPED.test(line)) continue;
    const words = line.split(/[|,;\s]+/).filter(Boolean);
    if (words.length > 1 && words.every((w) => HEADING.test(w))) {
      heading = words.map((w) => (w === 'ud' ? 'user_data' : w === 'result' ? 'res' : w));
      continue;
    }
    const named = RES.exec(line);
    const cells = named ? undefined : columns(line, heading);
    const res = resultOf(named?.[1] ?? cells?.get('res') ?? '-E');
    if (Number.isNaN(res)) {
      foreign.push(i + 1);
      continue;
    }
    const bid = BID.exec(line)?.[1] ?? cells?.get('bid');
    const flags = flagsOf((named ? FLAGS.exec(line)?.[1] : cells?.get('flags')) ?? '0');
    const with_bid = bid !== undefined && (flags & F_BUFFER) !== 0 ? ((flags & 0xffff) | (Number(bid) << 16)) >>> 0 : flags;
    const user_data = (named ? USER_DATA.exec(line)?.[1] : cells?.get('user_data')) ?? '0';
    cqes.push({ line: i + 1, user_data: String(Number(user_data)), res, flags: with_bid });
  }
  return cqes.length > 0 ? { cqes, foreign } : undefined;
}
