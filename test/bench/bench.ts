/**
 * npm run bench: what the simulator costs, as medians of repeated runs in one process, and as ratios to a plain C loop over
 * the same bytes (scripts/bench_baseline.c). Speed is never asserted here.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadScenario, PageStore } from '../../sim/host/index.ts';
import type { CoreExports } from '../../sim/host/core_exports.ts';
import { ARENA_ADDR, CONFIG_ADDR, CURSORS_ADDR, DIRTY_ADDR, STATE_ADDR, STATE_END } from '../../sim/host/memory_map.gen.ts';
import { CORE_STATE, TRACE_CURSOR } from '../../sim/host/structs.gen.ts';
import { readStruct } from '../../sim/host/struct_read.ts';
import { readStreams } from '../../sim/host/streams.ts';
import type { Engine } from '../../sim/host/engine.ts';
import { fuzzing } from './fuzzing.ts';
import { scrubbing } from './scrub.ts';

interface World {
  readonly core: CoreExports;
  readonly view: DataView;
  readonly instantiate_ms: number;
}
interface Sample {
  readonly segments: number;
  readonly events: number;
  readonly seconds: number;
}

const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1] as number;
const quick = process.argv.includes('--quick');
const json = process.argv.includes('--json');
const runs = quick ? 3 : 7;
const baseline = process.argv.find((a) => a.startsWith('--baseline='))?.slice(11);
const module = new WebAssembly.Module(readFileSync('build/core.wasm'));

function world(block: Uint8Array): World {
  const t = performance.now();
  const core = new WebAssembly.Instance(module, {}).exports as unknown as CoreExports;
  const instantiate_ms = performance.now() - t;
  new Uint8Array(core.memory.buffer).set(block, CONFIG_ADDR);
  if (core.build() !== 0) throw new Error('the core refused its configuration');
  return { core, view: new DataView(core.memory.buffer), instantiate_ms };
}

/** Runs to the end; a full trace buffer is emptied as a host does that looks at nothing. */
function run({ core, view }: World): number {
  const t = performance.now();
  while (core.run(100_000_000_000n, 0xffff_ffff) >= 2) {
    view.setUint32(CURSORS_ADDR + TRACE_CURSOR.next.at, view.getUint32(CURSORS_ADDR + TRACE_CURSOR.base.at, true), true);
  }
  return (performance.now() - t) / 1000;
}

const scenario = (flows: number, bytes: number, payload: boolean, trace: boolean) => `
about: bench
run: { payload: ${payload}, trace: ${trace}, until_ns: 100s }
wire: { rate_bps: 100Gbps, delay_ns: 5us }
nic: { rx_ring: 1024, rx_queues: 1, tx_queues: 1 }
socket: { sndbuf: 64KiB, rcvbuf: 1MiB }
app: { port: 9999 }
hosts:
  client:
    app: { role: source, stagger_ns: 20us, flows: ${flows}, bytes: ${bytes}, chunk: 65536, check: ${payload ? 'compare' : 'none'} }
  server: { app: { role: sink, check: ${payload ? 'compare' : 'none'} }, refill: { area_bytes: 16MiB } }
`;

function measure(flows: number, payload: boolean, trace: boolean): Sample {
  // Each of many flows gets some 400 segments, so that opening and closing it does not hide what a segment costs.
  const total = Math.max(quick ? 300e6 : payload ? 600e6 : 1200e6, flows * (quick ? 200_000 : 600_000));
  const { block } = loadScenario(scenario(flows, Math.floor(total / flows), payload, trace), 'bench.yaml');
  const samples: Sample[] = [];
  for (let i = 0; i < (flows > 1000 ? Math.min(runs, 3) : runs); i++) {
    const w = world(block);
    const seconds = run(w);
    const streams = readStreams({ core: w.core, view: w.view, bytes: new Uint8Array(w.core.memory.buffer) } as unknown as Engine, 1);
    if (streams.length !== flows || streams.some((s) => s.bad_offset !== 0)) throw new Error('a stream did not arrive as it was sent');
    samples.push({ segments: streams.reduce((n, s) => n + s.segs_in, 0), events: Number(w.core.eventCount()), seconds });
  }
  const order = [...samples].sort((a, b) => a.seconds - b.seconds);
  return order[order.length >> 1] as Sample;
}

