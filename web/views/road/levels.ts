/** What stands beside each station: one level that matters there, in a number, a word and, where it has a size, a bar. */
import { placeCode, placeOfCode, type RoadFrame, type RoadHost } from '../../../sim/lab/index.ts';
import { count } from '../../format.ts';

export interface LevelText {
  readonly value: string;
  readonly word: string;
  /** 0 to 1; undefined where there is nothing to fill. */
  readonly share?: number;
  /** It is near its end: full, or empty where emptiness is what hurts. */
  readonly bad?: boolean;
  readonly about: string;
}

/** Short: a column is not wide. */
function bytes(n: number): string {
  const [value, unit] = n < 1000 ? [n, 'B'] : n < 1e6 ? [n / 1e3, 'kB'] : n < 1e9 ? [n / 1e6, 'MB'] : [n / 1e9, 'GB'];
  return `${value < 10 && n >= 1000 ? value.toFixed(1) : Math.round(value)}\u202f${unit}`;
}

const level = (value: string, word: string, about: string): LevelText => ({ value, word, about });

/** A level of something that has a size. It hurts at one of its ends. */
function filled(n: number, of: number, hurts: 'full' | 'empty', text: LevelText): LevelText {
  if (of <= 0) return text;
  const share = Math.min(1, n / of);
  return { ...text, share, bad: hurts === 'full' ? share >= 0.95 : share <= 0.02 };
}

function sending(stage: number, { gauges: g }: RoadHost): LevelText | undefined {
  switch (stage) {
    case 8: return g.written > 0 ? level(bytes(g.written), 'written', 'bytes that the application has produced') : undefined;
    case 7: return g.submissions > 0 ? level(count(g.submissions), 'requests', 'requests that the kernel took from the SQ') : undefined;
    case 6: return g.written > 0 || g.send_queue > 0
      ? level(bytes(g.send_queue), 'to send', 'bytes in send queues: not sent, or not acknowledged') : undefined;
    case 5: return g.cwnd > 0 ? level(count(g.cwnd), 'cwnd', 'congestion window, in segments')
      : level(count(g.sent_packets), 'packets', 'packets that TCP gave to the device');
    case 2: return level(count(g.tx_waiting), 'waiting', 'packets that wait for the link');
    default: return undefined;
  }
}

function receiving(stage: number, { gauges: g, sizes, has_area, area_open, built_in }: RoadHost): LevelText | undefined {
  const free = g.free + g.cached;
  switch (stage) {
    case 2: return area_open
      ? filled(g.posted, sizes.rx_ring, 'empty', level(count(g.posted), 'posted', 'buffers of the area that wait at the NIC')) : undefined;
    case 3: return sizes.area === 0 ? undefined
      : filled(free, sizes.area, 'empty', level(count(free), 'free', 'buffers in the free list and in page pools'));
    case 4: return level(count(g.rx_waiting), 'to poll', 'frames in memory that no poll has taken');
    case 5: return g.early > 0 ? level(count(g.early), 'came early', 'segments that came out of order, so far') : undefined;
    case 6: return level(bytes(g.unread), 'unread', 'bytes in receive queues, in order');
    case 7: return sizes.cq > 0 && g.completions > 0
      ? filled(g.cq, sizes.cq, 'full', level(count(g.cq), 'in CQ', 'completions that the application has not taken')) : undefined;
    case 8: return has_area
      ? level(count(built_in ? g.held : g.on_loan), built_in ? 'held' : 'on loan', 'buffers that the application has not given back')
      : level(bytes(g.read), 'read', 'bytes that the application has read');
    case 9: return !built_in ? undefined : filled(g.rq, sizes.rq || sizes.area, 'full',
      level(count(g.rq), 'to refill', 'entries of the refill ring that the kernel has not read'));
    default: return undefined;
  }
}

/** Of the link: what flies, and what waits for those before it. */
function link(host: number, frame: RoadFrame): LevelText {
  const waits = frame.waiting.find((w) => w.at === placeCode(host, false, 1))?.count ?? 0;
  const word = waits > 0 ? `in flight, ${count(waits)} wait` : 'in flight';
  return level(count(frame.on_wire[host as 0 | 1]), word, 'frames on the link, and those that wait for it');
}

export function levelAt(code: number, frame: RoadFrame): LevelText | undefined {
  const { hosts } = frame;
  const { host, receives, stage } = placeOfCode(code);
  const h = hosts[host];
  if (stage === 1) return link(host, frame);
  return h && (receives ? receiving(stage, h) : sending(stage, h));
}
