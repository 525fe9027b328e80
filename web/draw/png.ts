/** A scene as a PNG, on the ground of its card. */
import { Painter } from './paint.ts';
import type { Palette } from './palette.ts';
import type { Scene } from './scene.ts';

/** Pixels for each CSS pixel: sharp when printed, too. */
const RATIO = 2;

export async function scenePng(scene: Scene, palette: Palette): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(scene.width * RATIO));
  canvas.height = Math.max(1, Math.round(scene.height * RATIO));
  const context = canvas.getContext('2d');
  if (!context) throw new Error('the browser has no canvas to draw on');
  new Painter(context, palette).paint(scene, RATIO);
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = palette.card;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillRect(0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture was made'))), 'image/png');
  });
}
