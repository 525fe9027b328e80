/** The style of every report. Colours that must be told apart differ in lightness too. */

/** Light and dark, by number: accounts of cycles and series of plots take them in order. */
export const PALETTE: readonly (readonly [light: string, dark: string])[] = [
  ['#0b6f6a', '#4fc9bd'], ['#c2540a', '#ff9a5c'], ['#4a5fc1', '#93a4f5'], ['#a8841a', '#e5c558'], ['#a2347e', '#ef86cb'],
  ['#4d8a1f', '#9ad667'], ['#b3263c', '#ff8089'], ['#2f7fb5', '#7cc4f4'], ['#7a5a3e', '#cda683'], ['#6d4aa8', '#bb9bf2'],
  ['#66757f', '#9fb0ba'],
];

const colours = PALETTE.map(([light, dark], i) => `--c${i}: light-dark(${light}, ${dark});`).join(' ');
const classes = PALETTE.map((_, i) => `.c${i} { --own: var(--c${i}); }`).join(' ');

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f5f7f8, #0e1317); --card: light-dark(#ffffff, #151b20); --ink: light-dark(#131b21, #e5ebef);
  --soft: light-dark(#52616b, #9fb0ba); --line: light-dark(#d8dfe4, #2a343b); --warm: light-dark(#b03a0a, #ff9a5c);
  --heat: light-dark(#60a19e, #2f6967); --stem: light-dark(#e3e9ed, #232c33);
  ${colours}
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
}
${classes}
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
header { padding: 2rem 0 1rem; }
h1 { font-size: 1.625rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: .75rem 0 0; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
h2 { font-size: 1.125rem; margin: 0 0 .25rem; }
p { margin: .25rem 0; max-width: 46rem; }
.lead { color: var(--soft); }
.about, .soft, figcaption span, small { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; margin: 0 0 1rem; }
footer { color: var(--soft); padding: 1rem; font-size: .875rem; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 1rem; margin: .5rem 0; }
dt { color: var(--soft); font-size: .875rem; }
dd { margin: 0; font-size: 1.375rem; line-height: 1.3; }
dd small { display: block; font-size: .8125rem; line-height: 1.4; }
figure { margin: 1rem 0 0; }
figcaption { max-width: 46rem; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .125rem 1rem; margin: .375rem 0 0; padding: 0; font-size: .875rem; }
.swatch { display: inline-block; width: .75rem; height: .75rem; border-radius: 2px; margin-right: .375rem; background: var(--own); }
.plot { display: block; overflow: visible; }
.plot text { font-size: 12px; fill: var(--ink); }
.plot .tick, .plot .axis { fill: var(--soft); }
.plot .name, .plot .value { font-size: 13px; }
.grid { stroke: var(--line); }
.line { fill: none; stroke: var(--own); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.front { fill: none; stroke: var(--ink); stroke-dasharray: 4 4; vector-effect: non-scaling-stroke; }
.dot { fill: var(--own); stroke: var(--card); }
.bar, .leaf { fill: var(--own); }
.bar { stroke: var(--card); }
.stem { fill: var(--stem); }
.plot .leaf + .flame { fill: light-dark(#ffffff, #0e1317); }
.heat { fill: color-mix(in oklab, var(--heat) var(--p), var(--card)); stroke: var(--card); }
details { margin: .25rem 0 0; }
summary { cursor: pointer; color: var(--soft); font-size: .875rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; margin: .5rem 0; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { text-align: left; font-weight: 400; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th[scope=col] { color: var(--soft); }
.right { text-align: right; white-space: nowrap; }
td:last-child:not(.right) { min-width: 13rem; }
.warm { color: var(--warm); }
pre, code { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .8125rem; }
pre { overflow-x: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; margin: .5rem 0; }
:focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
@media (max-width: 30rem) { section { padding: .75rem; } main { padding: 0 .5rem; } header { padding: 1rem .25rem; } }
@media print {
  :root { color-scheme: light; }
  body { background: none; }
  main { max-width: none; }
  section { border: 0; padding: 0; }
  figure { break-inside: avoid; }
  details:not([open]) { display: none; }
  .plot, .swatch { print-color-adjust: exact; }
}
`;
