/** What always holds: the invariants, and who holds a run against them. */
export * from './form.ts';
export { INVARIANTS, type Rule, ruleOf } from './rules.ts';
export { type ShownIn, shownIn } from './shown.ts';
export { Watch } from './watch.ts';
