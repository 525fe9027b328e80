/** Runs scenarios for their pictures, one after another, off the page's thread. */
import coreUrl from '../../../build/core.wasm?url';
import { compileCore, loadScenario } from '../../../sim/host/index.ts';
import { type Picture, pictureOf } from '../../../sim/lab/index.ts';

export interface PictureRequest {
  readonly name: string;
  readonly text: string;
}
export interface PictureReply {
  readonly name: string;
  /** undefined: it cannot be run here. */
  readonly picture: Picture | undefined;
}

const core = fetch(coreUrl).then(async (response) => compileCore(await response.arrayBuffer()));

addEventListener('message', async ({ data: { name, text } }: MessageEvent<PictureRequest>) => {
  let picture: Picture | undefined;
  try {
    picture = pictureOf(await core, loadScenario(text, name, {}));
  } catch {
    // Some are written to be refused: they have no picture.
  }
  postMessage({ name, picture } satisfies PictureReply);
});
