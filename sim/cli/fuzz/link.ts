/** The link that opens a run in the browser at its moment. Nothing is stored anywhere: the link is the run. */
import { packText } from '../../../web/deflate.ts';
import { writeAddress } from '../../../web/address.ts';
import type { RunFile } from '../../lab/index.ts';

/** Where ringlab serve and npm start serve, unless told otherwise. */
export const SERVED = 'http://127.0.0.1:8080/';

/** Behind the page's address. Edits are a branch that leaves the base at the first of them, as the page writes it (bench_link.ts). */
export async function fragmentOf({ name, text = '', step, edits, core_hash, state_hash }: RunFile): Promise<string> {
  const first = edits[0]?.at;
  return `#${writeAddress({
    scenario: name, text: await packText(text), step,
    ...(first === undefined ? {} : { branches: await packText(JSON.stringify([['edited', 0, first, edits, []]])), branch: 1 }),
    ...(core_hash === undefined || state_hash === undefined ? {} : { core: core_hash, state: state_hash }),
  })}`;
}
