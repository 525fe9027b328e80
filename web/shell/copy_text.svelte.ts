/** Copies a text, and says so for a moment. */
const SAID_MS = 1600;

export class Copied {
  /** What was copied just now, by the name of its button. */
  what = $state('');

  async copy(what: string, text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.what = what;
    } catch {
      this.what = `${what}: refused`;
    }
    setTimeout(() => {
      this.what = '';
    }, SAID_MS);
  }
}
