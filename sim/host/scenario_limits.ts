/**
 * How much of everything a world needs: the knobs of `limits` that were left at auto. Too little of something shows as
 * drops and errors, so what is counted here is what the scenario can have in flight at once, with some room to spare.
 */
import { HOST_KNOBS } from '../schema/scenario.ts';
import { LIMITS } from '../schema/limits.ts';
import { usesArea } from './scenario_check.ts';
import type { HostSetup, Setup } from './scenario_resolve.ts';
import type { RunKnob } from './scenario_types.gen.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const PAGE = 4 * KIB;
const TX_PAGE = 32 * KIB;
const limit = (name: string) => LIMITS.find((l) => l.name === name)?.value ?? 0;
const wordsOf = (name: string) => HOST_KNOBS.find((k) => k.section === 'app' && k.name === name)?.options ?? [];
const [ROLES, RECEIVES, SCRIPTS] = [wordsOf('role'), wordsOf('receive'), wordsOf('script')];
const role = (h: HostSetup) => ROLES[h.values['app.role']];
const receive = (h: HostSetup) => RECEIVES[h.values['app.receive']];
const script = (h: HostSetup) => SCRIPTS[h.values['app.script']];

/** What the world is sized for besides its scenario. */
export interface Sizing {
  /** Connections that no built-in source opens: those of a capture or of applications in TypeScript. */
  readonly flows?: number;
  /** User memory of applications in TypeScript. */
  readonly user_bytes?: number;
}

/** Connections of a TypeScript application when nobody says how many. */
const SCRIPT_FLOWS = 64;
/** Memory of a TypeScript application when nobody says how much: rings, an area, buffers. */
const SCRIPT_BYTES = 32 * MIB;

const up = (n: number, to: number) => Math.ceil(n / to) * to;
const within = (n: number, least: number, most: number) => Math.min(Math.max(Math.ceil(n), least), most);
const pow2 = (n: number) => 2 ** Math.ceil(Math.log2(Math.max(n, 1)));
const sum = (hosts: readonly HostSetup[], of: (h: HostSetup) => number) => hosts.reduce((a, h) => a + of(h), 0);

/** Connections of a host's application in TypeScript: a fetch opens one for each file, and each lingers in TIME-WAIT. */
const scriptFlows = (h: HostSetup) => (script(h) === 'fetch' ? Math.max(h.values['app.flows'], SCRIPT_FLOWS) : SCRIPT_FLOWS);

const opens = (h: HostSetup) => ['source', 'rpc'].includes(role(h) ?? '');

export function flowsOf(setup: Setup, sizing: Sizing): number {
  const scripted = Math.max(0, ...setup.hosts.filter((h) => role(h) === 'script').map(scriptFlows));
  return sum(setup.hosts, (h) => (opens(h) ? h.values['app.flows'] : 0)) + (sizing.flows ?? scripted);
}

const sends = (h: HostSetup) => h.values['nic.tap'] === 1 || ['source', 'echo', 'script', 'rpc'].includes(role(h) ?? '');

/** Bytes that a host may have between the application's send and the acknowledgement, on all its connections. */
function bytesInFlight(h: HostSetup, flows: number): number {
  if (!sends(h)) return 0;
  const v = h.values;
  const buffer = v['socket.sndbuf'] > 0 ? 2 * v['socket.sndbuf'] : v['socket.wmem_max'];
  const own = opens(h);
  return own ? v['app.flows'] * Math.min(buffer, Math.max(v['app.bytes'], v['app.chunk'])) : flows * buffer;
}

/** Largest packet that TCP gives to the device: tcp.min_tso_segs may ask for a larger one, of as many segments. */
const GSO_MAX = 64 * KIB;
/** Frames that the NIC makes of one packet: on the link before the first of them has left. */
const framesOfPacket = (h: HostSetup, segment: number) => Math.max(Math.ceil(GSO_MAX / segment), h.values['tcp.min_tso_segs']) + 1;

/** What a fair queue may hold (nic-model/2-nic/fq.ts). */
const FQ_PACKETS = 10_000;

/** Descriptors of an RX queue, at most. */
const rxRingMax = (v: HostSetup['values']): number => Math.max(v['nic.rx_ring'], v['nic.rx_ring_max']);

/** Frames between a TX ring and the far end: waiting, being cut, on the way, held back. */
function framesOf(h: HostSetup, segment: number): number {
  const v = h.values;
  const delay = v['wire.delay_ns'] + v['wire.reorder_delay_ns'] + v['wire.jitter_ns'];
  const on_the_way = (v['wire.rate_bps'] * delay) / 1e9 / 8 / v['nic.mtu'];
  const queued = v['wire.queue_packets'] + v['nic.qdisc'] * FQ_PACKETS;
  const waiting = v['nic.tx_ring'] * v['nic.tx_queues'] + queued + framesOfPacket(h, segment);
  return waiting + within(on_the_way, 64, 262144) + rxRingMax(v);
}

/** Pages that ordinary queues have posted, or keep in the cache of their pool. */
const ringPages = ({ values: v }: HostSetup) => v['nic.rx_queues'] * (rxRingMax(v) + limit('PP_ALLOC_CACHE_SIZE'));

/** Pages that wait in receive queues, at most: little where an area receives, or nothing is sent. */
function queuedPages(h: HostSetup, flows: number, receives: boolean): number {
  const buffer = h.values['socket.rcvbuf'] > 0 ? 2 * h.values['socket.rcvbuf'] : h.values['socket.rmem_max'];
  const most = receives ? (usesArea(h) ? 4096 : 24576) : 256;
  return within((flows * buffer) / PAGE, 256, most);
}

