/** What the user gave cannot be used. The message is one sentence for the terminal; the command line exits with 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
