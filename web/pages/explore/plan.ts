/** What the page explores, and how its address says it: #/explore/sweep&of=bulk&vary=nic.mtu=1500,4000&show=throughput_bps */
export const PARTS = ['sweep', 'paths', 'sizes'] as const;
export type Part = (typeof PARTS)[number];

export interface Plan {
  readonly part: Part;
  /** A scenario of the library; with a text, only what it is called. */
  readonly scenario: string;
  /** A scenario of one's own. */
  readonly text: string | undefined;
  /** Changes before anything varies, as --set takes them. */
  readonly sets: readonly string[];
  /** As --vary takes them. */
  readonly axes: readonly string[];
  /** The metric that is drawn, and those between which the front is found; empty: the first ones. */
  readonly metric: string;
  readonly goals: readonly string[];
  /** Which ways are compared: rx, tx, ring; empty: all. */
  readonly direction: string;
  /** What the calculator was told, by the names of its questions. */
  readonly sizes: Readonly<Record<string, string>>;
}

export const EMPTY_PLAN: Plan = {
  part: 'sweep', scenario: 'bulk', text: undefined, sets: [], axes: [], metric: '', goals: [], direction: '', sizes: {},
};

const PLAIN: Readonly<Record<string, string>> = { '%3A': ':', '%2F': '/', '%2C': ',', '%3D': '=', '%3B': ';' };
const written = (text: string): string => encodeURIComponent(text).replace(/%(3A|2F|2C|3D|3B)/g, (c) => PLAIN[c] ?? c);
function read(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `packed`: the scenario's own text, as deflate.ts packs it. */
export function writePlan(plan: Plan, packed = ''): string {
  const pairs: [string, string][] = [
    ['of', plan.scenario === EMPTY_PLAN.scenario && packed === '' ? '' : plan.scenario], ['text', packed],
    ...plan.sets.map((s): [string, string] => ['set', s]), ...plan.axes.map((a): [string, string] => ['vary', a]),
    ['show', plan.metric], ['front', plan.goals.join(',')], ['ways', plan.direction],
    ...Object.entries(plan.sizes).map(([key, value]): [string, string] => [`q.${key}`, value]),
  ];
  return plan.part + pairs.filter(([, value]) => value !== '').map(([key, value]) => `&${key}=${written(value)}`).join('');
}

export function readPlan(rest: string): { readonly plan: Plan; readonly packed: string } {
  const [head = '', ...pairs] = rest.split('&');
  const values = pairs.flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [] : [[pair.slice(0, at), read(pair.slice(at + 1))] as const];
  });
  const all = (key: string) => values.filter(([k]) => k === key).map(([, v]) => v);
  const one = (key: string) => all(key).at(-1) ?? '';
  const plan: Plan = {
    part: PARTS.find((p) => p === head) ?? 'sweep', scenario: one('of') || EMPTY_PLAN.scenario, text: undefined, sets: all('set'),
    axes: all('vary'), metric: one('show'), goals: one('front').split(',').filter((g) => g !== ''), direction: one('ways'),
    sizes: Object.fromEntries(values.filter(([k]) => k.startsWith('q.')).map(([k, v]) => [k.slice(2), v])),
  };
  return { plan, packed: one('text') };
}

/** Sweeps that are worth a look, for somebody who has none in mind. */
export interface Suggestion extends Pick<Plan, 'scenario' | 'sets' | 'axes' | 'metric' | 'goals'> {
  readonly title: string;
  readonly about: string;
}
export const SUGGESTIONS: readonly Suggestion[] = [
  {
    title: 'How much memory is enough?', about: 'A slow application; area and refill batch from little to much.',
    scenario: 'bulk', sets: ['client.app.bytes=2MiB', 'wire.rate_bps=100Gbps', 'server.refill.delay_ns=50us'],
    axes: ['server.refill.area_bytes=1MiB..16MiB*2', 'server.refill.batch=1,8,64,256'], metric: 'throughput_bps',
    goals: ['throughput_bps', 'server.refill.area_bytes'],
  },
  {
    title: 'How long may interrupts wait?', about: 'Moderation by time and by frames: cycles against latency.',
    scenario: 'bulk', sets: ['client.app.bytes=2MiB'], axes: ['server.nic.rx_usecs=0,2,5,10,20,50,100', 'server.nic.rx_frames=8,32,128'],
    metric: 'latency_ns.p99', goals: ['server.cycles_per_byte', 'latency_ns.p99'],
  },
  {
    title: 'What does loss cost?', about: 'From none to one packet in twenty, on short roads and long ones.',
    scenario: 'loss', sets: [], axes: ['client.wire.loss_ppm=0,100,1000,5000,20000,50000', 'wire.delay_ns=5us,50us,500us'],
    metric: 'throughput_bps', goals: ['throughput_bps', 'server.cycles_per_byte'],
  },
  {
    title: 'Which way to receive?', about: 'Every way that there is, with small frames and with large ones.',
    scenario: 'bulk', sets: ['client.app.bytes=1MiB'], axes: ['path=rx', 'nic.mtu=1500,4000,9000'], metric: 'server.cycles_per_byte',
    goals: ['server.cycles_per_byte', 'latency_ns.p99'],
  },
];
