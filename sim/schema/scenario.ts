/**
 * The scenario, once: every knob with name, unit, least, greatest, default, a sentence and its Linux counterpart.
 * Sections are the nine stages, plus kernel, cpu, limits, run, faults and expect. `npm run gen` makes of it the core's
 * configuration block, validation, types, JSON Schema and documentation.
 *
 * A host's value of a knob is, from weakest to strongest: the default here, the scenario's stage section, and the
 * same section under `hosts.client` or `hosts.server`. The `wire` of a host is the link that it sends on.
 */
import { BEHAVIOURS, DEFAULT_PROFILE, PROFILES } from './behaviours.ts';
import { COSTS } from './costs.ts';
import { MACHINES } from './machines.ts';
import { MEMORY_KNOBS } from './memory_knobs.ts';
import { BUG_NAMES } from './museum.ts';

/** How a value is written in YAML and what a plain number means. */
export type Unit = 'count' | 'bytes' | 'ns' | 'bps' | 'ppm' | 'bool' | 'cycles' | 'mhz';

export interface Knob {
  readonly section: string;
  readonly name: string;
  readonly unit: Unit;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  readonly about: string;
  readonly linux?: string;
  /** Names of the values 0, 1, 2 … of an enumeration. */
  readonly options?: readonly string[];
  /** 0 stands for a value computed from the rest of the scenario; it is written `auto`. */
  readonly auto?: boolean;
  /** It says what the host gets to see of a run, and changes nothing of it: no part of the state that is hashed. */
  readonly watches?: boolean;
  /** It may change while the world runs: its stages read it when they need it, or again when they are told (sim/world/edit.ts). */
  readonly live?: boolean;
}

const GIB = 1024 ** 3;
const HOUR = 3_600_000_000_000;
type Extra = { linux?: string; auto?: boolean; watches?: boolean };
const knob = (
  section: string, name: string, unit: Unit, range: readonly [number, number], value: number, about: string, extra: Extra = {},
): Knob => ({
  section, name, unit, min: range[0], max: range[1], value, about, ...extra,
});
const flag = (section: string, name: string, value: boolean, about: string, linux?: string): Knob =>
  knob(section, name, 'bool', [0, 1], value ? 1 : 0, about, linux === undefined ? {} : { linux });
const choice = (section: string, name: string, options: readonly string[], value: string, about: string, linux?: string): Knob => ({
  ...knob(section, name, 'count', [0, options.length - 1], options.indexOf(value), about, linux === undefined ? {} : { linux }), options,
});

const watching = (k: Knob): Knob => ({ ...k, watches: true });

/** Knobs of the run as a whole. */
export const RUN_KNOBS: readonly Knob[] = [
  knob('run', 'seed', 'count', [0, 2 ** 48], 1, 'every random draw follows from it'),
  knob('run', 'until_ns', 'ns', [1, HOUR], 10_000_000_000, 'virtual time at which the run ends if work is left'),
  flag('run', 'payload', true, 'move payload bytes; off: lengths only, for scale'),
  choice('run', 'bug', ['none', ...BUG_NAMES], 'none', 'a bug of the museum is switched on, in the fuzzing build of the core'),
  watching(flag('run', 'trace', true, 'write trace records')),
  watching(flag('run', 'charges', false, 'trace what each context was charged (event cpu_charge)')),
  watching(flag('run', 'capture', false, 'keep the frames on the wire for pcapng')),
  watching(flag('run', 'verify', false, 'check the ledger and the invariants after every event')),
  knob('limits', 'socks', 'count', [0, 65536], 0, 'sockets of the world', { auto: true }),
  knob('limits', 'skbs', 'count', [0, 4_000_000], 0, 'skbs of the world', { auto: true }),
  knob('limits', 'frames', 'count', [0, 1_000_000], 0, 'frames in rings and on links', { auto: true }),
  knob('limits', 'tx_pages', 'count', [0, 65536], 0, 'transmit pages (32 KiB) of the world', { auto: true }),
  knob('limits', 'rx_pages', 'count', [0, 1_000_000], 0, 'ordinary receive pages (4 KiB) of the world', { auto: true }),
  knob('limits', 'reqs', 'count', [0, 1_000_000], 0, 'io_uring requests of the world', { auto: true }),
  knob('limits', 'user_bytes', 'bytes', [0, 3 * GIB], 0, 'user memory of the world: rings, areas, application buffers', { auto: true }),
  knob('limits', 'trace_records', 'count', [65536, 16_000_000], 131072, 'records of the trace ring between two readings',
    { watches: true }),
  knob('limits', 'capture_bytes', 'bytes', [2 * 1024 ** 2, GIB], 8 * 1024 ** 2, 'bytes of captured frames between two readings',
    { watches: true }),
];

