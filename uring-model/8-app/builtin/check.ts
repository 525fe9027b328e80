/** How an application proves its bytes: against the source's pattern, or by a digest of the stream. */
import {
  APP_CHECK_COMPARE, APP_CHECK_NONE, APP_CHECK_SHA256, APP_ROLE_RPC, APP_ROLE_SOURCE, hostConfig, runConfig, sha256Final, sha256Init,
  SHA256_BYTES, sha256Update,
} from '../../../sim/core';
import { flowStart, patternAdvance, tailBytes } from './payload';
import { App, NO_FLOW, patternAddr, Stream } from './state';
import { touchReceived } from './touch';

/** Does a host's application open connections and send the pattern on them? */
export function opensFlows(host: u32): bool {
  const role = hostConfig(host).app_role;
  return role == APP_ROLE_SOURCE || role == APP_ROLE_RPC;
}

/**
 * Decides how an application checks. Only the pattern can be compared, and an rpc client gets its own back; a source itself hashes or
 * does nothing.
 */
export function checkInit(a: App): void {
  const c = hostConfig(a.host);
  a.check = runConfig().run_payload ? c.app_check : APP_CHECK_NONE;
  const comparable = a.role == APP_ROLE_RPC || opensFlows(1 - a.host);
  if (a.role == APP_ROLE_SOURCE) {
    if (a.check == APP_CHECK_COMPARE) a.check = APP_CHECK_NONE;
    return;
  }
  a.compare = a.check != APP_CHECK_NONE && comparable ? 1 : 0;
  if (a.check == APP_CHECK_COMPARE && !comparable) a.check = APP_CHECK_SHA256;
}

/** A stream begins. */
export function checkStart(a: App, s: Stream, i: u32): void {
  s.sha = a.shas_base != 0 ? a.shas_base + i * SHA256_BYTES : 0;
  if (s.sha != 0) sha256Init(s.sha);
}
/** Its flow is known. */
export function checkFlow(s: Stream, flow: u64): void {
  s.flow = flow;
  s.table_pos = flowStart(<u32>flow);
}

/** First place at which two pieces of memory differ, or `len`. */
export function firstDifference(a: usize, b: usize, len: u32): u32 {
  let i: usize = 0;
  const n = <usize>len;
  for (; i + 32 <= n; i += 32) {
    const x = (load<u64>(a + i) ^ load<u64>(b + i)) | (load<u64>(a + i, 8) ^ load<u64>(b + i, 8))
      | (load<u64>(a + i, 16) ^ load<u64>(b + i, 16)) | (load<u64>(a + i, 24) ^ load<u64>(b + i, 24));
    if (x != 0) break;
  }
  for (; i < n; i++) if (load<u8>(a + i) != load<u8>(b + i)) break;
  return <u32>i;
}

/** The next bytes of a stream. */
export function checkBytes(a: App, s: Stream, at: u32, len: u32): void {
  touchReceived(a, at, len);
  if (a.check == APP_CHECK_NONE) return;
  if (a.compare != 0 && s.flow != NO_FLOW) {
    let done: u32 = 0;
    const longest = tailBytes();
    while (done < len) {
      const part = min(len - done, longest);
      const same = firstDifference(at + done, patternAddr() + s.table_pos, part);
      if (same != part && s.bad_offset == 0) s.bad_offset = s.bytes + done + same + 1;
      s.table_pos = patternAdvance(s.table_pos, part);
      done += part;
    }
  }
  if (s.sha != 0) sha256Update(s.sha, at, len);
}

/** A stream is over. */
export function checkEnd(s: Stream): void {
  if (s.sha != 0) sha256Final(s.sha, changetype<usize>(s) + offsetof<Stream>('sha0'));
}
