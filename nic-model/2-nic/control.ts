/**
 * What a running machine changes in its NIC: `ethtool -G`, `-X`, `-N`, `--set-tunable`, `--set-priv-flags`, and taking the device down
 * and up. Checks in the order of the kernel's (net/ethtool/rings.c: ethnl_set_rings).
 */
import { charge, COST_SYSCALL, hostConfig, NTUPLE_MAX, RSS_INDIR_SIZE } from '../../sim/core';
import { poolSetProvider } from '../../stack/3-pool';
import { wireDropEvery } from '../1-wire';
import { rxRefill } from './driver';
import { packClose } from './pack';
import { emptyQueue, restart } from './queue_mgmt';
import { rxQueue } from './rx_ring';
import { Nic, nicOf, queueIndex } from './state';
import { nicRule, rssSpread, setRule } from './steer';

const EINVAL: i32 = 22;
const ENOENT: i32 = 2;
const ERANGE: i32 = 34;
const COPYBREAK_MAX: u32 = 256;
const RING_MIN: u32 = 8;

/** Operations, as sim/schema/steps_wire.ts numbers them. */
const RING: u32 = 0;
const LINK: u32 = 1;
const RSS: u32 = 2;
const RULE: u32 = 3;
const UNRULE: u32 = 4;
const SPLIT: u32 = 5;
const THRESHOLD: u32 = 6;
const COPYBREAK: u32 = 7;
const PACK: u32 = 8;
const DROP: u32 = 9;

/** Is a queue of the NIC bound to a provider (dev_get_min_mp_channel_count)? */
function bound(host: u32, nic: Nic): bool {
  for (let queue: u32 = 0; queue < nic.rx_queues; queue++) if (rxQueue(queueIndex(host, queue)).provider != 0) return true;
  return false;
}

/** Every queue gets a new ring, one after the other. */
function setRing(host: u32, nic: Nic, size: u32): i32 {
  const c = hostConfig(host);
  if (size > max(c.nic_rx_ring, c.nic_rx_ring_max)) return -EINVAL;
  const at_least = max(size, RING_MIN);
  const entries: u32 = at_least <= 1 ? 1 : 1 << (32 - clz<u32>(at_least - 1));
  for (let queue: u32 = 0; queue < nic.rx_queues; queue++) {
    const q = rxQueue(queueIndex(host, queue));
    if (q.mask + 1 == entries) continue;
    emptyQueue(q);
    q.mask = entries - 1;
    restart(q, q.provider, <u32>1 << q.buf_shift);
  }
  return 0;
}

/**
 * A device that is down has no pools: what packets still hold goes home without them. When it comes up the queues have their providers as
 * before.
 */
function setLink(host: u32, nic: Nic, up: bool): i32 {
  if (up == (nic.down == 0)) return 0;
  nic.down = up ? 0 : 1;
  for (let queue: u32 = 0; queue < nic.rx_queues; queue++) {
    const q = rxQueue(queueIndex(host, queue));
    if (up) rxRefill(q);
    else {
      emptyQueue(q);
      poolSetProvider(q.pool, q.provider);
    }
  }
  return 0;
}

function unsetRule(nic: Nic, i: u32): i32 {
  if (i >= nic.rules || nicRule(nic, i).used == 0) return -ENOENT;
  nicRule(nic, i).used = 0;
  while (nic.rules > 0 && nicRule(nic, nic.rules - 1).used == 0) nic.rules--;
  return 0;
}

/** `a`: where it stands, and the queue in the upper half; `b`: destination port; `c`: source port. */
function addRule(nic: Nic, a: u32, b: u32, c: u32): i32 {
  const i = a & 0xffff;
  const queue = a >> 16;
  if (i >= NTUPLE_MAX || queue >= nic.rx_queues) return -EINVAL;
  setRule(nic, i, c, b, queue, 0);
  return 0;
}

function setRss(nic: Nic, start: u32, equal: u32): i32 {
  if (start + equal > nic.rx_queues || equal > RSS_INDIR_SIZE) return -EINVAL;
  rssSpread(nic, start, equal);
  return 0;
}

function setCopybreak(nic: Nic, bytes: u32, first: u32): i32 {
  if (bytes > COPYBREAK_MAX) return -ERANGE;
  nic.rx_copybreak = bytes;
  nic.copybreak_first = first != 0 ? bytes : 0;
  return 0;
}

/** 0 or -errno. */
export function nicControl(host: u32, op: u32, a: u32, b: u32, c: u32): i32 {
  const nic = nicOf(host);
  charge(COST_SYSCALL);
  switch (op) {
    case RING: return setRing(host, nic, a);
    case LINK: return setLink(host, nic, a != 0);
    case RSS: return setRss(nic, a, b);
    case RULE: return addRule(nic, a, b, c);
    case UNRULE: return unsetRule(nic, a);
    case SPLIT: {
      if (a == 0 && bound(host, nic)) return -EINVAL;
      nic.header_split = a != 0 ? 1 : 0;
      return 0;
    }
    case THRESHOLD: {
      if (a != 0 && bound(host, nic)) return -EINVAL;
      if (a > 0xffff) return -EINVAL;
      nic.hds_thresh = a;
      return 0;
    }
    case COPYBREAK: return setCopybreak(nic, a, b);
    case PACK: {
      nic.pack = a != 0 && nic.rx_gro == 0 ? 1 : 0;
      for (let queue: u32 = 0; nic.pack == 0 && queue < nic.rx_queues; queue++) packClose(rxQueue(queueIndex(host, queue)));
      return 0;
    }
    case DROP: return wireDropEvery(host, a);
    default: return -EINVAL;
  }
}
