/** What of the frame is open over the page, and what the open link says of itself. */
export interface Proof {
  /** opening: it is being replayed; none: the link carried no hashes. */
  readonly state: 'none' | 'opening' | 'reproduced' | 'differs';
  /** In sentences. */
  readonly lines: readonly string[];
  /** Of which step it speaks. */
  readonly step?: number;
}

class ShellState {
  /** The palette with a text to begin with; undefined: closed. */
  palette = $state<string>();
  /** The sheet of keys. */
  sheet = $state(false);
  /** The dialog with the link. */
  share = $state(false);
  /** The dialog that saves runs and drawings as files. */
  save = $state(false);
  /** What somebody called the open link. */
  title = $state('');
  proof = $state.raw<Proof>({ state: 'none', lines: [] });
}

export const shell = new ShellState();
