/** What a filter leaves out stands back: the same scene, with things that do not fit drawn faintly. What is selected does not. */
import type { CellsItem, Item, Scene } from './scene.ts';

const FAINT = 0.18;
/** No style has this number: such a cell is not drawn. */
const UNSEEN = 255;
/** Kinds of things that records are about. */
const KNOWN = /^(?:packet|buffer|record|cqe|request):/;
const CELLS = /^buffer:([01])$/;

/** Cells of a scene: buffers of a host, by number. */
export interface CellRun {
  readonly host: number;
  readonly first: number;
  readonly count: number;
}
export interface Things {
  readonly ids: readonly string[];
  readonly cells: readonly CellRun[];
}

function runOf(item: CellsItem): CellRun | undefined {
  const host = CELLS.exec(item.id ?? '')?.[1];
  if (host === undefined) return undefined;
  const count = item.values.length;
  return { host: Number(host), first: item.down ? item.first - count + 1 : item.first, count };
}

/** What of a scene a filter can be asked about. */
export function thingsIn(scene: Scene): Things {
  const ids = new Set<string>();
  const cells: CellRun[] = [];
  for (const item of scene.items) {
    if (item.kind === 'cells') {
      const run = runOf(item);
      if (run) cells.push(run);
    } else if (item.id !== undefined && KNOWN.test(item.id)) ids.add(item.id);
  }
  return { ids: [...ids], cells };
}

/** Whether things fit. */
export interface Fits {
  /** Ids that do not. */
  readonly faint: ReadonlySet<string>;
  /** For runs of cells, 1 for each that does. */
  readonly cells: readonly (CellRun & { readonly fits: Uint8Array })[];
}

function dimCells(item: CellsItem, fits: Fits): Item[] {
  const run = runOf(item);
  const known = run && fits.cells.find((c) => c.host === run.host && c.first === run.first && c.count === run.count);
  if (!known) return [item];
  const part = (wanted: number): Uint8Array => item.values.map((value, n) =>
    (known.fits[item.down ? known.count - 1 - n : n] === wanted ? value : UNSEEN));
  const { marked, ...rest } = item;
  return [{ ...rest, values: part(0), alpha: FAINT * (item.alpha ?? 1) }, { ...rest, values: part(1), ...(marked ? { marked } : {}) }];
}

export function dimmed(scene: Scene, fits: Fits, selected: string | undefined): Scene {
  const items = scene.items.flatMap((item): Item[] => {
    if (item.kind === 'cells') return dimCells(item, fits);
    const faint = item.id !== undefined && item.id !== selected && fits.faint.has(item.id);
    return [faint ? { ...item, alpha: FAINT * (item.alpha ?? 1) } : item];
  });
  return { ...scene, items };
}
