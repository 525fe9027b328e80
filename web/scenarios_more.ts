/** Cases of users and probes of kernels: a chunk that is loaded when the library is opened, or a link names one of them. */
import { scenariosOf } from './scenarios.ts';

const files = import.meta.glob<string>('../scenarios/{pain,conform}/*.yaml', { query: '?raw', import: 'default', eager: true });

export const MORE_SCENARIOS = scenariosOf(files);
