/** The fuzzer's public surface: what the command line and tests may use. */
export * from './campaign.ts';
export * from './case.ts';
export * from './chance.ts';
export * from './corpus.ts';
export * from './coverage.ts';
export * from './finding/index.ts';
export * from './generate/index.ts';
export * from './guided.ts';
export * from './minimise.ts';
export * from './mutate.ts';
export * from './invariants/index.ts';
export * from './determinism.ts';
export * from './runner.ts';
export * from './shrink/index.ts';
export * from './sources.ts';
