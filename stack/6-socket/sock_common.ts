/**
 * What a full socket (Sock) and a mini socket (Mini) have in common (include/net/sock.h: sock_common), so that one hash table
 * finds any of them. A handle is an index; handles of mini sockets have MINI set.
 */

/** Bit of a handle that says: an index of a Mini. */
export const MINI: u32 = 0x80000000;

@unmanaged
export class SockCommon {
  hash_next: u32;
  hash: u32;
  /** Own handle. */
  handle: u32;
  state: u8;
  /** Type of service of what is sent without a socket: answers of a half-open connection, of TIME-WAIT, and RSTs. */
  reply_tos: u8;
  pad1: u16;
  /** Addresses in network order; an IPv4 address fills the first four bytes. */
  laddr0: u64;
  laddr1: u64;
  raddr0: u64;
  raddr1: u64;
  // Compared as one word by lookups: keep these four together.
  lport: u16;
  rport: u16;
  /** 4 or 6. */
  family: u8;
  host: u8;
  key_pad: u16;
}
export const KEY_OFFSET: usize = 48;
