/**
 * The museum: bugs that real kernels and libraries had, each once. A row is a value of the knob run.bug, a switch in the fuzzing build of
 * the core (sim/core/museum.ts), a row of docs/museum.md, and something that the fuzzer must find. The release core has none of them.
 */
import { MUSEUM_OF_BUFFERS } from './museum_buffers.ts';
import { MUSEUM_OF_RINGS } from './museum_rings.ts';
import { MUSEUM_TCP } from './museum_tcp.ts';

export interface Exhibit {
  /** Its name on the command line. */
  readonly name: string;
  readonly title: string;
  /** Of the nine (stages.ts). */
  readonly stage: string;
  /** What was wrong, in a sentence. */
  readonly about: string;
  /** What that did to its users. */
  readonly broke: string;
  /** Where it is on record: commits, CVEs, threads. */
  readonly source: string;
  /** How what is built here differs from what was there, where it does. */
  readonly rebuilt?: string;
}

export const MUSEUM: readonly Exhibit[] = [
  ...MUSEUM_OF_BUFFERS,
  ...MUSEUM_OF_RINGS,
  ...MUSEUM_TCP,
];

export const BUG_NAMES: readonly string[] = MUSEUM.map((e) => e.name);
