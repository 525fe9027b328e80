/** The applications in TypeScript that a scenario can name (app.script), with what its knobs make of them. */
import {
  type App, discardService, echoService, fetchFiles, type Hash, httpService, server, sourceService, type StreamLog,
} from '../../uring-model/8-app/index.ts';
import { ZCRX_REG_NODEV } from '../../uring-model/8-app/uapi.gen.ts';
import { HOST_KNOBS } from '../schema/scenario.ts';
import type { HostSetup, Scenario } from './scenario.ts';
import { refillEntries } from './scenario_limits.ts';
import { simulatorCaps } from './steps/caps.ts';
import type { StepHost } from './steps/machine.ts';
import { stepsApp } from './steps/steps_app.ts';

/** The NIC of a simulated host, as in ip link. */
const NIC_IFINDEX = 2;
const ECHO_PORT = 7;
const DISCARD_PORT = 9;
const SOURCE_PORT = 19;
const SOURCE_SEED = 1;
const SEND_BUFFERS = 256;
const SEND_BYTES = 65536;

const SCRIPTS = HOST_KNOBS.find((k) => k.section === 'app' && k.name === 'script')?.options ?? [];

/** What the application of a host is called; `none`: whoever runs the scenario has to bring one. */
export const scriptOf = (scenario: Scenario, host: 0 | 1): string => SCRIPTS[scenario.hosts[host].values['app.script']] ?? 'none';

function serverOf(setup: HostSetup, log: StreamLog, hash: () => Hash): App {
  const { values } = setup;
  const nodev = values['refill.nodev'] !== 0;
  const buffer = values['refill.rx_buf_len'];
  return server({
    // A listener for IPv6 on any address takes IPv4 as well.
    family: 6,
    services: [
      httpService({ port: values['app.port'], hash }), echoService(ECHO_PORT), discardService(DISCARD_PORT),
      sourceService(SOURCE_PORT, SOURCE_SEED),
    ],
    zcrx: {
      if_idx: nodev ? 0 : NIC_IFINDEX, if_rxq: nodev ? 0 : values['refill.queue'], area_bytes: values['refill.area_bytes'],
      rq_entries: refillEntries(setup), flags: nodev ? ZCRX_REG_NODEV : 0, ...(buffer === 4096 ? {} : { rx_buf_len: buffer }),
    },
    sq_entries: values['ring.sq_entries'],
    cq_entries: Math.max(values['ring.cq_entries'], values['ring.sq_entries']),
    backlog: values['socket.backlog'],
    log,
    send_buffers: SEND_BUFFERS,
    send_bytes: SEND_BYTES,
  });
}

function address(family: 4 | 6, host: 0 | 1): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  bytes[0] = family === 4 ? 10 : 0xfd;
  bytes[bytes.length - 1] = host + 1;
  return bytes;
}

function fetchOf({ values }: HostSetup, host: 0 | 1, log: StreamLog): App {
  const family = values['tcp.family'] === 0 ? 4 : 6;
  const to = { family, address: address(family, host === 0 ? 1 : 0), port: values['app.port'] } as const;
  return fetchFiles({ to, files: values['app.flows'], bytes: values['app.bytes'], chunk: values['app.chunk'], log });
}

/** The application that a scenario names for a host. */
export function scriptApp(scenario: Scenario, host: 0 | 1, log: StreamLog, hash: () => Hash, steps?: StepHost): App | undefined {
  const setup = scenario.hosts[host];
  switch (scriptOf(scenario, host)) {
    case 'http': return serverOf(setup, log, hash);
    case 'fetch': return fetchOf(setup, host, log);
    case 'steps':
      return scenario.steps && steps ? stepsApp(scenario.steps, simulatorCaps(scenario, host), steps) : undefined;
    default: return undefined;
  }
}
