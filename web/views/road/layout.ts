/**
 * Where places of the road lie in a drawing. Wide, it runs from left to right: the client outside in, the wire, the server inside
 * out; upper lane to the server, lower lane to the client. Narrow, the same from top to bottom.
 */
import { placeCode, placeOfCode } from '../../../sim/lab/index.ts';

export type Depth = 'simple' | 'normal' | 'detailed';

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Station extends Point {
  readonly code: number;
  /** Things that wait here stand in rows: the first one, the directions, how many fit into a row and in all. */
  readonly queue: Point & { readonly per_row: number; readonly most: number; readonly down: 1 | -1 };
  /** Room for words below or beside it. */
  readonly words: Point & { readonly room: number; readonly anchor: 'start' | 'middle' };
}
export interface Band {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly vertical: boolean;
  readonly stations: readonly Station[];
  /** Names of stages: once for both lanes. */
  readonly names: readonly (Point & { readonly host: number; readonly stage: number; readonly room: number })[];
  readonly hosts: readonly [Band, Band];
  readonly wire: Band;
  /** The two lanes as lines, by the host that sends on them. */
  readonly lanes: readonly [readonly Point[], readonly Point[]];
  /** Ways of buffers back to the pool, by host; empty where a host has no area. */
  readonly returns: readonly [readonly Point[], readonly Point[]];
  /** Where a lane is the link. */
  readonly links: readonly [readonly [Point, Point], readonly [Point, Point]];
  readonly at: (code: number) => Station | undefined;
}

/** Glyphs that wait are this far apart. */
export const PITCH = 9;
const NARROW = 760;
export const SENDING = [8, 7, 6, 5, 2];
export const RECEIVING = [2, 3, 4, 5, 6, 7, 8, 9];

export interface Room {
  readonly width: number;
  readonly depth: Depth;
  readonly areas: readonly [boolean, boolean];
}

const stagesOf = (area: boolean): number[] => (area ? [9, 8, 7, 6, 5, 4, 3, 2] : [8, 7, 6, 5, 4, 3, 2]);

function finished(parts: Omit<Layout, 'at'>): Layout {
  const by = new Map(parts.stations.map((s) => [s.code, s]));
  return { ...parts, at: (code) => by.get(code) };
}

/** The stations of both lanes of a host, at the points that a lane gives them. */
function halves(host: number, area: boolean, station: (code: number) => Station): Station[] {
  const received = area ? RECEIVING : RECEIVING.filter((s) => s !== 9);
  return [...SENDING.map((s) => placeCode(host, false, s)), ...received.map((s) => placeCode(host, true, s))].map(station);
}

export const layoutOf = (room: Room): Layout => (room.width < NARROW ? narrow(room) : wide(room));

function wide({ width, depth, areas }: Room): Layout {
  const pad = 8;
  const wire_w = Math.max(110, Math.min(280, width * 0.19));
  const host_w = (width - 2 * pad - wire_w) / 2;
  const quiet = depth === 'simple';
  const [queue_h, words_h] = [quiet ? 36 : 45, quiet ? 12 : 44];
  const [head_h, gap] = [40, 16];
  const lane_y = [head_h + queue_h, head_h + queue_h + words_h + gap + queue_h] as const;
  const height = lane_y[1] + words_h + gap + 8;
  const columns = [stagesOf(areas[0]), stagesOf(areas[1])] as const;
  const step = [host_w / columns[0].length, host_w / columns[1].length] as const;
  const x = (host: number, stage: number): number => {
    const out = ((columns[host as 0 | 1].indexOf(stage) + 0.5) * step[host as 0 | 1]);
    return host === 0 ? pad + out : width - pad - out;
  };
  const station = (code: number): Station => {
    const { host, receives, stage } = placeOfCode(code);
    const y = lane_y[receives ? 1 - host : host] as number;
    const per_row = Math.max(2, Math.floor((step[host as 0 | 1] - 6) / PITCH));
    const rows = Math.floor((queue_h - 12) / PITCH);
    const at = x(host, stage);
    return {
      code, x: at, y, queue: { x: at - (per_row * PITCH) / 2 + 1, y: y - 22, per_row, most: per_row * rows, down: -1 },
      words: { x: at, y: y + 24, room: step[host as 0 | 1] - 4, anchor: 'middle' },
    };
  };
  const link = (host: number): Station => {
    const y = lane_y[host as 0 | 1];
    const start = host === 0 ? pad + host_w + 8 : width - pad - host_w - 8;
    return {
      code: placeCode(host, false, 1), x: start, y,
      queue: { x: host === 0 ? start : start - 4 * PITCH, y: y - 16, per_row: 4, most: 4 * Math.floor((queue_h - 8) / PITCH), down: -1 },
      words: { x: width / 2, y: y + 24, room: wire_w - 16, anchor: 'middle' },
    };
  };
  const lane = (from: number): Point[] => {
    const y = lane_y[from as 0 | 1];
    return [{ x: x(from, 8), y }, { x: x(1 - from, areas[(1 - from) as 0 | 1] ? 9 : 8), y }];
  };
  const back = (host: number): Point[] => {
    const y = lane_y[host === 0 ? 1 : 0] as number;
    const low = y + words_h + 5;
    // Between the columns, so that it crosses no words.
    const out = (host === 0 ? -1 : 1) * (step[host as 0 | 1] / 2 - 2);
    const [a, b] = [x(host, 9), x(host, 3)];
    const [c, d] = [a + out, b + out];
    return areas[host as 0 | 1] ? [{ x: a, y }, { x: c, y }, { x: c, y: low }, { x: d, y: low }, { x: d, y }, { x: b, y }] : [];
  };
  const ends = (host: number): readonly [Point, Point] => {
    const [a, b] = [pad + host_w + 4, width - pad - host_w - 4];
    const y = lane_y[host as 0 | 1];
    return host === 0 ? [{ x: a, y }, { x: b, y }] : [{ x: b, y }, { x: a, y }];
  };
  return finished({
    width, height, vertical: false,
    stations: [...halves(0, areas[0], station), link(0), link(1), ...halves(1, areas[1], station)],
    names: [0, 1].flatMap((host) => columns[host as 0 | 1].map((stage) => ({
      host, stage, x: x(host, stage), y: 35, room: step[host as 0 | 1] - 2,
    }))),
    hosts: [{ x: pad, y: 2, w: host_w, h: height - 4 }, { x: width - pad - host_w, y: 2, w: host_w, h: height - 4 }],
    wire: { x: pad + host_w, y: 2, w: wire_w, h: height - 4 },
    lanes: [lane(0), lane(1)], returns: [back(0), back(1)], links: [ends(0), ends(1)],
  });
}

