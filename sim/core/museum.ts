/** Switches of the museum (sim/schema/museum.ts): asc --use MUSEUM=1 builds them in; in any other build there is nothing of them. */
import { runConfig } from './config.gen';

/** Is this the core with the museum in it? */
export function hasMuseum(): bool {
  // @ts-ignore: a constant of asc's command line
  return isDefined(MUSEUM);
}

/** Is this bug switched on? `which`: RUN_BUG_… */
export function bug(which: u32): bool {
  // @ts-ignore: a constant of asc's command line
  if (isDefined(MUSEUM)) return runConfig().run_bug == which;
  return false;
}
