/** The form of a finding's row (findings.ts). */
export type Severity = 'error' | 'warning' | 'note';

export interface FindingRow {
  readonly name: string;
  /** The concern: a file of sim/host/doctor. */
  readonly concern: string;
  readonly severity: Severity;
  readonly about: string;
  readonly cause: string;
  readonly remedy: string;
  readonly cases: readonly string[];
}

export type Texts = { readonly about: string; readonly cause: string; readonly remedy: string };
export const row = (concern: string, severity: Severity, name: string, cases: string, texts: Texts): FindingRow =>
  ({ name, concern, severity, ...texts, cases: cases.split(' ').filter(Boolean) });