function narrow({ width, depth, areas }: Room): Layout {
  // Both hosts are to be seen at once on a phone.
  const row = depth === 'simple' ? 26 : 32;
  const wire_h = 84;
  const head = 26;
  const labels = 74;
  const half = (width - labels - 10) / 2;
  const lane_x = [labels + 12, labels + 12 + half] as const;
  const columns = [stagesOf(areas[0]), stagesOf(areas[1])] as const;
  const top = [4, 4 + head + columns[0].length * row + wire_h] as const;
  const height = top[1] + columns[1].length * row + head + 4;
  const y = (host: number, stage: number): number => host === 0
    ? top[0] + head + (columns[0].indexOf(stage) + 0.5) * row
    : top[1] + (columns[1].length - columns[1].indexOf(stage) - 0.5) * row;
  const station = (code: number): Station => {
    const { host, receives, stage } = placeOfCode(code);
    const x = lane_x[receives ? 1 - host : host] as number;
    const per_row = Math.max(2, Math.floor((half - 26) / PITCH));
    const at = y(host, stage);
    return {
      code, x, y: at, queue: { x: x + 13, y: at - (depth === 'simple' ? 4 : 13), per_row, most: per_row, down: 1 },
      words: { x: x + 14, y: at + 9, room: half - 20, anchor: 'start' },
    };
  };
  const wire_top = top[0] + head + columns[0].length * row;
  const link = (host: number): Station => {
    const x = lane_x[host as 0 | 1];
    const at = host === 0 ? wire_top + 6 : wire_top + wire_h - 6;
    return {
      code: placeCode(host, false, 1), x, y: at, queue: { x: x + 13, y: at - 4, per_row: 8, most: 16, down: host === 0 ? 1 : -1 },
      words: { x: x + 14, y: wire_top + wire_h / 2, room: half - 20, anchor: 'start' },
    };
  };
  const lane = (host: number): Point[] => {
    const x = lane_x[host as 0 | 1];
    return [{ x, y: y(host, 8) }, { x, y: y(1 - host, areas[(1 - host) as 0 | 1] ? 9 : 8) }];
  };
  const back = (host: number): Point[] => {
    const x = lane_x[host === 0 ? 1 : 0] as number;
    const out = x - 14;
    return areas[host as 0 | 1] ? [{ x, y: y(host, 9) }, { x: out, y: y(host, 9) }, { x: out, y: y(host, 3) }, { x, y: y(host, 3) }] : [];
  };
  const ends = (host: number): readonly [Point, Point] => {
    const x = lane_x[host as 0 | 1];
    const [a, b] = [{ x, y: wire_top + 2 }, { x, y: wire_top + wire_h - 2 }];
    return host === 0 ? [a, b] : [b, a];
  };
  return finished({
    width, height, vertical: true,
    stations: [...halves(0, areas[0], station), link(0), link(1), ...halves(1, areas[1], station)],
    names: [0, 1].flatMap((host) => columns[host as 0 | 1].map((stage) =>
      ({ host, stage, x: 12, y: y(host, stage) + 4, room: labels - 14 }))),
    hosts: [{ x: 2, y: top[0], w: width - 4, h: wire_top - top[0] }, { x: 2, y: top[1], w: width - 4, h: height - top[1] - 2 }],
    wire: { x: 2, y: wire_top, w: width - 4, h: wire_h },
    lanes: [lane(0), lane(1)], returns: [back(0), back(1)], links: [ends(0), ends(1)],
  });
}

/** A point on a line through points, by the share of its length. */
export function along(points: readonly Point[], share: number): Point {
  const lengths = points.slice(1).map((p, i) => Math.hypot(p.x - (points[i] as Point).x, p.y - (points[i] as Point).y));
  let left = share * lengths.reduce((a, b) => a + b, 0);
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number;
    const [a, b] = [points[i] as Point, points[i + 1] as Point];
    if (left <= length || i === lengths.length - 1) {
      const k = length === 0 ? 0 : Math.min(1, left / length);
      return { x: a.x + (b.x - a.x) * k, y: a.y + (b.y - a.y) * k };
    }
    left -= length;
  }
  return points[0] as Point;
}
