/** What somebody does by hand to one packet on a link, or to one that will be: the actions of a scenario's faults (impair.ts). */
import { countDrop, DROP_SIM_WIRE_FAULT, HOSTS_MAX, NONE, STAGE_WIRE, traceWireFault } from '../../sim/core';
import { frame, frameFree } from './frame';
import {
  ACTION_CORRUPT, ACTION_DELAY, ACTION_DROP, ACTION_DUPLICATE, ACTION_MARK, duplicate, flip, impairedInit, VERDICT_DELAY, VERDICT_MARK,
} from './impair';
import { link, linkConfigure, linkFind, linkPush, linkTakeOut } from './link';
import { frameSetCe } from './mark';

/** Rate, delay and chances of a link are taken from the configuration anew. */
export function wireReconfigure(link_idx: u32): void {
  linkConfigure(link_idx);
  impairedInit(link_idx);
}

/** The link that a packet is in flight on; NONE: it is on none. */
export function wireCarries(pkt_id: u32): u32 {
  for (let i: u32 = 0; i < HOSTS_MAX; i++) if (linkFind(i, pkt_id) != NONE) return i;
  return NONE;
}

/** Does something to a packet that is in flight on a link. False: nothing was done, since there is no frame for its twin. */
export function wireEditFlying(link_idx: u32, pkt_id: u32, action: u32, ns: u64): bool {
  const idx = linkFind(link_idx, pkt_id);
  const f = frame(idx);
  if (action == ACTION_DROP) {
    linkTakeOut(link_idx, pkt_id);
    countDrop(DROP_SIM_WIRE_FAULT, STAGE_WIRE, pkt_id, f.len);
    frameFree(idx);
  } else if (action == ACTION_DUPLICATE) {
    const twin = duplicate(idx);
    if (twin == NONE) return false;
    linkPush(link_idx, twin, f.time_ns);
  } else if (action == ACTION_DELAY) {
    const at = f.time_ns + ns;
    linkTakeOut(link_idx, pkt_id);
    traceWireFault(pkt_id, NONE, VERDICT_DELAY, <u32>ns);
    linkPush(link_idx, idx, at);
  } else if (action == ACTION_CORRUPT) flip(link_idx, idx);
  else if (action == ACTION_MARK && frameSetCe(f)) traceWireFault(pkt_id, NONE, VERDICT_MARK, 0);
  return true;
}

/** The same for a packet that leaves later. False: another one is waited for already. */
export function wireEditLater(link_idx: u32, pkt_id: u32, action: u32, ns: u64): bool {
  const l = link(link_idx);
  if (l.edit_what != 0 && l.edit_pkt != pkt_id) return false;
  l.edit_pkt = pkt_id;
  l.edit_what = action + 1;
  l.edit_ns = ns;
  impairedInit(link_idx);
  return true;
}
