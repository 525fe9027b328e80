/** Exhibits of the museum: bugs that buffers were lost, freed twice or handed to the wrong one by. */
import type { Exhibit } from './museum.ts';

export const MUSEUM_OF_BUFFERS: readonly Exhibit[] = [
  {
    name: 'zcrx-scrub-race', title: 'Scrub takes a reference that is gone', stage: 'refill',
    about: 'Giving up an instance took a buffer\'s user references back with one atomic step, a refill with two: it looked, and then'
      + ' counted down what the scrub had taken in between.',
    broke: 'A buffer went to the free list twice, whose end was then written past; two packets shared one buffer.',
    source: 'Linux 003049b1c4fb "io_uring/zcrx: fix user_ref race between scrub and refill paths" (2026-02), CVE-2026-43121, of'
      + ' 34a3e60821ab; io_uring/zcrx.c: io_zcrx_put_niov_uref, io_zcrx_scrub',
    rebuilt: 'Nothing runs at the same time here. What the race left behind is what happens: the scrub returns the references and the count'
      + ' still shows them.',
  },
  {
    name: 'zcrx-offset-32', title: 'Offsets of a large area wrap', stage: 'refill',
    about: 'The offset that a completion names was computed in 32 bits.',
    broke: 'Behind 4 GiB of an area the application read bytes of other buffers, and gave those back.',
    source: 'Linux 7.3.2 "io_uring/zcrx: fix buffer offsets in areas above 4GB"; io_uring/zcrx.c: io_zcrx_queue_cqe, where'
      + ' net_iov_idx(niov) << niov_shift is a u64 since',
    rebuilt: 'Offsets have 15 bits instead of 32, so that an area of a small world is large enough.',
  },
  {
    name: 'rq-overrun', title: 'Refill entries written over each other', stage: 'app',
    about: 'An application put buffers into the refill ring without looking whether the kernel had made room.',
    broke: 'Entries that were not read yet were lost with their buffers, until none was left to receive into.',
    source: 'liburing 740039744704 "examples/zcrx: add RQ space checks" (2025-07); examples/zcrx.c',
    rebuilt: 'The built-in applications do it.',
  },
  {
    name: 'refill-run-once', title: 'A run of returns counts as one', stage: 'refill',
    about: 'Refill entries in a row for the same buffer are folded into one return, and the references of the others were lost.',
    broke: 'A buffer that was lent in pieces stayed on loan, whatever the application gave back.',
    source: 'Linux 7.3 io_uring/zcrx.c: io_zcrx_ring_refill, zcrx_put_refill_niov (entries are folded since); there one entry too many'
      + ' still makes the whole run fail, and the buffer is lost until the ring ends',
    rebuilt: 'Built after that class: in Linux a run of right entries is counted right, here it counts as one.',
  },
  {
    name: 'full-ring-leak', title: 'A full ring keeps the buffer', stage: 'refill',
    about: 'A copy had a buffer, its completion found no room, and the buffer was not given back.',
    broke: 'Each time a slow application let its ring run full the receiver had a buffer less.',
    source: 'Linux 269009893146 "xsk: recycle buffer in case Rx queue was full" (6.7.3), CVE-2024-35834; net/xdp/xsk.c: __xsk_rcv_zc',
    rebuilt: 'There it was AF_XDP\'s receive queue; here it is the same step of zcrx: io_uring/zcrx.c: io_zcrx_copy_chunk.',
  },
  {
    name: 'ring-index-untrimmed', title: 'An index that runs on', stage: 'refill',
    about: 'A producer\'s counter was made to run freely, and one place went on using it as an index without masking it.',
    broke: 'Once round the ring, memory behind it was taken for its entries.',
    source: 'Linux 12f2d033fae9 "eth: bnxt: fix missing ring index trim on error path" (6.14.4), CVE-2025-37873;'
      + ' drivers/net/ethernet/broadcom/bnxt',
    rebuilt: 'There it was a TX ring after an error; here it is the refill ring: io_uring/zcrx.c: zcrx_next_rqe.',
  },
  {
    name: 'skb-reused-stale', title: 'An skb remembers its last packet', stage: 'napi',
    about: 'GRO took the fragments of a packet and used its skb again for the next one, with the truesize that it had.',
    broke: 'Each packet weighed as much as those before it together: sockets were full of memory that nobody had.',
    source: 'Linux net/core/gro.c: napi_reuse_skb, which sets truesize and others back one by one ("net-gro: reset skb->truesize in'
      + ' napi_reuse_skb()", 2014)',
    rebuilt: 'There it took drivers of napi_gro_frags(); here every skb that a NIC fills has been another one before.',
  },
  {
    name: 'coalesced-twice-freed', title: 'Two packets, one reference', stage: 'napi',
    about: 'Packets were joined, and both gave the page-pool reference of the moved fragments back: what had been taken for the second'
      + ' time was a reference of the page.',
    broke: 'A page went back to its pool while it was still being received into, or shown by a packet.',
    source: 'Linux 1effe8ca4e34 "skbuff: fix coalescing for page_pool fragment recycling" (5.17.3), CVE-2022-49093; net/core/skbuff.c:'
      + ' skb_try_coalesce',
    rebuilt: 'There it took a clone in skb_try_coalesce; here the fragments are released with the second packet after the join of GRO:'
      + ' net/core/gro.c: skb_gro_receive.',
  },
  {
    name: 'rx-released-again', title: 'Released once more when none is left', stage: 'nic',
    about: 'When the page pool had nothing to refill the receive ring with, the driver released a page, and once more at the next refill.',
    broke: 'The page pool counted fewer than no fragments: a page was in the pool and in the receive ring.',
    source: 'Linux ef9369e9c308 "net/mlx5e: RX, Fix page_pool allocation failure recovery for legacy rq" (2023), and be43b7489a3c for'
      + ' the striding rq; drivers/net/ethernet/mellanox/mlx5/core/en_rx.c: mlx5e_refill_rx_wqes',
    rebuilt: 'The page is that of the last buffer that the ring has.',
  },
  {
    name: 'pool-freed-inflight', title: 'The pool is freed before its pages are back', stage: 'pool',
    about: 'A page pool did not itself wait for its pages in flight: the memory model of XDP did, if there was one, and not for ever.',
    broke: 'Pages that packets still had returned to a pool that was gone.',
    source: 'Linux c3f812cea0d7 "page_pool: do not release pool until inflight == 0." (2019-11); net/core/page_pool.c: page_pool_release',
    rebuilt: 'What is freed too soon is the area of a zcrx instance, with its free list: io_uring/zcrx.c: io_zcrx_ifq_free.',
  },
  {
    name: 'recycled-after-destroy', title: 'Recycled into a pool that was emptied', stage: 'pool',
    about: 'A page was put into the ring of a page pool that somebody else was just emptying to destroy it.',
    broke: 'The pool was freed while who had put the page in still held the lock of its ring.',
    source: 'Linux 271683bb2cf3 "page_pool: Fix use-after-free in page_pool_recycle_in_ring" (2025-05), CVE-2025-38129;'
      + ' net/core/page_pool.c: page_pool_recycle_in_ring, page_pool_release',
    rebuilt: 'Nothing runs at the same time here: a buffer of an earlier provider stays in the pool when it comes back after the change.',
  },
  {
    name: 'frag-bias-kept', title: 'The driver\'s own share of a page', stage: 'nic',
    about: 'A driver takes many references of a page at once, to cut it into fragments; when XDP took the page, the driver did not give'
      + ' back those that were left.',
    broke: 'Pages never came back to the pool: each that XDP_REDIRECT sent on was lost.',
    source: 'Linux 7abd955a58fb "net/mlx5e: RX, Fix page_pool page fragment tracking for XDP" (2023-07);'
      + ' drivers/net/ethernet/mellanox/mlx5/core/en_rx.c',
    rebuilt: 'There it took XDP_REDIRECT; here it is every buffer that frames share (nic.pack_buffers).',
  },
  {
    name: 'rx-ring-untrimmed', title: 'A ring that still shows what was handed up', stage: 'nic',
    about: 'A driver that refills in batches left the addresses of delivered buffers in its ring, and released them when the queue was'
      + ' stopped.',
    broke: 'Buffers that the application had were freed under it.',
    source: 'DPDK 1cba20c6100f "net/mlx5: fix trimming SW ring for vectorized Rx" (2017-08); drivers/net/mlx5/mlx5_rxq.c (rxq->elts of'
      + ' mlx5_rx_burst_vec)',
    rebuilt: 'The queue stops because a memory provider takes it over or gives it back, or its ring gets another size.',
  },
];
