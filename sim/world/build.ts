/** Builds a world from the configuration block: tables in the arena, ports connected, applications started. */
import {
  ALL_CHARGES_BYTES, arenaInit, arenaReserve, arenaSeal, CAPTURE_HEADROOM, CONFIG_ADDR, CONFIG_MAGIC, coreState, cpuInit, dropInit,
  eventQueueInit, hasMuseum, hostConfig, HOSTS_MAX, hrtimersInit, INJECT_MAX, memInit, PAGE_SIZE, prngInit, QUEUES_MAX, runConfig,
  timerWheelInit, traceCursor, TRACE_HEADROOM, TX_PAGE_SIZE, waitInit,
} from '../core';
import { netmemInit, poolsInit, skbsBytes, skbsInit } from '../../stack/3-pool';
import { framesBytes, wireInit } from '../../nic-model/1-wire';
import { nicInit } from '../../nic-model/2-nic';
import { loInit } from '../../nic-model/lo';
import { tcpInit } from '../../stack/5-tcp';
import { socketInit } from '../../stack/6-socket';
import { filesInit } from '../../stack/file';
import { ringInit, userInit } from '../../uring-model/7-ring';
import { refillInit } from '../../uring-model/9-refill';
import { appInit, setSystemCall } from '../../uring-model/8-app/builtin';
import { worldState } from './state';
import { callSystem } from './syscalls';

const EINVAL: i32 = 22;
const ENOSYS: i32 = 38;
/** Links, NICs, queues, cores, applications and the wheel have a few entries each. */
const EVENTS_MAX: u32 = 4096;
/** Who waits for files besides requests: epoll items and sleeping tasks. */
const WAITS_MAX: u32 = 1024;
/** All smaller tables, about. */
const REST_BYTES: u64 = 16 << 20;

export function buildWorld(): i32 {
  if (load<u32>(CONFIG_ADDR) != CONFIG_MAGIC || coreState().built != 0) return -EINVAL;
  const c = runConfig();
  if (c.run_bug != 0 && !hasMuseum()) return -ENOSYS;
  arenaInit();
  arenaReserve(most());
  prngInit(c.run_seed, HOSTS_MAX);
  eventQueueInit(EVENTS_MAX);
  timerWheelInit();
  // Two of a socket, one of a TX queue, one of a request.
  hrtimersInit(2 * c.limits_socks + HOSTS_MAX * QUEUES_MAX + c.limits_reqs);
  cpuInit();
  dropInit();
  // Any page of user memory may become a buffer of an area, and may be lent to packets.
  netmemInit(c.limits_rx_pages, c.limits_tx_pages, (c.limits_user_bytes >> 12) + 1, c.limits_user_bytes >> 12);
  poolsInit();
  skbsInit(c.limits_skbs);
  wireInit();
  socketInit();
  tcpInit();
  loInit();
  for (let host: u32 = 0; host < HOSTS_MAX; host++) nicInit(host);
  userInit(c.limits_user_bytes);
  waitInit(c.limits_reqs, c.limits_reqs + WAITS_MAX);
  filesInit();
  ringInit();
  refillInit();
  setSystemCall(callSystem);
  for (let host: u32 = 0; host < HOSTS_MAX; host++) appInit(host);
  memInit();
  buildBuffers();
  coreState().built = 1;
  return 0;
}

/** What takes most of a world's memory. */
function most(): u64 {
  const c = runConfig();
  const pages = <u64>c.limits_rx_pages * PAGE_SIZE + <u64>c.limits_tx_pages * TX_PAGE_SIZE;
  const packets = skbsBytes(c.limits_skbs) + framesBytes(c.limits_frames);
  const watched = (c.run_trace ? <u64>c.limits_trace_records << 5 : 0) + (c.run_capture ? c.limits_capture_bytes : 0);
  return pages + packets + c.limits_user_bytes + watched + REST_BYTES;
}

/** Trace, capture, inject and egress buffers: behind the arena, no part of the state. */
function buildBuffers(): void {
  const c = runConfig();
  const cursor = traceCursor();
  const w = worldState();
  const trace_bytes = c.run_trace ? c.limits_trace_records << 5 : 0;
  const capture_bytes = c.run_capture ? c.limits_capture_bytes : 0;
  const egress_bytes = hostConfig(0).nic_tap || hostConfig(1).nic_tap ? c.limits_capture_bytes : 0;
  const charges_bytes = c.run_trace && c.run_charges ? <u32>ALL_CHARGES_BYTES : 0;
  const base = arenaSeal(<u64>trace_bytes + capture_bytes + egress_bytes + INJECT_MAX + charges_bytes);
  w.inject_buffer = base;
  if (charges_bytes != 0) cursor.charges_seen = base + INJECT_MAX + trace_bytes + capture_bytes + egress_bytes;
  if (trace_bytes != 0) {
    cursor.base = base + INJECT_MAX;
    cursor.next = cursor.base;
    cursor.end = cursor.base + trace_bytes;
    cursor.stop = cursor.end - (TRACE_HEADROOM << 5);
  }
  if (capture_bytes != 0) {
    cursor.capture_base = base + INJECT_MAX + trace_bytes;
    cursor.capture_next = cursor.capture_base;
    cursor.capture_end = cursor.capture_base + capture_bytes;
    cursor.capture_stop = cursor.capture_end - CAPTURE_HEADROOM;
  }
  if (egress_bytes != 0) {
    cursor.egress_base = base + INJECT_MAX + trace_bytes + capture_bytes;
    cursor.egress_next = cursor.egress_base;
    cursor.egress_end = cursor.egress_base + egress_bytes;
    cursor.egress_stop = cursor.egress_end - CAPTURE_HEADROOM;
  }
  // How far memory had to grow depends on who watches: no part of the state either.
  coreState().arena_end = coreState().arena_next;
}
