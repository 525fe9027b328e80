/** Machines whose parameters were fitted; written by `ringlab validate --fit`. */
import { COSTS } from './costs.ts';
import type { Machine, MachineValue } from './machine_form.ts';

/** Costs that a machine does not name are 0 there. */
function machine(
  name: string, about: string, said: readonly MachineValue[], cells: number, prices: Readonly<Record<string, number>>,
): Machine {
  const fitted = Object.entries(prices).map(([cost, value]): MachineValue =>
    ({ knob: `cost.${cost}`, value, by: 'fitted', source: `fitted to ${cells} published cells (docs/validation.md)` }));
  const named = new Set([...said, ...fitted].map((v) => v.knob));
  const rest = COSTS.filter((c) => c.unit !== 'ns' && !named.has(`cost.${c.name}`)).map((c): MachineValue =>
    ({ knob: `cost.${c.name}`, value: 0, by: 'assumed', source: 'contained in what was fitted: the source cannot tell them apart' }));
  return { name, about, values: [...said, ...fitted, ...rest] };
}

export const FITTED: readonly Machine[] = [
  machine('epyc-9654p', 'AMD EPYC 9654P with a 400 Gbit/s NIC, Linux 6.15 (Jasny et al., arXiv 2512.04859)', [
    {
      knob: 'cpu.mhz', value: 3700, by: 'published',
      source: 'AMD: greatest boost clock of the EPYC 9654P',
    },
    {
      knob: 'mem.l2_bytes', value: 1048576, by: 'published',
      source: 'AMD: EPYC 9654P',
    },
    {
      knob: 'mem.llc_bytes', value: 33554432, by: 'published',
      source: 'AMD: EPYC 9654P, the L3 cache of a core complex',
    },
    {
      knob: 'mem.ddio_ways', value: 0, by: 'published',
      source: 'Jasny et al.: AMD has no DDIO',
    },
  ], 37, {
    enter: 1102, sqe: 223, net_prep: 387, send: 251, send_first_kib: 553, send_start_kib: 221, copy_kib: 423, copy_miss_kib: 61,
    copy_rfo_kib: 108, zc_notif: 0, zc_frag: 465, pin_call: 498, pin_page: 327, tcp_tx_skb: 686, recv: 1272, recv_first_kib: 166,
    recv_start_kib: 205, buf_select: 501, zcrx_recv: 801, zcrx_first_kib: 761, zcrx_start_kib: 36, zc_chunk: 446,
  }),
  machine('sendzc-nic-2022', 'the sender of the patches of July 2022, to a NIC (Begunkov); its processor is not said', [
    {
      knob: 'cpu.mhz', value: 3000, by: 'assumed',
      source: 'not published: it turns published times into cycles, and back',
    },
  ], 6, {
    send: 4900, copy_kib: 294, zc_frag: 40, zc_notif: 422,
  }),
  machine('sendzc-dummy-2022', 'the sender of the patches of July 2022, to a dummy device (Begunkov); its processor is not said', [
    {
      knob: 'cpu.mhz', value: 3000, by: 'assumed',
      source: 'not published: it turns published times into cycles, and back',
    },
  ], 9, {
    send: 1288, copy_kib: 87, skb_head_pages: 350, zc_frag: 0, zc_notif: 82,
  }),
  machine('sendzc-nic-2021', 'the sender of the patches of December 2021, to a NIC (Begunkov); its processor is not said', [
    {
      knob: 'cpu.mhz', value: 3000, by: 'assumed',
      source: 'not published: it turns published times into cycles, and back',
    },
  ], 16, {
    enter: 2003, send: 6803, copy_kib: 286, skb_head_pages: 437, zc_frag: 182, zc_notif: 441, syscall: 2594, zc_msg: 6248,
  }),
  machine('sendzc-dummy-2021', 'the sender of the patches of November and December 2021, to a dummy device (Begunkov)', [
    {
      knob: 'cpu.mhz', value: 3000, by: 'assumed',
      source: 'not published: it turns published times into cycles, and back',
    },
  ], 5, {
    enter: 396, send: 1237, zc_frag: 24, zc_notif: 108,
  }),
  machine('epyc-9454', 'AMD EPYC 9454 with a 200 Gbit/s NIC, Linux 6.11 (Wei, patches of io_uring zero copy rx)', [
    {
      knob: 'cpu.mhz', value: 3800, by: 'published',
      source: 'AMD: greatest boost clock of the EPYC 9454',
    },
    {
      knob: 'cost.remote_line', value: 90, by: 'assumed',
      source: 'as long as on bnxt-200g, the one source that compares one core with two',
    },
    {
      knob: 'cost.remote_buf', value: 29, by: 'assumed',
      source: 'as long as on bnxt-200g, the one source that compares one core with two',
    },
  ], 2, {
    driver_rx_frame: 1166, copy_kib: 201, zc_chunk: 351,
  }),
  machine('bnxt-200g', 'a 200 Gbit/s NIC and an unnamed processor (Begunkov, patches of large buffers for zcrx)', [
    {
      knob: 'cpu.mhz', value: 3000, by: 'assumed',
      source: 'not published: it turns published times into cycles, and back',
    },
  ], 9, {
    driver_rx_frame: 3579, page_pool_fast: 53, zc_chunk: 111, zcrx_recv: 1058, remote_line: 71, remote_buf: 23,
  }),
  machine('xeon-6354', 'Intel Xeon Gold 6354 with a 200 Gbit/s NIC, Linux 6.6 (Song et al., OSDI 2026)', [
    {
      knob: 'cpu.mhz', value: 3000, by: 'published',
      source: 'Song et al.: the clock of the machine',
    },
    {
      knob: 'mem.llc_bytes', value: 40894464, by: 'published',
      source: 'Song et al.: 39 MB',
    },
  ], 2, {
    copy_kib: 393, copy_miss_kib: 569,
  }),
  machine('tcp-mmap-mlx4', 'a receiver with a ConnectX-3 at 40 Gbit/s (Dumazet, commit 93ab6cc69162); its processor is not said', [
    {
      knob: 'cpu.mhz', value: 3000, by: 'assumed',
      source: 'not published: it turns published times into cycles, and back',
    },
  ], 2, {
    copy_kib: 359, map_page: 533,
  }),
  machine('xeon-6140', 'Intel Xeon Gold 6140 with a 100 Gbit/s NIC (Farshin et al., ddio-bench)', [
    {
      knob: 'cpu.mhz', value: 2300, by: 'published',
      source: 'Farshin et al.: the clock of the machine',
    },
    {
      knob: 'mem.llc_bytes', value: 25952256, by: 'published',
      source: 'Intel: 24.75 MB',
    },
    {
      knob: 'mem.llc_ways', value: 11, by: 'published',
      source: 'Intel: the ways of it',
    },
    {
      knob: 'mem.io_working_set', value: 12120709, by: 'fitted',
      source: 'ways × bytes of a way / hit rate, of the cell of two ways',
    },
  ], 0, {
  }),
  machine('epyc-9654p-shuffle', 'AMD EPYC 9654P as a node of a database (Jasny et al.)', [
    {
      knob: 'cpu.mhz', value: 3700, by: 'published',
      source: 'AMD: greatest boost clock of the EPYC 9654P',
    },
    {
      knob: 'mem.ddio_ways', value: 0, by: 'published',
      source: 'Jasny et al.: AMD has no DDIO',
    },
    {
      knob: 'mem.l2_bytes', value: 1048576, by: 'published',
      source: 'AMD: EPYC 9654P',
    },
    {
      knob: 'mem.llc_bytes', value: 0, by: 'assumed',
      source: 'all cores of the node shuffle through the L3 cache: it has nothing left of what is used again',
    },
    {
      knob: 'mem.dram_bps', value: 0, by: 'assumed',
      source: 'the memory bus of the node was not what limited it',
    },
    {
      knob: 'mem.overfetch_permille', value: 468, by: 'fitted',
      source: 'what copies of a sent and of a received byte add: 3.99 = 3 + 2p and 2.36 = 2 + p (Jasny et al.), by least squares',
    },
  ], 0, {
  }),
];
