/**
 * What sysctl can set: knobs of the simulated host, and settings whose values the model has built in. A value that the model
 * does not have is unsupported.
 */
import type { Machine } from './machine.ts';
import { Unsupported } from './verdict.ts';

type Setter = (machine: Machine, value: string) => void;

const whole = (value: string): number => {
  const n = Number(value);
  if (value.trim() === '' || !Number.isInteger(n)) throw new Unsupported(`sysctl value ${value}`);
  return n;
};
const knob = (path: string, scale = 1): Setter => (machine, value) => machine.setKnob(path, whole(value) * scale);
/** Least, default and greatest; the least has no knob. */
const three = (section: string): Setter => (machine, value) => {
  const [, middle = '', most = ''] = value.trim().split(/\s+/);
  machine.setKnob(`${section}_default`, whole(middle));
  machine.setKnob(`${section}_max`, whole(most));
};
const congestion: Setter = (machine, value) => {
  const i = ['reno', 'cubic'].indexOf(value);
  if (i < 0) throw new Unsupported(`congestion control ${value}`);
  machine.setKnob('tcp.congestion_control', i);
};
/** The model has one behaviour, which these values stand for. */
const built = (...values: readonly string[]): Setter => (_machine, value) => {
  const n = Number(value);
  if (!values.some((v) => v === value || Number(v) === n)) throw new Unsupported(`sysctl value ${value}`);
};
/** One key of four words in hex, or two keys; the first makes cookies. */
const fastopenKey: Setter = (machine, value) => {
  const keys = value.trim().split(',').map((key) => key.split('-').map((word) => Number.parseInt(word, 16)));
  if (keys.length > 2 || keys.some((key) => key.length !== 4 || key.some(Number.isNaN))) throw new Unsupported(`sysctl value ${value}`);
  for (let i = 0; i < 4; i++) {
    machine.setKnob(`tcp.fastopen_key${i}`, keys[0]?.[i] ?? 0);
    machine.setKnob(`tcp.fastopen_backup_key${i}`, keys[1]?.[i] ?? 0);
  }
};
/** Linux ignores it, or what it is about has to be asked for in another way too. */
const any: Setter = () => {};

