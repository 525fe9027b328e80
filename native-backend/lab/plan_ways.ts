/**
 * How the knobs of a scenario are set on a Linux device. Two families follow from the `linux` column of the knob alone, so a new knob
 * with such a counterpart is a row of the schema and nothing else:
 *
 *     sysctl net.ipv4.tcp_rmem (second)    the word of a sysctl; a name after a comma is set too
 *     ethtool -K gro                       an offload
 *
 * Every other knob that a device can have is a row of WAYS, and what is nobody's to set on a device stands in OTHERS with its reason.
 */
import { HOST_KNOBS, type Knob } from '../../sim/schema/scenario.ts';
import type { HostKnob } from '../../sim/host/index.ts';

/** veth: a pair in namespaces of ours; zcnic: our own module; real: somebody's NIC. */
export type DeviceKind = 'veth' | 'zcnic' | 'real';

export interface Device {
  readonly name: string;
  readonly kind: DeviceKind;
  /** `ethtool -i`, of a real one. */
  readonly driver?: string;
  /** Address of the other host, and how a packet gets there when it is not on the link. */
  readonly peer?: string;
  readonly via?: string;
}

/** What a way gets to see. */
export interface Asked {
  readonly host: 0 | 1;
  readonly device: Device;
  readonly values: Readonly<Record<HostKnob, number>>;
  readonly rules: readonly Readonly<Record<string, number>>[];
  /** The scenario says so itself; else it is the default. */
  readonly wrote: (knob: HostKnob) => boolean;
}

type Argv = readonly string[];
/** Asks a device for what it has, and makes of the answer the commands that set it again. */
export interface Question {
  readonly argv: Argv;
  readonly restore: (said: string) => readonly Argv[];
}

export interface Way {
  readonly knobs: readonly HostKnob[];
  readonly kinds: readonly DeviceKind[];
  /** On these it is set also when nobody wrote it, because the kernel's default is another than the simulator's. */
  readonly always?: readonly DeviceKind[];
  /** Also on such a real device when nobody wrote it and its host receives with RECV_ZC. */
  readonly for_zc?: (device: Device) => boolean;
  readonly set: (asked: Asked) => readonly Argv[];
  readonly ask?: (asked: Asked) => readonly Question[];
  /** What is undone before anything gets its old value: of a device of ours, where setting the defaults is not enough. */
  readonly clear?: (asked: Asked) => readonly Argv[];
  /** What is to be run to undo a command, by what the command said. */
  readonly undo_said?: (asked: Asked, said: string) => readonly Argv[];
}

const ALL: readonly DeviceKind[] = ['veth', 'zcnic', 'real'];
const OURS: readonly DeviceKind[] = ['veth', 'zcnic'];
const NICS: readonly DeviceKind[] = ['zcnic', 'real'];

const PPM_PER_PERCENT = 10_000;
const NS_PER_US = 1000;
const NS_PER_S = 1_000_000_000;
/** The addresses of the two hosts in sim/core and stack/5-tcp, and their network. */
export const ADDRESSES = { ipv4: ['10.0.0.1', '10.0.0.2'], ipv6: ['fd00::1', 'fd00::2'] } as const;
const NETWORKS = [['-4', '10.0.0.0/24'], ['-6', 'fd00::/64']] as const;

const pathOf = (k: Knob) => `${k.section}.${k.name}` as HostKnob;
const optionOf = (knob: HostKnob, value: number) => HOST_KNOBS.find((k) => pathOf(k) === knob)?.options?.[value] ?? String(value);
const onOff = (value: number) => (value ? 'on' : 'off');

// Sysctls.

/** What a sysctl counts in, where the knob counts in nanoseconds. */
const SYSCTL_NS: Readonly<Record<string, number>> = { 'net.ipv4.tcp_rto_min_us': NS_PER_US, 'net.ipv4.tcp_fin_timeout': NS_PER_S };
/** The first words of sysctls of several words; the simulator has the others as knobs. */
const WORDS: Readonly<Record<string, readonly number[]>> = {
  'net.ipv4.tcp_rmem': [4096, 131072, 6291456], 'net.ipv4.tcp_wmem': [4096, 16384, 4194304],
};
const POSITION: Readonly<Record<string, number>> = { second: 1, third: 2 };
/** Of the whole machine: namespaces of ours do not have them. */
const GLOBAL = /^net\.core\.netdev_/;
const SYSCTL = /sysctl ((?:net\.[\w.]+(?:, )?)+)(?: \((\w+)\))?$/;
/** A row of WAYS writes these. */
const KEY = /^tcp\.fastopen_(backup_)?key\d$/;

