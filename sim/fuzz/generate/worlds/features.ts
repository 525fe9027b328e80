/**
 * What a world may have beside its applications, in features that are switched on or off as a whole before anything in them is drawn
 * (Groce et al., Swarm Testing, ISSTA 2012): a case with everything in it hides what only a few of them do together.
 */
import type { Draw } from './draw.ts';

export interface Feature {
  readonly name: string;
  /** In how many cases of a hundred it is on. */
  readonly percent: number;
  readonly knobs: readonly Draw[];
  /** Both hosts get the same. */
  readonly alike?: boolean;
}

const KIB = 1024;
const US = 1000;
const MS = 1000 * US;
const between = (knob: string, min: number, max: number): Draw => ({ knob, min, max });
const powers = (knob: string, min: number, max: number): Draw => ({ knob, min, max, pow2: true });
const all = (section: string, ...names: string[]): Draw[] => names.map((name) => ({ knob: `${section}.${name}` }));
const feature = (name: string, percent: number, ...knobs: Draw[]): Feature => ({ name, percent, knobs });
const alike = (name: string, percent: number, ...knobs: Draw[]): Feature => ({ name, percent, knobs, alike: true });

const WIRE: readonly Feature[] = [
  feature('rate', 20, between('wire.rate_bps', 1e6, 4e11), between('wire.queue_packets', 0, 1000)),
  feature('delay', 20, between('wire.delay_ns', 0, 20 * MS)),
  feature('loss', 25, between('wire.loss_ppm', 100, 200_000)),
  feature('reorder', 20, between('wire.reorder_ppm', 1000, 400_000), between('wire.reorder_delay_ns', 100, 20 * MS)),
  feature('duplicate', 15, between('wire.duplicate_ppm', 1000, 400_000)),
  feature('corrupt', 15, between('wire.corrupt_ppm', 1000, 100_000)),
  feature('ecn', 12, between('wire.ecn_mark_ppm', 1000, 1_000_000), ...all('tcp', 'ecn', 'ecn_option', 'ecn_option_beacon')),
  feature('jitter', 15, between('wire.jitter_ns', 100, 5 * MS)),
];

const NIC: readonly Feature[] = [
  feature('rings', 35, powers('nic.rx_ring', 8, 256), powers('nic.tx_ring', 8, 256), powers('pool.ptr_ring', 1, 256)),
  feature('queues', 20, between('nic.rx_queues', 1, 4), between('nic.tx_queues', 1, 4), between('nic.rss_start', 0, 3),
    between('nic.rss_equal', 1, 4), between('refill.queue', 0, 3)),
  feature('split', 25, { knob: 'nic.header_split' }, between('nic.hds_thresh', 0, 3000), between('nic.rx_copybreak', 0, 256),
    { knob: 'nic.copybreak_first' }),
  feature('pack', 12, { knob: 'nic.pack_buffers' }),
  feature('merge', 20, ...all('nic', 'rx_gro_hw', 'lro'), { knob: 'napi.gro' }),
  feature('offload', 20, ...all('nic', 'tso', 'tx_checksum', 'rx_checksum')),
  feature('moderation', 25, between('nic.rx_usecs', 0, 500), between('nic.rx_frames', 0, 64), between('nic.dma_ns', 0, 50 * US)),
  alike('mtu', 25, between('nic.mtu', 576, 9000)),
  feature('qdisc', 10, { knob: 'nic.qdisc' }),
  feature('device', 8, ...all('nic', 'tun', 'xdp', 'queue_mgmt', 'rx_page_size')),
  feature('bus', 8, between('nic.pcie_bps', 1e7, 1e12), between('nic.fifo_bytes', 128 * KIB, 160 * KIB)),
  feature('poll', 25, between('napi.weight', 1, 64), between('napi.budget', 1, 300), between('napi.budget_usecs', 1, 2000)),
  feature('iommu', 5, { knob: 'mem.iommu' }),
];

