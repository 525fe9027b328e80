/** A transcript: the system calls of applications, a JSON line each, as a simulation records them (sim/host/transcript.ts). */
import { errnoName, InputError, timeText, type TranscriptEntry } from '../host/index.ts';
import type { OpenedLine } from './opened.ts';

const LINES_SHOWN = 2000;

function entryOf(line: string): TranscriptEntry | undefined {
  try {
    const value = JSON.parse(line) as Partial<TranscriptEntry>;
    const whole = typeof value.task === 'number' && typeof value.call === 'object' && typeof value.result === 'number'
      && typeof value.begin_ns === 'number' && Array.isArray(value.sqes) && Array.isArray(value.rqes);
    return whole ? (value as TranscriptEntry) : undefined;
  } catch {
    return undefined;
  }
}

export const looksLikeTranscript = (text: string): boolean => entryOf(text.slice(0, Math.max(0, text.indexOf('\n')))) !== undefined;

function lineOf({ task, call, begin_ns, end_ns, result, sqes, rqes }: TranscriptEntry): OpenedLine {
  const { call: name, ...args } = call as unknown as Record<string, unknown> & { call?: string };
  const words = Object.entries(args).map(([k, v]) => `${k}=${typeof v === 'object' ? JSON.stringify(v) : String(v)}`);
  const what = [
    words.join(' '), sqes.length > 0 ? `${sqes.length} submission entries` : '', rqes.length > 0 ? `${rqes.length} buffers given back` : '',
  ].filter((w) => w !== '').join(', ');
  const answer = result < 0 ? `-${errnoName(-result) ?? -result}` : String(result);
  return { at: timeText(begin_ns), kind: name ?? 'call', text: `task ${task}: ${what} → ${answer} after ${timeText(end_ns - begin_ns)}` };
}

export function readTranscript(text: string, name: string): { what: 'transcript'; lines: OpenedLine[]; count: number } {
  const entries = text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const entry = entryOf(line);
    if (!entry)
      throw new InputError(`${name}:${i + 1}: this is no line of a transcript, which has task, call, begin_ns, result, sqes and rqes.`);
    return [entry];
  });
  return { what: 'transcript', lines: entries.slice(0, LINES_SHOWN).map(lineOf), count: entries.length };
}
