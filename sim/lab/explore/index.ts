/** Sweeps and comparisons of paths. */
export { type PathGroup, PathComparison, type PathRow, type PathsAnswer, type PathsAsk } from './paths.ts';
export {
  CELLS_IN_PAGE, Sweep, type SweepAnswer, type SweepAsk, type SweepAxis, type SweepCellAnswer, type SweepMetric, type SweepNews, withNews,
} from './sweep.ts';
export { setsOfSizes } from './size_sets.ts';
