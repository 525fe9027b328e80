/**
 * Indices of shared rings that one side reads late: a store of another core that has not been seen yet. The side that reads asks here;
 * what the other side stored is in memory all the time. Four indices of the world at once, each until its time.
 *
 * Differs from hardware: nothing but these indices is late, and for longer than a store buffer keeps anything.
 */
import { now } from './clock';
import { STATE_ADDR } from './memory_map';
import { CoreState, coreState } from './state';

const STALES: u32 = 4;

@unmanaged
class Stale {
  /** 0: it is not used. */
  at: u32;
  value: u32;
  until_ns: u64;
}
const STALE_BYTES: usize = 16;
/** Behind the core's own state, in its page. */
const STALES_BASE: usize = 0xe00;

function stale(i: u32): Stale {
  return changetype<Stale>(STATE_ADDR + STALES_BASE + <usize>i * STALE_BYTES);
}

/** Whoever reads the index at `at` sees for so long what is there now. */
export function staleIndex(at: u32, ns: u64): void {
  assert(offsetof<CoreState>() <= STALES_BASE, 'the state of the core has grown into its stale indices');
  let oldest: u32 = 0;
  for (let i: u32 = 0; i < STALES; i++) {
    if (stale(i).at == at || stale(i).until_ns < stale(oldest).until_ns) oldest = i;
    if (stale(i).at == at) break;
  }
  const s = stale(oldest);
  s.at = at;
  s.value = load<u32>(at);
  s.until_ns = now() + ns;
  coreState().stale = 1;
}

/** When the reader of an index that is late sees it as it is; u64.MAX_VALUE: it is not late. */
export function indexSeenAt(at: u32): u64 {
  for (let i: u32 = 0; i < STALES; i++) if (stale(i).at == at && now() < stale(i).until_ns) return stale(i).until_ns;
  return u64.MAX_VALUE;
}

/** An index, as its reader sees it. */
export function loadIndex(at: usize): u32 {
  if (coreState().stale == 0) return load<u32>(at);
  for (let i: u32 = 0; i < STALES; i++) {
    const s = stale(i);
    if (s.at != <u32>at) continue;
    if (now() < s.until_ns) return s.value;
    s.at = 0;
  }
  return load<u32>(at);
}
