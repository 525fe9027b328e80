/** What the bench shows, beyond the run: layout, the panel that fills it, the one view of a phone. Views and lessons may set it. */
import { VIEWS } from '../../views/index.ts';
import { type Layout, readLayout, viewsOf, withView, writeLayout } from './layout.ts';

export interface Workspace {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly layout: string;
}

/** Ready-made ones, called otherwise than any view is, since a link may name either. Views that there are not are left out. */
export const WORKSPACES: readonly Workspace[] = [
  {
    id: 'way', title: 'The way', about: 'The road, the memory, the rings, and what is selected',
    layout: 'road;48/memory,rings;52:inspector',
  },
  {
    id: 'connection', title: 'TCP', about: 'Sequence, time and the log',
    layout: 'tcp;60/timeline*60,log;40:inspector',
  },
  {
    id: 'time', title: 'Time', about: 'Contexts of each core, charts and breakpoints',
    layout: 'timeline;55/charts*60,breakpoints;45:inspector',
  },
  {
    id: 'what_if', title: 'What if', about: 'Knobs, faults, and branches side by side',
    layout: 'road;48/branches*55,charts;52:knobs,inspector;28',
  },
  {
    id: 'outcome', title: 'Result', about: 'What came of the run',
    layout: 'result*60,charts/log;40:inspector',
  },
];

export const known = (view: string): boolean => VIEWS.some((v) => v.id === view);
const FIRST = WORKSPACES.map((w) => readLayout(w.layout, known)).find((l) => l !== undefined);
const fallback = (): Layout => readLayout(VIEWS[0]?.id ?? '', known) ?? { rows: [], side: [], side_part: 26 };

class BenchState {
  layout = $state.raw<Layout>(FIRST ?? fallback());
  /** This panel fills the bench. */
  full = $state<string>();
  /** What a phone shows: one view at a time. */
  single = $state(FIRST?.rows[0]?.cells[0]?.view ?? VIEWS[0]?.id ?? '');
  /** Only this view, for a frame in another page. */
  embed = $state<string>();
  narrow = $state(false);

  get views(): string[] {
    return viewsOf(this.layout);
  }

  /** Makes a view visible, and brings the focus there. */
  show(view: string): void {
    if (!known(view)) return;
    this.single = view;
    if (this.full !== undefined && this.full !== view) this.full = undefined;
    if (!this.narrow) this.layout = withView(this.layout, view);
    queueMicrotask(() => requestAnimationFrame(() => document.getElementById(`panel-${view}`)?.focus()));
  }

  /** The workspace that the layout is; undefined: it is somebody's own. */
  get workspace(): Workspace | undefined {
    const text = writeLayout(this.layout);
    return WORKSPACES.find((w) => writeLayout(this.layoutOf(w)) === text);
  }

  /** A workspace as far as its views exist. */
  layoutOf(workspace: Workspace): Layout {
    return readLayout(workspace.layout, known) ?? fallback();
  }

  /** Takes over a layout as a link or a workspace has it. */
  arrange(text: string): boolean {
    const layout = readLayout(text, known);
    if (!layout) return false;
    this.layout = layout;
    this.full = undefined;
    this.single = viewsOf(layout)[0] ?? this.single;
    return true;
  }
}

export const bench = new BenchState();