/** Knobs of a host, by stage. */
const ALL_HOST_KNOBS: readonly Knob[] = [
  knob('wire', 'rate_bps', 'bps', [1_000, 1_600_000_000_000], 25_000_000_000, 'bits per second of the link', { linux: 'tc netem rate' }),
  knob('wire', 'delay_ns', 'ns', [0, 10_000_000_000], 10_000, 'propagation delay', { linux: 'tc netem delay' }),
  knob('wire', 'queue_packets', 'count', [0, 100_000], 1000, 'frames that wait before the link drops; 0: it drops all',
    { linux: 'ip link set txqueuelen' }),
  knob('wire', 'loss_ppm', 'ppm', [0, 1_000_000], 0, 'share of frames lost', { linux: 'tc netem loss' }),
  knob('wire', 'reorder_ppm', 'ppm', [0, 1_000_000], 0, 'share of frames held back', { linux: 'tc netem reorder' }),
  knob('wire', 'reorder_delay_ns', 'ns', [0, 1_000_000_000], 50_000, 'how long a reordered frame is held back'),
  knob('wire', 'duplicate_ppm', 'ppm', [0, 1_000_000], 0, 'share of frames sent twice', { linux: 'tc netem duplicate' }),
  knob('wire', 'corrupt_ppm', 'ppm', [0, 1_000_000], 0, 'share of frames with a flipped bit', { linux: 'tc netem corrupt' }),
  knob('wire', 'ecn_mark_ppm', 'ppm', [0, 1_000_000], 0, 'share of ECN-capable frames that are marked: congestion experienced',
    { linux: 'tc netem loss … ecn' }),
  knob('wire', 'jitter_ns', 'ns', [0, 1_000_000_000], 0, 'greatest extra delay, drawn evenly', { linux: 'tc netem delay … JITTER' }),

  knob('nic', 'mtu', 'bytes', [576, 65535], 1500, 'largest IP packet', { linux: 'ip link set mtu' }),
  knob('nic', 'rx_queues', 'count', [1, 16], 4, 'receive queues', { linux: 'ethtool -L combined' }),
  knob('nic', 'tx_queues', 'count', [1, 16], 4, 'transmit queues', { linux: 'ethtool -L combined' }),
  knob('nic', 'rx_ring', 'count', [8, 16384], 1024, 'descriptors of an RX queue; a power of two', { linux: 'ethtool -G rx' }),
  knob('nic', 'rx_ring_max', 'count', [0, 16384], 0, 'descriptors that a step may give an RX queue; auto: as many as it has',
    { linux: 'ethtool -g', auto: true }),
  knob('nic', 'tx_ring', 'count', [8, 16384], 1024, 'descriptors of a TX queue; a power of two', { linux: 'ethtool -G tx' }),
  knob('nic', 'rss_start', 'count', [0, 15], 0, 'first queue of the RSS spread', { linux: 'ethtool -X start' }),
  knob('nic', 'rss_equal', 'count', [0, 16], 0, 'queues of the RSS spread; auto: all that are left from rss_start',
    { linux: 'ethtool -X equal', auto: true }),
  flag('nic', 'ntuple', true, 'obey the n-tuple rules of `nic.rules`', 'ethtool -K ntuple'),
  flag('nic', 'header_split', true, 'split TCP headers from payload', 'ethtool -G tcp-data-split'),
  knob('nic', 'hds_thresh', 'bytes', [0, 65535], 0, 'frames with a payload of at most this are not split',
    { linux: 'ethtool -G hds-thresh' }),
  knob('nic', 'rx_copybreak', 'bytes', [0, 256], 0, 'unsplit frames up to this length are copied into the linear part',
    { linux: 'ethtool --set-tunable rx-copybreak' }),
  flag('nic', 'copybreak_first', false, 'rx_copybreak takes frames that would be split, too', 'ethtool --set-priv-flags copybreak-first'),
  flag('nic', 'pack_buffers', false, 'frames share buffers, a fragment each; not where the NIC merges segments',
    'ethtool --set-priv-flags pack-buffers'),
  flag('nic', 'rx_gro_hw', false, 'the NIC merges segments as GRO would, where it splits headers; needs rx_checksum',
    'ethtool -K rx-gro-hw'),
  flag('nic', 'lro', false, 'the NIC merges segments also when their acknowledgements or timestamps differ; rx_gro_hw wins',
    'ethtool -K lro'),
  flag('nic', 'rx_checksum', true, 'the NIC validates checksums', 'ethtool -K rx'),
  flag('nic', 'tx_checksum', true, 'the NIC writes checksums', 'ethtool -K tx'),
  flag('nic', 'queue_mgmt', true, 'the driver can restart a single queue', 'struct netdev_queue_mgmt_ops'),
  flag('nic', 'rx_page_size', true, 'the driver can post buffers that are larger than a page', 'QCFG_RX_PAGE_SIZE'),
  knob('nic', 'xsk_queue', 'count', [0, 16], 0, 'RX queue that an AF_XDP socket has, from 1; 0: none', { linux: 'bind(2) of AF_XDP' }),
  flag('nic', 'xdp', false, 'an XDP program is attached, which passes every packet', 'ip link set … xdp'),
  flag('nic', 'tun', false, 'packets weigh what they do on a tun device, which forgets at once whose they were', 'ip tuntap add'),
  flag('nic', 'tap', false, 'the host is a real one behind a tap device, which has its end of the wire (ringlab bridge)',
    'ip tuntap add mode tap'),
  flag('nic', 'dummy', false, 'what is sent is thrown away at once, as a dummy device does; nothing arrives', 'ip link add type dummy'),
  flag('nic', 'tso', true, 'the NIC cuts large packets into segments; needs tx_checksum', 'ethtool -K tso'),
  choice('nic', 'qdisc', ['pfifo', 'fq'], 'pfifo', 'queue discipline before each TX queue: first come first served, or fair with pacing',
    'tc qdisc replace dev … root pfifo, fq'),
  knob('nic', 'rx_usecs', 'count', [0, 10_000], 8, 'interrupt after this many microseconds', { linux: 'ethtool -C rx-usecs' }),
  knob('nic', 'rx_frames', 'count', [0, 1024], 32, 'or after this many frames; 0: no such limit', { linux: 'ethtool -C rx-frames' }),
  knob('nic', 'dma_ns', 'ns', [0, 1_000_000], 300, 'from the last bit of a frame to its completion in memory'),

  knob('nic', 'pcie_bps', 'bps', [0, 10 ** 14], 0,
    'what the bus carries each way, after encoding; 0: no limit. PCIe 4.0 x16: 252Gbps, 5.0 x16: 504Gbps', { linux: 'lspci -vv LnkSta' }),
  knob('nic', 'pcie_mps', 'bytes', [128, 4096], 256, 'payload of one packet (TLP) on the bus; a power of two',
    { linux: 'lspci -vv DevCtl MaxPayload' }),
  knob('nic', 'desc_bytes', 'bytes', [8, 256], 16, 'bytes of a descriptor, which the NIC reads over the bus'),
  knob('nic', 'completion_bytes', 'bytes', [8, 256], 64, 'bytes of a completion, which the NIC writes over the bus'),
  knob('nic', 'fifo_bytes', 'bytes', [128 * 1024, GIB], 512 * 1024, 'room for frames that wait for the bus or for memory; more are dropped',
    { linux: 'ethtool -S rx_fifo_errors' }),

  knob('pool', 'ptr_ring', 'count', [0, 16384], 0, 'entries of the page pool ring; auto: the RX ring size',
    { linux: 'page_pool_params.pool_size', auto: true }),

  knob('napi', 'weight', 'count', [1, 64], 64, 'frames of one poll', { linux: 'NAPI_POLL_WEIGHT' }),
  knob('napi', 'budget', 'count', [1, 10_000], 300, 'frames of one softirq run', { linux: 'sysctl net.core.netdev_budget' }),
  knob('napi', 'budget_usecs', 'count', [1, 100_000], 2000, 'microseconds of one softirq run',
    { linux: 'sysctl net.core.netdev_budget_usecs' }),
  flag('napi', 'gro', true, 'merge segments of a flow', 'ethtool -K gro'),

  choice('tcp', 'family', ['ipv4', 'ipv6'], 'ipv4', 'address family of the connections that applications make'),
  choice('tcp', 'congestion_control', ['reno', 'cubic'], 'cubic', 'congestion control', 'sysctl net.ipv4.tcp_congestion_control'),
  flag('tcp', 'sack', true, 'selective acknowledgements', 'sysctl net.ipv4.tcp_sack'),
  flag('tcp', 'timestamps', true, 'RFC 7323 timestamps', 'sysctl net.ipv4.tcp_timestamps'),
  flag('tcp', 'window_scaling', true, 'RFC 7323 window scaling', 'sysctl net.ipv4.tcp_window_scaling'),
  knob('tcp', 'init_cwnd', 'count', [1, 1000], 10, 'initial congestion window in segments', { linux: 'ip route initcwnd' }),
  knob('tcp', 'rto_min_ns', 'ns', [1_000_000, 10_000_000_000], 200_000_000, 'least retransmission timeout',
    { linux: 'sysctl net.ipv4.tcp_rto_min_us' }),
  knob('tcp', 'syn_retries', 'count', [1, 127], 6, 'retransmissions of a SYN', { linux: 'sysctl net.ipv4.tcp_syn_retries' }),
  knob('tcp', 'synack_retries', 'count', [0, 255], 5, 'retransmissions of a SYN-ACK', { linux: 'sysctl net.ipv4.tcp_synack_retries' }),
  knob('tcp', 'retries2', 'count', [1, 255], 15, 'retransmission timeouts until a connection is given up',
    { linux: 'sysctl net.ipv4.tcp_retries2' }),
  knob('tcp', 'tso_win_divisor', 'count', [0, 65535], 3,
    'a large packet waits while less than this part of the window is open; 0: three segments',
    { linux: 'sysctl net.ipv4.tcp_tso_win_divisor' }),
  knob('tcp', 'min_tso_segs', 'count', [1, 255], 2, 'least segments of a large packet', { linux: 'sysctl net.ipv4.tcp_min_tso_segs' }),
  knob('tcp', 'tso_rtt_log', 'count', [0, 31], 9, 'large packets shrink by half for each 2^this microseconds of round trip',
    { linux: 'sysctl net.ipv4.tcp_tso_rtt_log' }),
  knob('tcp', 'limit_output_bytes', 'bytes', [4096, GIB], 4194304, 'greatest part of a socket in the device\'s queue',
    { linux: 'sysctl net.ipv4.tcp_limit_output_bytes' }),
  knob('tcp', 'pacing_ss_ratio', 'count', [0, 1000], 200, 'pacing rate in slow start, in percent of a window per round trip',
    { linux: 'sysctl net.ipv4.tcp_pacing_ss_ratio' }),
  knob('tcp', 'pacing_ca_ratio', 'count', [0, 1000], 120, 'pacing rate in congestion avoidance, in percent of a window per round trip',
    { linux: 'sysctl net.ipv4.tcp_pacing_ca_ratio' }),
  choice('tcp', 'mtu_probing', ['off', 'black_hole', 'on'], 'off', 'path MTU discovery by probing: when a black hole is found, or always',
    'sysctl net.ipv4.tcp_mtu_probing'),
  knob('tcp', 'base_mss', 'bytes', [48, 65535], 1024, 'MSS from which path MTU probing begins', { linux: 'sysctl net.ipv4.tcp_base_mss' }),
  knob('tcp', 'mtu_probe_floor', 'bytes', [48, 65535], 48, 'least MSS of path MTU probing',
    { linux: 'sysctl net.ipv4.tcp_mtu_probe_floor' }),
  knob('tcp', 'min_snd_mss', 'bytes', [48, 65535], 48, 'least MSS to send with', { linux: 'sysctl net.ipv4.tcp_min_snd_mss' }),
  knob('tcp', 'probe_threshold', 'bytes', [0, 65535], 8, 'path MTU probing stops when its search range is narrower than this',
    { linux: 'sysctl net.ipv4.tcp_probe_threshold' }),
  knob('tcp', 'probe_interval', 'count', [0, 2 ** 31], 600, 'seconds until path MTU probing begins again',
    { linux: 'sysctl net.ipv4.tcp_probe_interval' }),
  knob('tcp', 'retries1', 'count', [0, 255], 3, 'retransmission timeouts until the way is doubted',
    { linux: 'sysctl net.ipv4.tcp_retries1' }),
  knob('tcp', 'no_pmtu_disc', 'count', [0, 3], 0,
    'path MTU discovery: 0 on, 1 off for new sockets, 2 messages are ignored, 3 only messages that are checked are believed',
    { linux: 'sysctl net.ipv4.ip_no_pmtu_disc' }),
  knob('tcp', 'min_pmtu', 'bytes', [68, 65535], 552, 'least path MTU that a message over IPv4 may tell',
    { linux: 'sysctl net.ipv4.route.min_pmtu' }),
  knob('tcp', 'mtu_expires', 'count', [0, 2 ** 21], 600, 'seconds until a path MTU is forgotten',
    { linux: 'sysctl net.ipv4.route.mtu_expires, net.ipv6.route.mtu_expires' }),
  knob('tcp', 'route_mtu', 'bytes', [0, 65535], 0, 'MTU of the route to the peers; 0: the device\'s', { linux: 'ip route … mtu' }),
  flag('tcp', 'route_mtu_lock', false, 'no message changes it', 'ip route … mtu lock'),
  knob('tcp', 'route_advmss', 'bytes', [0, 65535], 0, 'MSS that is announced to the peers; 0: what the path can carry',
    { linux: 'ip route … advmss' }),
  knob('tcp', 'comp_sack_nr', 'count', [0, 255], 44, 'ACKs with SACK blocks that are held back together, at most; 0: none',
    { linux: 'sysctl net.ipv4.tcp_comp_sack_nr' }),
  knob('tcp', 'comp_sack_delay_ns', 'ns', [0, 1_000_000_000], 1_000_000, 'for how long they are held back, at most',
    { linux: 'sysctl net.ipv4.tcp_comp_sack_delay_ns' }),
  knob('tcp', 'comp_sack_slack_ns', 'ns', [0, 1_000_000_000], 10_000, 'how much later their timer may fire',
    { linux: 'sysctl net.ipv4.tcp_comp_sack_slack_ns' }),
  knob('tcp', 'comp_sack_rtt_percent', 'count', [1, 1000], 33, 'for how long they are held back, in percent of a round trip',
    { linux: 'sysctl net.ipv4.tcp_comp_sack_rtt_percent' }),
  knob('tcp', 'frto', 'count', [0, 2], 2, 'timeouts may turn out to have been spurious (RFC 5682); 0: no',
    { linux: 'sysctl net.ipv4.tcp_frto' }),
  knob('tcp', 'early_retrans', 'count', [0, 4], 3, 'tail loss probes; 0: none', { linux: 'sysctl net.ipv4.tcp_early_retrans' }),
  knob('tcp', 'orphan_retries', 'count', [0, 255], 0, 'timeouts until a closed socket is given up; 0: 8 if it was sending',
    { linux: 'sysctl net.ipv4.tcp_orphan_retries' }),
  flag('tcp', 'rfc1337', false, 'a reset does not end TIME-WAIT', 'sysctl net.ipv4.tcp_rfc1337'),
  knob('tcp', 'fin_timeout_ns', 'ns', [1_000_000, 600_000_000_000], 60_000_000_000, 'life of an orphaned FIN-WAIT-2',
    { linux: 'sysctl net.ipv4.tcp_fin_timeout' }),
  knob('tcp', 'timewait_ns', 'ns', [1_000_000, 600_000_000_000], 60_000_000_000, 'length of TIME-WAIT', { linux: 'TCP_TIMEWAIT_LEN' }),
  flag('tcp', 'shrink_window', false, 'an offered window may shrink', 'sysctl net.ipv4.tcp_shrink_window'),
  flag('tcp', 'slow_start_after_idle', true, 'shrink the window of an idle connection', 'sysctl net.ipv4.tcp_slow_start_after_idle'),
  knob('tcp', 'invalid_ratelimit_ms', 'count', [0, 3_600_000], 500, 'least milliseconds between two ACKs that answer bad segments',
    { linux: 'sysctl net.ipv4.tcp_invalid_ratelimit' }),
  knob('tcp', 'notsent_lowat', 'bytes', [0, 2 ** 32 - 1], 2 ** 32 - 1, 'unsent bytes above which a socket is not writable',
    { linux: 'sysctl net.ipv4.tcp_notsent_lowat' }),
  knob('tcp', 'rto_max_ms', 'count', [1000, 120_000], 120_000, 'greatest retransmission timeout, in milliseconds',
    { linux: 'sysctl net.ipv4.tcp_rto_max_ms' }),
  knob('tcp', 'ecn', 'count', [0, 5], 2,
    'ECN, as server / as client: 0 none, 1 classic, 2 classic / none, 3 accurate, 4 accurate / classic, 5 accurate / none',
    { linux: 'sysctl net.ipv4.tcp_ecn' }),
  knob('tcp', 'ecn_option', 'count', [0, 3], 2,
    'AccECN option: 0 never, 1 when something changed, 2 on every segment, 3 even if it seems to be stripped on its way',
    { linux: 'sysctl net.ipv4.tcp_ecn_option' }),
  knob('tcp', 'ecn_option_beacon', 'count', [0, 3], 3, 'AccECN options in a round trip when nothing changed',
    { linux: 'sysctl net.ipv4.tcp_ecn_option_beacon' }),
  flag('tcp', 'ecn_fallback', true, 'a SYN that is sent again does without ECN', 'sysctl net.ipv4.tcp_ecn_fallback'),
  flag('tcp', 'no_metrics_save', false, 'remember nothing of connections that ended', 'sysctl net.ipv4.tcp_no_metrics_save'),
  knob('tcp', 'fastopen', 'count', [0, 0xfffff], 1,
    'Fast Open, a sum: 1 client, 2 server, 4 client without a cookie, 0x200 server without cookies, 0x400 server without TCP_FASTOPEN',
    { linux: 'sysctl net.ipv4.tcp_fastopen' }),
  knob('tcp', 'fastopen_blackhole_timeout_sec', 'count', [0, 2 ** 31 - 1], 0,
    'seconds for which Fast Open pauses when it seems to be swallowed; 0: never',
    { linux: 'sysctl net.ipv4.tcp_fastopen_blackhole_timeout_sec' }),
  ...[0, 1, 2, 3].map((i) => knob('tcp', `fastopen_key${i}`, 'count', [0, 2 ** 32 - 1], 0, `word ${i} of the key of Fast Open cookies`,
    { linux: 'sysctl net.ipv4.tcp_fastopen_key' })),
  ...[0, 1, 2, 3].map((i) => knob('tcp', `fastopen_backup_key${i}`, 'count', [0, 2 ** 32 - 1], 0,
    `word ${i} of the backup key; all 0: there is none`, { linux: 'sysctl net.ipv4.tcp_fastopen_key (second)' })),
  knob('tcp', 'syncookies', 'count', [0, 2], 1, 'SYN cookies: never, when too many connections are half-open, always',
    { linux: 'sysctl net.ipv4.tcp_syncookies' }),
  flag('tcp', 'anyip', false, 'accept packets to any address as local', 'ip route add local 0.0.0.0/0 dev lo'),

  knob('socket', 'rmem_default', 'bytes', [4096, GIB], 131072, 'initial receive buffer', { linux: 'sysctl net.ipv4.tcp_rmem (second)' }),
  knob('socket', 'rmem_max', 'bytes', [4096, GIB], 6291456, 'greatest receive buffer of auto-tuning',
    { linux: 'sysctl net.ipv4.tcp_rmem (third)' }),
  knob('socket', 'wmem_default', 'bytes', [4096, GIB], 16384, 'initial send buffer', { linux: 'sysctl net.ipv4.tcp_wmem (second)' }),
  knob('socket', 'wmem_max', 'bytes', [4096, GIB], 4194304, 'greatest send buffer of auto-tuning',
    { linux: 'sysctl net.ipv4.tcp_wmem (third)' }),
  flag('socket', 'moderate_rcvbuf', true, 'receive buffer auto-tuning', 'sysctl net.ipv4.tcp_moderate_rcvbuf'),
  knob('socket', 'rcvbuf', 'bytes', [0, GIB], 0, 'SO_RCVBUF of the application; auto: leave it to auto-tuning',
    { linux: 'SO_RCVBUF', auto: true }),
  knob('socket', 'sndbuf', 'bytes', [0, GIB], 0, 'SO_SNDBUF of the application; auto: leave it to auto-tuning',
    { linux: 'SO_SNDBUF', auto: true }),
  flag('socket', 'nodelay', false, 'TCP_NODELAY: no Nagle', 'TCP_NODELAY'),
  knob('socket', 'optmem_max', 'bytes', [0, GIB], 131072, 'memory of a socket for what waits to be notified (MSG_ZEROCOPY)',
    { linux: 'sysctl net.core.optmem_max' }),
  knob('socket', 'busy_poll_ns', 'ns', [0, 10_000_000], 0,
    'a call that waits for a socket polls the NIC itself so long before it sleeps; 0: not',
    { linux: 'SO_BUSY_POLL' }),
  knob('socket', 'backlog', 'count', [1, 65535], 4096, 'accept queue', { linux: 'listen(2) backlog, sysctl net.core.somaxconn' }),

  knob('ring', 'sq_entries', 'count', [1, 32768], 256, 'entries of the submission queue', { linux: 'io_uring_setup(2) entries' }),
  flag('ring', 'cap_net_admin', true, 'the user may register zero-copy receive', 'CAP_NET_ADMIN'),
  flag('ring', 'cap_ipc_lock', true, 'the user may lock any amount of memory', 'CAP_IPC_LOCK'),
  knob('ring', 'memlock', 'bytes', [0, 2 ** 45], 8 * 1024 ** 2, 'memory that the user may lock otherwise: rings, areas, registered buffers',
    { linux: 'ulimit -l, RLIMIT_MEMLOCK' }),
  knob('ring', 'cq_entries', 'count', [1, 65536], 4096, 'entries of the completion queue', { linux: 'IORING_SETUP_CQSIZE' }),
  flag('ring', 'defer_taskrun', true, 'task work runs when the application asks for completions, and only then',
    'IORING_SETUP_DEFER_TASKRUN'),
  flag('ring', 'coop_taskrun', false, 'without defer_taskrun: task work waits for the next system call instead of an interrupt',
    'IORING_SETUP_COOP_TASKRUN'),
  flag('ring', 'sqpoll', false, 'a thread of the kernel reads the submission queue, and runs task work', 'IORING_SETUP_SQPOLL'),
  knob('ring', 'sqpoll_core', 'count', [0, 7], 0, 'core of that thread', { linux: 'IORING_SETUP_SQ_AFF' }),
  knob('ring', 'sqpoll_idle_ms', 'count', [1, 100_000], 1000, 'milliseconds without work until that thread sleeps',
    { linux: 'io_uring_params.sq_thread_idle' }),
  flag('ring', 'fixed_files', false, 'requests name files by the slots of a table, without a look-up each', 'IOSQE_FIXED_FILE'),
  knob('ring', 'napi_busy_poll_ns', 'ns', [0, 10_000_000], 0, 'who waits polls the NIC himself so long before he sleeps; 0: not',
    { linux: 'IORING_REGISTER_NAPI' }),
  knob('ring', 'wait_batch', 'count', [1, 4096], 1, 'completions that a wait is for', { linux: 'io_uring_enter(2) min_complete' }),
  knob('ring', 'wait_ns', 'ns', [1000, HOUR], 50_000, 'after this time one completion ends a wait for several',
    { linux: 'io_uring_getevents_arg.min_wait_usec' }),

  choice('app', 'role', ['none', 'source', 'sink', 'echo', 'script', 'rpc', 'nop'], 'none',
    'built-in application; rpc: a client of an echo server; script: an application in TypeScript; nop: submits requests that do nothing'),
  choice('app', 'script', ['none', 'http', 'fetch', 'steps'], 'none',
    'application of the role script: a server (HTTP, echo, discard, a source of bytes), who fetches and stores files there, or the program '
    + 'in `steps`'),
  choice('app', 'receive', ['zc', 'recv', 'multishot', 'read', 'epoll', 'pbuf', 'bundle', 'incremental', 'mmap', 'select'],
    'zc',
    'how a sink receives: RECV_ZC, RECV, multishot RECV with a buffer ring; without a ring: recv(2) in a thread per connection, or '
    + 'epoll_wait(2) and recv(2) until there is nothing; multishot RECV with a list of buffers (PROVIDE_BUFFERS), with a ring of which '
    + 'a completion takes as many as it fills, or with a ring of large buffers that are used up little by little; mmap: as read, but '
    + 'received pages are mapped and the rest is copied; RECV of a buffer that it picks from a ring',
    'IORING_OP_RECV_ZC, IORING_OP_RECV, IORING_RECVSEND_BUNDLE, IOU_PBUF_RING_INC, TCP_ZEROCOPY_RECEIVE'),
  choice('app', 'unmap', ['madvise', 'reuse', 'munmap'], 'madvise',
    'what a sink that maps does with pages that it has read: unmaps them, leaves that to the next receive, or unmaps the whole area '
    + 'and maps another', 'MADV_DONTNEED'),
  knob('app', 'copybuf_bytes', 'bytes', [0, 16 * 1024 ** 2], 0,
    'bytes that a receive which maps copies in the same call where they cannot be mapped; 0: a call of its own reads them',
    { linux: 'tcp_zerocopy_receive.copybuf_len' }),
  knob('app', 'recv_bytes', 'bytes', [0, 16 * 1024 ** 2], 0,
    'bytes of one receive of a sink, of one provided buffer, or of the area that pages are mapped to; auto: app.chunk, of RECV_ZC as '
    + 'many as come, of an area 512 KiB', { auto: true }),
  flag('app', 'waitall', false, 'a receive waits for all its bytes; with epoll and mmap: a socket is ready when they are there',
    'MSG_WAITALL, SO_RCVLOWAT'),
  choice('app', 'protocol', ['tcp', 'udp'], 'tcp', 'what a source sends over and a sink receives; over UDP each send is a datagram',
    'SOCK_STREAM, SOCK_DGRAM'),
  choice('app', 'send', ['send', 'zc', 'zc_fixed', 'write', 'sendmsg', 'msg_zerocopy'], 'send',
    'how a source sends: SEND, or SEND_ZC of memory that is not registered, or is; without a ring, in calls that wait, a thread a '
    + 'connection: send(2), sendmsg(2), or sendmsg(2) that lends its memory',
    'IORING_OP_SEND, IORING_OP_SEND_ZC, IORING_RECVSEND_FIXED_BUF, MSG_ZEROCOPY'),
  choice('app', 'notify', ['each', 'none'], 'each',
    'notifications of zero-copy sends: one for each request, or one for all, as the first patches of io_uring zero copy had it'),
  knob('app', 'batch', 'count', [1, 32768], 1, 'requests of a connection, or requests that do nothing, of one io_uring_enter',
    { linux: 'io_uring_enter(2) to_submit' }),
  knob('app', 'requests', 'count', [0, 2 ** 32], 1000, 'requests that the role nop submits'),
  knob('app', 'flows', 'count', [0, 30_000], 1, 'connections that a source or an rpc client opens'),
  knob('app', 'bytes', 'bytes', [0, 2 ** 45], 1_048_576, 'bytes that a source sends on each connection, or the requests of an rpc client'),
  knob('app', 'chunk', 'bytes', [1, 16 * 1024 ** 2], 65536, 'bytes of one send, or of one request'),
  knob('app', 'depth', 'count', [1, 64], 1, 'sends in flight on a connection, or requests without an answer'),
  knob('app', 'start_ns', 'ns', [0, HOUR], 0, 'when the application starts'),
  knob('app', 'stagger_ns', 'ns', [0, HOUR], 0, 'from one connection to the next'),
  knob('app', 'gap_ns', 'ns', [0, HOUR], 0,
    'pause of a source between two sends of a connection, of an rpc client between answer and request'),
  knob('app', 'port', 'count', [1, 65535], 9999, 'port to listen on or to connect to'),
  knob('app', 'work_ns', 'ns', [0, HOUR], 0, 'time that a sink spends on each completion'),
  knob('app', 'stop_after', 'bytes', [0, 2 ** 45], 0, 'a sink closes the connection after this many bytes; 0: never'),
  choice('app', 'rearm', ['off', 'on', 'close'], 'on',
    'what a sink does when a receive ended without an end of stream: nothing, arm it again, or close the connection'),
  choice('app', 'touch', ['none', 'read', 'write'], 'none',
    'who touches payload beside the kernel: nobody, a sink that reads all it gets, or a source that writes all it sends'),
  knob('app', 'buffers_bytes', 'bytes', [0, GIB], 0,
    'memory that the application goes round in with its buffers, as the caches see it; auto: as small as it is', { auto: true }),
  knob('app', 'dram_permille', 'count', [0, 1_000_000], 0,
    'bytes of its own that an application moves over the memory bus for a thousand of payload: what it reads and makes'),
  choice('app', 'check', ['none', 'compare', 'sha256'], 'sha256', 'how a sink proves its bytes'),

  knob('refill', 'area_bytes', 'bytes', [4096, 3 * GIB], 16 * 1024 ** 2, 'size of the zcrx area', { linux: 'io_uring_zcrx_area_reg.len' }),
  knob('refill', 'area_page', 'bytes', [4096, GIB], 2 * 1024 ** 2, 'bytes of the pages that areas lie in; a power of two',
    { linux: 'mmap(2) MAP_HUGETLB' }),
  knob('refill', 'rx_buf_len', 'bytes', [4096, 2 * 1024 ** 2], 4096, 'bytes of one buffer; a power of two',
    { linux: 'io_uring_zcrx_ifq_reg.rx_buf_len' }),
  knob('refill', 'rq_entries', 'count', [0, 32768], 0, 'entries of the refill ring; auto: as many as the area has buffers',
    { linux: 'io_uring_zcrx_ifq_reg.rq_entries', auto: true }),
  knob('refill', 'queue', 'count', [0, 15], 0, 'RX queue that is bound to the area', { linux: 'io_uring_zcrx_ifq_reg.if_rxq' }),
  flag('refill', 'nodev', false, 'register without a device: everything is copied', 'ZCRX_REG_NODEV'),
  knob('refill', 'batch', 'count', [1, 32768], 1, 'buffers that the application collects before it gives them back'),
  knob('refill', 'delay_ns', 'ns', [0, HOUR], 0, 'how long the application keeps a buffer'),
  choice('refill', 'order', ['fifo', 'lifo', 'random'], 'fifo', 'order in which buffers are given back'),
  flag('refill', 'give_back', true, 'off: the application never gives a buffer back'),
  flag('refill', 'flush', true, 'flush the refill ring when the copy fallback runs out of buffers', 'ZCRX_CTRL_FLUSH_RQ'),

  choice('kernel', 'profile', PROFILES, DEFAULT_PROFILE, 'kernel whose behaviour io_uring has; single behaviours may differ'),
  ...BEHAVIOURS.map((b) => flag('kernel', b.name, b.profiles.includes(DEFAULT_PROFILE), `${b.about}; as the profile says unless given`,
    b.source)),

  choice('cpu', 'machine', MACHINES.map((m) => m.name), 'generic',
    'machine whose measured parameters are the defaults of this host; single ones may differ'),
  knob('cpu', 'cores', 'count', [1, 8], 2, 'cores of the host'),
  knob('cpu', 'mhz', 'mhz', [100, 10_000], 3000, 'clock of a core'),
  knob('cpu', 'irq_core', 'count', [0, 7], 0, 'core of RX queue 0; queue n runs on core (irq_core + n × irq_spread) mod cores',
    { linux: '/proc/irq/*/smp_affinity' }),
  knob('cpu', 'irq_spread', 'count', [0, 7], 0, 'distance of the cores of neighbouring queues'),
  knob('cpu', 'app_core', 'count', [0, 7], 1, 'core of the application', { linux: 'sched_setaffinity(2)' }),
  knob('cpu', 'app_spread', 'count', [0, 7], 0,
    'distance of the cores of its threads: thread n runs on core (app_core + n × app_spread) mod cores'),
  choice('cpu', 'idle', ['mwait', 'halt'], 'mwait', 'how an idle core waits: for a write, or halted for an interrupt',
    'set_nr_if_polling'),
  knob('cpu', 'idle_exit_ns', 'ns', [0, 1_000_000], 0, 'time that an idle core takes to begin work', { linux: 'cpuidle exit latency' }),
  choice('mem', 'iommu', ['off', 'passthrough', 'lazy', 'strict'], 'off',
    'who maps memory for the NIC: nobody, or page by page, with the NIC\'s translations forgotten now and then or at once',
    'iommu=pt, iommu.strict='),
  ...MEMORY_KNOBS.map(([name, unit, range, value, about, extra]) => knob('mem', name, unit, range, value, about, extra)),
  ...COSTS.map((c) => knob('cost', c.name, 'cycles', [0, 1_000_000], c.value, `${c.about} (${c.unit}; ${c.account}; ${c.source})`)),
];

