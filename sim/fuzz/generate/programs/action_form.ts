/** The form of an action: it adds steps to a program, or none when there is nothing that it could be about. */
import type { Genes } from './genes.ts';
import type { Feature, Model } from './model.ts';

export interface ActionRow {
  readonly weight: number;
  /** What a program must have to use it at all. */
  readonly feature?: Feature;
  /** Only in programs for the simulator: on a real kernel it is not always the same. */
  readonly loose?: true;
  readonly run: (m: Model, g: Genes) => void;
}
