/** Published measurements as scenarios: predictions, the fit of machines, and how wrong they are. */
export { FAMILIES } from './families/index.ts';
export { fitCells, type Fitted, fitMachine } from './fit.ts';
export type { Cell, Family, MachinePlan, Setting, Settings } from './form.ts';
export { machinesText } from './machines_text.ts';
export { nonNegativeLeastSquares } from './nnls.ts';
export { validationPage } from './page.ts';
export { PLANS } from './plans.ts';
export { PUBLISHED } from './published.ts';
export { checkCell, type Row, shortened, type Summary, summaryOf } from './report.ts';
export { predict, type Predicted, scenarioText } from './run.ts';
export { expectedText, familyOf, settingsOf } from './settings.ts';
export { SOURCES } from './sources.ts';
