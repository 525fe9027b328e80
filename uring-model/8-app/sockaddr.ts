/** Socket addresses in the application's memory. */
import type { UserMemory } from './kernel.ts';
import { AF_INET, AF_INET6 } from './uapi.gen.ts';

export interface SocketAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order; all zero listens on every address. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** Writes struct sockaddr_in or sockaddr_in6; returns its address and size. */
export function writeSockaddr(memory: UserMemory, a: SocketAddress): { at: number; bytes: number } {
  const bytes = a.family === 4 ? 16 : 28;
  const at = memory.alloc(bytes);
  const view = memory.view();
  view.setUint16(at, a.family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(at + 2, a.port, false);
  memory.bytes(at + (a.family === 4 ? 4 : 8), a.address.length).set(a.address);
  return { at, bytes };
}

export const anyAddress = (family: 4 | 6): Uint8Array => new Uint8Array(family === 4 ? 4 : 16);
