/** Numbers of queues as user space knows them (net/core/dev.c: napi_hash_add; include/net/busy_poll.h). */
import { HOSTS_MAX, QUEUES_MAX } from '../../sim/core';
import { Sock } from './sock';

/** That of a host's queue 0; smaller numbers are no NAPI ids (NR_CPUS + 1). */
export const MIN_NAPI_ID: u32 = 8193;

/** The queue that brought the last segment of a connection (SO_INCOMING_NAPI_ID); 0: none. */
export function sockNapiId(sk: Sock): u32 {
  const n = <u32>sk.rx_napi;
  return n == 0 || n > HOSTS_MAX * QUEUES_MAX ? 0 : MIN_NAPI_ID + (n - 1) % QUEUES_MAX;
}
