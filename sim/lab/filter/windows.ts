/** Receive windows as the frames on the wire announce them: of each host, the least of its open connections. */
import type { FrameStore } from '../frames.ts';

const FIN_OR_RST = 0x05;
/** Frames that are no TCP are in the trace and not in the store: how far to look for the one that is meant. */
const LOOK = 256;
const NONE = -1;

export class Windows {
  readonly #frames: FrameStore;
  /** The next frame of each host. */
  readonly #next: [number, number] = [0, 0];
  readonly #open: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  readonly #ended = new Set<number>();
  readonly #least: [number, number] = [NONE, NONE];

  constructor(frames: FrameStore) {
    this.#frames = frames;
  }

  /** A host has given a frame to the link. Returns its least window since; -1: it has no connection. */
  sent(host: 0 | 1, pkt_id: number): number {
    const at = this.#find(host, pkt_id);
    if (at === NONE) return this.#least[host];
    this.#next[host] = at + 1;
    const flow = this.#frames.flow.at(at);
    if ((this.#frames.flags.at(at) & FIN_OR_RST) !== 0) this.#ended.add(flow);
    const own = this.#open[host];
    if (this.#ended.has(flow)) own.delete(flow);
    else own.set(flow, this.#frames.window.at(at));
    this.#least[host] = own.size === 0 ? NONE : least(own);
    return this.#least[host];
  }

  #find(host: 0 | 1, pkt_id: number): number {
    const { side, pkt, length } = this.#frames;
    for (let i = this.#next[host], seen = 0; i < length && seen < LOOK; i++) {
      if (side.at(i) !== host) continue;
      if (pkt.at(i) === pkt_id) return i;
      seen++;
    }
    return NONE;
  }
}

function least(values: ReadonlyMap<number, number>): number {
  let min = Infinity;
  for (const value of values.values()) min = Math.min(min, value);
  return min;
}
