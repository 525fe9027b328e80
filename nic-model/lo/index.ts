/**
 * The loopback device
 * From 5-tcp: packets to an address of the host's own.   To 4-napi: the same packets, of the same host.
 *
 * Linux 7.3   drivers/net/loopback.c
 * Owns        nothing: a packet goes into the backlog of the core at once
 * Does not    queue, cut, or compute a checksum: the packet's payload stays where the sender put it, and is the receiver's too
 * Drops       NOMEM
 */
import { setLoXmit } from '../../stack/5-tcp';
import { loopbackXmit } from './loopback';

/** Called once, after tcpInit. */
export function loInit(): void {
  setLoXmit(loopbackXmit);
}
