/** The stage's own state, at SOCKET_ADDR. */
import { SOCKET_ADDR } from '../../sim/core';

@unmanaged
export class SocketState {
  sock_base: u32;
  sock_capacity: u32;
  sock_free: u32;
  sock_used: u32;
  /** One more than the highest index ever used. */
  sock_high: u32;
  mini_base: u32;
  mini_capacity: u32;
  mini_free: u32;
  mini_used: u32;
  mini_high: u32;
  ehash_base: u32;
  ehash_mask: u32;
  bhash_base: u32;
  mib_base: u32;
}

export function socketState(): SocketState {
  return changetype<SocketState>(SOCKET_ADDR);
}
