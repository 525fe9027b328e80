/** The drawings that are on the page right now: what can be saved as a picture. */
import type { Palette } from './palette.ts';
import type { Scene } from './scene.ts';

export interface ShownDrawing {
  readonly name: string;
  readonly scene: () => Scene;
  readonly palette: () => Palette;
}
const shown = new Set<ShownDrawing>();

/** Returns how to take it away. */
export function showDrawing(drawing: ShownDrawing): () => void {
  shown.add(drawing);
  return () => shown.delete(drawing);
}
export const shownDrawings = (): readonly ShownDrawing[] => [...shown];
