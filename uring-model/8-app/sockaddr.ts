/** Socket addresses in the application's memory. */
import type { UserMemory } from './kernel.ts';
import { AF_INET, AF_INET6 } from './uapi.gen.ts';

export interface SocketAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order; all zero listens on every address. */
  readonly address: Uint8Array;
  readonly port: number;
}

function check(a: SocketAddress): void {
  const length = a?.family === 4 ? 4 : a?.family === 6 ? 16 : 0;
  const wrong = length === 0 ? 'a family of 4 or 6'
    : !(a.address instanceof Uint8Array) || a.address.length !== length ? `an address of ${length} bytes (Uint8Array)`
    : !Number.isInteger(a.port) || a.port < 0 || a.port > 65535 ? 'a port from 0 to 65535' : '';
  if (wrong !== '')
    throw new TypeError(`expected ${wrong}, as in { family: 4, address: Uint8Array.of(10, 0, 0, 2), port: 80 }`);
}

/** Writes struct sockaddr_in or sockaddr_in6; returns its address and size. */
export function writeSockaddr(memory: UserMemory, a: SocketAddress): { at: number; bytes: number } {
  check(a);
  const bytes = a.family === 4 ? 16 : 28;
  const at = memory.alloc(bytes);
  const view = memory.view();
  view.setUint16(at, a.family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(at + 2, a.port, false);
  memory.bytes(at + (a.family === 4 ? 4 : 8), a.address.length).set(a.address);
  return { at, bytes };
}

export const anyAddress = (family: 4 | 6): Uint8Array => new Uint8Array(family === 4 ? 4 : 16);
