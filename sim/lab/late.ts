/** What the page can do without until somebody asks for it: the other questions, and lessons. Loaded as one piece, once. */
export { readForPage, verifyResult } from './lessons/index.ts';
export { QUERIES } from './queries.ts';
