/** What somebody wrote and has not run is not lost when the page is closed. */
export interface Draft {
  readonly name: string;
  readonly text: string;
  readonly original: string;
}
const KEY = 'ringlab.draft';

export function readDraft(): Draft | undefined {
  try {
    const draft = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Partial<Draft> | null;
    const whole = draft && typeof draft.name === 'string' && typeof draft.text === 'string' && typeof draft.original === 'string';
    return whole ? (draft as Draft) : undefined;
  } catch {
    return undefined;
  }
}
export function keepDraft(draft: Draft): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // A browser without storage loses drafts, and nothing else.
  }
}
export function clearDraft(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}
