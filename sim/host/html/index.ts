/** Pages with tables and plots, made of text alone: a report is one file that opens anywhere. */
export { type Bar, type Bars, bars, type StackedBars, stackedBars } from './bars.ts';
export { COLOURS, type Figure } from './figure.ts';
export { type HeatMap, heatMap } from './heat_map.ts';
export { type Flame, type Icicle, icicle } from './icicle.ts';
export { type Content, Html, html } from './markup.ts';
export { keyFigures, listing, type Page, page, section } from './page.ts';
export { type Axis, plain } from './scale.ts';
export { type Column, type Table, table } from './table.ts';
export { type LineChart, lineChart, type Point, type Scatter, type ScatterPoint, type Series, scatter } from './xy.ts';
