/** What of the frame is open over the page. */
class ShellState {
  /** The palette with a text to begin with; undefined: closed. */
  palette = $state<string>();
  /** The sheet of keys. */
  sheet = $state(false);
}

export const shell = new ShellState();
