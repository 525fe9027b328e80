/** Registrations and loans that many tests of stage 9 make, in the world of config_ring. */
import { NONE } from '../../sim/core';
import { io_uring_zcrx_ifq_reg, zcrx_event_desc, ZCRX_REG_NODEV } from '../../uring-model/uapi.gen';
import { bench, build, cqes, DEFER32, getEvents, packet, prepareZcrx, recvZc, registerZcrx, ring, socket, take } from './config_ring.as';

/** The registration that prepareZcrx filled in. */
export function reg(): io_uring_zcrx_ifq_reg {
  return changetype<io_uring_zcrx_ifq_reg>(<usize>bench().reg);
}
/** World, ring, and a registration to be changed before registerZcrx(). */
export function prepared(niovs: u32): void {
  build();
  ring(64, DEFER32);
  prepareZcrx(niovs, 8);
}
/** It is without a device. */
export function nodev(): void {
  reg().if_idx = 0;
  reg().flags = ZCRX_REG_NODEV;
}
/** It asks for events. */
export function withEvents(user_data: u64, type_mask: u32): zcrx_event_desc {
  reg().event_desc = bench().notif;
  const notif = changetype<zcrx_event_desc>(<usize>bench().notif);
  notif.user_data = user_data;
  notif.type_mask = type_mask;
  return notif;
}
/** World, ring and an instance without a device. */
export function zcrxNodev(niovs: u32): void {
  prepared(niovs);
  nodev();
  assert(registerZcrx() == 0, 'an instance without a device');
}

/** Lends `n` buffers in a row, one completion each: the socket. */
export function lend(n: u32): u32 {
  const fd = socket();
  for (let i: u32 = 0; i < n; i++) packet(fd, 0, 100);
  recvZc(fd, 7, 0);
  getEvents();
  assert(cqes() == n, 'lent');
  return fd;
}
/** Takes buffers until the pool is dry, and says how many there were. */
export function drain(): u32 {
  let n: u32 = 0;
  while (take() != NONE) n++;
  return n;
}