const NET_IPV4: Readonly<Record<string, Setter>> = {
  ip_no_pmtu_disc: knob('tcp.no_pmtu_disc'),
  'route.min_pmtu': knob('tcp.min_pmtu'),
  'route.mtu_expires': knob('tcp.mtu_expires'),
  tcp_autocorking: built('1'),
  tcp_base_mss: knob('tcp.base_mss'),
  tcp_comp_sack_delay_ns: knob('tcp.comp_sack_delay_ns'),
  tcp_comp_sack_nr: knob('tcp.comp_sack_nr'),
  tcp_comp_sack_rtt_percent: knob('tcp.comp_sack_rtt_percent'),
  tcp_comp_sack_slack_ns: knob('tcp.comp_sack_slack_ns'),
  tcp_congestion_control: congestion,
  tcp_dsack: built('1'),
  tcp_early_retrans: knob('tcp.early_retrans'),
  tcp_ecn: knob('tcp.ecn'),
  tcp_ecn_fallback: knob('tcp.ecn_fallback'),
  tcp_ecn_option: knob('tcp.ecn_option'),
  tcp_ecn_option_beacon: knob('tcp.ecn_option_beacon'),
  tcp_fack: any,
  tcp_fastopen: knob('tcp.fastopen'),
  tcp_fastopen_blackhole_timeout_sec: knob('tcp.fastopen_blackhole_timeout_sec'),
  tcp_fastopen_key: fastopenKey,
  tcp_fin_timeout: knob('tcp.fin_timeout_ns', 1e9),
  tcp_frto: knob('tcp.frto'),
  tcp_invalid_ratelimit: knob('tcp.invalid_ratelimit_ms'),
  tcp_limit_output_bytes: knob('tcp.limit_output_bytes'),
  tcp_min_tso_segs: knob('tcp.min_tso_segs'),
  tcp_moderate_rcvbuf: knob('socket.moderate_rcvbuf'),
  tcp_min_snd_mss: knob('tcp.min_snd_mss'),
  tcp_mtu_probe_floor: knob('tcp.mtu_probe_floor'),
  tcp_mtu_probing: knob('tcp.mtu_probing'),
  tcp_no_metrics_save: knob('tcp.no_metrics_save'),
  tcp_notsent_lowat: knob('tcp.notsent_lowat'),
  tcp_orphan_retries: knob('tcp.orphan_retries'),
  tcp_pacing_ca_ratio: knob('tcp.pacing_ca_ratio'),
  tcp_pacing_ss_ratio: knob('tcp.pacing_ss_ratio'),
  tcp_probe_interval: knob('tcp.probe_interval'),
  tcp_probe_threshold: knob('tcp.probe_threshold'),
  tcp_recovery: built('1'),
  tcp_reordering: built('3'),
  tcp_retries1: knob('tcp.retries1'),
  tcp_retries2: knob('tcp.retries2'),
  tcp_rfc1337: knob('tcp.rfc1337'),
  tcp_rmem: three('socket.rmem'),
  tcp_rto_max_ms: knob('tcp.rto_max_ms'),
  tcp_rto_min_us: knob('tcp.rto_min_ns', 1000),
  tcp_sack: knob('tcp.sack'),
  tcp_shrink_window: knob('tcp.shrink_window'),
  tcp_slow_start_after_idle: knob('tcp.slow_start_after_idle'),
  tcp_syn_retries: knob('tcp.syn_retries'),
  tcp_synack_retries: knob('tcp.synack_retries'),
  tcp_syncookies: knob('tcp.syncookies'),
  tcp_timestamps: knob('tcp.timestamps'),
  tcp_tso_win_divisor: knob('tcp.tso_win_divisor'),
  tcp_window_scaling: knob('tcp.window_scaling'),
  tcp_wmem: three('socket.wmem'),
};

/** `name` as sysctl or /proc/sys has it. */
export function setSysctl(machine: Machine, name: string, value: string): void {
  const short = name.trim().replace(/^\/proc\/sys\//, '').replaceAll('/', '.').replace(/^net\.ipv4\./, '');
  const setter = NET_IPV4[short];
  const text = value.trim().replace(/^["']|["']$/g, '');
  try {
    if (!setter) throw new Unsupported('');
    setter(machine, text);
  } catch (error) {
    if (error instanceof Unsupported && !error.feature.startsWith('congestion')) throw new Unsupported(`sysctl ${short}=${text}`);
    throw error;
  }
}

/** What the suites' own defaults.sh sets; Linux's copy says less about ECN and asks for less of Fast Open. */
const DEFAULTS = `
  tcp_rmem=4096 540000 15728640
  tcp_wmem=4096 262144 4194304
  tcp_timestamps=1
  tcp_syn_retries=5
  tcp_synack_retries=5
  tcp_frto=2
  tcp_sack=1
  tcp_dsack=1
  tcp_fack=0
  tcp_reordering=3
  tcp_congestion_control=cubic
  tcp_slow_start_after_idle=0
  tcp_early_retrans=4
  tcp_recovery=1
  tcp_tso_win_divisor=3
  tcp_ecn=0
  tcp_pacing_ss_ratio=200
  tcp_pacing_ca_ratio=120
  tcp_notsent_lowat=4294967295
  tcp_fastopen_key=a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4
  tcp_syncookies=1`;

export function setDefaults(machine: Machine, google: boolean): void {
  const own = google ? ['tcp_ecn_option=2', 'tcp_fastopen=0x70403'] : ['tcp_fastopen=0x3'];
  for (const line of [...DEFAULTS.trim().split('\n'), ...own]) {
    const [name = '', value = ''] = line.split('=');
    setSysctl(machine, name, value);
  }
}
