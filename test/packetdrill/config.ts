/** Options of packetdrill, from its command line and from the script: the command line wins. */

import { Unsupported } from './verdict.ts';

export type Mode = 'ipv4' | 'ipv4-mapped-ipv6' | 'ipv6';

export interface Config {
  ip_version: Mode;
  local_ip: string;
  remote_ip: string;
  mtu: number;
  /** Inbound packets count as made of segments of this size; 0: they do not. */
  mss: number;
  tolerance_us: number;
  tolerance_percent: number;
  /** Microseconds of a tick of outgoing timestamps; 0: they are not compared. */
  tcp_ts_tick_us: number;
  tcp_ts_ecr_scaled: boolean;
  strict_segments: boolean;
  bind_port: number;
  connect_port: number;
  definitions: Map<string, string>;
  /** Names of options that the caller fixed. */
  fixed: Set<string>;
}

export const DEFAULT_LOCAL: Readonly<Record<Mode, string>> = {
  ipv4: '192.168.0.1', 'ipv4-mapped-ipv6': '192.168.0.1', ipv6: 'fd3d:0a0b:17d6::1',
};
export const DEFAULT_REMOTE: Readonly<Record<Mode, string>> = {
  ipv4: '192.0.2.1', 'ipv4-mapped-ipv6': '192.0.2.1', ipv6: 'fd3d:fa7b:d17d::1',
};
const TUN_MTU = 1500;

export function defaultConfig(ip_version: Mode): Config {
  return {
    ip_version, local_ip: DEFAULT_LOCAL[ip_version], remote_ip: DEFAULT_REMOTE[ip_version], mtu: TUN_MTU, mss: 0, tolerance_us: 4000,
    tolerance_percent: 12.5, tcp_ts_tick_us: 0, tcp_ts_ecr_scaled: false, strict_segments: false, bind_port: 8080, connect_port: 8080,
    definitions: new Map(), fixed: new Set(),
  };
}

const whole = (value: string, min: number, max: number): number | undefined => {
  const n = Number.parseInt(value, 10);
  return Number.isInteger(n) && n >= min && n <= max ? n : undefined;
};
const MODES: readonly string[] = ['ipv4', 'ipv4-mapped-ipv6', 'ipv6'];

type Setter = (config: Config, value: string) => boolean;
const number = (min: number, max: number, set: (c: Config, n: number) => void): Setter => (c, value) => {
  const n = whole(value, min, max);
  if (n !== undefined) set(c, n);
  return n !== undefined;
};
const flag = (set: (c: Config) => void): Setter => (c) => {
  set(c);
  return true;
};
/** Things that make no difference to a simulated host. */
const ignored: Setter = () => true;

const SETTERS: Readonly<Record<string, Setter>> = {
  ip_version: (c, value) => {
    if (!MODES.includes(value)) return false;
    c.ip_version = value as Mode;
    return true;
  },
  local_ip: (c, value) => {
    c.local_ip = value;
    return true;
  },
  remote_ip: (c, value) => {
    c.remote_ip = value.replace(/\/.*/, '');
    return true;
  },
  mtu: number(0, 65535, (c, n) => { c.mtu = n; }),
  mss: number(1, 65535, (c, n) => { c.mss = n; }),
  tolerance_usecs: number(1, 2 ** 40, (c, n) => { c.tolerance_us = n; }),
  tolerance_percent: (c, value) => {
    const n = Number.parseFloat(value);
    if (!(n >= 0 && n <= 100)) return false;
    c.tolerance_percent = n;
    return true;
  },
  tcp_ts_tick_usecs: number(0, 1_000_000, (c, n) => { c.tcp_ts_tick_us = n; }),
  tcp_ts_ecr_scaled: flag((c) => { c.tcp_ts_ecr_scaled = true; }),
  strict_segments: flag((c) => { c.strict_segments = true; }),
  bind_port: number(1, 65535, (c, n) => { c.bind_port = n; }),
  connect_port: number(1, 65535, (c, n) => { c.connect_port = n; }),
  define: (c, value) => {
    const at = value.indexOf('=');
    if (at <= 0) return false;
    c.definitions.set(value.slice(0, at), value.slice(at + 1));
    return true;
  },
  psp_udp_port: () => {
    throw new Unsupported('PSP, which packetdrill itself runs on two machines only');
  },
  send_omit_free: ignored, gateway_ip: ignored, netmask_ip: ignored, debug: ignored, verbose: ignored, speed: ignored,
};

/** An option of the script. What is wrong with it, or undefined. */
export function setOption(config: Config, name: string, value: string): string | undefined {
  const setter = SETTERS[name];
  if (setter === undefined) return `no option --${name}`;
  // Definitions of the command line win, each by its name.
  const kept = name === 'define' ? new Map(config.definitions) : undefined;
  if (config.fixed.has(name)) return undefined;
  if (!setter(config, value)) return `bad --${name}: ${value}`;
  if (kept) for (const [word, meaning] of kept) if (config.fixed.has(`-D ${word}`)) config.definitions.set(word, meaning);
  return undefined;
}
