/** Numbers for people: three significant digits, a thin space between groups, units apart. */
import type { Fact } from './page_model.ts';

const significant = (value: number): string => {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 2));
};

export const count = (value: number): string => Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');

export function bytes(value: number): string {
  if (value < 1024) return `${value}\u202fB`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = value / 1024;
  let i = 0;
  while (scaled >= 1024 && i < units.length - 1) {
    scaled /= 1024;
    i++;
  }
  return `${significant(scaled)}\u202f${units[i]}`;
}

export function duration(ns: number): string {
  if (ns < 1000) return `${Math.round(ns)}\u202fns`;
  if (ns < 1e6) return `${significant(ns / 1e3)}\u202fµs`;
  if (ns < 1e9) return `${significant(ns / 1e6)}\u202fms`;
  return `${significant(ns / 1e9)}\u202fs`;
}

/** A time on a list that is read downwards: always microseconds, three decimals, so that columns line up. */
export const moment = (ns: number): string => {
  const [whole = '0', rest = '000'] = (ns / 1000).toFixed(3).split('.');
  return `${count(Number(whole))}.${rest}`;
};

export const percent = (part: number, whole: number): string => {
  if (whole === 0) return '–';
  const share = (100 * part) / whole;
  if (share > 99.9 && share < 100) return '99.9\u202f%';
  return `${share === 0 || share >= 99.95 ? Math.round(share) : share.toFixed(1)}\u202f%`;
};

export const fact = (f: Fact): string => {
  if (f.unit === 'bytes') return bytes(f.value);
  if (f.unit === 'ns') return duration(f.value);
  return f.unit === 'ratio' ? significant(f.value) : count(f.value);
};
