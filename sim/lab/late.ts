/** What the page can do without until somebody asks for it: the other questions, lessons, applications in TypeScript. Loaded once. */
export { readForPage, verifyResult } from './lessons/index.ts';
export { PROGRAMS } from './open_lab.ts';
export { QUERIES } from './queries.ts';
