/** Numbers for people, as the command line writes them, with spaces that do not break. */
import { bytesText, durationText, shareText } from '../sim/host/index.ts';
export interface Fact {
  readonly label?: string;
  readonly value: number;
  readonly unit: 'count' | 'bytes' | 'ns' | 'ratio';
}

const unbroken = (text: string): string => text.replaceAll(' ', '\u202f');

export const count = (value: number): string => Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');
export const bytes = (value: number): string => unbroken(bytesText(value));
export const duration = (ns: number): string => unbroken(durationText(Math.round(ns)));
/** A round time without zeros at its end, for the marks of an axis: 1.2 ms, 800 µs. */
export function roundTime(ns: number): string {
  const [unit, size] = ns >= 1e9 ? ['s', 1e9] : ns >= 1e6 ? ['ms', 1e6] : ns >= 1e3 ? ['µs', 1e3] : ['ns', 1];
  return `${Number((ns / (size as number)).toFixed(3))}\u202f${unit}`;
}
export const percent = (part: number, whole: number): string => (whole === 0 ? '–' : unbroken(shareText(part, whole)));

/** A time on a list that is read downwards: always microseconds, three decimals, so that columns line up. */
export const moment = (ns: number): string => {
  const [whole = '0', rest = '000'] = (Math.abs(ns) / 1000).toFixed(3).split('.');
  return `${ns < 0 ? '−' : ''}${count(Number(whole))}.${rest}`;
};

export const fact = (f: Fact): string => {
  if (f.unit === 'bytes') return bytes(f.value);
  if (f.unit === 'ns') return duration(f.value);
  return f.unit === 'ratio' ? f.value.toFixed(1) : count(f.value);
};
