/** In the page: paints scenes again and again, and says how long it takes until the pixels are there. */
import { Painter } from '../../web/draw/paint.ts';
import { readPalette } from '../../web/draw/palette.ts';
import type { Item, Scene } from '../../web/draw/scene.ts';

export interface Scenes {
  readonly road: Scene;
  readonly memory: Scene;
}
const TIMES = 120;

/** On their way to the page columns became lists. */
const revived = (item: Item): Item => (item.kind === 'cells' ? { ...item, values: Uint8Array.from(Object.values(item.values)) } : item);

function paintTimes(scene: Scene, ratio: number): string {
  const canvas = document.createElement('canvas');
  canvas.width = scene.width * ratio;
  canvas.height = scene.height * ratio;
  const context = canvas.getContext('2d');
  if (!context) return 'no canvas';
  const painter = new Painter(context, readPalette(document.body));
  const items = scene.items.map(revived);
  const times = Array.from({ length: TIMES }, () => {
    const from = performance.now();
    painter.paint({ ...scene, items }, ratio);
    // Reading a pixel waits for all of them.
    context.getImageData(0, 0, 1, 1);
    return performance.now() - from;
  }).sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * (TIMES - 1))] ?? 0).toFixed(2);
  return `${items.length} items, median ${at(0.5)} ms, 95 % under ${at(0.95)} ms`;
}

Object.assign(window, {
  paintFrames: (scenes: Scenes, ratio: number): string[] =>
    (['road', 'memory'] as const).map((name) => `  ${name.padEnd(7)} paint ${paintTimes(scenes[name], ratio)}`),
});
