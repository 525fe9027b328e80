/**
 * Fixed places in linear memory. Everything that a snapshot must hold lies in memory; everything whose size does not
 * depend on the scenario lies at a constant address, so that an access compiles to one load.
 *
 *     0x00000  +-----------------------------+
 *              | nothing: a null pointer     |
 *     0x00040  | trap record                 |  why the core trapped (trap.ts)
 *     0x01000  | ports                       |  function-table indices: differ between builds, not hashed
 *     0x02000  | trace and capture cursors   |  moved by the host's reading; at 0x02800 how far run() may go: not hashed
 *     0x03000  | ABI buffer                  |  arguments and results of exports: not hashed
 *     0x08000  +=============================+  <- hashed from here
 *              | core state; caches, DRAM    |
 *     0x0a000  | one page a stage, 1 to 9    |
 *     0x13000  | files, unix, udp, lo        |
 *     0x14000  | world and applications      |
 *     0x18000  | configuration block         |  its last knobs only watch: trace, capture, verify: not hashed
 *     0x20000  +-----------------------------+
 *              | static data of the compiler |  assert texts: differ between builds, not hashed
 *     0x80000  +-----------------------------+
 *              | dirty map: a byte a page    |  which pages were written, and since when (scripts/dirty_map.mjs): not hashed
 *    0x100000  |  of 2 GiB and more          |  in the fuzzing build: a counter for each branch (scripts/cover.mjs)
 *    0x180000  +=============================+  <- hashed from here
 *              | arena                       |  tables sized by the scenario
 *              +-----------------------------+
 *              | trace ring, capture ring    |  not hashed
 *              +-----------------------------+
 */
export const TRAP_ADDR: usize = 0x40;
export const PORTS_ADDR: usize = 0x1000;
export const CURSORS_ADDR: usize = 0x2000;
export const ABI_ADDR: usize = 0x3000;
export const ABI_BYTES: u32 = 0x5000;
export const STATE_ADDR: usize = 0x8000;
export const MEM_ADDR: usize = 0x9000;
export const WORLD_ADDR: usize = 0x14000;
export const CONFIG_ADDR: usize = 0x18000;
export const STATE_END: usize = 0x20000;
export const STATIC_END: usize = 0x80000;
export const DIRTY_ADDR: usize = 0x80000;
/** The fuzzing build only, whose worlds are small: the dirty map needs no bytes there. */
export const COVER_ADDR: usize = 0x100000;
export const ARENA_ADDR: usize = 0x180000;

/** The page of stage n. */
export const STAGE_PAGE_BYTES: usize = 0x1000;
export const WIRE_ADDR: usize = 0xa000;
export const NIC_ADDR: usize = 0xb000;
export const POOL_ADDR: usize = 0xc000;
export const NAPI_ADDR: usize = 0xd000;
export const TCP_ADDR: usize = 0xe000;
export const SOCKET_ADDR: usize = 0xf000;
export const RING_ADDR: usize = 0x10000;
export const APP_ADDR: usize = 0x11000;
export const REFILL_ADDR: usize = 0x12000;
/** A quarter of a page for each part of a host that is no stage. */
export const FILE_ADDR: usize = 0x13000;
export const UNIX_ADDR: usize = 0x13400;
export const UDP_ADDR: usize = 0x13800;
export const LO_ADDR: usize = 0x13c00;

/** "No such thing" for indices. */
export const NONE: u32 = 0xffffffff;
