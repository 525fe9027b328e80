/** Marking instead of dropping (RFC 3168; include/net/inet_ecn.h: IP_ECN_set_ce, IP6_ECN_set_ce): a router's queue grows long. */
import { loadBe16, storeBe16 } from '../../sim/core';
import { Frame, frameHead, FRAME_GOOD } from './frame';
import { PROTO_IPV4, PROTO_IPV6 } from './headers';

const IPV4_TOS: usize = 1;
const IPV4_CHECK: usize = 10;
const ECN_MASK: u8 = 3;
/** Where the same two bits lie in the second byte of an IPv6 header. */
const IPV6_ECN_SHIFT: u8 = 4;

/** Marks a frame that is ECN-capable and not marked yet; false: it is not of that kind. */
export function frameSetCe(f: Frame): bool {
  const shift: u8 = (f.proto & PROTO_IPV6) != 0 ? IPV6_ECN_SHIFT : 0;
  if ((f.proto & (PROTO_IPV4 | PROTO_IPV6)) == 0) return false;
  const ip = frameHead(f) + <u32>f.l3_off;
  const tos = load<u8>(ip, IPV4_TOS);
  const ecn = (tos >> shift) & ECN_MASK;
  if (ecn == 0 || ecn == ECN_MASK) return false;
  const before = loadBe16(ip);
  store<u8>(ip, tos | (ECN_MASK << shift), IPV4_TOS);
  // A sum that is known to be right is written later; another must stay as wrong as it is (RFC 1624).
  if ((f.proto & PROTO_IPV4) != 0 && (f.flags & FRAME_GOOD) == 0) {
    let sum = (~loadBe16(ip + IPV4_CHECK) & 0xffff) + (~before & 0xffff) + loadBe16(ip);
    sum = (sum & 0xffff) + (sum >> 16);
    storeBe16(ip + IPV4_CHECK, ~(sum + (sum >> 16)) & 0xffff);
  }
  return true;
}