const TCP: readonly Feature[] = [
  alike('family', 20, { knob: 'tcp.family' }),
  feature('options', 25, ...all('tcp', 'sack', 'timestamps', 'window_scaling')),
  feature('congestion', 20, { knob: 'tcp.congestion_control' }, between('tcp.init_cwnd', 1, 40), ...all('tcp', 'slow_start_after_idle')),
  feature('timeouts', 20, between('tcp.rto_min_ns', MS, 1000 * MS), ...all('tcp', 'frto', 'early_retrans')),
  feature('segments', 12, between('tcp.tso_win_divisor', 0, 20), between('tcp.min_tso_segs', 1, 20),
    between('tcp.limit_output_bytes', 4096, 64 * KIB), between('tcp.notsent_lowat', 1, 64 * KIB)),
  feature('acks', 15, between('tcp.comp_sack_nr', 0, 60), between('tcp.comp_sack_delay_ns', 0, 5 * MS),
    between('tcp.invalid_ratelimit_ms', 0, 500)),
  feature('path', 8, { knob: 'tcp.mtu_probing' }, between('tcp.base_mss', 48, 1448), between('tcp.route_mtu', 576, 9000),
    between('tcp.route_advmss', 88, 9000), between('tcp.min_snd_mss', 48, 500)),
  feature('open', 12, { knob: 'tcp.syncookies' }, between('tcp.fastopen', 0, 0xfff), between('socket.backlog', 1, 16)),
  feature('shrink', 10, { knob: 'tcp.shrink_window' }),
  feature('ends', 12, between('tcp.timewait_ns', MS, 60_000 * MS), between('tcp.fin_timeout_ns', MS, 60_000 * MS),
    ...all('tcp', 'rfc1337', 'no_metrics_save')),
  feature('rmem', 25, between('socket.rmem_default', 4096, 256 * KIB), between('socket.rmem_max', 4096, 512 * KIB),
    { knob: 'socket.moderate_rcvbuf' }),
  feature('rcvbuf', 15, between('socket.rcvbuf', 1, 128 * KIB)),
  feature('wmem', 20, between('socket.wmem_default', 4096, 256 * KIB), between('socket.wmem_max', 4096, 512 * KIB)),
  feature('sndbuf', 10, between('socket.sndbuf', 1, 128 * KIB)),
  feature('nodelay', 15, { knob: 'socket.nodelay' }),
  feature('optmem', 5, between('socket.optmem_max', 0, 4096)),
  feature('busy_poll', 5, between('socket.busy_poll_ns', 1000, 100 * US)),
];

const RING: readonly Feature[] = [
  feature('sq', 25, between('ring.sq_entries', 1, 64)),
  feature('cq', 35, between('ring.cq_entries', 1, 64)),
  feature('taskrun', 15, ...all('ring', 'defer_taskrun', 'coop_taskrun')),
  feature('sqpoll', 6, { knob: 'ring.sqpoll' }, between('ring.sqpoll_core', 0, 7), between('ring.sqpoll_idle_ms', 1, 4)),
  feature('fixed_files', 15, { knob: 'ring.fixed_files' }),
  feature('napi_poll', 4, between('ring.napi_busy_poll_ns', 1000, 50 * US)),
  feature('waits', 20, between('ring.wait_batch', 1, 64), between('ring.wait_ns', 1000, 5 * MS)),
  feature('area', 60, powers('refill.area_bytes', 4096, 2048 * KIB)),
  feature('odd_area', 10, between('refill.area_bytes', 4096, 2048 * KIB)),
  feature('refill_ring', 30, powers('refill.rq_entries', 1, 64)),
  feature('large_buffers', 10, powers('refill.rx_buf_len', 4096, 64 * KIB)),
  feature('huge_pages', 5, powers('refill.area_page', 4096, 2 * 1024 * KIB)),
  feature('give_back', 40, between('refill.batch', 1, 64), between('refill.delay_ns', 100, 10 * MS), { knob: 'refill.order' }),
  feature('hoard', 12, { knob: 'refill.give_back' }),
  feature('no_flush', 10, { knob: 'refill.flush' }),
  feature('no_device', 6, { knob: 'refill.nodev' }),
];

const HOST: readonly Feature[] = [
  feature('cores', 20, between('cpu.cores', 1, 4), between('cpu.irq_core', 0, 3), between('cpu.irq_spread', 0, 2),
    between('cpu.app_core', 0, 3), between('cpu.app_spread', 0, 2)),
  feature('clock', 12, between('cpu.mhz', 100, 5000)),
  feature('idle', 8, { knob: 'cpu.idle' }, between('cpu.idle_exit_ns', 0, 50 * US)),
  alike('profile', 20, { knob: 'kernel.profile' }),
];

export const FEATURES: readonly Feature[] = [...WIRE, ...NIC, ...TCP, ...RING, ...HOST];