function sysctlValue(k: Knob, name: string, value: number): string {
  if (k.options && /congestion_control$/.test(name)) return k.options[value] ?? '';
  return String(k.unit === 'ns' ? Math.max(1, Math.round(value / (SYSCTL_NS[name] ?? 1))) : value);
}

const write = (name: string, value: string): Argv => ['sysctl', '-q', '-w', `${name}=${value}`];
const askSysctl = (name: string): Question => ({
  argv: ['sysctl', '-n', name], restore: (said) => (said.trim() === '' ? [] : [write(name, said.trim().replace(/\s+/g, ' '))]),
});

/** All knobs of one sysctl together: a sysctl of three words has a knob for each. */
function sysctlWays(): Way[] {
  const of = new Map<string, { k: Knob; word: number | undefined }[]>();
  for (const k of HOST_KNOBS) {
    const [, names, position] = SYSCTL.exec(k.linux ?? '') ?? [];
    if (names === undefined || KEY.test(pathOf(k))) continue;
    for (const name of names.split(', ')) {
      const word = position === undefined ? undefined : POSITION[position];
      of.set(name, [...of.get(name) ?? [], { k, word }]);
    }
  }
  return [...of].map(([name, parts]) => {
    const kinds: readonly DeviceKind[] = GLOBAL.test(name) ? ['real'] : ALL;
    const value = (asked: Asked): string => {
      const words = [...WORDS[name] ?? []].map(String);
      for (const { k, word } of parts) words[word ?? 0] = sysctlValue(k, name, asked.values[pathOf(k)]);
      return words.join(' ');
    };
    return {
      knobs: parts.map(({ k }) => pathOf(k)), kinds, always: OURS.filter((kind) => kinds.includes(kind)),
      set: (asked) => [write(name, value(asked))], ask: () => [askSysctl(name)],
    };
  });
}

// Offloads.

/** What `ethtool -k` calls them. */
const FEATURES: Readonly<Record<string, string>> = {
  rx: 'rx-checksumming', tx: 'tx-checksumming', tso: 'tcp-segmentation-offload', gro: 'generic-receive-offload',
  lro: 'large-receive-offload', ntuple: 'ntuple-filters', 'rx-gro-hw': 'rx-gro-hw',
};
/** Which kinds have an offload, where it is not all. */
const FEATURE_KINDS: Readonly<Record<string, readonly DeviceKind[]>> = { lro: ['real'], 'rx-gro-hw': ['real'], ntuple: NICS };

const setFeature = ({ name }: Device, feature: string, value: string): Argv => ['ethtool', '-K', name, feature, value];
const askFeature = (device: Device, feature: string): Question => ({
  argv: ['ethtool', '-k', device.name],
  restore: (said) => {
    const [, was, fixed] = new RegExp(`^\\s*${FEATURES[feature] ?? feature}: (on|off)( \\[fixed\\])?`, 'm').exec(said) ?? [];
    return was === undefined || fixed !== undefined ? [] : [setFeature(device, feature, was)];
  },
});

function offloadWays(): Way[] {
  return HOST_KNOBS.flatMap((k) => {
    const feature = /^ethtool -K (\S+)$/.exec(k.linux ?? '')?.[1];
    if (feature === undefined) return [];
    const kinds = FEATURE_KINDS[feature] ?? ALL;
    return [{
      knobs: [pathOf(k)], kinds, always: kinds.filter((kind) => OURS.includes(kind)),
      set: ({ device, values }) => [setFeature(device, feature, onOff(values[pathOf(k)]))],
      ask: ({ device }) => [askFeature(device, feature)],
    } satisfies Way];
  });
}

// What ethtool prints of a device: the part that holds now, not the greatest.

function now(said: string, label: string): string | undefined {
  const current = said.split(/^Current hardware settings:/m).at(-1) ?? '';
  const value = new RegExp(`^${label}:\\s+(\\S+)`, 'm').exec(current)?.[1];
  return value === undefined || value === 'n/a' ? undefined : value;
}

