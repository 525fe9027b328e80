/** What the page loads when it is first asked for: the rest of the questions, and the machine's part in lessons. */
import { LATE_QUERIES } from './late_queries.ts';
import { FIRST_QUERIES, type Queries } from './queries.ts';

export const QUERIES: Queries = { ...FIRST_QUERIES, ...LATE_QUERIES };
export { readForPage } from './lessons/for_page.ts';
export { verifyResult } from './lessons/verify.ts';
