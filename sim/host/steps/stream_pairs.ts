/** Pairs of sockets with the streams between them: what each still has to send, and what came of it. */

/** The pattern of a stream: a word of four bytes at every place, which says the place and the stream. */
export function streamWord(seed: number, place: number): number {
  let h = (Math.imul(place + 1, 0x9e3779b1) + Math.imul(seed, 0x85ebca6b)) | 0;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 12)) >>> 0;
}
const streamByte = (seed: number, at: number): number => (streamWord(seed, Math.floor(at / 4)) >>> (8 * (at % 4))) & 0xff;

export function writeStream(bytes: Uint8Array, seed: number, from: number): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = streamByte(seed, from + i);
}
export const provesStream = (bytes: Uint8Array, seed: number, from: number): boolean =>
  bytes.every((b, i) => b === streamByte(seed, from + i));

export interface End {
  readonly fd: number;
  /** It is a file of the client. */
  readonly client: boolean;
}

/** From one end to the other. */
export interface Flow {
  readonly seed: number;
  readonly from: End;
  readonly to: End;
  /** Bytes that it is to carry in all, and that the socket took. */
  wanted: number;
  sent: number;
  /** Bytes that may be sent and not yet received; 0: any number. */
  window: number;
  /** The end follows; the end was said. */
  end: boolean;
  shut: boolean;
  received: number;
  /** Of what was received: said by a step already. */
  said: number;
  ok: boolean;
  crc: number;
  /** The ring on which a RECV_ZC waits for it. */
  armed: object | undefined;
  /** When a step last said how they came: bytes of it in all, and those that were copied. */
  counted: number;
  copied: number;
}

export interface Pair {
  readonly flows: readonly [Flow, Flow];
}

export function pairOf(number: number, [a, b]: readonly [End, End]): Pair {
  const flow = (from: End, to: End, seed: number): Flow => ({
    seed, from, to, wanted: 0, sent: 0, window: 0, end: false, shut: false, received: 0, said: 0, ok: true, crc: 0, armed: undefined,
    counted: 0, copied: 0,
  });
  return { flows: [flow(a, b, 2 * number), flow(b, a, 2 * number + 1)] };
}

/** An end was closed: nothing is sent from it any more, since another file may get its number. */
export function forget({ flows }: Pair, end: End): void {
  for (const f of flows) {
    if (f.from.fd !== end.fd || f.from.client !== end.client) continue;
    f.wanted = f.sent;
    f.end = false;
  }
}
