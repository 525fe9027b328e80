/** Where scripts are, how they are named, and the arguments that their suites' own runners give. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Config, Mode } from './config.ts';
import { type Report, runScript } from './run_script.ts';

export const MODES: readonly Mode[] = ['ipv4', 'ipv4-mapped-ipv6', 'ipv6'];

export interface ScriptFile {
  /** As in lists: by the path below the folder that was named. */
  readonly name: string;
  readonly path: string;
}

/** All scripts below a folder, sorted; or the one file. */
export function findScripts(path: string): ScriptFile[] {
  if (!statSync(path).isDirectory()) return [{ name: basename(path), path }];
  const found: ScriptFile[] = [];
  const walk = (dir: string) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const full = join(dir, entry.name);
      if (entry.isDirectory()) walk(full);
      else if (entry.name.endsWith('.pkt')) found.push({ name: relative(path, full), path: full });
    }
  };
  walk(path);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Does the script run in this mode? Names and options say (run_all.py, ksft_runner.sh). */
export function appliesTo(name: string, text: string, mode: Mode): boolean {
  if (name.endsWith('v6.pkt') && mode !== 'ipv6') return false;
  if (name.endsWith('v4.pkt') && mode === 'ipv6') return false;
  const own = /^--ip_version=(\S+)/m.exec(text)?.[1];
  return own === undefined || own === mode;
}

const DEFINITIONS: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  ipv4: {
    TFO_COOKIE: '3021b9d889017eeb', TFO_COOKIE_ZERO: 'b7c12350a90dc8f5', CODE: 'host_unreachable', CMSG_LEVEL_IP: 'SOL_IP',
    CMSG_TYPE_RECVERR: 'IP_RECVERR',
  },
  'ipv4-mapped-ipv6': {
    TFO_COOKIE: '3021b9d889017eeb', TFO_COOKIE_ZERO: 'b7c12350a90dc8f5', CODE: 'host_unreachable', CMSG_LEVEL_IP: 'SOL_IPV6',
    CMSG_TYPE_RECVERR: 'IPV6_RECVERR',
  },
  ipv6: {
    TFO_COOKIE: 'c1d1e9742a47a9bc', TFO_COOKIE_ZERO: '82af1a8f9a205c34', CMSG_LEVEL_IP: 'SOL_IPV6', CMSG_TYPE_RECVERR: 'IPV6_RECVERR',
  },
};

function define(config: Config, mode: Mode): void {
  for (const [word, meaning] of Object.entries(DEFINITIONS[mode])) {
    config.definitions.set(word, meaning);
    config.fixed.add(`-D ${word}`);
  }
}

/** The runner's arguments, which win over the script's own. */
function runnerArguments(config: Config): void {
  define(config, config.ip_version);
  for (const name of ['ip_version', 'local_ip', 'remote_ip']) config.fixed.add(name);
  if (config.ip_version !== 'ipv6') return;
  config.mtu = 1520;
  config.fixed.add('mtu');
}

const OWN_ARGUMENTS = /^--(local_ip|remote_ip|ip_version|mtu)=/m;

/**
 * Runs a script as its suite's runner does. One that names addresses of its own, or is for IPv6 by its name, is meant to run
 * without the runner's arguments: it is run so when these are not to its liking.
 */
export function runFile(core: WebAssembly.Module, text: string, mode: Mode, name = ''): Report {
  const report = runScript(core, text, { mode, prepare: runnerArguments });
  if (report.verdict === 'pass' || !(OWN_ARGUMENTS.test(text) || name.endsWith('v6.pkt'))) return report;
  const own = runScript(core, text, { mode, prepare: (config) => define(config, mode) });
  return own.verdict === 'pass' ? own : report;
}

export const readScript = (file: ScriptFile): string => readFileSync(file.path, 'utf8');

