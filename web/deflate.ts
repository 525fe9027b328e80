/** Text as few characters that an address may hold: deflated, then base64url. */
const BYTES_MAX = 4 * 2 ** 20;

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

export async function packText(text: string): Promise<string> {
  const packed = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'));
  let binary = '';
  for (const byte of packed) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Throws when it was not packed by packText. */
export async function unpackText(packed: string): Promise<string> {
  const binary = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  const unpacked = await through(bytes, new DecompressionStream('deflate-raw'));
  if (unpacked.length > BYTES_MAX) throw new RangeError('the text of the link is longer than 4 MiB');
  return new TextDecoder('utf-8', { fatal: true }).decode(unpacked);
}
