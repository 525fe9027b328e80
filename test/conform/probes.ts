/** The probes, the scenarios of ours that say the same, and the kernels whose traces there are. */

export interface Probe {
  readonly name: string;
  /** Scenarios in scenarios/conform, one after the other. */
  readonly scenarios: readonly string[];
}

const probe = (name: string, ...scenarios: readonly string[]): Probe => ({ name, scenarios });

export const PROBES: readonly Probe[] = [
  probe('p01_enobufs', 'enobufs'), probe('p02_cqovf', 'cq-overflow'), probe('p03_sendzc', 'send-zc'), probe('p04_bundle', 'bundle'),
  probe('p06_poll', 'poll'), probe('p07_cancel', 'cancel'), probe('p08_shutdown', 'shutdown'), probe('p10_timeouts', 'timeouts'),
  probe('p11_msgring', 'msg-ring'), probe('p12_wait', 'wait'), probe('p13_modes', 'modes'), probe('p14_accept', 'accept'),
  probe('p15_zcrx', 'zcrx-register', 'zcrx-nodev'),
];

export interface Kernel {
  readonly profile: string;
  /** Where the kernel that printed it was not built as the profile says: settings of single behaviours. */
  readonly sets?: readonly string[];
  /** File of a probe's golden trace, in test/fixtures/golden. */
  readonly file: (probe: string) => string;
}

/**
 * A whole machine under QEMU, an instruction every 8 ns, each line of the probe sent byte by byte over a serial port: the
 * first 64 KiB of a connection take the program longer than tcp_rcvbuf_low_rtt, and the receive buffer grows accordingly.
 */
const EMULATED = ['cost.enter=1000000'];

export const KERNELS: readonly Kernel[] = [
  { profile: '6.18', file: (p) => `${p}.host.txt` },
  { profile: '7.2', file: (p) => `${p}.vm.txt`, sets: EMULATED },
  ...['6.12', '6.19', '7.0', '7.1'].map((profile): Kernel => ({ profile, file: (p) => `matrix/${profile}/${p}.txt`, sets: EMULATED })),
  // 7.3.4 in User-Mode Linux: for one processor, so that nothing lies on cache lines of its own.
  { profile: '7.3', file: (p) => `matrix/7.3/${p}.txt`, sets: ['kernel.zcrx_rq_cache_lines=off'] },
];