/** A question whose answer is a table with a row for each parameter: its name in commands, and in the table. */
function askTable(show: string, set: string, device: Device, parameters: readonly (readonly [string, string])[]): Question {
  return {
    argv: ['ethtool', show, device.name],
    restore: (said) => {
      const words = parameters.flatMap(([parameter, label]) => {
        const was = now(said, label);
        return was === undefined ? [] : [parameter, was];
      });
      return words.length === 0 ? [] : [['ethtool', set, device.name, ...words]];
    },
  };
}

// Header split.

/** mlx5 splits headers with its hardware GRO alone (mlx5e_ethtool_set_tcp_data_split). */
const splitsWithGro = ({ kind, driver }: Device) => kind === 'real' && driver === 'mlx5_core';
/** bnxt and fbnic begin with a threshold (bnxt_init_ring_params, fbnic_netdev_alloc), and an instance wants none. */
const hasThreshold = ({ driver }: Device) => driver === 'bnxt_en' || driver === 'fbnic';

function setSplit({ device, values }: Asked): readonly Argv[] {
  const split = ['ethtool', '-G', device.name, 'tcp-data-split', onOff(values['nic.header_split'])];
  return splitsWithGro(device) && values['nic.header_split'] ? [setFeature(device, 'rx-gro-hw', 'on'), split] : [split];
}

/** Where nobody chose, ethtool says n/a, which is written auto; and some drivers know no off. */
function askSplit(device: Device): readonly Question[] {
  const question: Question = {
    argv: ['ethtool', '-g', device.name],
    restore: (said) => {
      const was = /^TCP data split:\s+(\S+)/m.exec(said.split(/^Current hardware settings:/m).at(-1) ?? '')?.[1];
      if (was === undefined) return [];
      return [['ethtool', '-G', device.name, 'tcp-data-split', was === 'n/a' || (was === 'off' && hasThreshold(device)) ? 'auto' : was]];
    },
  };
  return splitsWithGro(device) ? [question, askFeature(device, 'rx-gro-hw')] : [question];
}

/** gve has receive and transmit queues of their own (gve_get_channels), as veth has; the others pairs. */
const separate = ({ kind, driver }: Device) => kind === 'veth' || driver === 'gve';

function setChannels({ device, values }: Asked): readonly Argv[] {
  const [rx, tx] = [values['nic.rx_queues'], values['nic.tx_queues']];
  const words = separate(device) ? ['rx', String(rx), 'tx', String(tx)] : ['combined', String(Math.max(rx, tx))];
  return [['ethtool', '-L', device.name, ...words]];
}

const spread = (start: number, equal: number) => [...(start === 0 ? [] : ['start', String(start)]), 'equal', String(equal)];

/** The indirection table as ethtool prints it: rows of a number, a colon and queues. */
function restoreRss(device: Device, said: string): readonly Argv[] {
  const table = [...said.matchAll(/^\s*\d+:\s+([\d\s]+?)$/gm)].flatMap((row) => (row[1] ?? '').trim().split(/\s+/).map(Number));
  if (table.length === 0) return [];
  const start = Math.min(...table);
  const equal = Math.max(...table) - start + 1;
  const regular = table.every((queue, i) => queue === start + (i % equal));
  // A table of another form is nobody's default and cannot be written with ethtool; the driver's own is the best there is.
  return [['ethtool', '-X', device.name, ...(regular ? spread(start, equal) : ['default'])]];
}

function setRss({ device, values }: Asked): readonly Argv[] {
  const [start, queues] = [values['nic.rss_start'], values['nic.rx_queues']];
  return [['ethtool', '-X', device.name, ...spread(start, values['nic.rss_equal'] || queues - start)]];
}

// Steering.

