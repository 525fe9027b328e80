/**
 * Signed segments (RFC 2385; net/ipv4/tcp.c: tcp_inbound_hash, tcp_inbound_md5_hash). The model holds no keys, so a signature is
 * always one that nobody asked for.
 *
 * Differs from Linux: no TCP_MD5SIG and no TCP-AO; a segment with a TCP-AO option is taken as if it had none.
 */
import { TCP_HLEN } from './header';

const TCPOPT_EOL: u32 = 0;
const TCPOPT_NOP: u32 = 1;
const TCPOPT_MD5SIG: u32 = 19;
const TCPOLEN_MD5SIG: u32 = 18;

/** Does the segment carry a signature? Most have no options, or a timestamp alone. */
export function isSigned(th: usize, header_len: u32): bool {
  if (header_len < TCP_HLEN + TCPOLEN_MD5SIG) return false;
  let at: u32 = TCP_HLEN;
  while (at + 2 <= header_len) {
    const kind = <u32>load<u8>(th + at);
    if (kind == TCPOPT_EOL) return false;
    if (kind == TCPOPT_NOP) {
      at++;
      continue;
    }
    const len = <u32>load<u8>(th + at, 1);
    if (len < 2) return false;
    if (kind == TCPOPT_MD5SIG && len == TCPOLEN_MD5SIG) return true;
    at += len;
  }
  return false;
}
