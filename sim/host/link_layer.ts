/**
 * Captures without an Ethernet header get one, so that the simulated NIC sees what a wire would have carried.
 * Numbers: https://www.tcpdump.org/linktypes.html
 */
import { InputError } from './input_error.ts';
import type { CapturedFrame } from './pcap_read.ts';

const LINK_NULL = 0;
const LINK_ETHERNET = 1;
const LINK_RAW_OLD = 12;
const LINK_RAW_BSD = 14;
const LINK_RAW = 101;
const LINK_LOOP = 108;
const LINK_LINUX_SLL = 113;
const LINK_IPV4 = 228;
const LINK_IPV6 = 229;
const LINK_LINUX_SLL2 = 276;

/** Bytes of link header that precede the IP packet (SLL: and where its EtherType is). */
function strip(link_type: number): number {
  switch (link_type) {
    case LINK_NULL:
    case LINK_LOOP:
      return 4;
    case LINK_RAW_OLD:
    case LINK_RAW_BSD:
    case LINK_RAW:
    case LINK_IPV4:
    case LINK_IPV6:
      return 0;
    case LINK_LINUX_SLL:
      return 16;
    case LINK_LINUX_SLL2:
      return 20;
    default:
      return -1;
  }
}

const CLIENT_TO_SERVER = [0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01];

/** The frame with an Ethernet header; frames that have one are returned as they are. */
export function asEthernet(frame: CapturedFrame): CapturedFrame {
  if (frame.link_type === LINK_ETHERNET) return frame;
  const skip = strip(frame.link_type);
  if (skip < 0) {
    throw new InputError(
      `frame ${frame.number} has link type ${frame.link_type}; Ethernet (1), Linux cooked (113, 276), raw IP (101, 228, 229) and ` +
        'BSD loopback (0, 108) can be replayed.',
    );
  }
  const packet = frame.data.subarray(skip);
  const version = (packet[0] ?? 0) >> 4;
  const data = new Uint8Array(14 + packet.length);
  data.set(CLIENT_TO_SERVER, 0);
  // Anything that is not IP keeps an EtherType that the parser passes over.
  const ether_type = version === 4 ? 0x0800 : version === 6 ? 0x86dd : 0;
  data[12] = ether_type >> 8;
  data[13] = ether_type & 0xff;
  data.set(packet, 14);
  return { ...frame, link_type: LINK_ETHERNET, data, wire_bytes: frame.wire_bytes - skip + 14 };
}
