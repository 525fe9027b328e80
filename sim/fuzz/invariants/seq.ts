/** Sequence numbers: 32 bits that wrap around (RFC 9293 section 3.4). */
export const after = (a: number, b: number): boolean => ((b - a) | 0) < 0;
export const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;
export const plus = (a: number, n: number): number => (a + n) >>> 0;

/** Flags of a TCP header. */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;
export const URG = 32;

/** Handles from here on are of half-open connections and of TIME-WAIT, the last one of nothing at all. */
export const MINI = 0x8000_0000;

/** States by their numbers in Linux (include/net/tcp_states.h). */
export const ESTABLISHED = 1;
export const SYN_SENT = 2;
export const SYN_RECV = 3;
export const FIN_WAIT1 = 4;
export const FIN_WAIT2 = 5;
export const TIME_WAIT = 6;
export const CLOSE = 7;
export const CLOSE_WAIT = 8;
export const LAST_ACK = 9;
export const LISTEN = 10;
export const CLOSING = 11;
/** A socket becomes one of a connection, or of nothing again: what was known of its handle is of another one. */
export const begins = (to: number): boolean => to === SYN_SENT || to === SYN_RECV || to === LISTEN;
