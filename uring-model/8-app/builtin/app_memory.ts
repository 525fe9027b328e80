/** Memory that applications receive into. */
import {
  APP_PROTOCOL_UDP, APP_RECEIVE_EPOLL, APP_RECEIVE_INCREMENTAL, APP_RECEIVE_MMAP, APP_RECEIVE_PBUF, APP_RECEIVE_RECV, APP_RECEIVE_ZC,
  APP_ROLE_ECHO, APP_ROLE_RPC, arenaAlloc, hostConfig, PBUF_LEGACY_MAX, THREADS_MAX,
} from '../../../sim/core';
import { userAlloc } from '../../7-ring';
import { datagramMemory } from './datagram_sink';
import { plainInit } from './plain_sink';
import { plainSourceInit, SENDER_RECORD_BYTES, SOURCE_ARG_BYTES } from './plain_source';
import { PLAIN_ARG_BYTES } from './plain_thread';
import { providedInit } from './provided';
import { refillPolicyInit } from './refill_policy';
import { bufsCut, recvBytes, rqRegionBytes } from './sink';
import { App, isPlain } from './state';

const MIB: u32 = 1048576;
/** The area of tcp_mmap.c, unless the scenario says another. */
const MAPPED_BYTES: u32 = 524288;

export function user(a: App, bytes: u32): u32 {
  const at = userAlloc(a.host, bytes);
  assert(at != 0, 'limits.user_bytes is too small for the applications');
  return at;
}

/** Connections that whoever opens them will open. */
function flowsOf(a: App): u32 {
  return hostConfig(a.role == APP_ROLE_RPC ? a.host : 1 - a.host).app_flows;
}

/** Memory for receive buffers: as much as all flows could want, from 1 to 64 MiB; more when each receive has a size that was asked for. */
function bufferBytes(a: App): u32 {
  const c = hostConfig(a.host);
  const flows = flowsOf(a) > 0 ? flowsOf(a) : 64;
  const want = <u64>flows * recvBytes(a.host);
  const bytes = want < MIB ? MIB : want > 64 * MIB ? 64 * MIB : <u32>want;
  const least = <u64>(flows + 8) * ((c.app_recv_bytes + 63) & ~63);
  return <u64>bytes < least ? <u32>least : bytes;
}

/** Buffers of RECV: one for each flow, and some more. */
function cutBuffers(a: App): void {
  const c = hostConfig(a.host);
  const bytes = bufferBytes(a);
  const flows = flowsOf(a);
  const most = (bytes / ((flows > 56 ? flows : 56) + 8)) & ~63;
  const size = recvBytes(a.host);
  a.buf_size = size < most || c.app_recv_bytes != 0 ? (size + 63) & ~63 : most;
  if (a.buf_size < 64) a.buf_size = 64;
  bufsCut(a, user(a, bytes), bytes);
  if (c.app_recv_bytes != 0) a.buf_size = size;
}

/** Threads of blocking reads: one for each connection, while there are as many. */
function threadsOf(flows: u32): u32 {
  return flows > 0 && flows < THREADS_MAX ? flows : THREADS_MAX;
}

/** Buffers that a sink receives into; registered when it starts. */
export function sinkMemory(a: App): void {
  const c = hostConfig(a.host);
  if (a.protocol == APP_PROTOCOL_UDP) return datagramMemory(a);
  if (a.role == APP_ROLE_RPC || a.role == APP_ROLE_ECHO || c.app_receive == APP_RECEIVE_RECV) return cutBuffers(a);
  if (c.app_receive == APP_RECEIVE_ZC) {
    refillPolicyInit(a, c.refill_area_bytes / c.refill_rx_buf_len);
    a.area_addr = user(a, c.refill_area_bytes);
    a.bufs_base = user(a, rqRegionBytes(a));
    return;
  }
  if (isPlain(a)) {
    a.threads = c.app_receive == APP_RECEIVE_EPOLL ? 1 : threadsOf(flowsOf(a));
    a.buf_size = c.app_receive == APP_RECEIVE_MMAP && c.app_recv_bytes == 0 ? MAPPED_BYTES : recvBytes(a.host);
    return plainInit(a, user(a, a.threads * a.buf_size), user(a, a.threads * PLAIN_ARG_BYTES));
  }
  const whole = c.app_recv_bytes != 0 || a.receive == APP_RECEIVE_INCREMENTAL;
  a.buf_size = whole || c.app_chunk < 16384 ? recvBytes(a.host) : 16384;
  let entries: u32 = a.receive == APP_RECEIVE_PBUF ? PBUF_LEGACY_MAX >> 1 : 32768;
  while (entries > 1 && <u64>entries * a.buf_size > <u64>bufferBytes(a)) entries >>= 1;
  a.buf_mask = entries - 1;
  a.bufs_base = user(a, entries * a.buf_size);
  a.buf_ring = user(a, entries * 16 < 4096 ? 4096 : entries * 16);
  providedInit(a);
}

/** A source without a ring has threads: one for each connection, while there are as many. */
export function sourceMemory(a: App): void {
  if (!isPlain(a)) return;
  a.threads = threadsOf(hostConfig(a.host).app_flows);
  const records = <u32>arenaAlloc(<u64>(a.threads * SENDER_RECORD_BYTES));
  plainSourceInit(a, records, user(a, a.threads * SOURCE_ARG_BYTES));
}
