/** What can be done to the world by hand at a moment, and to what: each fault with its targets, and why it would be refused. */
import { HOSTS, KIND, narrate, readSocket, type SocketInfo, VIEW_SOCKETS } from '../../host/index.ts';
import { EDITS, type EditForm } from '../../schema/edits.ts';
import type { Moment } from '../moment.ts';

export interface FaultTarget {
  readonly host: 0 | 1;
  readonly target: number;
  /** What it is, in words: it is to be confirmed. */
  readonly text: string;
  /** It is what is selected. */
  readonly selected: boolean;
  /** Why it would be refused; empty: it would not. */
  readonly refused: string;
}
export interface FaultRow {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly amount: EditForm['amount'];
  readonly targets: readonly FaultTarget[];
}

type Target = Omit<FaultTarget, 'refused'>;
/** Records that are looked through for what is on its way, or was a moment ago. */
const LOOK = 20_000;
const RINGS_MAX = 4;
const SOCKETS_MAX = 8;
const SOCKETS_LOOK = 64;
const ESTABLISHED = 1;

/** The last that is known of a packet by now. */
function packetText({ recording: { trace }, records }: Moment, pkt: number): { text: string; host: 0 | 1 } {
  for (let i = records - 1; i >= Math.max(0, records - LOOK); i--) {
    if (trace.pktId(i) === pkt)
      return { text: `packet ${pkt}; last: ${HOSTS[trace.host(i)]}, ${narrate(trace.record(i))}`, host: trace.host(i) as 0 | 1 };
  }
  return { text: `packet ${pkt}`, host: 0 };
}

/** The packet that arrives next: it is on its way. */
function nextPacket({ recording: { trace }, records }: Moment): number | undefined {
  for (let i = records; i < Math.min(trace.length, records + LOOK); i++) if (trace.kind(i) === KIND.wire_arrive) return trace.pktId(i);
  return undefined;
}

function packets(moment: Moment, selected: string | undefined): Target[] {
  const [kind, number] = selected?.split(':') ?? [];
  if (kind === 'packet') {
    const pkt = Number(number);
    return [{ ...packetText(moment, pkt), target: pkt, selected: true }];
  }
  const next = nextPacket(moment);
  if (next === undefined) return [];
  const { text, host } = packetText(moment, next);
  return [{ host, target: next, text: `the next to arrive: ${text}`, selected: false }];
}

function buffers(selected: string | undefined): Target[] {
  const [kind, host, number] = selected?.split(':') ?? [];
  const oldest = ([1, 0] as const).map((h): Target => ({ host: h, target: -1, text: `the ${HOSTS[h]}'s oldest entry`, selected: false }));
  if (kind !== 'buffer') return oldest;
  const of = Number(host) as 0 | 1;
  return [{ host: of, target: Number(number), text: `the entry of buffer ${number} of the ${HOSTS[of]}`, selected: true }, ...oldest];
}

/** Rings that were entered by now, newest first. */
function rings({ recording: { trace }, records }: Moment, selected: string | undefined): Target[] {
  const [kind, number] = selected?.split(':') ?? [];
  const chosen = kind === 'ring' || kind === 'slot' ? Number(number) : -1;
  const found = new Map<number, Target>();
  for (let i = records - 1; i >= Math.max(0, records - LOOK) && found.size < RINGS_MAX; i--) {
    if (trace.kind(i) !== KIND.ring_enter || found.has(trace.a(i))) continue;
    const [ring, host] = [trace.a(i), trace.host(i) as 0 | 1];
    found.set(ring, { host, target: ring, text: `ring ${ring} of the ${HOSTS[host]}`, selected: ring === chosen });
  }
  return [...found.values()].sort((x, y) => Number(y.selected) - Number(x.selected) || y.host - x.host);
}

const socketText = (n: number, s: SocketInfo): string =>
  `socket ${n} of the ${HOSTS[s.host]}: ${s.local}:${s.lport} – ${s.remote}:${s.rport}`;

function sockets(moment: Moment, selected: string | undefined): Target[] {
  const [kind, number] = selected?.split(':') ?? [];
  const chosen = kind === 'sock' ? Number(number) : -1;
  const engine = moment.engine();
  const count = engine.view.getUint32(engine.core.view(VIEW_SOCKETS, 0), true);
  const open: [number, SocketInfo][] = [];
  for (let n = 0; n < count && open.length < SOCKETS_LOOK; n++) {
    const info = readSocket(engine, n);
    if (info && (info.state === ESTABLISHED || n === chosen)) open.push([n, info]);
  }
  return open.sort(([n, s], [m, t]) => Number(m === chosen) - Number(n === chosen) || t.host - s.host).slice(0, SOCKETS_MAX)
    .map(([n, s]) => ({ host: s.host as 0 | 1, target: n, text: socketText(n, s), selected: n === chosen }));
}

function ofHosts(moment: Moment, what: EditForm['target'], selected: string | undefined): Target[] {
  const [kind, host, queue] = selected?.split(':') ?? [];
  return ([1, 0] as const).flatMap((h): Target[] => {
    const { values } = moment.recording.scenario.hosts[h];
    const name = HOSTS[h] as string;
    if (what === 'host') return [{ host: h, target: h, text: `the ${name}'s application`, selected: false }];
    if (what === 'core') {
      const irq = values['cpu.irq_core'];
      return Array.from({ length: values['cpu.cores'] }, (_, core): Target => ({
        host: h, target: core, text: `core ${core} of the ${name}`, selected: false,
      })).sort((x, y) => Number(y.target === irq) - Number(x.target === irq));
    }
    const own = h === 1 ? values['refill.queue'] : 0;
    return Array.from({ length: values['nic.rx_queues'] }, (_, q): Target => ({
      host: h, target: q, text: `queue ${q} of the ${name}`, selected: kind === 'rxd' && Number(host) === h && Number(queue) === q,
    })).sort((x, y) => Number(y.selected) - Number(x.selected) || Number(y.target === own) - Number(x.target === own));
  });
}

function targetsOf(moment: Moment, form: EditForm, selected: string | undefined): Target[] {
  switch (form.target) {
    case 'packet': return packets(moment, selected);
    case 'buffer': return buffers(selected);
    case 'ring': return rings(moment, selected);
    case 'sock': return sockets(moment, selected);
    default: return ofHosts(moment, form.target, selected);
  }
}

/** `selected`: what is looked at; faults that fit it come first. */
export function faults(moment: Moment, { selected }: { readonly selected: string | undefined }): FaultRow[] {
  const { recording, step } = moment;
  const forms = EDITS.filter((form) => form.target !== 'knob' && !form.forged);
  const rows = forms.map((form) => ({ form, targets: targetsOf(moment, form, selected) }));
  const tried = recording.refusals(step, rows.flatMap(({ form, targets }) => targets.map(({ host, target }) => ({
    at: step, fault: form.name, host, args: [target],
  }))));
  let n = 0;
  return rows.map(({ form: { name, title, about, amount }, targets }) => ({
    name, title, about, amount, targets: targets.map((t) => ({ ...t, refused: tried[n++] ?? '' })),
  })).sort((x, y) => Number(y.targets.some((t) => t.selected)) - Number(x.targets.some((t) => t.selected)));
}
