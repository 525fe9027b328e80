/** States and flags of sockets. */

/** TCP states with Linux's numbers (include/net/tcp_states.h). */
export const TCP_ESTABLISHED: u32 = 1;
export const TCP_SYN_SENT: u32 = 2;
export const TCP_SYN_RECV: u32 = 3;
export const TCP_FIN_WAIT1: u32 = 4;
export const TCP_FIN_WAIT2: u32 = 5;
export const TCP_TIME_WAIT: u32 = 6;
export const TCP_CLOSE: u32 = 7;
export const TCP_CLOSE_WAIT: u32 = 8;
export const TCP_LAST_ACK: u32 = 9;
export const TCP_LISTEN: u32 = 10;
export const TCP_CLOSING: u32 = 11;
export const TCP_NEW_SYN_RECV: u32 = 12;

/** Sock.shutdown. */
export const RCV_SHUTDOWN: u32 = 1;
export const SEND_SHUTDOWN: u32 = 2;
export const SHUTDOWN_MASK: u32 = 3;

/** Sock.flags. */
/** No process has it any more (SOCK_DEAD). */
export const SOCK_DEAD: u32 = 1;
/** The peer's FIN was received (SOCK_DONE). */
export const SOCK_DONE: u32 = 2;
/** A writer found no room (SOCK_NOSPACE). */
export const SOCK_NOSPACE: u32 = 4;
/** Belongs to a process: not in an accept queue (sk_socket != NULL). */
export const SOCK_OWNED: u32 = 8;
/** Keepalive probes are wanted (SOCK_KEEPOPEN). */
export const SOCK_KEEPOPEN: u32 = 16;
/** Stands in the table of bound ports. */
export const SOCK_BOUND: u32 = 32;
/** Stands in the table of connections. */
export const SOCK_HASHED: u32 = 64;
/** A connect is under way (SS_CONNECTING). */
export const SOCK_CONNECTING: u32 = 128;
/** The protocol has let go of it: freed when nobody else holds it. */
export const SOCK_DESTROYED: u32 = 256;
/** Waits for a transmit page or an skb. */
export const SOCK_WAITS_PAGE: u32 = 512;
/** Small-queue throttling (TSQ_THROTTLED, TSQ_QUEUED). */
export const TSQ_THROTTLED: u32 = 1024;
export const TSQ_QUEUED: u32 = 2048;
/** Bound to the unspecified address. */
export const SOCK_ANY_ADDRESS: u32 = 4096;
/** Sends may ask for MSG_ZEROCOPY (SOCK_ZEROCOPY). */
export const SOCK_ZEROCOPY: u32 = 1 << 16;
/** Timestamps were asked for as SO_TIMESTAMPING_NEW (SOCK_TSTAMP_NEW). */
export const SOCK_TSTAMP_NEW: u32 = 1 << 17;
/** ICMP errors are told at once, and wait in the error queue (IP_RECVERR, IPV6_RECVERR). */
export const SOCK_RECVERR: u32 = 1 << 24;
export const SOCK_RECVERR6: u32 = 1 << 25;
/** Urgent bytes stay in the stream (SOCK_URGINLINE). */
export const SOCK_URGINLINE: u32 = 1 << 26;
/** It was connected once, and stays so for connect() when its connection is over (SS_CONNECTED). */
export const SOCK_CONNECTED: u32 = 1 << 27;
/** Its connect failed, and was shut down before anybody asked why (SS_DISCONNECTING). */
export const SOCK_DISCONNECTING: u32 = 1 << 28;

/** Sock.userlocks: the application chose a buffer size. */
export const SOCK_SNDBUF_LOCK: u8 = 1;
export const SOCK_RCVBUF_LOCK: u8 = 2;