/**
 * Those that may change while the world runs. The others are read when something is set up: a ring, a socket, an area, a queue. A knob
 * that is read at each use but bounds what was sized by it is none of these either.
 */
const LIVE: Readonly<Record<string, readonly string[]>> = {
  wire: [
    'rate_bps', 'delay_ns', 'queue_packets', 'loss_ppm', 'reorder_ppm', 'reorder_delay_ns', 'duplicate_ppm', 'corrupt_ppm',
    'ecn_mark_ppm', 'jitter_ns',
  ],
  nic: ['rx_usecs', 'rx_frames', 'dma_ns'],
  napi: ['weight', 'budget', 'budget_usecs', 'gro'],
  tcp: [
    'retries1', 'retries2', 'tso_win_divisor', 'min_tso_segs', 'tso_rtt_log', 'limit_output_bytes', 'pacing_ss_ratio',
    'pacing_ca_ratio', 'comp_sack_nr', 'comp_sack_delay_ns', 'comp_sack_rtt_percent', 'frto', 'early_retrans', 'orphan_retries',
    'rfc1337', 'fin_timeout_ns', 'timewait_ns', 'slow_start_after_idle', 'invalid_ratelimit_ms', 'notsent_lowat',
  ],
  socket: ['rmem_max', 'wmem_max', 'moderate_rcvbuf', 'busy_poll_ns'],
  ring: ['wait_batch', 'wait_ns'],
  app: ['gap_ns', 'work_ns', 'stop_after', 'rearm', 'dram_permille'],
  refill: ['batch', 'delay_ns', 'order', 'give_back', 'flush'],
  cpu: ['mhz', 'idle', 'idle_exit_ns'],
};
export const HOST_KNOBS: readonly Knob[] = ALL_HOST_KNOBS.map((k) =>
  k.section === 'cost' || LIVE[k.section]?.includes(k.name) ? { ...k, live: true } : k);

