/** Light, dark, or as the system has it. Kept in this browser. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const KEY = 'ringlab.theme';

class ThemeStore {
  choice = $state<Theme>('system');

  start(): void {
    this.set(THEMES.find((t) => t === read()) ?? 'system');
  }
  set(choice: Theme): void {
    this.choice = choice;
    if (choice === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    keep(choice);
  }
  next(): void {
    this.set(THEMES[(THEMES.indexOf(this.choice) + 1) % THEMES.length] as Theme);
  }
}

/** A page in a frame may be refused its storage. */
function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
function keep(choice: Theme): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Then it holds as long as the page is open.
  }
}

export const theme = new ThemeStore();
