/**
 * DataReady (sk_data_ready, sk_write_space, sk_state_change; the socket's wait queue), filled in by uring-model/7-ring:
 *   wake(sock_idx, mask): something happened; mask has the poll bits that are true now.
 *   Called only while somebody waits: Sock.waiters != 0 (the ring sets it when it arms a poll and clears it again).
 */
import { PORTS_ADDR } from '../../sim/core';

const DATA_READY: usize = 24;

export const POLLIN: u32 = 0x0001;
export const POLLPRI: u32 = 0x0002;
export const POLLOUT: u32 = 0x0004;
export const POLLERR: u32 = 0x0008;
export const POLLHUP: u32 = 0x0010;
export const POLLRDNORM: u32 = 0x0040;
export const POLLRDBAND: u32 = 0x0080;
export const POLLWRNORM: u32 = 0x0100;
export const POLLRDHUP: u32 = 0x2000;

export function setDataReady(wake: (sock_idx: u32, mask: u32) => void): void {
  store<u32>(PORTS_ADDR, wake.index, DATA_READY);
}
export function dataReady(sock_idx: u32, mask: u32): void {
  call_indirect<void>(load<u32>(PORTS_ADDR, DATA_READY), sock_idx, mask);
}
