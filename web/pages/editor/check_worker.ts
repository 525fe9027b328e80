/** Reads scenarios off the page's thread: what is wrong with a text, and what the schema says. */
import { scenarioJsonSchema } from '../../../sim/host/index.ts';
import { type CheckedText, checkText, type Schema } from '../../../sim/lab/index.ts';

export type CheckRequest = { readonly id: number; readonly text: string; readonly name: string };
export type CheckReply =
  | { readonly id: 0; readonly schema: Schema }
  | { readonly id: number; readonly checked: CheckedText }
  | { readonly id: number; readonly error: string };

postMessage({ id: 0, schema: scenarioJsonSchema() as Schema } satisfies CheckReply);

addEventListener('message', ({ data }: MessageEvent<CheckRequest>) => {
  try {
    postMessage({ id: data.id, checked: checkText(data.text, data.name) } satisfies CheckReply);
  } catch (error) {
    postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) } satisfies CheckReply);
  }
});
