/**
 * What a view draws, as data: the canvas, the SVG export, the table twin, the narration and the tests are made of the same list.
 * Lengths are CSS pixels, the origin is top left, later items lie above earlier ones.
 */
import type { Ink } from './palette.ts';

/** Colour is never alone: a fill that means something has a pattern too. */
export type Pattern = 'plain' | 'dots' | 'hatch' | 'hatch-back' | 'cross' | 'bars' | 'hollow';

interface Thing {
  /** What it stands for, as a selection says it: packet:12, buffer:7. Items without an id are not there for the pointer. */
  readonly id?: string;
  /** What the pointer and the reader are told of it. */
  readonly label?: string;
  /** 0 to 1; 1 if left out. */
  readonly alpha?: number;
}
interface Filled {
  readonly fill?: Ink;
  readonly pattern?: Pattern;
  readonly stroke?: Ink;
  readonly width?: number;
  readonly dash?: readonly number[];
}
export interface RectItem extends Thing, Filled {
  readonly kind: 'rect';
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly radius?: number;
}
export interface CircleItem extends Thing, Filled {
  readonly kind: 'circle';
  readonly x: number;
  readonly y: number;
  readonly r: number;
}
/** A piece of a ring between two radii; angles in turns, 0 at the top, clockwise. */
export interface SectorItem extends Thing, Filled {
  readonly kind: 'sector';
  readonly x: number;
  readonly y: number;
  readonly inner: number;
  readonly outer: number;
  readonly from: number;
  readonly to: number;
}
/** A line through points: x0, y0, x1, y1 … */
export interface PathItem extends Thing, Filled {
  readonly kind: 'path';
  readonly points: ArrayLike<number>;
  readonly closed?: boolean;
}
export interface TextItem extends Thing {
  readonly kind: 'text';
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly fill: Ink;
  readonly size?: number;
  readonly weight?: number;
  readonly mono?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Longer text is cut, with an ellipsis. */
  readonly room?: number;
}
/** Many equal cells in rows: one item, since a view may have ten thousand of them. The id of cell n is `${id}:${first + n}`, or - n. */
export interface CellsItem extends Thing {
  readonly kind: 'cells';
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  readonly size: number;
  readonly gap: number;
  readonly first: number;
  /** Numbers go down from the first one. */
  readonly down?: boolean;
  /** For each cell its style, as an index. */
  readonly values: Uint8Array;
  readonly styles: readonly { readonly fill: Ink; readonly pattern: Pattern; readonly label: string }[];
  /** Cells to be marked, by number: an outline. */
  readonly marked?: readonly number[];
}
export type Item = RectItem | CircleItem | SectorItem | PathItem | TextItem | CellsItem;

export interface TableTwin {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly id?: string; readonly cells: readonly (string | number)[] }[];
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly items: readonly Item[];
  readonly table: TableTwin;
  /** One or two sentences: what is to be seen right now. */
  readonly narration: string;
}

/** A scene whose table is made when somebody looks at it: while a run plays nobody does. */
export function sceneWith(drawn: Omit<Scene, 'table'>, makeTable: () => TableTwin): Scene {
  let made: TableTwin | undefined;
  return {
    ...drawn,
    get table() {
      made ??= makeTable();
      return made;
    },
  };
}

export const sectorPoint = (s: { x: number; y: number }, radius: number, turn: number): [number, number] => {
  const angle = (turn - 0.25) * 2 * Math.PI;
  return [s.x + radius * Math.cos(angle), s.y + radius * Math.sin(angle)];
};