function setRules({ device, values, rules }: Asked): readonly Argv[] {
  const flow = optionOf('tcp.family', values['tcp.family']) === 'ipv6' ? 'tcp6' : 'tcp4';
  const on = device.kind === 'real' && rules.length > 0 ? [setFeature(device, 'ntuple', 'on')] : [];
  return [...on, ...rules.map((rule, i) => [
    'ethtool', '-N', device.name, 'flow-type', flow,
    ...(rule.src_port ? ['src-port', String(rule.src_port)] : []), ...(rule.dst_port ? ['dst-port', String(rule.dst_port)] : []),
    'action', rule.drop ? '-1' : String(rule.queue ?? 0),
    // bnxt and fbnic take a rule only where they choose its place themselves; ethtool finds a free one for the others.
    ...(device.kind === 'zcnic' ? ['loc', String(i)] : []),
  ])];
}

// The wire.

const percent = (ppm: number) => `${ppm / PPM_PER_PERCENT}%`;
const NETEM: readonly HostKnob[] = [
  'wire.rate_bps', 'wire.delay_ns', 'wire.jitter_ns', 'wire.loss_ppm', 'wire.reorder_ppm', 'wire.reorder_delay_ns', 'wire.duplicate_ppm',
  'wire.corrupt_ppm', 'wire.ecn_mark_ppm', 'wire.queue_packets',
];

/** netem sends the share that is not held back at once: the delay of the others is all the delay there is. */
function netemWords({ values: v, wrote }: Asked): string[] {
  const [delay, jitter, reorder] = [v['wire.delay_ns'], v['wire.jitter_ns'], v['wire.reorder_ppm']];
  const held = reorder > 0 ? v['wire.reorder_delay_ns'] + (wrote('wire.delay_ns') ? delay : 0) : delay;
  const words: string[] = [];
  if (wrote('wire.queue_packets')) words.push('limit', String(Math.max(1, v['wire.queue_packets'])));
  if (wrote('wire.delay_ns') || jitter > 0 || reorder > 0)
    words.push('delay', `${held / NS_PER_US}us`, ...(jitter > 0 ? [`${jitter / NS_PER_US}us`] : []));
  if (reorder > 0) words.push('reorder', percent(1_000_000 - reorder));
  if (v['wire.ecn_mark_ppm'] > 0) words.push('loss', percent(v['wire.ecn_mark_ppm']), 'ecn');
  else if (v['wire.loss_ppm'] > 0) words.push('loss', percent(v['wire.loss_ppm']));
  if (v['wire.duplicate_ppm'] > 0) words.push('duplicate', percent(v['wire.duplicate_ppm']));
  if (v['wire.corrupt_ppm'] > 0) words.push('corrupt', percent(v['wire.corrupt_ppm']));
  if (wrote('wire.rate_bps')) words.push('rate', `${v['wire.rate_bps']}bit`);
  return words;
}

// Routes.

const ROUTE: readonly HostKnob[] = ['tcp.init_cwnd', 'tcp.route_mtu', 'tcp.route_mtu_lock', 'tcp.route_advmss'];

function routeWords({ values: v, wrote }: Asked): string[] {
  const mtu = v['tcp.route_mtu'];
  return [
    ...(wrote('tcp.init_cwnd') ? ['initcwnd', String(v['tcp.init_cwnd'])] : []),
    ...(mtu > 0 ? ['mtu', ...(v['tcp.route_mtu_lock'] ? ['lock'] : []), String(mtu)] : []),
    ...(v['tcp.route_advmss'] > 0 ? ['advmss', String(v['tcp.route_advmss'])] : []),
  ];
}

/** A host of ours has one route, to the network of the two; a real one gets one to its peer. */
function setRoute(asked: Asked): readonly Argv[] {
  const { device, host, values } = asked;
  const words = routeWords(asked);
  if (device.kind === 'real') {
    if (device.peer === undefined || words.length === 0) return [];
    const via = device.via === undefined ? [] : ['via', device.via];
    return [['ip', 'route', 'add', device.peer, ...via, 'dev', device.name, ...words]];
  }
  const v6 = optionOf('tcp.family', values['tcp.family']) === 'ipv6';
  const [family, network] = NETWORKS[v6 ? 1 : 0];
  const from = v6 ? [] : ['proto', 'kernel', 'scope', 'link', 'src', ADDRESSES.ipv4[host]];
  return [['ip', family, 'route', 'replace', network, 'dev', device.name, ...from, ...words]];
}

