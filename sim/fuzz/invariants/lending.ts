/** What is lent: bytes that lie in the buffer, that nobody else has, and that no device writes any more. */
import type { TraceBatch } from '../../host/index.ts';
import type { Invariant, OnRecord } from './form.ts';
import { Loans } from './loans.ts';

/** The ledger's place of a buffer that packets or the application have (stack/3-pool/netmem.ts). */
const LIVE = 3;
const NIC = 2;

interface Area {
  readonly first: number;
  readonly shift: number;
}

/** Offsets of loans: by the trace of areas, what a buffer's bytes are called. */
class Areas {
  private readonly by_niov: Area[] = [];
  readonly made: OnRecord = (b, i) => {
    const area = { first: b.niovIdx(i), shift: b.c(i) };
    for (let n = area.first; n < area.first + b.b(i); n++) this.by_niov[n] = area;
  };
  /** The offset of a byte in its buffer, where an offset of the area names it; undefined: the area is not known. */
  inside(niov: number, offset: number): number | undefined {
    const area = this.by_niov[niov];
    return area && offset - (niov - area.first) * 2 ** area.shift;
  }
  size(niov: number): number {
    return 2 ** (this.by_niov[niov]?.shift ?? 0);
  }
}

export const LENT_BYTES: Invariant = {
  id: 'B4', name: 'lent bytes',
  about: 'A completion names bytes of the buffer that it lends, and none of them is lent a second time before the buffer came home.',
  source: 'Linux io_uring/zcrx.c: io_zcrx_queue_cqe, io_zcrx_recv_frag; include/uapi/linux/io_uring/zcrx.h: IORING_ZCRX_AREA_SHIFT',
  checker({ violated }) {
    const areas = new Areas();
    /** Begin and end in turn, of what was lent of each buffer since it was last home. */
    const ranges: number[][] = [];
    const lend = (niov: number, from: number, to: number): void => {
      const lent = ranges[niov] ?? [];
      for (let k = 0; k < lent.length; k += 2) {
        if (from < (lent[k + 1] as number) && to > (lent[k] as number)) violated(`bytes ${from} to ${to} of buffer ${niov} are lent twice`);
      }
      lent.push(from, to);
      ranges[niov] = lent;
    };
    return {
      on: {
        zc_area: areas.made,
        zc_deliver: (b, i) => {
          const niov = b.niovIdx(i);
          const from = areas.inside(niov, b.b(i));
          if (from === undefined) return;
          const to = from + b.c(i);
          const size = areas.size(niov);
          if (from < 0 || to > size) violated(`the completion of buffer ${niov} names bytes ${from} to ${to} of its ${size}`);
          lend(niov, from, to);
        },
        ledger: (b, i) => {
          if (b.a(i) === LIVE) ranges[b.niovIdx(i)] = [];
        },
      },
    };
  },
};

export const NO_DMA: Invariant = {
  id: 'B5', name: 'no write into loans',
  about: 'Neither the NIC nor the copy fallback writes into a buffer that the application or a packet has.',
  source: 'Linux Documentation/networking/iou-zcrx.rst; net/core/page_pool.c: page_pool_alloc_netmems',
  checker({ scenario, violated }) {
    const loans = new Loans();
    const places: number[] = [];
    // Where frames share buffers, what one of them lies in is lent while the next is written behind it.
    const packs = scenario.steps?.some(({ step }) => step === 'nic.pack') ?? false;
    const packing = scenario.hosts.map((h) => packs || h.values['nic.pack_buffers'] !== 0);
    const written = (b: TraceBatch, i: number): void => {
      const niov = b.niovIdx(i);
      const place = places[niov];
      if (place === undefined || packing[b.host(i)]) return;
      if (loans.of(niov) > 0) violated(`the NIC wrote into buffer ${niov}, which is on loan`);
      if (place !== NIC) violated(`the NIC wrote into buffer ${niov}, which is not posted`);
    };
    return {
      on: {
        ...loans.on,
        zc_copy: (b, i) => {
          if (loans.of(b.niovIdx(i)) > 0) violated(`bytes were copied into buffer ${b.niovIdx(i)}, which is on loan`);
          loans.on.zc_copy(b, i);
        },
        nic_dma: written,
        nic_dma_buf: written,
        ledger: (b, i) => {
          places[b.niovIdx(i)] = b.b(i);
        },
      },
    };
  },
};
