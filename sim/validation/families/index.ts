/** All families, in the order of their names. */
import type { Family } from '../form.ts';
import { DDIO_WAYS, DRAM, LLC_MISS } from './memory.ts';
import { TCP_ZC_RX } from './mmap.ts';
import { NOP } from './nop.ts';
import { UDP_SENDS } from './udp.ts';
import { VLDB } from './vldb.ts';
import { RX_BUF_LEN_2025, ZCRX_2024 } from './zcrx.ts';

export const FAMILIES: readonly Family[] = [
  NOP, ...UDP_SENDS, ...VLDB, ZCRX_2024, RX_BUF_LEN_2025, LLC_MISS, DDIO_WAYS, DRAM, TCP_ZC_RX,
];