/** Entries of the refill ring: as many as the area has buffers, unless the scenario says how many. */
export const refillEntries = (h: HostSetup) =>
  h.values['refill.rq_entries'] || within(pow2(h.values['refill.area_bytes'] / h.values['refill.rx_buf_len']), 8, 32768);

/** User memory of a host: rings, area with its refill ring, buffers of receives, the table that payload is sent from. */
function userBytes(h: HostSetup, flows: number): number {
  const v = h.values;
  const kind = role(h);
  if (kind === 'none' || kind === 'script') return 0;
  const rings = pow2(v['ring.sq_entries']) * 72 + pow2(v['ring.cq_entries']) * 32 + 16 * PAGE;
  const payload = 2 * 262144 + v['app.chunk'] * 2;
  if (kind === 'source' || kind === 'nop') return rings + payload;
  if (v['app.protocol'] === 1) return rings + payload + 4 * MIB + Math.max(1, h.ports.length) * 72 * KIB;
  const area = v['refill.area_bytes'] + refillEntries(h) * 16 + 4 * PAGE;
  // Completions and buffers that wait to be given back take a few words each.
  const books = (v['refill.area_bytes'] / v['refill.rx_buf_len']) * 64;
  return rings + payload + area + books + receiveBuffers(h, flows) + MIB;
}

/** Does it map what it receives, and to how large an area? */
const maps = (h: HostSetup) => receive(h) === 'mmap' && role(h) === 'sink';
const areaOf = (h: HostSetup) => up(h.values['app.recv_bytes'] || 512 * KIB, PAGE);
/** Pages that its threads may have mapped: they are in no pool. */
const mappedPages = (h: HostSetup) => (maps(h) ? (limit('THREADS_MAX') * areaOf(h)) / PAGE : 0);

/** What its receives that copy read into (uring-model/8-app/builtin/app_memory.ts). */
function receiveBuffers(h: HostSetup, flows: number): number {
  const v = h.values;
  const bytes = v['app.recv_bytes'] || v['app.chunk'];
  if (receive(h) === 'zc' && role(h) === 'sink') return 0;
  if (maps(h)) return 2 * limit('THREADS_MAX') * (areaOf(h) + PAGE);
  if (['read', 'epoll'].includes(receive(h) ?? '') && role(h) === 'sink') return limit('THREADS_MAX') * (bytes + PAGE);
  return Math.max(within(flows * bytes, MIB, 64 * MIB), (Math.max(flows, 1) + 8) * up(v['app.recv_bytes'], 64));
}

/** Requests of one batch, and the notifications of zero-copy sends, which last until the bytes are acknowledged. */
const requestsAtOnce = ({ values: v }: HostSetup) => v['app.batch'] + (v['app.send'] === 0 ? 0 : 1024);

/** Values for the knobs of `limits` that are 0. */
export function autoLimits(setup: Setup, sizing: Sizing): Record<RunKnob, number> {
  const { hosts } = setup;
  const flows = flowsOf(setup, sizing);
  const segment = Math.min(...hosts.map((h) => h.values['nic.mtu'])) - 72;
  const in_flight = sum(hosts, (h) => bytesInFlight(h, flows));
  // Each segment in flight is an skb that waits for its acknowledgement, and for a while another one under way.
  const sent = within((2 * in_flight) / segment, 4096, 65536 + 8 * flows);
  const lent = sum(hosts, (h) => (usesArea(h) ? h.values['refill.area_bytes'] / h.values['refill.rx_buf_len'] : 0));
  const queued = hosts.map((h, i) => queuedPages(h, flows, sends(hosts[1 - i] as HostSetup) || sizing.flows !== undefined));
  const queued_pages = queued.reduce((a, b) => a + b, 0);
  const requests = sum(hosts, (h) => pow2(h.values['ring.sq_entries']) * 2 + flows * (2 + h.values['app.depth'] + requestsAtOnce(h)));
  const auto: Partial<Record<RunKnob, number>> = {
    'limits.socks': within(up(2 * flows + 16 + sum(hosts, (h) => h.ports.length), 64), 64, limit('SOCKS_MAX')),
    'limits.skbs': up(sent + queued_pages + within(lent, 0, 65536) + 4 * flows + 1024, 1024),
    'limits.frames': within(up(sum(hosts, (h) => framesOf(h, segment)) + 1024, 1024), 4096, 1_000_000),
    'limits.tx_pages': within(in_flight / TX_PAGE + Math.min(2 * flows, 1024) + 64, 128, 8192),
    'limits.rx_pages': up(sum(hosts, ringPages) + sum(hosts, mappedPages) + queued_pages + 256, 256),
    'limits.reqs': within(up(requests + 256, 256), 1024, 1_000_000),
    'limits.user_bytes': up(sum(hosts, (h) => userBytes(h, flows)) + scriptBytes(setup, sizing) + 2 * MIB, MIB),
  };
  const out = { ...setup.run };
  for (const [knob, value] of Object.entries(auto) as [RunKnob, number][]) if (out[knob] === 0) out[knob] = value;
  return out;
}

const scriptBytes = (setup: Setup, sizing: Sizing) =>
  sizing.user_bytes ?? sum(setup.hosts, (h) => (role(h) === 'script' ? SCRIPT_BYTES + h.values['refill.area_bytes'] : 0));
