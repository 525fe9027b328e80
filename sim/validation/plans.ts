/** Machines that are fitted: one for each published system. What the fit found is in sim/schema/machines_fitted.ts. */
import { COSTS } from '../schema/costs.ts';
import type { MachineValue } from '../schema/machine_form.ts';
import type { MachinePlan } from './form.ts';

const assumed = (knob: string, value: number, source: string): MachineValue => ({ knob, value, by: 'assumed', source });
const published = (knob: string, value: number, source: string): MachineValue => ({ knob, value, by: 'published', source });

/** What a plan leaves out costs nothing there: the source cannot tell it from what was fitted, which contains it. */
export const WITHIN = 'contained in what was fitted: the source cannot tell them apart';

function plan(name: string, about: string, fixed: readonly MachineValue[], prior: Readonly<Record<string, number>>): MachinePlan {
  const free = Object.entries(prior).map(([cost, value]) => ({ knob: `cost.${cost}`, prior: value }));
  const named = new Set([...fixed, ...free].map((v) => v.knob));
  const rest = COSTS.filter((c) => c.unit !== 'ns').map((c) => `cost.${c.name}`).filter((knob) => !named.has(knob));
  return { name, about, fixed: [...fixed, ...rest.map((knob) => assumed(knob, 0, WITHIN))], free };
}

/** 2 ways of 2.25 MiB, at 38.93 % of hits. */
const IO_WORKING_SET = Math.round((2 * 2.25 * 1024 ** 2) / 0.3893);

const LINES = 'as long as on bnxt-200g, the one source that compares one core with two';
const CLOCK = 'not published: it turns published times into cycles, and back';

export const PLANS: readonly MachinePlan[] = [
  plan('epyc-9654p', 'AMD EPYC 9654P with a 400 Gbit/s NIC, Linux 6.15 (Jasny et al., arXiv 2512.04859)', [
    published('cpu.mhz', 3700, 'AMD: greatest boost clock of the EPYC 9654P'),
    published('mem.l2_bytes', 1048576, 'AMD: EPYC 9654P'),
    published('mem.llc_bytes', 33554432, 'AMD: EPYC 9654P, the L3 cache of a core complex'),
    published('mem.ddio_ways', 0, 'Jasny et al.: AMD has no DDIO'),
  ], {
    enter: 1101, sqe: 223, net_prep: 380, send: 250, send_first_kib: 560, send_start_kib: 230, copy_kib: 420, copy_miss_kib: 60,
    copy_rfo_kib: 100, zc_notif: 20, zc_frag: 470, pin_call: 500, pin_page: 320, tcp_tx_skb: 580, recv: 1270, recv_first_kib: 170,
    recv_start_kib: 200, buf_select: 500, zcrx_recv: 790, zcrx_first_kib: 750, zcrx_start_kib: 40, zc_chunk: 440,
  }),
  plan('sendzc-nic-2022', 'the sender of the patches of July 2022, to a NIC (Begunkov); its processor is not said', [
    assumed('cpu.mhz', 3000, CLOCK),
  ], { send: 4800, copy_kib: 300, zc_frag: 50, zc_notif: 400 }),
  plan('sendzc-dummy-2022', 'the sender of the patches of July 2022, to a dummy device (Begunkov); its processor is not said', [
    assumed('cpu.mhz', 3000, CLOCK),
  ], { send: 1250, copy_kib: 60, skb_head_pages: 400, zc_frag: 20, zc_notif: 100 }),
  plan('sendzc-nic-2021', 'the sender of the patches of December 2021, to a NIC (Begunkov); its processor is not said', [
    assumed('cpu.mhz', 3000, CLOCK),
  ], {
    enter: 2000, send: 6700, copy_kib: 340, skb_head_pages: 400, zc_frag: 200, zc_notif: 400, syscall: 1000, zc_msg: 4000,
  }),
  plan('sendzc-dummy-2021', 'the sender of the patches of November and December 2021, to a dummy device (Begunkov)', [
    assumed('cpu.mhz', 3000, CLOCK),
  ], { enter: 400, send: 1250, zc_frag: 20, zc_notif: 100 }),
  plan('epyc-9454', 'AMD EPYC 9454 with a 200 Gbit/s NIC, Linux 6.11 (Wei, patches of io_uring zero copy rx)', [
    published('cpu.mhz', 3800, 'AMD: greatest boost clock of the EPYC 9454'),
    assumed('cost.remote_line', 90, LINES),
    assumed('cost.remote_buf', 29, LINES),
  ], { driver_rx_frame: 800, copy_kib: 200, zc_chunk: 300 }),
  plan('bnxt-200g', 'a 200 Gbit/s NIC and an unnamed processor (Begunkov, patches of large buffers for zcrx)', [
    assumed('cpu.mhz', 3000, CLOCK),
  ], { driver_rx_frame: 3400, page_pool_fast: 55, zc_chunk: 120, zcrx_recv: 1200, remote_line: 70, remote_buf: 40 }),
  plan('xeon-6354', 'Intel Xeon Gold 6354 with a 200 Gbit/s NIC, Linux 6.6 (Song et al., OSDI 2026)', [
    published('cpu.mhz', 3000, 'Song et al.: the clock of the machine'),
    published('mem.llc_bytes', 40894464, 'Song et al.: 39 MB'),
  ], { copy_kib: 390, copy_miss_kib: 570 }),
  plan('tcp-mmap-mlx4', 'a receiver with a ConnectX-3 at 40 Gbit/s (Dumazet, commit 93ab6cc69162); its processor is not said', [
    assumed('cpu.mhz', 3000, CLOCK),
  ], { copy_kib: 360, map_page: 530 }),
  plan('xeon-6140', 'Intel Xeon Gold 6140 with a 100 Gbit/s NIC (Farshin et al., ddio-bench)', [
    published('cpu.mhz', 2300, 'Farshin et al.: the clock of the machine'),
    published('mem.llc_bytes', 25952256, 'Intel: 24.75 MB'),
    published('mem.llc_ways', 11, 'Intel: the ways of it'),
    {
      knob: 'mem.io_working_set', value: IO_WORKING_SET, by: 'fitted',
      source: 'ways × bytes of a way / hit rate, of the cell of two ways',
    },
  ], {}),
  plan('epyc-9654p-shuffle', 'AMD EPYC 9654P as a node of a database (Jasny et al.)', [
    published('cpu.mhz', 3700, 'AMD: greatest boost clock of the EPYC 9654P'),
    published('mem.ddio_ways', 0, 'Jasny et al.: AMD has no DDIO'),
    published('mem.l2_bytes', 1048576, 'AMD: EPYC 9654P'),
    assumed('mem.llc_bytes', 0, 'all cores of the node shuffle through the L3 cache: it has nothing left of what is used again'),
    assumed('mem.dram_bps', 0, 'the memory bus of the node was not what limited it'),
    {
      knob: 'mem.overfetch_permille', value: 468, by: 'fitted',
      source: 'what copies of a sent and of a received byte add: 3.99 = 3 + 2p and 2.36 = 2 + p (Jasny et al.), by least squares',
    },
  ], {}),
];
