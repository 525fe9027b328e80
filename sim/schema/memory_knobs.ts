/** Knobs of the section `mem`: caches and DRAM of a host. The defaults are those of a published machine where there is one. */
type Row = readonly [
  name: string, unit: 'count' | 'bytes' | 'bps', range: readonly [number, number], value: number, about: string, extra: { auto?: boolean },
];
const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

export const MEMORY_KNOBS: readonly Row[] = [
  ['l1_bytes', 'bytes', [0, MIB], 32 * KIB, 'first-level data cache of a core', {}],
  ['l2_bytes', 'bytes', [0, GIB], MIB, 'second-level cache of a core', {}],
  ['llc_bytes', 'bytes', [0, 4 * GIB], 24.75 * MIB, 'last-level cache; 0: there is none (default: the Xeon of ddio-bench)', {}],
  ['llc_ways', 'count', [1, 64], 11, 'ways of it', {}],
  ['ddio_ways', 'count', [0, 64], 2,
    'ways that the NIC writes to (DDIO): it finds there min(1, ways × way size / working set); 0: it writes to memory and reads there', {}],
  ['io_working_set', 'bytes', [0, 2 ** 45], 0,
    'bytes that the NIC writes before it comes back to a buffer; auto: posted buffers and those in flight, as they are', { auto: true }],
  ['miss_permille', 'count', [0, 1000], 0,
    'share of received payload that cores find in no cache, for measurements that state it; auto: what the caches do', { auto: true }],
  ['overfetch_permille', 'count', [0, 10_000], 0, 'lines that prefetchers fetch for nothing, for a thousand that were wanted', {}],
  ['dram_bps', 'bps', [0, 10 ** 15], 1_638_400_000_000, 'what the memory bus moves; 0: no limit (default: 8 channels DDR4-3200)', {}],
];