function setKeys({ values: v }: Asked): readonly Argv[] {
  const hex = (knob: string) => v[knob as HostKnob].toString(16).padStart(8, '0');
  const key = (name: string) => [0, 1, 2, 3].map((i) => hex(`tcp.${name}${i}`)).join('-');
  const some = (name: string) => [0, 1, 2, 3].some((i) => v[`tcp.${name}${i}` as HostKnob] !== 0);
  if (!some('fastopen_key')) return [];
  return [write('net.ipv4.tcp_fastopen_key', key('fastopen_key') + (some('fastopen_backup_key') ? `,${key('fastopen_backup_key')}` : ''))];
}

const ethtool = (option: string, words: (asked: Asked) => readonly string[]) => (asked: Asked): readonly Argv[] =>
  [['ethtool', option, asked.device.name, ...words(asked)]];
const askLink = (parameter: 'mtu' | 'txqueuelen', label: string) => ({ device }: Asked): readonly Question[] => [{
  argv: ['ip', '-o', 'link', 'show', 'dev', device.name],
  restore: (said) => {
    const was = new RegExp(` ${label} (\\d+)`).exec(said)?.[1];
    return was === undefined ? [] : [['ip', 'link', 'set', 'dev', device.name, parameter, was]];
  },
}];

/** A flag of the emulated NIC alone. */
const privateFlag = (knob: HostKnob, name: string): Way => ({
  knobs: [knob], kinds: ['zcnic'], set: ethtool('--set-priv-flags', ({ values }) => [name, onOff(values[knob])]),
  clear: ({ device }) => [['ethtool', '--set-priv-flags', device.name, name, 'off']],
});

