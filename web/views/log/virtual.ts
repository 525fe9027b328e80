/** Where a list of a million rows is scrolled to. A page can be only so high: beyond that the scroll bar is a scale of its own. */
export const HEIGHT_MAX = 12_000_000;

export interface Extent {
  readonly rows: number;
  readonly row_px: number;
  /** Of what is to be seen. */
  readonly view_px: number;
}

export const visibleRows = ({ row_px, view_px }: Extent): number => Math.max(1, Math.floor(view_px / row_px));
/** How high the scrolled page is. */
export const heightOf = (e: Extent): number => Math.max(e.view_px, Math.min(HEIGHT_MAX, e.rows * e.row_px));
export const lastFirst = (e: Extent): number => Math.max(0, e.rows - visibleRows(e));

/** The first row to be seen at a place of the scroll bar. */
export function firstAt(e: Extent, scroll_px: number): number {
  const room = heightOf(e) - e.view_px;
  if (room <= 0) return 0;
  return Math.round(Math.max(0, Math.min(1, scroll_px / room)) * lastFirst(e));
}
/** The place of the scroll bar for a first row. */
export function scrollOf(e: Extent, first: number): number {
  const last = lastFirst(e);
  return last === 0 ? 0 : (Math.max(0, Math.min(first, last)) / last) * (heightOf(e) - e.view_px);
}