/** The two hosts, by number. The client's side of the wire is link 0. */
export const HOSTS = ['client', 'server'] as const;

/** One n-tuple rule of `nic.rules` (`ethtool -N flow-type tcp4 dst-port 9999 action 2`): 0 matches any port. Host order. */
export const RULE_KNOBS: readonly Knob[] = [
  knob('nic.rules', 'src_port', 'count', [0, 65535], 0, 'source port of the packet; 0: any', { linux: 'ethtool -N src-port' }),
  knob('nic.rules', 'dst_port', 'count', [0, 65535], 0, 'destination port of the packet; 0: any', { linux: 'ethtool -N dst-port' }),
  knob('nic.rules', 'queue', 'count', [0, 15], 0, 'RX queue that the packet goes to', { linux: 'ethtool -N action' }),
  flag('nic.rules', 'drop', false, 'drop the packet instead', 'ethtool -N action -1'),
];
export const RULE_FIELDS = RULE_KNOBS.map((k) => k.name);

/** One deterministic fault: what the link of a host does to its frame number `frame` (from 1). */
export const FAULT_ACTIONS = ['drop', 'duplicate', 'delay', 'corrupt', 'mark'] as const;
export const FAULT_KNOBS: readonly Knob[] = [
  choice('faults', 'host', HOSTS, 'client', 'host whose link does it'),
  knob('faults', 'frame', 'count', [1, 2 ** 32 - 1], 1, 'which frame of the link, from 1'),
  choice('faults', 'action', FAULT_ACTIONS, 'drop', 'what happens to the frame'),
  knob('faults', 'param_ns', 'ns', [0, HOUR], 0, 'how much later a delayed frame arrives'),
];
export const FAULT_FIELDS = FAULT_KNOBS.map((k) => k.name);