/** The rows. A command line is set in the order in which the rows stand: queues before what speaks of queues. */
export const WAYS: readonly Way[] = [
  {
    knobs: ['nic.mtu'], kinds: ALL, always: OURS, ask: askLink('mtu', 'mtu'),
    set: ({ device, values }) => [['ip', 'link', 'set', 'dev', device.name, 'mtu', String(values['nic.mtu'])]],
  },
  {
    knobs: ['nic.rx_queues', 'nic.tx_queues'], kinds: ALL, always: OURS, set: setChannels,
    ask: ({ device }) => [askTable('-l', '-L', device, separate(device) ? [['rx', 'RX'], ['tx', 'TX']] : [['combined', 'Combined']])],
  },
  {
    knobs: ['nic.rx_ring', 'nic.rx_ring_max'], kinds: NICS, always: ['zcnic'],
    set: ethtool('-G', ({ values }) => ['rx', String(values['nic.rx_ring'])]),
    ask: ({ device }) => [askTable('-g', '-G', device, [['rx', 'RX']])],
  },
  {
    knobs: ['nic.tx_ring'], kinds: ['real'], set: ethtool('-G', ({ values }) => ['tx', String(values['nic.tx_ring'])]),
    ask: ({ device }) => [askTable('-g', '-G', device, [['tx', 'TX']])],
  },
  {
    knobs: ['nic.header_split'], kinds: NICS, always: ['zcnic'], for_zc: () => true, set: setSplit,
    ask: ({ device }) => askSplit(device),
  },
  {
    knobs: ['nic.hds_thresh'], kinds: NICS, for_zc: hasThreshold,
    set: ethtool('-G', ({ values }) => ['hds-thresh', String(values['nic.hds_thresh'])]),
    ask: ({ device }) => [askTable('-g', '-G', device, [['hds-thresh', 'HDS thresh']])],
  },
  ...offloadWays(),
  {
    knobs: ['nic.rss_start', 'nic.rss_equal'], kinds: NICS, always: ['zcnic'], set: setRss,
    // A spread over queues that are to go would keep them (net/ethtool/common.c: ethtool_check_max_channel).
    clear: ({ device }) => [['ethtool', '-X', device.name, 'default']],
    ask: ({ device }) => [{ argv: ['ethtool', '-x', device.name], restore: (said) => restoreRss(device, said) }],
  },
  {
    knobs: ['nic.rx_copybreak'], kinds: NICS, always: ['zcnic'],
    set: ethtool('--set-tunable', ({ values }) => ['rx-copybreak', String(values['nic.rx_copybreak'])]),
    ask: ({ device }) => [{
      argv: ['ethtool', '--get-tunable', device.name, 'rx-copybreak'],
      restore: (said) => {
        const was = /^rx-copybreak: (\d+)/m.exec(said)?.[1];
        return was === undefined ? [] : [['ethtool', '--set-tunable', device.name, 'rx-copybreak', was]];
      },
    }],
  },
  privateFlag('nic.pack_buffers', 'pack-buffers'),
  privateFlag('nic.copybreak_first', 'copybreak-first'),
  {
    knobs: ['nic.rx_usecs', 'nic.rx_frames'], kinds: NICS,
    set: ethtool('-C', ({ values }) => ['rx-usecs', String(values['nic.rx_usecs']), 'rx-frames', String(values['nic.rx_frames'])]),
    ask: ({ device }) => [askTable('-c', '-C', device, [['rx-usecs', 'rx-usecs'], ['rx-frames', 'rx-frames']])],
  },
  {
    knobs: NETEM, kinds: ['veth'],
    set: (asked) => [['tc', 'qdisc', 'replace', 'dev', asked.device.name, 'root', 'netem', ...netemWords(asked)]],
    clear: ({ device }) => [['tc', 'qdisc', 'del', 'dev', device.name, 'root']],
  },
  {
    knobs: ['nic.qdisc'], kinds: ALL,
    set: ({ device, values }) => [['tc', 'qdisc', 'replace', 'dev', device.name, 'root', optionOf('nic.qdisc', values['nic.qdisc'])]],
    clear: ({ device }) => [['tc', 'qdisc', 'del', 'dev', device.name, 'root']],
    ask: ({ device }) => [{
      argv: ['tc', 'qdisc', 'show', 'dev', device.name, 'root'],
      // The kernel's own choice has the handle 0: deleting what stands there brings it back.
      restore: (said) => {
        const [, kind = '', handle = '0'] = /^qdisc (\S+) (\w+):/m.exec(said) ?? [];
        return [handle === '0' ? ['tc', 'qdisc', 'del', 'dev', device.name, 'root']
          : ['tc', 'qdisc', 'replace', 'dev', device.name, 'root', kind]];
      },
    }],
  },
  ...sysctlWays(),
  {
    knobs: HOST_KNOBS.map(pathOf).filter((k) => KEY.test(k)), kinds: ALL, set: setKeys,
    ask: () => [askSysctl('net.ipv4.tcp_fastopen_key')],
  },
  {
    knobs: ROUTE, kinds: ALL, set: setRoute,
    ask: ({ device }) => (device.peer === undefined ? [] : [{
      argv: ['ip', 'route', 'show', device.peer], restore: (said) => (said.trim() === '' ? [['ip', 'route', 'del', device.peer ?? '']]
        : [['ip', 'route', 'replace', ...said.trim().split(/\s+/)]]),
    }]),
  },
  {
    knobs: ['tcp.anyip'], kinds: OURS,
    set: ({ values }) => (values['tcp.anyip'] ? [['ip', 'route', 'add', 'local', '0.0.0.0/0', 'dev', 'lo']] : []),
    clear: () => [['ip', 'route', 'del', 'local', '0.0.0.0/0', 'dev', 'lo']],
  },
];

/** Rules are a list beside the knobs. */
export const STEERING: Way = {
  knobs: [], kinds: NICS, set: setRules, ask: ({ device }) => [askFeature(device, 'ntuple')],
  clear: ({ device, rules }) => rules.map((_, i) => ['ethtool', '-N', device.name, 'delete', String(i)]),
  undo_said: ({ device }, said) => [...said.matchAll(/Added rule with ID (\d+)/g)].map(([, id = '']) =>
    ['ethtool', '-N', device.name, 'delete', id]),
};

/** Sections of which no device knows anything: they are the agent's, or the kernel's that is there. */
export const ELSEWHERE: readonly string[] = ['app', 'ring', 'refill', 'kernel'];
/** Knobs of zcnic's wire: parameters of the module, as faults of single frames are (nic.ts). */
export const MODULES: readonly HostKnob[] = ['wire.loss_ppm', 'wire.reorder_ppm', 'wire.duplicate_ppm'];
/** Knobs of the other sections that the agent sets on its sockets, or that choose its addresses. */
export const AGENTS: readonly HostKnob[] = ['socket.rcvbuf', 'socket.sndbuf', 'socket.nodelay', 'tcp.family'];
