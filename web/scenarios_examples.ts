/** The examples: a chunk that is loaded when somebody opens another one than the first. */
import { scenariosOf } from './scenarios.ts';

const files = import.meta.glob<string>('../scenarios/*.yaml', { query: '?raw', import: 'default', eager: true });

export const EXAMPLES = scenariosOf(files);
