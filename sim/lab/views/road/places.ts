/** Where on the road something is: a host, the half of it that sends or that receives, and a stage. One number, so that columns hold it. */
const HOST = 32;
const RECEIVES = 16;

export interface RoadPlace {
  readonly host: number;
  readonly receives: boolean;
  /** 1 to 9, as STAGES numbers them; 1 of the half that sends is the link to the other host. */
  readonly stage: number;
}

export const placeCode = (host: number, receives: boolean, stage: number): number => host * HOST + (receives ? RECEIVES : 0) + stage;
export const placeOfCode = (code: number): RoadPlace =>
  ({ host: code >> 5, receives: (code & RECEIVES) !== 0, stage: code % RECEIVES });

/** What moves. */
export const ROAD_KINDS = ['frame', 'packet', 'ack', 'buffer', 'write'] as const;
export type RoadKind = (typeof ROAD_KINDS)[number];
export const FRAME = 0;
/** What TCP gave to the device and the device has not cut into frames yet. */
export const PACKET = 1;
/** Without payload. */
export const ACK = 2;
/** On loan to the application, or on its way back. */
export const BUFFER = 3;
/** Bytes that an application has written, until its socket has them. */
export const WRITE = 4;

/** Of the selection: what a mover is called. */
export function moverId(kind: number, host: number, id: number): string {
  if (kind === BUFFER) return `buffer:${host}:${id}`;
  return kind === WRITE ? `record:${id}` : `packet:${id}`;
}
