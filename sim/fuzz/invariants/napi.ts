/** Softirq: polls keep to their budget, and GRO joins only what continues. */
import type { Invariant } from './form.ts';
import { plus } from './seq.ts';

export const POLL_BUDGET: Invariant = {
  id: 'N1', name: 'a poll keeps to its budget',
  about: 'A poll harvests no more frames than it was allowed to.',
  source: 'Linux net/core/dev.c: __napi_poll ("exceeded its budget")',
  checker: ({ violated }) => ({
    on: {
      napi_poll: (b, i) => {
        if (b.b(i) > b.c(i)) violated(`a poll of NAPI ${b.a(i)} harvested ${b.b(i)} frames with a budget of ${b.c(i)}`);
      },
    },
  }),
};

const GRO_MAX_SIZE = 65536;

export const GRO_ADJACENT: Invariant = {
  id: 'N2', name: 'GRO joins neighbours',
  about: 'A packet is merged only into one that ends where it begins, and what comes of it stays below 64 KiB.',
  source: 'Linux net/ipv4/tcp_offload.c: tcp_gro_receive; include/linux/netdevice.h: GRO_LEGACY_MAX_SIZE',
  checker({ violated }) {
    // As frames arrived; where a merged packet ends.
    const seq = new Map<number, number>();
    const payload = new Map<number, number>();
    const end = new Map<number, number>();
    return {
      on: {
        wire_arrive: (b, i) => void seq.set(b.pktId(i), b.b(i)),
        nic_dma: (b, i) => {
          if (b.b(i) > 0) payload.set(b.pktId(i), b.c(i));
        },
        gro_merge: (b, i) => {
          const pkt = b.pktId(i);
          const into = b.a(i);
          const [len, first, behind] = [payload.get(pkt), seq.get(into), payload.get(into)];
          if (b.c(i) >= GRO_MAX_SIZE) violated(`packet ${into} has grown to ${b.c(i)} bytes`);
          if (len === undefined || first === undefined || behind === undefined) return;
          const at = end.get(into) ?? plus(first, behind);
          if (at !== seq.get(pkt))
            violated(`packet ${pkt} of sequence number ${seq.get(pkt)} was merged into ${into}, which ends at ${at}`);
          end.set(into, plus(at, len));
        },
      },
    };
  },
};

const CORRUPT = 3;
const ETH_BYTES = 14;
/** Bytes of an IPv6 header that no checksum covers: traffic class and flow label, hop limit. */
const IPV6_UNCOVERED = [0, 1, 2, 3, 7];

export const CHECKSUMS: Invariant = {
  id: 'N3', name: 'a checksum that is wrong is seen',
  about: 'A segment of which one bit was flipped on its way reaches no socket.',
  source: 'Linux net/ipv4/tcp_ipv4.c: tcp_v4_rcv (skb_checksum_init, tcp_checksum_complete); RFC 9293 section 3.1',
  checker({ scenario, violated }) {
    const ipv6 = scenario.hosts.some((h) => h.values['tcp.family'] !== 0);
    const flipped = new Map<number, number>();
    const reached = (pkt: number, where: string) => {
      if (flipped.get(pkt) === 1) violated(`packet ${pkt} was corrupted on its way and ${where}`);
    };
    return {
      on: {
        wire_fault: (b, i) => {
          if (b.a(i) !== CORRUPT) return;
          const at = (b.b(i) >>> 3) - ETH_BYTES;
          // Two flips may hide each other.
          if (at >= 0 && !(ipv6 && IPV6_UNCOVERED.includes(at))) flipped.set(b.pktId(i), (flipped.get(b.pktId(i)) ?? 0) + 1);
        },
        tcp_rx: (b, i) => reached(b.pktId(i), 'was taken by a socket'),
        gro_merge: (b, i) => reached(b.pktId(i), 'was merged into another'),
      },
    };
  },
};
