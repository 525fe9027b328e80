/** The pending error of a socket (include/net/sock.h: sock_error). */
import { Sock, sock } from '../6-socket';

/** -errno, cleared; 0 for none. */
export function takeSockError(sk: Sock): i32 {
  const err = <i32>sk.err;
  sk.err = 0;
  return -err;
}

/** What SO_ERROR says: a positive errno, else what went wrong lately and may still come right. */
export function takeAnyError(sk: Sock): i32 {
  const err = takeSockError(sk);
  if (err != 0) return -err;
  const soft = <i32>sk.err_soft;
  sk.err_soft = 0;
  return soft;
}

/** SO_ERROR. */
export function sockError(sock_idx: u32): i32 {
  return takeSockError(sock(sock_idx));
}
