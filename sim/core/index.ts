/**
 * sim/core: time, events, timers, random streams, trace, arena, cores. It knows no packet and no socket.
 * Every stage may import it; it imports none.
 */
export * from './arena';
export * from './byte_chain';
export * from './bytes';
export * from './charges';
export * from './checksum';
export * from './clock';
export * from './config.gen';
export * from './constants.gen';
export * from './cpu';
export * from './dram';
export * from './drop';
export * from './event_kinds';
export * from './event_queue';
export * from './host_memory';
export * from './hrtimer';
export * from './iommu';
export * from './memory_map';
export * from './memory_use';
export * from './museum';
export * from './prng';
export * from './run_bounds';
export * from './run_queue';
export * from './seq';
export * from './sha256';
export * from './slab';
export * from './stale';
export * from './state';
export * from './timer_wheel';
export * from './trace';
export * from './trace.gen';
export * from './wait_queue';