function snapshots(): Record<string, number> {
  const limits = 'about: bench\nlimits: { user_bytes: 29MiB, tx_pages: 256 }';
  const text = scenario(1, 2_000_000_000, true, false).replace('about: bench', limits);
  const w = world(loadScenario(text, 'bench.yaml').block);
  w.core.run(1_000_000n, 0xffff_ffff);
  const arena_end = readStruct(w.view, STATE_ADDR, CORE_STATE).arena_next;
  const plan = { low_end: STATE_END, dirty: DIRTY_ADDR, arena: ARENA_ADDR, arena_end };
  const fresh = () => new PageStore(() => w.core.memory.buffer as ArrayBuffer, plan);
  const timed = (f: () => void): number => {
    const t = performance.now();
    f();
    return performance.now() - t;
  };
  const out: Record<string, number[]> = { full: [], little: [], restore_little: [], restore_full: [] };
  for (let i = 0; i < runs; i++) {
    const other = fresh();
    out['full']?.push(timed(() => other.take()));
  }
  const store = fresh();
  let first = store.take();
  const dirty = new Uint8Array(w.core.memory.buffer, DIRTY_ADDR + (ARENA_ADDR >> 12), (arena_end - ARENA_ADDR) >> 12);
  for (let i = 0; i < runs; i++) {
    w.core.run(w.core.clockNs() + 20_000n, 0xffff_ffff);
    let small = first;
    out['little']?.push(timed(() => { small = store.take(); }));
    w.core.run(w.core.clockNs() + 20_000n, 0xffff_ffff);
    out['restore_little']?.push(timed(() => store.restore(small)));
    dirty.fill(3);
    out['restore_full']?.push(timed(() => store.restore(small)));
    store.release(first);
    first = small;
  }
  const mib = (arena_end - ARENA_ADDR) / 2 ** 20;
  return { mib, ...Object.fromEntries(Object.entries(out).map(([k, v]) => [`${k}_ms`, median(v)])) };
}

function cLoop(payload: number): number | undefined {
  if (!baseline) return undefined;
  const one = () => Number(execFileSync(baseline, ['1000000', String(payload), '262144'], { encoding: 'utf8' }).split(' ')[0]);
  return median([one(), one(), one()]);
}

const c = cLoop(1448);
const rows: Record<string, unknown>[] = [];
for (const flows of [1, 100, 10_000]) {
  for (const payload of [true, false]) {
    const s = measure(flows, payload, true);
    const ns = (s.seconds * 1e9) / s.segments;
    rows.push({
      flows, payload, segments_per_s: Math.round(s.segments / s.seconds), ns_per_segment: Math.round(ns),
      ns_per_event: Math.round((s.seconds * 1e9) / s.events), events_per_segment: Number((s.events / s.segments).toFixed(2)),
      ...(c !== undefined && payload ? { times_c_loop: Number((ns / c).toFixed(2)) } : {}),
    });
    if (!json) console.log(JSON.stringify(rows.at(-1)));
  }
}
const tiny = loadScenario(scenario(1, 30_000, true, true), 'bench.yaml').block;
const instantiate_ms = median(Array.from({ length: 21 }, () => world(tiny).instantiate_ms));
const memory = snapshots();
// A million events, and applications in TypeScript, which are made again from their beginning.
const scrub = { bulk: scrubbing(module, 'bulk', quick ? [] : ['client.app.bytes=1GiB']), http: scrubbing(module, 'http', []) };
const fuzz = fuzzing(new WebAssembly.Module(readFileSync('build/core.fuzz.wasm')), quick ? 200 : 600);
const rest = { c_loop_ns: c, instantiate_ms, snapshot: memory, scrub, fuzz };
console.log(json ? JSON.stringify({ segments: rows, ...rest }, null, 2) : JSON.stringify(rest));
