/**
 * Stage 6 of 9 · socket
 * From 5-tcp: bytes in order.   To 7-ring: a wake-up, and bytes to read.
 *
 * Linux 7.3   include/net/sock.h, net/core/sock.c, net/ipv4/inet_hashtables.c, include/net/inet_connection_sock.h
 * Owns        the table of sockets, lookup, queues, buffer accounting, wake-ups, notifications of sends, the netstat counters
 * Does not    know what a segment means; read payload (5-tcp copies it, 7-ring lends it)
 * Drops       none: 5-tcp drops, by the limits kept here
 * Invariants  K1 a socket is freed once, when nobody holds it.  K2 a socket is freed after the protocol let it go.
 *             K3 queue sums equal rmem_alloc and wmem_queued.  K4 a hashed or bound socket is in its chain.
 *             K5 a Ubuf loses the references that were taken.
 */
export * from './control';
export * from './counters';
export * from './error_queue';
export * from './hash';
export * from './lines';
export * from './mem';
export * from './mini';
export * from './msg';
export * from './napi_id';
export * from './poll_bits';
export * from './queue';
export * from './sock';
export * from './sock_common';
export * from './sock_flags';
export * from './state';
export * from './table';
export * from './timestamping';
export * from './truesize';
export * from './wake';
export * from './zerocopy';
